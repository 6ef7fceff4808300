/* seating.c - a party beside one another: every window of every row is looked at. */
#include "services/reservations/seating.h"

#include <stdlib.h>

#include "services/reservations/seating_parts.h"

#include "lib/base/row_name.h"

#define NUMBER_MAX 1000000 /* farther seats count as so far: costs stay within 64 bits */

/* --- the plan --- */

static int place_order(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = row_name_order(a->seat->row_number, b->seat->row_number);
    if (order == 0)
        order = (a->number > b->number) - (a->number < b->number);
    return order ? order : (a->seat->id > b->seat->id) - (a->seat->id < b->seat->id);
}

static int64_t number_within(int64_t number)
{
    return number > NUMBER_MAX ? NUMBER_MAX : number < -NUMBER_MAX ? -NUMBER_MAX : number;
}

static bool beside(const struct plan *p, size_t i, size_t next)
{
    return p->at[i].row == p->at[next].row && p->at[i].number + 1 == p->at[next].number;
}

static void rows_count(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (i == 0 || row_name_order(p->at[i - 1].seat->row_number, p->at[i].seat->row_number) != 0)
            p->rows++;
        p->at[i].row = p->rows - 1;
    }
}

static void row_cost(struct plan *p, size_t first, size_t end)
{
    int64_t middle = p->at[first].number + p->at[end - 1].number; /* twice */
    int64_t y = 3 * (int64_t)p->at[first].row - 2 * ((int64_t)p->rows - 1);
    for (size_t i = first; i < end; i++) {
        int64_t x = 2 * p->at[i].number - middle;
        p->at[i].cost = 9 * x * x + 16 * y * y;
    }
}

static void neighbours_count(struct plan *p)
{
    for (size_t i = 1; i < p->count; i++)
        if (p->at[i - 1].free && beside(p, i - 1, i))
            p->at[i].before = p->at[i - 1].before + 1;
    for (size_t i = p->count; i-- > 1;)
        if (p->at[i].free && beside(p, i - 1, i))
            p->at[i - 1].after = p->at[i].after + 1;
}

static struct plan plan_make(arena *a, const list *seats, const ids *taken, const struct seat_wish *wish, bool house)
{
    struct plan p = { a, NEW_ARRAY(a, struct place, seats->count + 1), seats->count, 0 };
    for (size_t i = 0; i < seats->count; i++) {
        const struct seat *seat = LIST_AT(seats, struct seat, i);
        bool free = seat->is_available && (house || !seat->house) && !ids_contain_sorted(taken, seat->id);
        bool kind = wish->seat_type == CHOICE_NONE || wish->seat_type == seat->seat_type;
        p.at[i] = (struct place){ .seat = seat, .number = number_within(seat->seat_number), .free = free, .fits = free && kind };
    }
    if (p.count > 1)
        qsort(p.at, p.count, sizeof *p.at, place_order);
    rows_count(&p);
    for (size_t first = 0, end = 0; first < p.count; first = end) {
        while (end < p.count && p.at[end].row == p.at[first].row)
            end++;
        row_cost(&p, first, end);
    }
    neighbours_count(&p);
    return p;
}

/* --- runs and windows --- */

bool run_next(const struct plan *p, size_t *at, struct run *out)
{
    size_t i = *at;
    while (i < p->count && !p->at[i].fits)
        i++;
    *out = (struct run){ i, 0 };
    while (i < p->count && p->at[i].fits && (out->count == 0 || beside(p, i - 1, i))) {
        out->count++;
        i++;
    }
    *at = i;
    return out->count > 0;
}

bool run_accessible(const struct plan *p, const struct run *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (p->at[r->first + i].seat->accessible)
            return true;
    return false;
}

bool window_better(const struct plan *p, const struct window *one, const struct window *than)
{
    if (one->strained != than->strained)
        return one->strained < than->strained;
    if (one->orphans != than->orphans)
        return one->orphans < than->orphans;
    if (one->cost != than->cost)
        return one->cost < than->cost;
    if (p->at[one->first].row != p->at[than->first].row)
        return p->at[one->first].row > p->at[than->first].row;
    return one->first < than->first;
}

static bool window_judge(const struct plan *p, bool accessible, struct window *w)
{
    const struct place *first = &p->at[w->first], *last = first + w->count - 1;
    int64_t such = 0;
    for (const struct place *one = first; one <= last; one++) {
        such += one->seat->accessible;
        w->cost += one->cost;
    }
    w->strained = such - (accessible && such > 0);
    w->orphans = (first->before == 1) + (last->after == 1);
    return !accessible || such > 0;
}

bool window_best(const struct plan *p, const struct run *r, size_t count, bool accessible, struct window *out)
{
    bool found = false;
    for (size_t i = 0; i + count <= r->count; i++) {
        struct window w = { .first = r->first + i, .count = count };
        if (!window_judge(p, accessible, &w) || (found && !window_better(p, &w, out)))
            continue;
        *out = w;
        found = true;
    }
    return found;
}

void window_take(const struct plan *p, const struct window *w, ids *out)
{
    for (size_t i = 0; i < w->count; i++)
        out->at[out->count++] = p->at[w->first + i].seat->id;
}

/* --- the choice --- */

static void left_count(const struct plan *p, bool accessible, struct seating *out)
{
    struct run r;
    bool such = false;
    for (size_t at = 0; run_next(p, &at, &r);) {
        bool here = run_accessible(p, &r);
        such |= here;
        out->left += (int64_t)r.count;
        if ((!accessible || here) && (int64_t)r.count > out->beside)
            out->beside = (int64_t)r.count;
    }
    if (accessible && !such)
        out->left = 0;
}

static bool seating_beside(const struct plan *p, const struct seat_wish *wish, ids *out)
{
    struct run r;
    struct window w, best;
    bool found = false;
    for (size_t at = 0; run_next(p, &at, &r);)
        if (window_best(p, &r, (size_t)wish->count, wish->accessible, &w) && (!found || window_better(p, &w, &best))) {
            best = w;
            found = true;
        }
    if (found)
        window_take(p, &best, out);
    return found;
}

/* Accessible seats are left to who needs them as long as others are enough. */
static bool seating_split(struct plan *p, const struct seat_wish *wish, ids *out)
{
    size_t party = (size_t)wish->count;
    if (wish->accessible)
        return seating_apart(p, party, true, out);
    struct plan spared = *p;
    spared.at = NEW_ARRAY(p->a, struct place, p->count + 1);
    for (size_t i = 0; i < p->count; i++) {
        spared.at[i] = p->at[i];
        spared.at[i].fits &= !p->at[i].seat->accessible;
    }
    return seating_apart(&spared, party, false, out) || seating_apart(p, party, false, out);
}

void seating_choose(arena *a, const list *seats, const ids *taken, const struct seat_wish *wish, bool house, struct seating *out)
{
    struct plan p = plan_make(a, seats, taken, wish, house);
    *out = (struct seating){ .seats = { NEW_ARRAY(a, int64_t, wish->count), 0 } };
    left_count(&p, wish->accessible, out);
    if (out->left == 0)
        out->end = SEATING_SOLD_OUT;
    else if (out->left < wish->count)
        out->end = SEATING_TOO_FEW;
    else if (!seating_beside(&p, wish, &out->seats) &&
             (wish->together || !seating_split(&p, wish, &out->seats)))
        out->end = SEATING_NOT_TOGETHER;
    ids_sort(&out->seats);
}
