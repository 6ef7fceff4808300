/* described.c - the owners' films, showings and reservations, and what the gateway joins them to, as tables. */
#include "services/gateway/described.h"

#define NAMED_SHAPE(label, type, table)                                                            \
    {                                                                                              \
        .name = label, .size = sizeof(struct type), .fields = table, .count = COUNT_OF(table)      \
    }

/* --- films --- */

struct described_movie {
    str id, title, description;
    int64_t duration;
    strs genre;
    str director;
    strs cast;
    instant release_date;
    double rating;
    str poster_url, trailer_url;
    bool is_active;
    instant created_at, updated_at;
};

static const struct field movie_fields[] = {
    FIELD(struct described_movie, id, "_id"),
    FIELD(struct described_movie, title, "title"),
    FIELD(struct described_movie, description, "description"),
    FIELD(struct described_movie, duration, "duration", .doc = "minutes"),
    FIELD(struct described_movie, genre, "genre"),
    FIELD(struct described_movie, director, "director"),
    FIELD(struct described_movie, cast, "cast"),
    FIELD(struct described_movie, release_date, "releaseDate", .form = TIME_Z_MS),
    FIELD(struct described_movie, rating, "rating", .doc = "0 to 10"),
    FIELD(struct described_movie, poster_url, "posterUrl"),
    FIELD(struct described_movie, trailer_url, "trailerUrl"),
    FIELD(struct described_movie, is_active, "isActive"),
    FIELD(struct described_movie, created_at, "createdAt", .form = TIME_Z_MS),
    FIELD(struct described_movie, updated_at, "updatedAt", .form = TIME_Z_MS),
};
static const struct shape movie_shape = NAMED_SHAPE("movie", described_movie, movie_fields);

/* --- rooms and showings --- */

static const char *const screen_types[] = { "2D", "3D", "IMAX", NULL };

struct described_room {
    int64_t id;
    str name;
    int64_t capacity;
    unsigned screen_type;
    bool is_active;
    instant created_at;
};

static const struct field room_fields[] = {
    FIELD(struct described_room, id, "id"),
    FIELD(struct described_room, name, "name"),
    FIELD(struct described_room, capacity, "capacity"),
    FIELD(struct described_room, screen_type, "screen_type", .choices = screen_types),
    FIELD(struct described_room, is_active, "is_active"),
    FIELD(struct described_room, created_at, "created_at", .form = TIME_PLAIN, .doc = "UTC"),
};
static const struct shape room_shape = NAMED_SHAPE("room", described_room, room_fields);

struct described_schedule {
    int64_t id;
    str movie_id;
    int64_t room_id;
    wall show_time;
    instant starts_at, ends_at;
    money price;
    bool is_active;
    str room_name;
    instant sales_open_at, sales_close_at;
    bool waiting_room;
    struct described_room *room;
    struct described_movie *movie;
};

#define SCHEDULE_FIELDS                                                                            \
    FIELD(struct described_schedule, id, "id"),                                                    \
        FIELD(struct described_schedule, movie_id, "movie_id"),                                    \
        FIELD(struct described_schedule, room_id, "room_id"),                                      \
        FIELD(struct described_schedule, show_time, "show_time", .doc = "wall clock of the house"), \
        FIELD(struct described_schedule, show_time, "showtime", .doc = "the same as show_time"),   \
        FIELD(struct described_schedule, starts_at, "startsAt", .form = TIME_OFFSET),              \
        FIELD(struct described_schedule, ends_at, "endsAt", .form = TIME_OFFSET),                  \
        FIELD(struct described_schedule, price, "price"),                                          \
        FIELD(struct described_schedule, is_active, "is_active"),                                  \
        FIELD(struct described_schedule, room_name, "room_name"),                                  \
        FIELD(struct described_schedule, sales_open_at, "sales_open_at", .form = TIME_OFFSET,      \
              .nullable = true, .doc = "null: on sale from the beginning"),                        \
        FIELD(struct described_schedule, sales_close_at, "sales_close_at", .form = TIME_OFFSET),   \
        FIELD(struct described_schedule, waiting_room, "waiting_room",                             \
              .doc = "true: who buys waits for his turn, POST .../queue"),                         \
        FIELD(struct described_schedule, room, "room", .shape = &room_shape)

static const struct field schedule_fields[] = { SCHEDULE_FIELDS };
static const struct shape schedule_shape = NAMED_SHAPE("schedule", described_schedule, schedule_fields);

static const struct field showtime_fields[] = {
    SCHEDULE_FIELDS,
    FIELD(struct described_schedule, movie, "movie", .shape = &movie_shape, .doc = "null: movies does not know it"),
};
const struct shape described_showtime_shape = NAMED_SHAPE("showtime", described_schedule, showtime_fields);

struct described_details {
    struct described_movie *movie;
    list schedules;
};

static const struct field details_fields[] = {
    FIELD(struct described_details, movie, "movie", .shape = &movie_shape),
    FIELD(struct described_details, schedules, "schedules", .shape = &schedule_shape),
};
const struct shape described_details_shape = NAMED_SHAPE("movie_details", described_details, details_fields);

/* --- users and reservations --- */

struct described_user {
    int64_t id;
    str email, name, phone;
    instant created_at, updated_at;
};

/* The first four are what a reservation says of its user. */
static const struct field user_fields[] = {
    FIELD(struct described_user, id, "id"),
    FIELD(struct described_user, email, "email", .nullable = true),
    FIELD(struct described_user, name, "name", .nullable = true),
    FIELD(struct described_user, phone, "phone", .nullable = true),
    FIELD(struct described_user, created_at, "createdAt", .form = TIME_PLAIN, .doc = "UTC"),
    FIELD(struct described_user, updated_at, "updatedAt", .form = TIME_PLAIN, .doc = "UTC"),
};
static const struct shape user_shape = NAMED_SHAPE("user", described_user, user_fields);
static const struct shape user_brief_shape = {
    .name = "userBrief", .size = sizeof(struct described_user), .fields = user_fields, .count = 4
};

static const char *const payment_statuses[] = { "PENDING", "COMPLETED", "FAILED", "REFUNDED", NULL };

struct described_payment {
    int64_t id, reservation_id;
    money amount;
    str method;
    unsigned status;
    str transaction_id;
    instant paid_at;
};

static const struct field payment_fields[] = {
    FIELD(struct described_payment, id, "id"),
    FIELD(struct described_payment, reservation_id, "reservationId"),
    FIELD(struct described_payment, amount, "amount"),
    FIELD(struct described_payment, method, "paymentMethod"),
    FIELD(struct described_payment, status, "paymentStatus", .choices = payment_statuses),
    FIELD(struct described_payment, status, "status", .choices = payment_statuses),
    FIELD(struct described_payment, transaction_id, "transactionId", .nullable = true),
    FIELD(struct described_payment, paid_at, "paymentDate", .form = TIME_PLAIN, .doc = "UTC"),
};
static const struct shape payment_shape = NAMED_SHAPE("payment", described_payment, payment_fields);

struct described_seat {
    int64_t id, seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    money price;
};

static const struct field seat_fields[] = {
    FIELD(struct described_seat, id, "id"),
    FIELD(struct described_seat, seat_id, "seatId"),
    FIELD(struct described_seat, row_number, "rowNumber", .nullable = true),
    FIELD(struct described_seat, seat_number, "seatNumber", .nullable = true),
    FIELD(struct described_seat, ticket_type, "ticketType"),
    FIELD(struct described_seat, price, "price"),
};
static const struct shape seat_shape = NAMED_SHAPE("reserved_seat", described_seat, seat_fields);

static const char *const reservation_statuses[] = { "PENDING", "CONFIRMED", "CANCELLED", "EXPIRED", NULL };

struct described_reservation {
    int64_t id, user_id;
    struct described_user *user;
    int64_t schedule_id;
    str movie_id;
    money total_amount;
    unsigned status;
    bool hold;
    instant reservation_date, created_at, expires_at;
    list reserved_seats;
    ids seat_ids;
    struct described_payment *payment;
    str access_code;
    struct described_movie *movie;
    struct described_schedule *schedule;
};

#define RESERVATION_FIELDS                                                                         \
    FIELD(struct described_reservation, id, "id"),                                                 \
        FIELD(struct described_reservation, user_id, "userId"),                                    \
        FIELD(struct described_reservation, user, "user", .shape = &user_brief_shape),             \
        FIELD(struct described_reservation, schedule_id, "scheduleId"),                            \
        FIELD(struct described_reservation, movie_id, "movieId"),                                  \
        FIELD(struct described_reservation, total_amount, "totalAmount",                           \
              .doc = "in the house's currency"),                                                   \
        FIELD(struct described_reservation, status, "status", .choices = reservation_statuses),    \
        FIELD(struct described_reservation, hold, "hold"),                                         \
        FIELD(struct described_reservation, reservation_date, "reservationDate",                   \
              .form = TIME_PLAIN, .doc = "UTC"),                                                   \
        FIELD(struct described_reservation, created_at, "createdAt", .form = TIME_PLAIN,           \
              .doc = "UTC"),                                                                       \
        FIELD(struct described_reservation, expires_at, "expiresAt", .form = TIME_Z,               \
              .nullable = true, .doc = "PENDING: unpaid seats are free again from then on"),       \
        FIELD(struct described_reservation, reserved_seats, "reservedSeats", .shape = &seat_shape), \
        FIELD(struct described_reservation, seat_ids, "seatIds"),                                  \
        FIELD(struct described_reservation, payment, "payment", .shape = &payment_shape)

static const struct field reservation_fields[] = {
    RESERVATION_FIELDS,
    FIELD(struct described_reservation, access_code, "accessCode", .optional = true, .nullable = true,
          .doc = "opens this reservation as ?code=; given only here"),
};
const struct shape described_reservation_shape =
    NAMED_SHAPE("reservationMade", described_reservation, reservation_fields);

static const struct field booked_fields[] = {
    RESERVATION_FIELDS,
    FIELD(struct described_reservation, movie, "movie", .shape = &movie_shape),
    FIELD(struct described_reservation, schedule, "schedule", .shape = &schedule_shape),
};
static const struct shape booked_shape = NAMED_SHAPE("reservation", described_reservation, booked_fields);

struct described_dashboard {
    struct described_user *user;
    list reservations;
};

static const struct field dashboard_fields[] = {
    FIELD(struct described_dashboard, user, "user", .shape = &user_shape),
    FIELD(struct described_dashboard, reservations, "reservations", .shape = &booked_shape),
};
const struct shape described_dashboard_shape =
    NAMED_SHAPE("user_dashboard", described_dashboard, dashboard_fields);
