/* handlers.c - rooms and seats. */
#include "services/rooms/handlers.h"

/* --- rooms --- */

const fault *rooms_room_list(struct call *c)
{
    struct rooms *svc = c->service;
    list found;
    TRY(svc->store->rooms_list(svc->store, c->arena, c->query, &found));
    return reply_list(c, &rooms_room_shape, &found);
}

const fault *rooms_room_show(struct call *c)
{
    struct rooms *svc = c->service;
    struct room found;
    TRY(svc->store->room_find(svc->store, c->arena, c->ids[0], &found));
    return reply(c, 200, &rooms_room_shape, &found);
}

const fault *rooms_room_create(struct call *c)
{
    struct rooms *svc = c->service;
    struct room made;
    TRY(svc->store->room_create(svc->store, c->arena, c->once, c->body, &made));
    location(c, "/api/rooms/%lld", (long long)made.id);
    return reply(c, 201, &rooms_room_shape, &made);
}

struct room_change {
    int64_t id;
    const struct room_edit *edit;
    ids closing; /* showings whose sale is stopped */
    struct room made;
};

static const fault *room_change(struct rooms *svc, arena *a, void *arg)
{
    struct room_change *change = arg;
    return svc->store->room_edit(svc->store, a, change->id, change->edit, &change->closing,
                                 &change->made);
}

/* A room that closes takes its showings to come with it, so nobody may hold a ticket for one. */
static const fault *room_edit(struct call *c, const struct room_edit *edit, struct room *made)
{
    struct rooms *svc = c->service;
    struct room_change change = { .id = c->ids[0], .edit = edit };
    if (rooms_room_closes(edit))
        TRY(svc->store->room_showings(svc->store, c->arena, change.id, &change.closing));
    struct sales_order stop = { .schedule_ids = change.closing };
    TRY(rooms_change_stopped(svc, c->arena, &stop, room_change, &change, NULL));
    *made = change.made;
    return NULL;
}

const fault *rooms_room_edit(struct call *c)
{
    struct room made;
    TRY(room_edit(c, c->body, &made));
    return reply(c, 200, &rooms_room_shape, &made);
}

const fault *rooms_room_delete(struct call *c)
{
    struct room made;
    struct room_edit closing = rooms_room_closing();
    TRY(room_edit(c, &closing, &made));
    return reply_message(c, 200, &rooms_room_shape, &made, "Room deactivated successfully");
}

/* --- seats --- */

const fault *rooms_seat_list(struct call *c)
{
    struct rooms *svc = c->service;
    list found;
    TRY(svc->store->seats_list(svc->store, c->arena, c->ids[0], c->query, &found));
    return reply_list(c, &rooms_seat_shape, &found);
}

const fault *rooms_seat_create(struct call *c)
{
    struct rooms *svc = c->service;
    list made;
    TRY(svc->store->seats_create(svc->store, c->arena, c->once, c->ids[0], c->body, &made));
    location(c, "/api/rooms/%lld/seats", (long long)c->ids[0]);
    return reply_list_message(c, 201, &rooms_seat_shape, &made, "Seats created successfully");
}

struct seat_change {
    int64_t room_id, id;
    const struct seat_edit *edit;
    struct seat made;
};

static const fault *seat_change(struct rooms *svc, arena *a, void *arg)
{
    struct seat_change *change = arg;
    return svc->store->seat_edit(svc->store, a, change->room_id, change->id, change->edit,
                                 &change->made);
}

/* A seat goes out of service only while nobody holds a ticket for it, and nobody buys one
 * meanwhile. */
static const fault *seat_edit(struct call *c, const struct seat_edit *edit, struct seat *made)
{
    struct rooms *svc = c->service;
    struct seat_change change = { .room_id = c->ids[0], .id = c->ids[1], .edit = edit };
    struct seat found;
    TRY(svc->store->seat_find(svc->store, c->arena, change.room_id, change.id, &found));
    struct sales_order stop = {
        .seat_ids = {&change.id, 1}
    };
    if (found.is_available && rooms_seat_closes(edit))
        TRY(svc->store->room_showings(svc->store, c->arena, change.room_id, &stop.schedule_ids));
    TRY(rooms_change_stopped(svc, c->arena, &stop, seat_change, &change, NULL));
    *made = change.made;
    return NULL;
}

const fault *rooms_seat_edit(struct call *c)
{
    struct seat made;
    TRY(seat_edit(c, c->body, &made));
    return reply(c, 200, &rooms_seat_shape, &made);
}

const fault *rooms_seat_delete(struct call *c)
{
    struct seat made;
    struct seat_edit closing = rooms_seat_closing();
    TRY(seat_edit(c, &closing, &made));
    return reply_message(c, 200, &rooms_seat_shape, &made, "Seat taken out of service");
}
