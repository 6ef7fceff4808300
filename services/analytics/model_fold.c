/* model_fold.c - sales and showings as sums by day, and days as sums by period and window. */
#include "services/analytics/model_fold.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

#define DAY_S 86400

/* --- days --- */

int32_t analytics_calendar_day(instant moment)
{
    return moment.ms == TIME_NONE ? NO_DAY : (int32_t)day_of(wall_of(moment)).days;
}

int32_t analytics_played_day(wall moment, const struct house_clock *clock)
{
    return (int32_t)day_of((wall){ moment.s - clock->day_starts_s }).days;
}

struct days analytics_window_showings(unsigned window, int32_t today)
{
    return (struct days){ analytics_window_days(window, today).from, INT32_MAX };
}

size_t analytics_days_less(struct days of, struct days without, struct days out[2])
{
    struct days before = { of.from, of.to < without.from ? of.to : without.from - 1 };
    struct days after = { of.from > without.to ? of.from : without.to, of.to };
    size_t count = 0;
    if (of.from <= without.to)
        after.from = without.to == INT32_MAX ? INT32_MAX : without.to + 1;
    if (before.from <= before.to && of.from < without.from)
        out[count++] = before;
    if (after.from <= after.to && of.to > without.to)
        out[count++] = after;
    return count;
}

/* --- cells --- */

void analytics_cells_add(struct cells *c, struct cell one)
{
    if (c->count == c->room) {
        size_t room = c->room ? c->room * 2 : 256;
        struct cell *more = arena_take_raw(c->in, room * sizeof *more);
        if (c->count > 0)
            memcpy(more, c->at, c->count * sizeof *more);
        c->at = more;
        c->room = room;
    }
    c->at[c->count++] = one;
}

static int cell_order(const void *left, const void *right)
{
    const struct cell *a = left, *b = right;
    if (a->of != b->of)
        return a->of < b->of ? -1 : 1;
    for (size_t i = 0; i < COUNT_OF(a->key); i++)
        if (a->key[i] != b->key[i])
            return a->key[i] < b->key[i] ? -1 : 1;
    return 0;
}

void analytics_cells_settle(struct cells *c)
{
    size_t kept = 0;
    if (c->count > 1)
        qsort(c->at, c->count, sizeof *c->at, cell_order);
    for (size_t i = 0; i < c->count;) {
        struct cell sum = c->at[i++];
        for (; i < c->count && cell_order(&sum, &c->at[i]) == 0; i++)
            for (size_t k = 0; k < COUNT_OF(sum.add); k++)
                sum.add[k] += c->at[i].add[k];
        if (sum.add[0] || sum.add[1] || sum.add[2])
            c->at[kept++] = sum;
    }
    c->count = kept;
}

/* --- what follows from days --- */

static void add_to(struct cells *c, enum cell_of of, int64_t first, int64_t second, const struct cell *from)
{
    struct cell made = { .of = of, .key = { first, second } };
    memcpy(made.add, from->add, sizeof made.add);
    analytics_cells_add(c, made);
}

static void spans_follow(struct cells *c, const struct cell *from)
{
    for (unsigned period = PERIOD_DAY; period <= PERIOD_ALL; period++)
        add_to(c, CELL_SPAN, period, analytics_period_start(period, (int32_t)from->key[0]), from);
}

static void windows_follow(struct cells *c, enum cell_of of, const struct cell *from, int32_t today)
{
    for (unsigned window = WINDOWS_FIRST; window <= WINDOWS_LAST; window++) {
        struct days within = of == CELL_ROOM_WINDOW ? analytics_window_showings(window, today)
                                                    : analytics_window_days(window, today);
        if (from->key[0] >= within.from && from->key[0] <= within.to)
            add_to(c, of, window, from->key[1], from);
    }
}

void analytics_cells_follow(struct cells *c, int32_t today)
{
    size_t days = c->count;
    for (size_t i = 0; i < days; i++) {
        struct cell from = c->at[i]; /* adding may move them */
        if (from.of == CELL_DAY) {
            spans_follow(c, &from);
            windows_follow(c, CELL_WINDOW, &from, today);
        } else if (from.of == CELL_FILM_DAY) {
            windows_follow(c, CELL_FILM_WINDOW, &from, today);
        } else if (from.of == CELL_ROOM_DAY) {
            windows_follow(c, CELL_ROOM_WINDOW, &from, today);
        }
    }
}

void analytics_windows_add(struct sum windows[WINDOWS_LAST + 1], const struct cell *on, int32_t today)
{
    for (unsigned window = WINDOWS_FIRST; window <= WINDOWS_LAST; window++) {
        struct days within = analytics_window_days(window, today);
        if (on->key[0] < within.from || on->key[0] > within.to)
            continue;
        windows[window].cents += on->add[0];
        windows[window].reservations += on->add[1];
        windows[window].confirmed += on->add[2];
    }
}

/* --- segments --- */

void analytics_segment_add(struct segment_sums *to, const struct sum *sum, bool alive, int64_t sign)
{
    if (sum->reservations == 0 && sum->cents == 0)
        return;
    to->active += sign;
    if (!alive)
        return;
    if (sum->cents >= VIP_CENTS)
        to->vip += sign;
    else if (sum->cents >= REGULAR_CENTS)
        to->regular += sign;
    else
        to->casual += sign;
}

/* --- tickets --- */

str analytics_tickets_text(arena *a, const list *tickets)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < tickets->count; i++) {
        int64_t price = LIST_AT(tickets, struct ticket, i)->price.cents, same = 0;
        bool told = false;
        for (size_t k = 0; k < tickets->count; k++) {
            bool equal = LIST_AT(tickets, struct ticket, k)->price.cents == price;
            told |= equal && k < i;
            same += equal;
        }
        if (!told)
            buf_printf(&out, "%s%lld:%lld", out.len > 0 ? "," : "", (long long)price, (long long)same);
    }
    return out.len > 0 ? buf_str(&out) : STR("");
}

bool analytics_tickets_next(str *rest, int64_t *price, int64_t *count)
{
    str one, first;
    if (rest->len == 0 || !str_cut(rest, ',', &one) || !str_cut(&one, ':', &first))
        return false;
    return str_to_int(first, price) && str_to_int(one, count);
}

/* --- sales --- */

static void sale_moves(struct cells *c, const struct sale *s, instant when, const int64_t add[3])
{
    int32_t on = analytics_calendar_day(when);
    if (on == NO_DAY)
        return;
    analytics_cells_add(c, (struct cell){ CELL_DAY, { on }, { add[0], add[1], add[2] } });
    analytics_cells_add(c, (struct cell){ CELL_FILM_DAY, { on, s->film }, { add[0], add[1], add[2] } });
    analytics_cells_add(c, (struct cell){ CELL_USER_DAY, { on, s->user_id }, { add[0], add[1], add[2] } });
}

static void sheet_moves(struct cells *c, const struct sale *s, instant when, const int64_t add[3],
                        const struct house_clock *clock)
{
    wall shown = wall_of(when);
    int64_t hour = (shown.s - day_of(shown).days * DAY_S) / 3600;
    analytics_cells_add(c, (struct cell){ CELL_SHEET,
                                          { analytics_played_day(shown, clock), hour, s->film, s->method },
                                          { add[0], add[1], add[2] } });
}

static int64_t admissions_count(struct cells *c, const struct sale *s, int64_t sign)
{
    str rest = s->tickets;
    int64_t price, count, seats = 0;
    while (analytics_tickets_next(&rest, &price, &count)) {
        seats += count;
        if (s->status == SALE_CONFIRMED)
            analytics_cells_add(c, (struct cell){ CELL_ADMISSIONS, { s->schedule_id, price }, { sign * count } });
    }
    return seats;
}

void analytics_sale_count(struct cells *c, const struct sale *s, int64_t sign, const struct house_clock *clock)
{
    bool stands = s->status == SALE_PENDING || s->status == SALE_CONFIRMED;
    int64_t seats = admissions_count(c, s, sign), cents = sign * s->cents;
    if (stands) {
        sale_moves(c, s, s->made, (int64_t[]){ 0, sign, 0 });
        analytics_cells_add(c, (struct cell){ CELL_TAKEN, { s->schedule_id }, { sign * seats } });
    }
    if (s->sold.ms != TIME_NONE) {
        sale_moves(c, s, s->sold, (int64_t[]){ cents, 0, s->status == SALE_CONFIRMED ? sign : 0 });
        sheet_moves(c, s, s->sold, (int64_t[]){ cents, 0, sign * seats }, clock);
    }
    if (s->back.ms != TIME_NONE) {
        sale_moves(c, s, s->back, (int64_t[]){ -cents, 0, 0 });
        sheet_moves(c, s, s->back, (int64_t[]){ 0, cents, -sign * seats }, clock);
    }
}

void analytics_showing_count(struct cells *c, const struct showing *s, int64_t sign)
{
    if (s->room_id != INTEGER_NONE && s->is_active)
        analytics_cells_add(c, (struct cell){ CELL_ROOM_DAY, { s->day, s->room_id }, { sign, sign * s->taken } });
}
