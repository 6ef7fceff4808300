/* items.h - films, rooms, reservations and users as items of DynamoDB, from the facts of the owners' feeds and from the rows of their
 * tables alike. Pure: no I/O.
 *
 * Every item has `position`: that of its owner's log up to which it shows all that was told of it. Money is in cents. Times are
 * ISO 8601 in UTC, show_time is the wall clock of the house. What is unknown has no attribute.
 *
 * genre_id, the key of GenreIndex, is the film's first genre by its name: films hold names, the API filters by them, and there need
 * not be a genre of that name.
 *
 * What was deleted or erased is a tombstone: key, position, `deleted`, and `expires_at`, the second since 1970 at which DynamoDB may
 * take it away. It has no key of an index and nothing else, so that no index finds it. It guards against what is told late. */
#ifndef TAQUILLA_INGESTION_ITEMS_H
#define TAQUILLA_INGESTION_ITEMS_H

#include "lib/json/shape.h"
#include "services/ingestion/dynamodb/attributes.h"

#define TOMBSTONE_S ((int64_t)30 * 24 * 3600)
#define ITEM_TTL "expires_at"

struct item_film {
    str id, title, description;
    int64_t duration; /* minutes */
    strs genres;
    str director;
    strs cast;
    instant release_date;
    double rating;
    str poster_url, trailer_url;
    bool is_active;
    instant created_at, updated_at;
};
extern const struct shape item_film_shape; /* fact and row are the same */

struct item_seat {
    int64_t id, room_id;
    str row_number;
    int64_t seat_number;
    str seat_type;
    bool is_available, accessible, house;
};
struct item_room {
    int64_t id;
    str name;
    int64_t capacity;
    str screen_type;
    bool is_active;
    instant created_at;
    list seats; /* of struct item_seat; not a field */
};
struct item_seats { /* of one room */
    int64_t room_id;
    list seats;
};
extern const struct shape item_room_shape, item_seat_shape, item_seats_shape;
#define ITEM_SEATS_MAX 2500 /* an item has at most 400 KB: a larger room only counts them */

struct item_showing {
    int64_t id, room_id;
    wall show_time;
};
extern const struct shape item_showing_shape; /* fact and row are the same */

struct item_ticket {
    int64_t id, reservation_id; /* the latter: rows only */
    int64_t seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    money price;
};
struct item_reservation {
    int64_t id, user_id, schedule_id;
    str movie_id;
    money total_amount;
    str status;
    bool hold;
    instant reserved_at, expires_at, confirmed_at, cancelled_at, deleted_at;
    list tickets; /* of struct item_ticket; of a row not a field */
};
struct item_payment {
    int64_t id, reservation_id;
    money amount;
    str method, status, transaction_id;
    instant paid_at, refunded_at;
};
extern const struct shape item_reservation_fact_shape, item_payment_fact_shape;
extern const struct shape item_reservation_row_shape, item_ticket_row_shape, item_payment_row_shape;

struct item_user {
    int64_t id;
    str email, name, phone;
    instant created_at;
    instant erased_at; /* rows only */
};
extern const struct shape item_user_shape;     /* as reservations answers who it is */
extern const struct shape item_user_row_shape;
extern const struct shape item_user_fact_shape; /* the id alone */

/* --- whole items; the texts live in the arena --- */

str item_of_film(arena *a, const struct item_film *film, int64_t position);
str item_of_room(arena *a, const struct item_room *room, int64_t position);
str item_of_user(arena *a, const struct item_user *user, int64_t position);
/* showing and payment (the newest) may be NULL: not known, none. showing_position: of rooms' log. */
str item_of_reservation(arena *a, const struct item_reservation *r, const struct item_payment *payment,
                        const struct item_showing *showing, int64_t showing_position, int64_t position);
/* key: its name and type 'S' or 'N'. */
str item_tombstone(arena *a, const char *key, char type, str id, int64_t position, instant now);

/* --- changes of a reservation's item --- */

/* All that its fact says; of its payment and its showing what is known, the rest stays. */
struct attributes_change item_reservation_change(arena *a, const struct item_reservation *r, const struct item_payment *payment,
                                                 const struct item_showing *showing, int64_t showing_position);
/* The condition under which a payment may be written with it: no newer one is there. */
#define ITEM_PAYMENT_NEWEST "(attribute_not_exists(#payment_id) OR #payment_id <= :payment_id)"
/* A payment alone, and a showing alone, both for reservations that are there: neither tombstones nor what never was. */
struct attributes_change item_payment_change(arena *a, const struct item_payment *payment);
#define ITEM_PAYMENT_ALONE "attribute_exists(#status) AND " ITEM_PAYMENT_NEWEST
struct attributes_change item_showing_change(arena *a, const struct item_showing *showing);
#define ITEM_SHOWING_ALONE "attribute_exists(#status)"
#define ITEM_SHOWING_GUARD "showing_position"

str item_key(arena *a, const char *key, char type, str id); /* {"room_id":{"N":"7"}} */
str item_id(arena *a, int64_t id);

#endif
