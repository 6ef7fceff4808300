/* routes.c - the API of reservations as one table. */
#include "lib/feed/export.h"
#include "lib/feed/import.h"
#include "services/reservations/handlers.h"

static const struct field page_fields[] = {
    FIELD(struct page_query, limit, "limit", .fallback = "1000", .max = 10000),
    FIELD(struct page_query, offset, "offset", .fallback = "0"),
};
static const struct shape page_query_shape = SHAPE(page_query, page_fields);

static const struct field code_fields[] = {
    FIELD(struct code_query, code, "code", .fallback = "", .max = 64, .doc = "the reservation's accessCode"),
};
static const struct shape code_query_shape = SHAPE(code_query, code_fields);

static const struct field filter_fields[] = {
    FIELD(struct reservation_filter, status, "status", .optional = true, .max = 40,
          .doc = "PENDING, CONFIRMED, CANCELLED or EXPIRED"),
    FIELD(struct reservation_filter, user_id, "userId", .fallback = "0"),
    FIELD(struct reservation_filter, schedule_id, "scheduleId", .fallback = "0"),
    FIELD(struct reservation_filter, movie_id, "movieId", .optional = true, .max = 100),
    FIELD(struct reservation_filter, limit, "limit", .fallback = "1000", .max = 10000),
    FIELD(struct reservation_filter, offset, "offset", .fallback = "0"),
};

static const fault *filter_check(arena *a, void *query)
{
    struct reservation_filter *filter = query;
    static const str known[] = { { "PENDING", 7 }, { "CONFIRMED", 9 }, { "CANCELLED", 9 }, { "EXPIRED", 7 } };
    for (size_t i = 0; filter->status.at && i < COUNT_OF(known); i++)
        if (str_equal(filter->status, known[i]))
            return NULL;
    if (!filter->status.at)
        return NULL;
    return fault_new(a, FAULT_INVALID, "status_unknown",
                     "status must be PENDING, CONFIRMED, CANCELLED or EXPIRED.");
}
static const struct shape filter_shape = SHAPE(reservation_filter, filter_fields, .check = filter_check);

static const struct field ids_fields[] = { FIELD(struct ids_query, ids, "ids", .min = 1, .max = 100) };
static const struct shape ids_query_shape = SHAPE(ids_query, ids_fields);

static const struct field live_fields[] = {
    FIELD(struct live_query, schedule_ids, "scheduleIds", .min = 1, .max = 1000),
    FIELD(struct live_query, seat_ids, "seatIds", .optional = true, .max = 1000),
};
static const struct shape live_query_shape = SHAPE(live_query, live_fields);

/* clang-format off */
static const char *const best_faults[] = {
    "user_unknown", "showing_unknown", "sold_out", "too_few_left", "seats_not_together", "ticket_type_unknown", "sales_closed",
    "not_on_sale_yet", "showing_cancelled", "too_many_holds", "upstream_away", "store_busy", "payment_declined", "payment_unknown",
    "payment_refunded", NULL };
static const char *const user_faults[] = { "user_unknown", NULL };
static const char *const user_create_faults[] = { "email_taken", NULL };
static const char *const user_change_faults[] = { "user_unknown", "email_taken", NULL };
static const char *const user_erase_faults[] = { "user_unknown", "user_has_tickets", "payment_in_progress", NULL };
static const char *const book_faults[] = {
    "user_unknown", "showing_unknown", "seats_taken", "sales_closed", "not_on_sale_yet", "showing_cancelled",
    "too_many_holds", "upstream_away", NULL };
static const char *const ticket_faults[] = {
    "user_unknown", "showing_unknown", "seats_taken", "sales_closed", "not_on_sale_yet", "showing_cancelled",
    "too_many_holds", "upstream_away", "payment_declined", "payment_unknown", "payment_refunded", NULL };
static const char *const reservation_faults[] = { "reservation_unknown", "code_needed", "code_wrong", NULL };
static const char *const cancel_faults[] = {
    "reservation_unknown", "code_needed", "code_wrong", "reservation_cancelled", "reservation_expired", "tickets_used",
    "payment_in_progress", "too_late", NULL };
static const char *const delete_faults[] = { "reservation_unknown", "tickets_used", "payment_in_progress", "too_late", NULL };
static const char *const pay_faults[] = {
    "reservation_unknown", "payment_exists", "amount_differs", "reservation_cancelled", "reservation_expired",
    "payment_declined", "payment_refunded", "payment_unknown", NULL };
static const char *const payment_faults[] = { "payment_missing", "code_needed", "code_wrong", NULL };

static const char *const ticket_keys_faults[] = { "store_unavailable", NULL };
static const char *const tickets_faults[] = {
    "reservation_unknown", "code_needed", "code_wrong", "not_confirmed", "reservation_cancelled", "reservation_expired", "store_unavailable", NULL };
static const char *const checkin_faults[] = {
    "ticket_not_ours", "ticket_unknown", "ticket_cancelled", "not_confirmed", "already_in", "other_showing", "seats_taken",
    "checkin_time_invalid", "store_unavailable", NULL };

static const char *const feed_faults[] = { "feed_archived", NULL };
static const char *const cursor_faults[] = { "cursor_invalid", NULL };

const struct route reservations_routes[] = {
    { GET,    "/api/users",                            user_list,                  NULL,                 &user_shape,
      "Users, by id",                                  .query = &page_query_shape, .gives_list = true, .access = ACCESS_ADMIN },
    { POST,   "/api/users",                            user_create,                &user_input_shape,    &user_shape,
      "Add a user",                                    .status = 201, .access = ACCESS_ANYONE, .faults = user_create_faults },
    { GET,    "/api/users/{id}",                       user_show,                  NULL,                 &user_shape,
      "One user",                                      .access = ACCESS_ADMIN, .faults = user_faults },
    { PUT,    "/api/users/{id}",                       user_change,                &user_input_shape,    &user_shape,
      "Change a user: e-mail, name and phone, all three", .faults = user_change_faults },
    { DELETE, "/api/users/{id}",                       user_erase,                 NULL,                 NULL,
      "Erase a user's personal data; reservations stay without a name", .gives_sentence = true, .faults = user_erase_faults },

    { GET,    "/api/reservations",                     reservation_list,           NULL,                 &reservation_shape,
      "Reservations, newest first",                    .query = &filter_shape, .gives_list = true, .access = ACCESS_ADMIN },
    { POST,   "/api/reservations",                     reservation_create,         &booking_shape,       &reservation_made_shape,
      "Book seats: all or none",                       .status = 201, .access = ACCESS_ANYONE, .faults = book_faults },
    { GET,    "/api/reservations/{id}",                reservation_show,           NULL,                 &reservation_shape,
      "One reservation",                               .query = &code_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .faults = reservation_faults },
    { PUT,    "/api/reservations/{id}/cancel",         reservation_cancel_handler, NULL,                 &reservation_shape,
      "Give the seats back; a paid one is refunded",   .query = &code_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .faults = cancel_faults },
    { DELETE, "/api/reservations/{id}",                reservation_delete,         NULL,                 NULL,
      "Cancel, refund and hide a reservation", .gives_sentence = true, .faults = delete_faults },
    { GET,    "/api/reservations/{id}/tickets",        tickets_show,               NULL,                 &tickets_shape,
      "The tickets of a paid reservation, signed",     .query = &code_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .faults = tickets_faults },
    { GET,    "/api/reservations/user/{id}",           reservations_of_user,       NULL,                 &reservation_shape,
      "A user's reservations, newest first",           .query = &page_query_shape, .gives_list = true, .access = ACCESS_ADMIN },
    { GET,    "/api/reservations/movie/{*movieId}",    reservations_of_movie,      NULL,                 &reservation_shape,
      "A film's reservations, newest first",           .query = &page_query_shape, .gives_list = true, .access = ACCESS_ADMIN },

    { POST,   "/api/payments",                         payment_create,             &payment_order_shape, &payment_shape,
      "Pay a reservation",                             .status = 201, .access = ACCESS_ANYONE, .worth = WORTH_PAYS, .faults = pay_faults },
    { GET,    "/api/payments/reservation/{id}",        payment_show,               NULL,                 &payment_shape,
      "The newest payment of a reservation",           .query = &code_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .faults = payment_faults },

    { GET,    "/api/ticket-keys",                      ticket_keys_show,           NULL,                 &ticket_keys_shape,
      "The public keys that tickets are signed with, the one that signs first", .faults = ticket_keys_faults },
    { POST,   "/api/checkins",                         checkin_create,             &admission_shape,     &checkin_shape,
      "Let somebody in by a ticket, once",             .status = 201, .worth = WORTH_PAYS, .faults = checkin_faults },

    { GET,    "/internal/showings/{id}/door",          door_show,                  NULL,                 &door_seat_shape,
      "Tickets of a showing, and who is in",           .gives_list = true, .access = ACCESS_INTERNAL },
    { POST,   "/internal/book",                        ticket_create,              &ticket_order_shape,  &reservation_made_shape,
      "Buyer, seats and payment in one call: the gateway's book-ticket", .status = 201, .access = ACCESS_INTERNAL, .worth = WORTH_BOOKS, .faults = ticket_faults },
    { POST,   "/internal/showings/{id}/best-seats",    best_create,                &best_order_shape,    &reservation_made_shape,
      "The best seats that are left, booked: the gateway's best-seats", .status = 201, .access = ACCESS_INTERNAL, .worth = WORTH_BOOKS, .faults = best_faults },
    { GET,    "/internal/users",                       user_names,                 NULL,                 &user_shape,
      "Names for who must show them",                  .query = &ids_query_shape, .gives_list = true, .access = ACCESS_INTERNAL },
    { POST,   "/internal/users/import",                user_import_rows,           &import_order_shape,  &imported_shape,
      NULL,                                            .access = ACCESS_INTERNAL },
    { GET,    "/internal/users/{id}/dashboard",        dashboard_show,             NULL,                 &dashboard_shape,
      "A user with reservations, newest first",        .query = &page_query_shape, .access = ACCESS_INTERNAL, .worth = WORTH_LOOKS, .faults = user_faults },
    { POST,   "/internal/sales/stop",                  sales_stop,                 &sales_order_shape,   &sales_answer_shape,
      "Stop the sale of showings, unless live tickets stand in the way", .access = ACCESS_INTERNAL },
    { POST,   "/internal/sales/resume",                sales_resume,               &sales_order_shape,   NULL,
      "Undo a stop",                                   .gives_sentence = true, .access = ACCESS_INTERNAL },
    { GET,    "/internal/sales/live",                  sales_live,                 NULL,                 &live_sales_shape,
      "Live tickets of showings",                      .query = &live_query_shape, .gives_list = true, .access = ACCESS_INTERNAL },
    { GET,    "/feed",                                 owner_feed,                 NULL,                 &wire_page_shape,
      "The log, from a position on",                   .query = &feed_query_shape, .plain = true, .access = ACCESS_INTERNAL, .faults = feed_faults },
    { GET,    "/feed/snapshot",                        owner_snapshot,             NULL,                 &snapshot_page_shape,
      "Today's state, as events",                      .query = &snapshot_query_shape, .plain = true, .access = ACCESS_INTERNAL, .faults = cursor_faults },
    { GET,    "/export",                                         owner_export,                NULL, NULL,
      NULL, .plain = true, .query = &export_query_shape, .access = ACCESS_INTERNAL, .when_closed = true },
    { GET,    "/export/{*table}",                                owner_export_table,          NULL, NULL,
      NULL, .plain = true, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/log/archived",                          owner_archived, &archived_order_shape, &archived_answer_shape,
      NULL, .access = ACCESS_INTERNAL },
    { POST,   "/internal/restore/start",                         owner_restore_start,         NULL, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/rows",                          owner_restore_rows,          &restore_rows_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/finish",                        restore_finish,              &restore_finish_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { .path = NULL },
};
/* clang-format on */
