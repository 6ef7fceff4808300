/* handlers_showings.c - showings, which the wire calls schedules. */
#include "services/rooms/handlers.h"

/* --- reads --- */

const fault *rooms_showing_list(struct call *c)
{
    struct rooms *svc = c->service;
    struct showing_filter want = *(const struct showing_filter *)c->query;
    list found;
    want.active = true;
    want.order = ORDER_SELLABLE_FIRST;
    TRY(svc->store->showings_find(svc->store, c->arena, &want, &found));
    return reply_list(c, &rooms_showing_shape, &found);
}

const fault *rooms_showing_show(struct call *c)
{
    struct rooms *svc = c->service;
    struct showing found;
    TRY(svc->store->showing_find(svc->store, c->arena, c->ids[0], &found));
    return reply(c, 200, &rooms_showing_shape, &found);
}

const fault *rooms_showings_of_film(struct call *c)
{
    struct rooms *svc = c->service;
    const struct paging *page = c->query;
    struct showing_filter want = { .movie_id = c->names[0],
                                   .from = WALL_NONE,
                                   .until = WALL_NONE,
                                   .active = true,
                                   .order = ORDER_SELLABLE_FIRST,
                                   .limit = page->limit,
                                   .offset = page->offset };
    list found;
    TRY(svc->store->showings_find(svc->store, c->arena, &want, &found));
    return reply_list(c, &rooms_showing_of_film_shape, &found);
}

/* A film's length that changed between the look at the film and the commit is not missed. */
static void showing_written(struct rooms *svc, const struct showing *made)
{
    if (svc->programme)
        rooms_programme_check(svc->programme, made);
}

/* --- create --- */

/* A key that was used before is answered first: the film may be gone since. */
const fault *rooms_showing_create(struct call *c)
{
    struct rooms *svc = c->service;
    const struct showing_new *want = c->body;
    struct showing made;
    bool seen;
    TRY(svc->store->showing_recall(svc->store, c->arena, c->once, &made, &seen));
    if (!seen) {
        int64_t minutes;
        TRY(rooms_film_minutes(svc, c->arena, want->movie_id, &minutes));
        TRY(svc->store->showing_create(svc->store, c->arena, c->once, want, minutes, &made));
        showing_written(svc, &made);
    }
    location(c, "/api/schedules/%lld", (long long)made.id);
    return reply(c, 201, &rooms_showing_shape, &made);
}

/* --- edit --- */

struct showing_change {
    struct showing found;
    const struct showing_edit *edit;
    int64_t length_minutes; /* of another film; else 0 */
    struct showing made;
};

static const fault *showing_change(struct rooms *svc, arena *a, void *arg)
{
    struct showing_change *change = arg;
    return svc->store->showing_edit(svc->store, a, &change->found, change->edit,
                                    change->length_minutes, &change->made);
}

/* Price, time and film may change under sold tickets; the room may not, and no ticket is for a
 * showing that is not. */
static const fault *showing_edit(struct rooms *svc, arena *a, struct showing_change *change)
{
    const struct showing *found = &change->found;
    struct sales_order stop = {
        {NULL,  0},
        { NULL, 0},
        false
    };
    bool leaves =
        rooms_showing_moves(change->edit, found) || rooms_showing_closes(change->edit, found);
    if (leaves && found->is_active && !rooms_showing_is_over(found, clock_now()))
        stop.schedule_ids = (ids){ &change->found.id, 1 };
    if (rooms_showing_reopens(change->edit, found))
        return rooms_change_reopening(svc, a, found->id, showing_change, change);
    return rooms_change_stopped(svc, a, &stop, showing_change, change, NULL);
}

const fault *rooms_showing_edit(struct call *c)
{
    struct rooms *svc = c->service;
    struct showing_change change = { .edit = c->body };
    TRY(svc->store->showing_find(svc->store, c->arena, c->ids[0], &change.found));
    if (rooms_showing_takes_film(change.edit, &change.found))
        TRY(rooms_film_minutes(svc, c->arena, change.edit->movie_id, &change.length_minutes));
    TRY(showing_edit(svc, c->arena, &change));
    showing_written(svc, &change.made);
    return reply(c, 200, &rooms_showing_shape, &change.made);
}

/* --- delete --- */

struct showing_close {
    int64_t id;
    struct showing made;
};

static const fault *showing_close(struct rooms *svc, arena *a, void *arg)
{
    struct showing_close *close = arg;
    return svc->store->showing_close(svc->store, a, close->id, &close->made);
}

/* Without ?refund=true nobody may hold a ticket. With it the money goes back first, whatever the
 * showing's state: so a cancellation that broke off can be asked for again. */
const fault *rooms_showing_delete(struct call *c)
{
    struct rooms *svc = c->service;
    const struct closing_query *query = c->query;
    struct showing found;
    struct showing_close close = { .id = c->ids[0] };
    struct sales_order stop = { .refund = query->refund };
    int64_t cancelled = 0;
    TRY(svc->store->showing_find(svc->store, c->arena, close.id, &found));
    if (query->refund || (found.is_active && !rooms_showing_is_over(&found, clock_now())))
        stop.schedule_ids = (ids){ &close.id, 1 };
    TRY(rooms_change_stopped(svc, c->arena, &stop, showing_close, &close, &cancelled));
    close.made.cancelled = cancelled;
    if (cancelled > 0)
        return reply_message(c, 202, &rooms_showing_closed_shape, &close.made,
                             "Schedule deactivated, its reservations cancelled and refunded");
    return reply_message(c, 200, &rooms_showing_closed_shape, &close.made,
                         "Schedule deactivated successfully");
}
