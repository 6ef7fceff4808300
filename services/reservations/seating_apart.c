/* seating_apart.c - a party that no row takes sits in several places: as few as can be, in rows that follow one another.
 *
 * Rows that follow one another are tried as a block: first every one and two rows, then three, and so on until one has seats enough.
 * Within a block the longest runs are filled first, which makes the fewest places. */
#include <stdlib.h>

#include "services/reservations/seating_parts.h"

struct part {
    struct run run;
    size_t size;
    bool accessible; /* one of its seats must be */
};

/* A way to sit. Less is better, member by member. */
struct way {
    struct part *parts;
    size_t count;
    int64_t strained; /* as a window's; the same of orphans and cost */
    size_t lone, span;
    int64_t orphans, cost;
    ids seats;
};

static int longer_first(const void *left, const void *right)
{
    const struct run *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

/* Who would sit alone is joined by one of three and more. */
static void lone_join(struct way *w)
{
    struct part *last = &w->parts[w->count - 1];
    for (size_t i = 0; i + 1 < w->count && last->size == 1 && last->run.count > 1; i++)
        if (w->parts[i].size > 2) {
            w->parts[i].size--;
            last->size++;
        }
}

static bool way_judge(const struct plan *p, struct way *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct window best;
        const struct part *part = &w->parts[i];
        if (!window_best(p, &part->run, part->size, part->accessible, &best))
            return false;
        w->strained += best.strained;
        w->orphans += best.orphans;
        w->cost += best.cost;
        w->lone += part->size == 1;
        window_take(p, &best, &w->seats);
    }
    return true;
}

/* The runs, longest first; `must`, when it is one of them, before all. */
static bool way_make(const struct plan *p, const list *runs, const struct run *must, size_t party, struct way *w)
{
    if (must)
        w->parts[w->count++] = (struct part){ *must, must->count < party ? must->count : party, true };
    size_t left = party - (must ? w->parts[0].size : 0);
    for (size_t i = 0; i < runs->count && left > 0; i++) {
        const struct run *r = LIST_AT(runs, struct run, i);
        if (must && must->first == r->first)
            continue;
        size_t size = r->count < left ? r->count : left;
        w->parts[w->count++] = (struct part){ *r, size, false };
        left -= size;
    }
    if (left > 0)
        return false;
    lone_join(w);
    return way_judge(p, w);
}

static bool way_better(const struct way *one, const struct way *than)
{
    if (one->strained != than->strained)
        return one->strained < than->strained;
    if (one->count != than->count)
        return one->count < than->count;
    if (one->lone != than->lone)
        return one->lone < than->lone;
    if (one->span != than->span)
        return one->span < than->span;
    return one->orphans != than->orphans ? one->orphans < than->orphans : one->cost < than->cost;
}

/* What a search has beside its plan: a room may have thousands of blocks, so all of them are tried in the same memory. */
struct search {
    const struct plan *plan;
    list all;             /* runs, by place */
    list block;           /* those of the block, longest first */
    size_t party;
    bool accessible;
    struct way best, next; /* best.count 0: none was found */
};

static void way_try(struct search *s, const struct run *must, size_t span)
{
    s->next = (struct way){ .parts = s->next.parts, .span = span, .seats = { s->next.seats.at, 0 } };
    if (!way_make(s->plan, &s->block, must, s->party, &s->next) || (s->best.count > 0 && !way_better(&s->next, &s->best)))
        return;
    struct way before = s->best;
    s->best = s->next;
    s->next = before;
}

/* The runs from number `first` on that lie in `span` rows. False: they are too few for the party. */
static bool block_take(struct search *s, size_t first, size_t span)
{
    size_t seats = 0, low = s->plan->at[LIST_AT(&s->all, struct run, first)->first].row;
    s->block.count = 0;
    for (size_t i = first; i < s->all.count; i++) {
        const struct run *r = LIST_AT(&s->all, struct run, i);
        if (s->plan->at[r->first].row >= low + span)
            break;
        *LIST_AT(&s->block, struct run, s->block.count++) = *r;
        seats += r->count;
    }
    if (s->block.count > 1)
        qsort(s->block.at, s->block.count, sizeof(struct run), longer_first);
    return seats >= s->party;
}

static void block_try(struct search *s, size_t first, size_t span)
{
    if (!block_take(s, first, span))
        return;
    if (!s->accessible)
        way_try(s, NULL, span);
    for (size_t i = 0; i < s->block.count && s->accessible; i++)
        if (run_accessible(s->plan, LIST_AT(&s->block, struct run, i)))
            way_try(s, LIST_AT(&s->block, struct run, i), span);
}

static struct way way_room(arena *a, size_t party)
{
    return (struct way){ .parts = NEW_ARRAY(a, struct part, party + 1), .seats = { NEW_ARRAY(a, int64_t, party), 0 } };
}

bool seating_apart(const struct plan *p, size_t party, bool accessible, ids *out)
{
    struct run r;
    struct search s = { .plan = p,
                        .all = { NEW_ARRAY(p->a, struct run, p->count + 1), 0 },
                        .block = { NEW_ARRAY(p->a, struct run, p->count + 1), 0 },
                        .party = party,
                        .accessible = accessible,
                        .best = way_room(p->a, party),
                        .next = way_room(p->a, party) };
    for (size_t at = 0; run_next(p, &at, &r);)
        *LIST_AT(&s.all, struct run, s.all.count++) = r;
    for (size_t span = 1; span <= p->rows && (span <= 2 || s.best.count == 0); span++)
        for (size_t first = 0; first < s.all.count; first++)
            block_try(&s, first, span);
    if (s.best.count > 0)
        *out = s.best.seats;
    return s.best.count > 0;
}
