/* handlers_tickets.c - tickets for those who bought them, and the door that they open. */
#include "services/reservations/handlers.h"

/* --- keys --- */

static const fault *keys_of(struct call *c, const struct ticket_keys **out)
{
    struct reservations *svc = c->service;
    return ticket_ring_keys(&svc->tickets, c->arena, svc->store, out);
}

const fault *ticket_keys_show(struct call *c)
{
    const struct ticket_keys *keys;
    TRY(keys_of(c, &keys));
    struct ticket_keys_told told = { { NEW_ARRAY(c->arena, struct ticket_key_told, keys->count), keys->count } };
    for (size_t i = 0; i < keys->count; i++)
        *LIST_AT(&told.keys, struct ticket_key_told, i) = (struct ticket_key_told){
            .key_id = str_of(keys->at[i].id), .public_key = ticket_key_public(c->arena, &keys->at[i]), .signs = i == 0 };
    return reply(c, 200, &ticket_keys_shape, &told);
}

/* --- the tickets of a reservation --- */

static const fault *has_tickets(arena *a, const struct reservation *about)
{
    if (about->status == RESERVATION_CANCELLED)
        return fault_new(a, FAULT_CONFLICT, "reservation_cancelled", "This reservation has been cancelled; its tickets are void.");
    if (about->status == RESERVATION_EXPIRED)
        return fault_new(a, FAULT_CONFLICT, "reservation_expired", "This reservation has expired without being paid.");
    return about->status == RESERVATION_CONFIRMED ? NULL : not_confirmed(a);
}

static const struct checkin *checkin_of(const list *in, int64_t seat_id)
{
    for (size_t i = 0; i < in->count; i++)
        if (LIST_AT(in, struct checkin, i)->seat_id == seat_id)
            return LIST_AT(in, struct checkin, i);
    return NULL;
}

static struct ticket ticket_of(arena *a, const struct ticket_key *key, const struct reservation *about,
                               const struct reserved_seat *seat, const struct checkin *in)
{
    struct ticket_sold sold = { about->id, seat->seat_id, about->schedule_id };
    return (struct ticket){ .number = arena_printf(a, "%lld-%lld", (long long)about->id, (long long)seat->id),
                            .seat_id = seat->seat_id,
                            .row_number = seat->row_number,
                            .seat_number = seat->seat_number,
                            .ticket_type = seat->ticket_type,
                            .price = seat->price,
                            .code = ticket_code(a, key, &sold),
                            .checked_in_at = in ? in->checked_in_at : INSTANT_NONE,
                            .place = in ? in->place : (str){ NULL, 0 } };
}

const fault *tickets_show(struct call *c)
{
    struct reservations *svc = c->service;
    struct reservation about;
    const struct ticket_keys *keys;
    list in;
    TRY(reservation_opened(c, c->ids[0]));
    TRY(svc->store->reservation_show(svc->store, c->arena, c->ids[0], &about));
    TRY(has_tickets(c->arena, &about));
    TRY(keys_of(c, &keys));
    TRY(svc->store->checkins_of(svc->store, c->arena, about.id, &in));
    struct tickets told = { .number = arena_printf(c->arena, "%lld", (long long)about.id),
                            .reservation_id = about.id,
                            .schedule_id = about.schedule_id,
                            .movie_id = about.movie_id,
                            .confirmed_at = about.confirmed_at,
                            .tickets = { NEW_ARRAY(c->arena, struct ticket, about.reserved_seats.count + 1), about.reserved_seats.count } };
    for (size_t i = 0; i < told.tickets.count; i++) {
        const struct reserved_seat *seat = LIST_AT(&about.reserved_seats, struct reserved_seat, i);
        *LIST_AT(&told.tickets, struct ticket, i) = ticket_of(c->arena, &keys->at[0], &about, seat, checkin_of(&in, seat->seat_id));
    }
    return reply(c, 200, &tickets_shape, &told);
}

/* --- the door --- */

const fault *checkin_create(struct call *c)
{
    struct reservations *svc = c->service;
    const struct admission *want = c->body;
    const struct ticket_keys *keys;
    struct ticket_sold sold;
    struct checkin made;
    TRY(checkin_time_possible(c->arena, want->at, clock_now()));
    TRY(keys_of(c, &keys));
    TRY(ticket_code_read(c->arena, keys, want->ticket_code, &sold));
    if (want->schedule_id && want->schedule_id != sold.schedule_id)
        return other_showing(c->arena, sold.schedule_id);
    struct checkin_order order = { .reservation_id = sold.reservation_id, .seat_id = sold.seat_id, .schedule_id = sold.schedule_id,
                                   .place = want->place, .at = want->at };
    TRY(svc->store->checkin(svc->store, c->arena, &order, c->once, &made));
    return reply(c, 201, &checkin_shape, &made);
}

const fault *door_show(struct call *c)
{
    struct reservations *svc = c->service;
    list found;
    TRY(svc->store->door_seats(svc->store, c->arena, c->ids[0], &found));
    return reply_list(c, &door_seat_shape, &found);
}
