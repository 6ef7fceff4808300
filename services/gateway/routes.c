/* routes.c - the gateway's API as one table. */
#include "services/gateway/described.h"
#include "services/gateway/gateway.h"
#include "services/gateway/model_services.h"

static const struct field details_fields[] = {
    FIELD(struct details_query, past, "past", .fallback = "false", .doc = "showings that are over, too"),
};
static const struct shape details_query_shape = SHAPE(details_query, details_fields);

static const struct field dashboard_query_fields[] = {
    FIELD(struct dashboard_query, limit, "limit", .fallback = "1000", .max = 10000),
};
static const struct shape dashboard_query_shape = SHAPE(dashboard_query, dashboard_query_fields);

static const struct field ticket_query_fields[] = {
    FIELD(struct ticket_query, code, "code", .fallback = "", .max = 64, .doc = "the reservation's accessCode"),
    FIELD(struct ticket_query, lang, "lang", .fallback = "", .max = 20, .doc = "es or en; without it Accept-Language says"),
};
static const struct shape ticket_query_shape = SHAPE(ticket_query, ticket_query_fields);

/* clang-format off */
#define PASSED(prefix, run, ...) \
    { GET, prefix,           run, .any_method = true, __VA_ARGS__ }, \
    { GET, prefix "/{**rest}", run, .any_method = true, __VA_ARGS__ }
#define TO_OWNER(prefix, run) PASSED(prefix, run, .access = ACCESS_ANYONE) /* it judges for itself */
#define PAID_TO_OWNER(prefix, run) PASSED(prefix, run, .access = ACCESS_ANYONE, .worth = WORTH_PAYS)

static const char *const showing_faults[] = { "showing_unknown", "upstream_away", NULL };
static const char *const watch_faults[] = { "showing_unknown", "upstream_away", "overloaded", NULL };
static const char *const queue_faults[] = { "showing_unknown", "queue_unknown", "queue_token_invalid", "queue_required", "queue_full",
    "upstream_away", NULL };
static const char *const join_faults[] = { "showing_unknown", "queue_unknown", "queue_full", "showing_cancelled", "sales_closed",
    "too_many_requests", "upstream_away", NULL };
static const char *const listen_faults[] = { "showing_unknown", "queue_unknown", "queue_token_invalid", "queue_required", "queue_full",
    "overloaded", "upstream_away", NULL };
static const char *const list_faults[] = { "upstream_away", NULL };
static const char *const film_faults[] = { "movie_id_invalid", "movie_unknown", "upstream_away", NULL };
static const char *const user_faults[] = { "user_unknown", "upstream_away", NULL };
static const char *const ticket_faults[] = {
    "user_unknown", "showing_unknown", "seats_taken", "sales_closed", "not_on_sale_yet", "showing_cancelled",
    "too_many_holds", "upstream_away", "payment_declined", "payment_unknown", "payment_refunded", "queue_required", "queue_waiting",
    "queue_token_invalid", "queue_full", NULL };

static const char *const best_faults[] = {
    "user_unknown", "showing_unknown", "sold_out", "too_few_left", "seats_not_together", "ticket_type_unknown", "sales_closed",
    "not_on_sale_yet", "showing_cancelled", "too_many_holds", "upstream_away", "store_busy", "payment_declined", "payment_unknown",
    "payment_refunded", "queue_required", "queue_waiting", "queue_token_invalid", "queue_full", NULL };

static const char *const pdf_type[] = { "application/pdf", NULL };
static const char *const svg_type[] = { "image/svg+xml", NULL };
static const char *const calendar_type[] = { "text/calendar", NULL };
static const char *const print_faults[] = {
    "reservation_unknown", "code_needed", "code_wrong", "not_confirmed", "reservation_cancelled", "reservation_expired", "showing_unknown",
    "upstream_away", "overloaded", NULL };
static const char *const checkin_faults[] = {
    "ticket_not_ours", "ticket_unknown", "ticket_cancelled", "not_confirmed", "already_in", "other_showing", "seats_taken",
    "checkin_time_invalid", "upstream_away", NULL };

const struct route gateway_routes[] = {
    { GET,  "/api/showtimes",                 gateway_showtimes, NULL, &described_showtime_shape,
      "Showings with film and room, not yet over unless days are given", .gives_list = true, .query = &showtime_query_shape, .kept = gateway_kept, .faults = list_faults },
    { GET,  "/api/availability",              gateway_availability, NULL, &seats_left_shape,
      "How many seats of showings are left; they are chosen as for showtimes", .gives_list = true, .query = &availability_query_shape, .kept = gateway_kept, .faults = list_faults },
    { GET,  "/api/showtimes/{id}",            gateway_showtime,  NULL, &described_showtime_shape,
      "One showing with film and room", .kept = gateway_kept, .faults = showing_faults },
    { GET,  "/api/showtimes/{id}/seats",      gateway_seats,     NULL, &seat_map_shape,
      "The seat map of a showing", .kept = gateway_kept, .faults = showing_faults },
    { GET,  "/api/showtimes/{id}/seats/stream", gateway_seats_stream, .summary = "The seat map, then every change of it, as server-sent events",
      .streams = "text/event-stream", .faults = watch_faults },
    { POST, "/api/showtimes/{id}/queue",      gateway_queue_join, NULL, &queue_standing_shape,
      "A place in the waiting room of a showing; who has one keeps it", .query = &queue_query_shape, .header = QUEUE_HEADER, .status = 201, .also_status = 200,
      .access = ACCESS_ANYONE, .faults = join_faults },
    { GET,  "/api/showtimes/{id}/queue",      gateway_queue_look, NULL, &queue_standing_shape,
      "Where a buyer stands in the waiting room of a showing", .query = &queue_query_shape, .header = QUEUE_HEADER, .faults = queue_faults },
    { GET,  "/api/showtimes/{id}/queue/stream", gateway_queue_stream, .query = &queue_query_shape,
      .summary = "Where a buyer stands, and every change of it until the turn comes, as server-sent events",
      .streams = "text/event-stream", .faults = listen_faults },
    { POST, "/api/showtimes/{id}/best-seats", gateway_best,      &gateway_wish_shape, &described_reservation_shape,
      "Book the best seats that are left", .status = 201, .access = ACCESS_ANYONE, .body_passed = true, .header = QUEUE_HEADER, .faults = best_faults },
    { GET,  "/api/movie-details/{*movieId}",  gateway_details,   NULL, &described_details_shape,
      "A film with its showings and their rooms", .query = &details_query_shape, .kept = gateway_kept, .faults = film_faults },
    { GET,  "/api/user-dashboard/{id}",       gateway_dashboard, NULL, &described_dashboard_shape,
      "A user with reservations, their films and showings", .query = &dashboard_query_shape, .access = ACCESS_ADMIN, .faults = user_faults },
    { POST, "/api/book-ticket",               gateway_book,      &gateway_ticket_shape, &described_reservation_shape,
      "Book seats for a user or a buyer, and pay in the same call if wished", .status = 201, .access = ACCESS_ANYONE, .body_passed = true, .header = QUEUE_HEADER, .faults = ticket_faults },
    { GET,  "/api/house",                     gateway_house,     NULL, &house_shape,
      "Name, currency, language and time zone of the house", .worth = WORTH_KEPT },
    { GET,  "/api/services",                  gateway_services,  NULL, &service_seen_shape,
      "How the six services are, what they lean on, and how far each is behind", .gives_list = true, .access = ACCESS_OPERATOR },

    { GET,  "/api/reservations/{id}/ticket.pdf", gateway_ticket_pdf, .summary = "The tickets of a paid reservation, a page of 80 mm each",
      .query = &ticket_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .gives_content = pdf_type, .faults = print_faults },
    { GET,  "/api/reservations/{id}/ticket.svg", gateway_ticket_svg, .summary = "The same as one picture",
      .query = &ticket_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .gives_content = svg_type, .faults = print_faults },
    { GET,  "/api/reservations/{id}/ticket.ics", gateway_ticket_ics, .summary = "The showing, for a calendar",
      .query = &ticket_query_shape, .access = ACCESS_CODE, .worth = WORTH_PAYS, .gives_content = calendar_type, .faults = print_faults },
    { POST, "/api/checkins",                  gateway_checkin,   &described_admission_shape, &described_checkin_shape,
      "Let somebody in by a ticket, once", .status = 201, .worth = WORTH_PAYS, .body_passed = true, .faults = checkin_faults },
    { GET,  "/api/showtimes/{id}/door",       gateway_door,      NULL, &described_door_shape,
      "Tickets of a showing and who is in, for its door", .access = ACCESS_ADMIN, .worth = WORTH_PAYS, .faults = showing_faults },
    { GET,  "/api/ticket-keys",               gateway_to_reservations, NULL, &described_ticket_keys_shape,
      "The public keys that tickets are signed with, the one that signs first", .body_passed = true, .faults = list_faults },

    TO_OWNER("/api/movies",       gateway_to_movies),
    TO_OWNER("/api/genres",       gateway_to_movies),
    TO_OWNER("/api/rooms",        gateway_to_rooms),
    TO_OWNER("/api/schedules",    gateway_to_rooms),
    /* Who has a reservation already goes before who wants one. */
    { GET,  "/api/reservations/{*id}",        gateway_to_reservations, .any_method = true, .access = ACCESS_ANYONE, .worth = WORTH_PAYS },
    { GET,  "/api/reservations/{*id}/tickets", gateway_to_reservations, .any_method = true, .access = ACCESS_ANYONE, .worth = WORTH_PAYS },
    { GET,  "/api/reservations/{*id}/cancel", gateway_to_reservations, .any_method = true, .access = ACCESS_ANYONE, .worth = WORTH_PAYS },
    TO_OWNER("/api/reservations", gateway_to_reservations),
    TO_OWNER("/api/users",        gateway_to_reservations),
    PAID_TO_OWNER("/api/payments", gateway_to_reservations),
    { GET,  "/api/analytics/stream",          gateway_figures_stream, .plain = true, .access = ACCESS_ANYONE },
    { GET,  "/api/analytics/sales.csv",       gateway_sales_csv, .plain = true, .access = ACCESS_ADMIN },
    TO_OWNER("/api/analytics",    gateway_to_analytics),
    PASSED("/api/ingestion",      gateway_to_ingestion, .access = ACCESS_OPERATOR),

    { GET,  "/",                              gateway_page,      .plain = true, .worth = WORTH_KEPT },
    { GET,  "/owner",                         gateway_owner_page, .plain = true, .worth = WORTH_KEPT },
    { GET,  "/door",                          gateway_door_page, .plain = true, .worth = WORTH_KEPT },
    { GET,  "/door-worker.js",                gateway_door_worker, .plain = true, .worth = WORTH_KEPT },
    { GET,  "/web/{*file}",                   gateway_file,      .plain = true, .worth = WORTH_KEPT },
    { .path = NULL },
};
/* clang-format on */
