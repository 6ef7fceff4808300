/* test_shapes.c - the tables of the one struct with every kind of member. */
#include "lib/json/test_shapes.h"

static const char *const seat_types[] = { "regular", "premium", "vip", NULL };
static const char *const screens[] = { "2D", "3D", "IMAX", NULL };

static const struct field sample_seat_fields[] = {
    FIELD(struct sample_seat, id, "id", .read_only = true),
    FIELD(struct sample_seat, row_number, "row_number", .min = 1, .max = 10),
    FIELD(struct sample_seat, type, "seat_type", .choices = seat_types, .fallback = "regular"),
};
const struct shape sample_seat_shape = SHAPE(sample_seat, sample_seat_fields, .strict = true);

/* What no single field can state. */
static const fault *sample_check(arena *a, void *body)
{
    const struct sample *want = body;
    if (want->deposit.cents > want->price.cents)
        return fault_new(a, FAULT_INVALID, "deposit_too_large",
                         "The deposit is larger than the price.");
    return NULL;
}

static const struct field sample_fields[] = {
    FIELD(struct sample, id, "id", .read_only = true, .doc = "given by the server"),
    FIELD(struct sample, minutes, "duration", .min = 1, .max = 1000, .doc = "minutes"),
    FIELD(struct sample, rating, "rating", .max = 10, .fallback = "0"),
    FIELD(struct sample, active, "isActive", .fallback = "true"),
    FIELD(struct sample, title, "title", .trim = true, .blank_refused = true, .max = 20, .pattern = "[^ ]"),
    FIELD(struct sample, note, "note", .optional = true),
    FIELD(struct sample, price, "price", .min = 1),
    FIELD(struct sample, deposit, "deposit", .fallback = "0", .money_exact = true, .max = 5000),
    FIELD(struct sample, made, "made", .epoch_ms = true, .optional = true, .form = TIME_Z_MS),
    FIELD(struct sample, plain, "plain", .optional = true, .form = TIME_PLAIN),
    FIELD(struct sample, local, "local", .optional = true, .form = TIME_OFFSET),
    FIELD(struct sample, show_time, "show_time", .optional = true),
    FIELD(struct sample, premiere, "premiere", .optional = true),
    FIELD(struct sample, screen, "screen_type", .choices = screens, .fallback = "2D"),
    FIELD(struct sample, seat_ids, "seatIds", .entry_min = 2, .max = 20, .fallback = ""),
    FIELD(struct sample, genre, "genre", .entry_max = 9, .one_or_many = true, .trim = true,
          .fallback = "Drama,Noir"),
    FIELD(struct sample, seats, "seats", .shape = &sample_seat_shape, .optional = true, .max = 3),
    FIELD(struct sample, best, "best", .shape = &sample_seat_shape, .nullable = true),
    FIELD(struct sample, extra, "extra", .optional = true),
    FIELD(struct sample, held_until_ms, "heldUntil", .hidden = true),
};
const struct shape sample_shape =
    SHAPE(sample, sample_fields, .check = sample_check, .given = offsetof(struct sample, given));

const struct shape sample_edit_shape = SHAPE(sample, sample_fields, .partial = true, .strict = true,
                                             .given = offsetof(struct sample, given));

static const struct field sample_nullable_fields[] = {
    FIELD(struct sample, id, "id", .nullable = true),
    FIELD(struct sample, minutes, "duration", .nullable = true, .min = INT64_MIN),
    FIELD(struct sample, rating, "rating", .nullable = true, .min = INT64_MIN),
    FIELD(struct sample, active, "isActive", .nullable = true),
    FIELD(struct sample, title, "title", .nullable = true),
    FIELD(struct sample, note, "note", .nullable = true),
    FIELD(struct sample, price, "price", .nullable = true),
    FIELD(struct sample, deposit, "deposit", .nullable = true),
    FIELD(struct sample, made, "made", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct sample, plain, "plain", .nullable = true, .form = TIME_PLAIN),
    FIELD(struct sample, local, "local", .nullable = true, .form = TIME_OFFSET),
    FIELD(struct sample, show_time, "show_time", .nullable = true),
    FIELD(struct sample, premiere, "premiere", .nullable = true),
    FIELD(struct sample, screen, "screen_type", .nullable = true, .choices = screens),
    FIELD(struct sample, seat_ids, "seatIds", .nullable = true),
    FIELD(struct sample, genre, "genre", .nullable = true),
    FIELD(struct sample, seats, "seats", .nullable = true, .shape = &sample_seat_shape),
    FIELD(struct sample, best, "best", .nullable = true, .shape = &sample_seat_shape),
    FIELD(struct sample, extra, "extra", .nullable = true),
    FIELD(struct sample, held_until_ms, "heldUntil", .nullable = true, .hidden = true),
};
const struct shape sample_nullable_shape = SHAPE(sample, sample_nullable_fields);

static const struct field sample_query_fields[] = {
    FIELD(struct sample, minutes, "limit", .max = 1000, .fallback = "10",
          .doc = "how many at most"),
    FIELD(struct sample, title, "search", .fallback = ""),
    FIELD(struct sample, note, "genre", .optional = true),
    FIELD(struct sample, active, "featured", .fallback = "false"),
    FIELD(struct sample, rating, "rating", .optional = true, .max = 10),
    FIELD(struct sample, price, "price", .optional = true),
    FIELD(struct sample, premiere, "date", .nullable = true),
    FIELD(struct sample, show_time, "from", .nullable = true),
    FIELD(struct sample, made, "since", .nullable = true),
    FIELD(struct sample, screen, "screen", .choices = screens, .fallback = "3D"),
    FIELD(struct sample, seat_ids, "ids", .max = 3, .fallback = ""),
    FIELD(struct sample, genre, "names", .fallback = ""),
};
const struct shape sample_query_shape =
    SHAPE(sample, sample_query_fields, .given = offsetof(struct sample, given));
