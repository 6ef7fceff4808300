/* described_tickets.c - what a door sends and gets, as tables: reservations reads the one and writes most of the other. */
#include "services/gateway/described.h"
#include "services/gateway/model_tickets.h"

#define NAMED_SHAPE(label, type, table)                                                            \
    {                                                                                              \
        .name = label, .size = sizeof(struct type), .fields = table, .count = COUNT_OF(table)      \
    }

/* --- check-ins --- */

struct described_admission {
    str ticket_code, place;
    int64_t schedule_id;
    instant at;
};
static const struct field admission_fields[] = {
    FIELD(struct described_admission, ticket_code, "ticketCode", .min = 1, .max = 400, .doc = "what the QR code says"),
    FIELD(struct described_admission, place, "where", .min = 1, .max = 60, .doc = "which door; no person's name, it stays in the log"),
    FIELD(struct described_admission, schedule_id, "scheduleId", .optional = true, .min = 1, .doc = "the showing that the door lets in"),
    FIELD(struct described_admission, at, "at", .nullable = true,
          .doc = "when, for a door that was offline: not more than 24 hours ago, not in the future; without it now"),
};
const struct shape described_admission_shape = NAMED_SHAPE("admission", described_admission, admission_fields);

struct described_checkin {
    int64_t id, reservation_id, seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    int64_t schedule_id;
    str movie_id;
    instant checked_in_at, recorded_at;
    str place;
    struct door_showing *showing;
};
static const struct field checkin_fields[] = {
    FIELD(struct described_checkin, id, "id"),
    FIELD(struct described_checkin, reservation_id, "reservationId"),
    FIELD(struct described_checkin, seat_id, "seatId"),
    FIELD(struct described_checkin, row_number, "rowNumber", .nullable = true),
    FIELD(struct described_checkin, seat_number, "seatNumber", .nullable = true),
    FIELD(struct described_checkin, ticket_type, "ticketType"),
    FIELD(struct described_checkin, schedule_id, "scheduleId"),
    FIELD(struct described_checkin, movie_id, "movieId"),
    FIELD(struct described_checkin, checked_in_at, "checkedInAt", .form = TIME_Z_MS, .doc = "at the door"),
    FIELD(struct described_checkin, recorded_at, "recordedAt", .form = TIME_Z_MS, .doc = "later for a door that was offline"),
    FIELD(struct described_checkin, place, "checkedInWhere"),
    FIELD(struct described_checkin, showing, "showing", .nullable = true, .shape = &door_showing_shape),
};
const struct shape described_checkin_shape = NAMED_SHAPE("checkin", described_checkin, checkin_fields);

/* --- the list of a door --- */

static const char *const standing[] = { "CONFIRMED", "CANCELLED", NULL };

struct described_door_seat {
    int64_t reservation_id, seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    unsigned status;
    instant checked_in_at;
    str place;
};
static const struct field door_seat_fields[] = {
    FIELD(struct described_door_seat, reservation_id, "reservationId"),
    FIELD(struct described_door_seat, seat_id, "seatId"),
    FIELD(struct described_door_seat, row_number, "rowNumber", .nullable = true),
    FIELD(struct described_door_seat, seat_number, "seatNumber", .nullable = true),
    FIELD(struct described_door_seat, ticket_type, "ticketType"),
    FIELD(struct described_door_seat, status, "status", .choices = standing),
    FIELD(struct described_door_seat, checked_in_at, "checkedInAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct described_door_seat, place, "checkedInWhere", .nullable = true),
};
static const struct shape door_seat_shape = NAMED_SHAPE("door_seat", described_door_seat, door_seat_fields);

struct described_door {
    struct door_showing *showing;
    list seats;
};
static const struct field door_fields[] = {
    FIELD(struct described_door, showing, "showing", .shape = &door_showing_shape),
    FIELD(struct described_door, seats, "seats", .shape = &door_seat_shape),
};
const struct shape described_door_shape = NAMED_SHAPE("door", described_door, door_fields);

/* --- keys --- */

struct described_key {
    str key_id, public_key;
    bool signs;
};
static const struct field key_fields[] = {
    FIELD(struct described_key, key_id, "keyId"),
    FIELD(struct described_key, public_key, "publicKey", .doc = "Ed25519, 32 bytes in base64url"),
    FIELD(struct described_key, signs, "signs", .doc = "new tickets are signed by this one"),
};
static const struct shape key_shape = NAMED_SHAPE("ticketKey", described_key, key_fields);

struct described_keys {
    list keys;
};
static const struct field keys_fields[] = { FIELD(struct described_keys, keys, "keys", .shape = &key_shape) };
const struct shape described_ticket_keys_shape = NAMED_SHAPE("ticketKeys", described_keys, keys_fields);
