/* model_tickets.c - the shapes of tickets and check-ins, and in which words a door is refused. */
#include "services/reservations/model_tickets.h"

#include "lib/base/buf.h"

/* --- who came in --- */

static const struct field checkin_fields[] = {
    FIELD(struct checkin, id, "id"),
    FIELD(struct checkin, reservation_id, "reservationId"),
    FIELD(struct checkin, seat_id, "seatId"),
    FIELD(struct checkin, row_number, "rowNumber", .nullable = true),
    FIELD(struct checkin, seat_number, "seatNumber", .nullable = true),
    FIELD(struct checkin, ticket_type, "ticketType"),
    FIELD(struct checkin, schedule_id, "scheduleId"),
    FIELD(struct checkin, movie_id, "movieId"),
    FIELD(struct checkin, checked_in_at, "checkedInAt", .form = TIME_Z_MS, .doc = "at the door"),
    FIELD(struct checkin, recorded_at, "recordedAt", .form = TIME_Z_MS, .doc = "later for a door that was offline"),
    FIELD(struct checkin, place, "checkedInWhere"),
};
const struct shape checkin_shape = SHAPE(checkin, checkin_fields);

static const struct field checkin_fact_fields[] = {
    FIELD(struct checkin, id, "id"),
    FIELD(struct checkin, reservation_id, "reservationId"),
    FIELD(struct checkin, seat_id, "seatId"),
    FIELD(struct checkin, schedule_id, "scheduleId"),
    FIELD(struct checkin, checked_in_at, "checkedInAt", .form = TIME_Z_MS),
    FIELD(struct checkin, recorded_at, "recordedAt", .form = TIME_Z_MS),
    FIELD(struct checkin, place, "where"),
};
const struct shape checkin_fact_shape = {
    .name = "checkinFact", .size = sizeof(struct checkin), .fields = checkin_fact_fields, .count = COUNT_OF(checkin_fact_fields)
};

/* It is in events and on screens: one line. */
static bool place_plausible(str place)
{
    for (size_t i = 0; i < place.len; i++)
        if ((unsigned char)place.at[i] < ' ' || place.at[i] == 0x7f)
            return false;
    return true;
}

static const struct field admission_fields[] = {
    FIELD(struct admission, ticket_code, "ticketCode", .trim = true, .min = 1, .max = 400, .doc = "what the QR code says"),
    FIELD(struct admission, place, "where", .trim = true, .blank_refused = true, .min = 1, .max = 60, .fits = place_plausible,
          .fits_what = "one line such as Door 2", .doc = "which door; no person's name, it stays in the log"),
    FIELD(struct admission, schedule_id, "scheduleId", .optional = true, .min = 1, .doc = "the showing that the door lets in"),
    FIELD(struct admission, at, "at", .nullable = true,
          .doc = "when, for a door that was offline: not more than 24 hours ago, not in the future; without it now"),
};
const struct shape admission_shape = SHAPE(admission, admission_fields);

const fault *checkin_time_possible(arena *a, instant at, instant now)
{
    if (at.ms == TIME_NONE || (at.ms <= now.ms + CHECKIN_AHEAD_MS_MAX && at.ms >= now.ms - CHECKIN_AGE_MS_MAX))
        return NULL;
    return fault_new(a, FAULT_INVALID, "checkin_time_invalid", "at must be within the last 24 hours and not in the future.");
}

/* --- what a door is told --- */

const fault *ticket_unknown(arena *a)
{
    return fault_new(a, FAULT_NOT_FOUND, "ticket_unknown", "This cinema has sold no such ticket.");
}

const fault *ticket_cancelled(arena *a)
{
    return fault_new(a, FAULT_CONFLICT, "ticket_cancelled", "This ticket was given back.");
}

const fault *not_confirmed(arena *a)
{
    return fault_new(a, FAULT_CONFLICT, "not_confirmed", "This reservation is not paid, so it has no tickets.");
}

const fault *already_in(arena *a, const struct checkin *was)
{
    char at[TIME_TEXT_MAX], exactly[TIME_TEXT_MAX];
    struct buf members = { .in = a };
    str local = instant_text(at, was->checked_in_at, TIME_OFFSET);
    fault *refused = fault_new(a, FAULT_CONFLICT, "already_in", "This ticket is already in: at %.*s, %.*s.", STR_ARG(local),
                               STR_ARG(was->place));
    buf_printf(&members, "\"checkedInAt\":\"%.*s\",\"checkedInWhere\":", STR_ARG(instant_text(exactly, was->checked_in_at, TIME_Z_MS)));
    buf_quoted(&members, was->place);
    refused->members = buf_str(&members);
    return refused;
}

const fault *other_showing(arena *a, int64_t schedule_id)
{
    fault *refused = fault_new(a, FAULT_CONFLICT, "other_showing", "This ticket is for another showing.");
    refused->members = arena_printf(a, "\"scheduleId\":%lld", (long long)schedule_id);
    return refused;
}

const fault *tickets_used(arena *a)
{
    return fault_new(a, FAULT_CONFLICT, "tickets_used", "Somebody has come in by these tickets; they cannot be given back.");
}

/* --- the list of a door --- */

static const struct field door_seat_fields[] = {
    FIELD(struct door_seat, reservation_id, "reservationId"),
    FIELD(struct door_seat, seat_id, "seatId"),
    FIELD(struct door_seat, row_number, "rowNumber", .nullable = true),
    FIELD(struct door_seat, seat_number, "seatNumber", .nullable = true),
    FIELD(struct door_seat, ticket_type, "ticketType"),
    FIELD(struct door_seat, status, "status", .choices = reservation_statuses, .doc = "CONFIRMED or CANCELLED"),
    FIELD(struct door_seat, checked_in_at, "checkedInAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct door_seat, place, "checkedInWhere", .nullable = true),
};
const struct shape door_seat_shape = SHAPE(door_seat, door_seat_fields);

/* --- tickets --- */

static const struct field ticket_fields[] = {
    FIELD(struct ticket, number, "number"),
    FIELD(struct ticket, seat_id, "seatId"),
    FIELD(struct ticket, row_number, "rowNumber", .nullable = true),
    FIELD(struct ticket, seat_number, "seatNumber", .nullable = true),
    FIELD(struct ticket, ticket_type, "ticketType"),
    FIELD(struct ticket, price, "price"),
    FIELD(struct ticket, code, "ticketCode", .doc = "what the QR code says"),
    FIELD(struct ticket, checked_in_at, "checkedInAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct ticket, place, "checkedInWhere", .nullable = true),
};
static const struct shape ticket_shape = SHAPE(ticket, ticket_fields);

static const struct field tickets_fields[] = {
    FIELD(struct tickets, number, "number", .doc = "the reservation's"),
    FIELD(struct tickets, reservation_id, "reservationId"),
    FIELD(struct tickets, schedule_id, "scheduleId"),
    FIELD(struct tickets, movie_id, "movieId"),
    FIELD(struct tickets, confirmed_at, "confirmedAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct tickets, tickets, "tickets", .shape = &ticket_shape),
};
const struct shape tickets_shape = SHAPE(tickets, tickets_fields);

/* --- keys --- */

static const struct field key_fields[] = {
    FIELD(struct ticket_key_told, key_id, "keyId"),
    FIELD(struct ticket_key_told, public_key, "publicKey", .doc = "Ed25519, 32 bytes in base64url"),
    FIELD(struct ticket_key_told, signs, "signs", .doc = "new tickets are signed by this one"),
};
static const struct shape key_shape = { .name = "ticketKey", .size = sizeof(struct ticket_key_told), .fields = key_fields,
                                        .count = COUNT_OF(key_fields) };
static const struct field keys_fields[] = { FIELD(struct ticket_keys_told, keys, "keys", .shape = &key_shape) };
const struct shape ticket_keys_shape = { .name = "ticketKeys", .size = sizeof(struct ticket_keys_told), .fields = keys_fields,
                                         .count = COUNT_OF(keys_fields) };
