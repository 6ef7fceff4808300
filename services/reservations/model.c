/* model.c - the shapes of users, reservations and payments, and the rules no single field can state. */
#include "services/reservations/model.h"

#include <string.h>

#include "lib/base/buf.h"

/* --- users --- */

static const struct field user_fields[] = {
    FIELD(struct user, id, "id", .read_only = true),
    FIELD(struct user, email, "email", .nullable = true),
    FIELD(struct user, name, "name", .nullable = true),
    FIELD(struct user, phone, "phone", .nullable = true),
    FIELD(struct user, created_at, "createdAt", .form = TIME_PLAIN, .read_only = true, .doc = "UTC"),
    FIELD(struct user, updated_at, "updatedAt", .form = TIME_PLAIN, .read_only = true, .doc = "UTC"),
};
const struct shape user_shape = SHAPE(user, user_fields);
/* The first four fields alone. */
const struct shape user_brief_shape = {
    .name = "userBrief", .size = sizeof(struct user), .fields = user_fields, .count = 4
};

static const struct field user_fact_fields[] = {
    FIELD(struct user, id, "id"),
    FIELD(struct user, created_at, "createdAt", .form = TIME_Z_MS),
    FIELD(struct user, updated_at, "updatedAt", .form = TIME_Z_MS),
};
const struct shape user_fact_shape = {
    .name = "userFact", .size = sizeof(struct user), .fields = user_fact_fields, .count = COUNT_OF(user_fact_fields)
};

static const struct field user_input_fields[] = {
    FIELD(struct user_input, email, "email", .trim = true, .min = 1, .max = 255, .fits = email_plausible,
          .fits_what = "an address such as ana@example.com", .pattern = "^[^@\\s]+@[^@\\s]+$",
          .doc = "one @ with something on both sides; compared without case"),
    FIELD(struct user_input, name, "name", .trim = true, .blank_refused = true, .min = 1, .max = 255),
    FIELD(struct user_input, phone, "phone", .trim = true, .nullable = true, .max = 20),
};

const struct shape user_input_shape = SHAPE(user_input, user_input_fields);

static const struct field user_import_fields[] = {
    FIELD(struct user_import, email, "email", .trim = true, .min = 1, .max = 255, .fits = email_plausible,
          .fits_what = "an address such as ana@example.com"),
    FIELD(struct user_import, name, "name", .optional = true, .trim = true, .min = 1, .max = 255),
    FIELD(struct user_import, phone, "phone", .optional = true, .trim = true, .nullable = true, .max = 20),
};
const struct shape user_import_shape = SHAPE(user_import, user_import_fields,
                                             .given = offsetof(struct user_import, given));

struct user user_as_imported(const struct user *found, const struct user_import *row)
{
    struct user now = *found;
    now.email = row->email;
    if (shape_given(&user_import_shape, row, "name"))
        now.name = row->name;
    if (shape_given(&user_import_shape, row, "phone"))
        now.phone = row->phone;
    return now;
}

const fault *user_import_complete(arena *a, const struct user_import *row)
{
    if (!str_blank(row->name))
        return NULL;
    fault *problem = fault_new(a, FAULT_INVALID, "validation_failed", "name is required.");
    struct fault_field *field = NEW(a, struct fault_field);
    *field = (struct fault_field){ .field = STR("name"), .sentence = problem->sentence, .kind = "required" };
    problem->fields = field;
    return problem;
}

bool email_plausible(str email)
{
    size_t ats = 0, at = 0;
    for (size_t i = 0; i < email.len; i++) {
        unsigned char c = (unsigned char)email.at[i];
        if (c <= ' ' || c == 0x7f)
            return false;
        if (c == '@') {
            ats++;
            at = i;
        }
    }
    return ats == 1 && at > 0 && at + 1 < email.len;
}

str email_key(arena *a, str email)
{
    char *lowered = arena_take(a, email.len + 1);
    for (size_t i = 0; i < email.len; i++) {
        char c = email.at[i];
        lowered[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    return (str){ lowered, email.len };
}

/* --- payments --- */

const char *const payment_statuses[] = { "PENDING", "COMPLETED", "FAILED", "REFUNDED", NULL };

/* Two fields say the status: the old system's clients read either. */
static const struct field payment_fields[] = {
    FIELD(struct payment, id, "id"),
    FIELD(struct payment, reservation_id, "reservationId"),
    FIELD(struct payment, amount, "amount"),
    FIELD(struct payment, method, "paymentMethod"),
    FIELD(struct payment, status, "paymentStatus", .choices = payment_statuses),
    FIELD(struct payment, status, "status", .choices = payment_statuses),
    FIELD(struct payment, transaction_id, "transactionId", .nullable = true),
    FIELD(struct payment, paid_at, "paymentDate", .form = TIME_PLAIN, .doc = "UTC"),
};
const struct shape payment_shape = SHAPE(payment, payment_fields);

static const struct field payment_fact_fields[] = {
    FIELD(struct payment, id, "id"),
    FIELD(struct payment, reservation_id, "reservationId"),
    FIELD(struct payment, amount, "amount"),
    FIELD(struct payment, method, "paymentMethod"),
    FIELD(struct payment, status, "status", .choices = payment_statuses),
    FIELD(struct payment, transaction_id, "transactionId", .nullable = true),
    FIELD(struct payment, paid_at, "paidAt", .form = TIME_Z_MS),
    FIELD(struct payment, ask_at, "askAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct payment, asked_until, "askedUntil", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct payment, grace_until, "graceUntil", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct payment, refund_due, "refundDue"),
    FIELD(struct payment, refunded_at, "refundedAt", .form = TIME_Z_MS, .nullable = true),
};
const struct shape payment_fact_shape = {
    .name = "paymentFact", .size = sizeof(struct payment), .fields = payment_fact_fields,
    .count = COUNT_OF(payment_fact_fields)
};

/* It goes into events, exports and figures: a card's number is refused before anything keeps it. Cards have 12 digits and more. */
bool payment_method_plausible(str method)
{
    size_t digits = 0;
    for (size_t i = 0; i < method.len; i++)
        digits += method.at[i] >= '0' && method.at[i] <= '9';
    return digits < 12;
}

static const struct field payment_order_fields[] = {
    FIELD(struct payment_order, reservation_id, "reservationId", .min = 1),
    FIELD(struct payment_order, amount, "amount", .min = 1, .max = MONEY_MAX_CENTS, .money_exact = true,
          .doc = "equals the reservation's totalAmount"),
    FIELD(struct payment_order, method, "paymentMethod", .trim = true, .blank_refused = true, .min = 1,
          .max = 50, .fits = payment_method_plausible, .fits_what = "a name such as cash, not a number"),
};
const struct shape payment_order_shape = SHAPE(payment_order, payment_order_fields);

const fault *payment_undecided(arena *a)
{
    fault *unknown = fault_new(a, FAULT_UNAVAILABLE, "payment_unknown",
                               "The payment provider has not answered yet. The seats are kept; ask again shortly.");
    unknown->retry_after_s = 2;
    return unknown;
}

/* --- reservations --- */

const char *const reservation_statuses[] = { "PENDING", "CONFIRMED", "CANCELLED", "EXPIRED", NULL };

static const struct field reserved_seat_fields[] = {
    FIELD(struct reserved_seat, id, "id"),
    FIELD(struct reserved_seat, seat_id, "seatId"),
    FIELD(struct reserved_seat, row_number, "rowNumber", .nullable = true),
    FIELD(struct reserved_seat, seat_number, "seatNumber", .nullable = true),
    FIELD(struct reserved_seat, ticket_type, "ticketType"),
    FIELD(struct reserved_seat, price, "price"),
};
static const struct shape reserved_seat_shape = SHAPE(reserved_seat, reserved_seat_fields);

static const struct field reserved_seat_row_fields[] = {
    FIELD(struct reserved_seat, id, "id"),
    FIELD(struct reserved_seat, reservation_id, "reservationId"),
    FIELD(struct reserved_seat, seat_id, "seatId"),
    FIELD(struct reserved_seat, row_number, "rowNumber", .nullable = true),
    FIELD(struct reserved_seat, seat_number, "seatNumber", .nullable = true),
    FIELD(struct reserved_seat, ticket_type, "ticketType"),
    FIELD(struct reserved_seat, price, "price"),
};
const struct shape reserved_seat_row_shape = {
    .name = "reservedSeatRow", .size = sizeof(struct reserved_seat), .fields = reserved_seat_row_fields,
    .count = COUNT_OF(reserved_seat_row_fields)
};

/* accessCode comes last, so that the shape without it is the same table, one shorter. */
static const struct field reservation_fields[] = {
    FIELD(struct reservation, id, "id"),
    FIELD(struct reservation, user_id, "userId"),
    FIELD(struct reservation, user, "user", .nullable = true, .shape = &user_brief_shape),
    FIELD(struct reservation, schedule_id, "scheduleId"),
    FIELD(struct reservation, movie_id, "movieId"),
    FIELD(struct reservation, total_amount, "totalAmount", .doc = "in the house's currency"),
    FIELD(struct reservation, status, "status", .choices = reservation_statuses),
    FIELD(struct reservation, hold, "hold"),
    FIELD(struct reservation, reservation_date, "reservationDate", .form = TIME_PLAIN, .doc = "UTC"),
    FIELD(struct reservation, created_at, "createdAt", .form = TIME_PLAIN, .doc = "UTC"),
    FIELD(struct reservation, expires_at, "expiresAt", .form = TIME_Z, .nullable = true,
          .doc = "PENDING: unpaid seats are free again from then on"),
    FIELD(struct reservation, reserved_seats, "reservedSeats", .shape = &reserved_seat_shape),
    FIELD(struct reservation, seat_ids, "seatIds"),
    FIELD(struct reservation, payment, "payment", .nullable = true, .shape = &payment_shape),
    FIELD(struct reservation, access_code, "accessCode", .optional = true, .nullable = true,
          .doc = "opens this reservation as ?code=; given only here"),
};
const struct shape reservation_shape = {
    .name = "reservation", .size = sizeof(struct reservation), .fields = reservation_fields,
    .count = COUNT_OF(reservation_fields) - 1
};
const struct shape reservation_made_shape = {
    .name = "reservationMade", .size = sizeof(struct reservation), .fields = reservation_fields,
    .count = COUNT_OF(reservation_fields)
};

static const struct field reservation_fact_fields[] = {
    FIELD(struct reservation, id, "id"),
    FIELD(struct reservation, user_id, "userId"),
    FIELD(struct reservation, schedule_id, "scheduleId"),
    FIELD(struct reservation, movie_id, "movieId"),
    FIELD(struct reservation, total_amount, "totalAmount"),
    FIELD(struct reservation, status, "status", .choices = reservation_statuses),
    FIELD(struct reservation, hold, "hold"),
    FIELD(struct reservation, reservation_date, "reservationDate", .form = TIME_Z_MS),
    FIELD(struct reservation, expires_at, "expiresAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reservation, confirmed_at, "confirmedAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reservation, cancelled_at, "cancelledAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reservation, deleted_at, "deletedAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reservation, reserved_seats, "seats", .shape = &reserved_seat_shape),
};
const struct shape reservation_fact_shape = {
    .name = "reservationFact", .size = sizeof(struct reservation), .fields = reservation_fact_fields,
    .count = COUNT_OF(reservation_fact_fields)
};
/* From userId to hold; and all of a seat but its id. */
const struct shape reservation_told_shape = {
    .name = "reservationTold", .size = sizeof(struct reservation), .fields = reservation_fact_fields + 1, .count = 6
};
const struct shape reserved_seat_told_shape = {
    .name = "reservedSeatTold", .size = sizeof(struct reserved_seat), .fields = reserved_seat_fields + 1,
    .count = COUNT_OF(reserved_seat_fields) - 1
};

static const struct field reservation_row_fields[] = {
    FIELD(struct reservation, id, "id"),
    FIELD(struct reservation, user_id, "userId"),
    FIELD(struct reservation, schedule_id, "scheduleId"),
    FIELD(struct reservation, movie_id, "movieId"),
    FIELD(struct reservation, total_amount, "totalAmount"),
    FIELD(struct reservation, status, "status", .choices = reservation_statuses),
    FIELD(struct reservation, hold, "hold"),
    FIELD(struct reservation, reservation_date, "reservationDate"),
    FIELD(struct reservation, expires_at, "expiresAt", .nullable = true),
    FIELD(struct reservation, confirmed_at, "confirmedAt", .nullable = true),
    FIELD(struct reservation, cancelled_at, "cancelledAt", .nullable = true),
    FIELD(struct reservation, deleted_at, "deletedAt", .nullable = true),
};
const struct shape reservation_row_shape = {
    .name = "reservationRow", .size = sizeof(struct reservation), .fields = reservation_row_fields,
    .count = COUNT_OF(reservation_row_fields)
};

static const struct field ticket_choice_fields[] = {
    FIELD(struct ticket_choice, seat_id, "seatId", .min = 1),
    FIELD(struct ticket_choice, type, "type", .trim = true, .min = 1, .max = 20),
};
static const struct shape ticket_choice_shape = SHAPE(ticket_choice, ticket_choice_fields);

/* A seat may be asked for once. Sorting also gives every booking the same lock order: without it two
 * bookings of the same seats in opposite order deadlock in a database that locks rows. */
static const fault *seats_sort(arena *a, ids *seat_ids)
{
    ids_sort(seat_ids);
    for (size_t i = 0; i < seat_ids->count; i++) {
        if (seat_ids->at[i] < 1)
            return fault_new(a, FAULT_INVALID, "seat_invalid", "Seat %lld does not exist.",
                             (long long)seat_ids->at[i]);
        if (i > 0 && seat_ids->at[i] == seat_ids->at[i - 1])
            return fault_new(a, FAULT_INVALID, "seat_repeated", "Seat %lld is listed twice.",
                             (long long)seat_ids->at[i]);
    }
    return NULL;
}

static const fault *booking_check(arena *a, void *body)
{
    struct booking *want = body;
    return seats_sort(a, &want->seat_ids);
}

static const struct field booking_fields[] = {
    FIELD(struct booking, user_id, "userId", .min = 1),
    FIELD(struct booking, schedule_id, "scheduleId", .min = 1),
    FIELD(struct booking, movie_id, "movieId", .min = 1, .max = 100,
          .doc = "another than the showing's is ignored; the answer has the true one"),
    FIELD(struct booking, seat_ids, "seatIds", .min = 1, .max = SEATS_PER_BOOKING_MAX, .entry_min = 1),
    FIELD(struct booking, total_amount, "totalAmount", .min = 1, .max = MONEY_MAX_CENTS,
          .doc = "information: the server's price is charged"),
    FIELD(struct booking, hold, "hold", .fallback = "false",
          .doc = "true: a buyer who pays now, within HOLD_SECONDS"),
    FIELD(struct booking, tickets, "tickets", .optional = true, .max = SEATS_PER_BOOKING_MAX,
          .shape = &ticket_choice_shape),
};
const struct shape booking_shape = SHAPE(booking, booking_fields, .check = booking_check);

const fault *buyer_or_user(arena *a, const struct user_input *buyer, int64_t user_id)
{
    if (!buyer != !user_id)
        return NULL;
    return fault_new(a, FAULT_INVALID, "buyer_or_user", "Say who buys: either userId or buyer, not both and not neither.");
}

static const fault *ticket_order_check(arena *a, void *body)
{
    struct ticket_order *want = body;
    TRY(buyer_or_user(a, want->buyer, want->user_id));
    return seats_sort(a, &want->seat_ids);
}

static const struct field ticket_order_fields[] = {
    FIELD(struct ticket_order, user_id, "userId", .optional = true, .min = 0),
    FIELD(struct ticket_order, schedule_id, "scheduleId", .min = 1),
    FIELD(struct ticket_order, movie_id, "movieId", .optional = true, .max = 100),
    FIELD(struct ticket_order, seat_ids, "seatIds", .min = 1, .max = SEATS_PER_BOOKING_MAX, .entry_min = 1),
    FIELD(struct ticket_order, total_amount, "totalAmount", .optional = true, .max = MONEY_MAX_CENTS,
          .doc = "information: the server's price is charged"),
    FIELD(struct ticket_order, hold, "hold", .fallback = "false"),
    FIELD(struct ticket_order, tickets, "tickets", .optional = true, .max = SEATS_PER_BOOKING_MAX,
          .shape = &ticket_choice_shape),
    FIELD(struct ticket_order, buyer, "buyer", .optional = true, .shape = &user_input_shape,
          .doc = "in place of userId: the user with that e-mail, else a new one"),
    FIELD(struct ticket_order, payment_method, "paymentMethod", .optional = true, .trim = true, .max = 50,
          .fits = payment_method_plausible, .fits_what = "a name such as cash, not a number", .doc = "pays in the same call"),
};
const struct shape ticket_order_shape = SHAPE(ticket_order, ticket_order_fields, .check = ticket_order_check);

/* --- pricing --- */

const fault *not_on_sale_yet(arena *a, int64_t ms)
{
    fault *early = fault_new(a, FAULT_CONFLICT, "not_on_sale_yet", "This showing is not on sale yet.");
    early->retry_after_s = (ms + 999) / 1000;
    return early;
}

const fault *showing_on_sale(arena *a, const struct showing *showing, instant now)
{
    if (!showing->is_active)
        return fault_new(a, FAULT_CONFLICT, "showing_cancelled", "This showing has been cancelled.");
    if (showing->sales_open_at.ms != TIME_NONE && showing->sales_open_at.ms - now.ms > OPENING_DOUBT_MS)
        return not_on_sale_yet(a, showing->sales_open_at.ms - now.ms);
    if (showing->sales_close_at.ms != TIME_NONE && showing->sales_close_at.ms <= now.ms)
        return fault_new(a, FAULT_CONFLICT, "sales_closed", "Sales for this showing have closed.");
    return NULL;
}

static const fault *tickets_check(arena *a, const struct booking *want)
{
    for (size_t i = 0; i < want->tickets.count; i++) {
        const struct ticket_choice *choice = LIST_AT(&want->tickets, struct ticket_choice, i);
        if (!str_equal(choice->type, STR("general")))
            return fault_new(a, FAULT_INVALID, "ticket_type_unknown", "There is no ticket type \"%.*s\".",
                             STR_ARG(choice->type));
        if (!ids_contain_sorted(&want->seat_ids, choice->seat_id))
            return fault_new(a, FAULT_INVALID, "ticket_without_seat",
                             "tickets names seat %lld, which seatIds does not.", (long long)choice->seat_id);
    }
    return NULL;
}

const fault *seats_taken(arena *a, ids taken)
{
    struct buf names = { .in = a };
    for (size_t i = 0; i < taken.count; i++)
        buf_printf(&names, "%s%lld", i ? ", " : "", (long long)taken.at[i]);
    fault *problem = fault_new(a, FAULT_CONFLICT, "seats_taken", "%s no longer free: %.*s.",
                               taken.count == 1 ? "This seat is" : "These seats are", STR_ARG(buf_str(&names)));
    problem->named_as = "seatIds";
    problem->named = taken;
    return problem;
}

static void sale_begin(arena *a, const struct booking *want, const struct selling_rules *rules,
                       struct sale *out)
{
    *out = (struct sale){
        .user_id = want->user_id,
        .schedule_id = want->schedule_id,
        .movie_id = want->movie_id,
        .hold = want->hold || rules->unpaid_until_min < 0,
        .seat_ids = want->seat_ids,
        .seats = { NEW_ARRAY(a, struct reserved_seat, want->seat_ids.count), want->seat_ids.count },
        .starts_at = INSTANT_NONE,
        .ends_at = INSTANT_NONE,
        .sales_open_at = INSTANT_NONE,
        .hold_s = rules->hold_s,
        .unpaid_until_min = rules->unpaid_until_min,
        .holds_per_user_max = rules->holds_per_user_max,
    };
}

const fault *sale_price(arena *a, const struct booking *want, const struct showing *showing,
                        const struct selling_rules *rules, instant now, bool box_office, struct sale *out)
{
    TRY(showing_on_sale(a, showing, now));
    TRY(tickets_check(a, want));
    sale_begin(a, want, rules, out);
    ids refused = { NEW_ARRAY(a, int64_t, want->seat_ids.count), 0 };
    for (size_t i = 0; i < want->seat_ids.count; i++) {
        const struct seat *seat = showing_seat(showing, want->seat_ids.at[i]);
        if (!seat)
            return fault_new(a, FAULT_INVALID, "seat_not_in_room", "Seat %lld is not a seat of this showing's room.",
                             (long long)want->seat_ids.at[i]);
        if (!seat->is_available || (seat->house && !box_office))
            refused.at[refused.count++] = seat->id;
        *LIST_AT(&out->seats, struct reserved_seat, i) = (struct reserved_seat){
            .seat_id = seat->id,
            .row_number = arena_copy(a, seat->row_number),
            .seat_number = seat->seat_number,
            .ticket_type = STR("general"),
            .price = showing->price,
        };
        out->total_amount.cents += showing->price.cents;
    }
    if (refused.count > 0)
        return seats_taken(a, refused);
    out->movie_id = arena_copy(a, showing->movie_id);
    out->room_id = showing->room_id;
    out->starts_at = showing->starts_at;
    out->ends_at = showing->ends_at;
    if (showing->sales_open_at.ms != TIME_NONE && now.ms - showing->sales_open_at.ms < OPENED_LATELY_MS)
        out->sales_open_at = showing->sales_open_at;
    return NULL;
}

const fault *sale_price_alone(arena *a, const struct booking *want, const struct selling_rules *rules,
                              struct sale *out)
{
    TRY(tickets_check(a, want));
    sale_begin(a, want, rules, out);
    int64_t count = (int64_t)want->seat_ids.count;
    int64_t each = want->total_amount.cents / count, rest = want->total_amount.cents % count;
    for (int64_t i = 0; i < count; i++)
        *LIST_AT(&out->seats, struct reserved_seat, i) = (struct reserved_seat){
            .seat_id = want->seat_ids.at[i],
            .row_number = { NULL, 0 },
            .seat_number = INT64_MIN,
            .ticket_type = STR("general"),
            .price = { each + (i < rest) },
        };
    out->total_amount = want->total_amount;
    return NULL;
}

instant sale_expires_at(const struct sale *sale, instant now)
{
    instant hold_end = { now.ms + sale->hold_s * 1000 };
    if (sale->hold)
        return hold_end;
    if (sale->starts_at.ms == TIME_NONE)
        return INSTANT_NONE;
    instant counter_end = { sale->starts_at.ms - sale->unpaid_until_min * 60000 };
    /* Bought at the counter after the cut-off: the visitor stands there with the money. */
    return counter_end.ms > now.ms ? counter_end : hold_end;
}
