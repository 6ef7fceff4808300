/* demo.h - the demo cinema: what it shows, and the plan of its week. The plan is pure: the same seed and day give the same. */
#ifndef TAQUILLA_DEMO_H
#define TAQUILLA_DEMO_H

#include "lib/json/shape.h"

/* --- films: demo_films.c --- */

enum demo_genre {
    NO_GENRE, ACTION, ADVENTURE, ANIMATION, COMEDY, CRIME, DRAMA, FAMILY, FANTASY, HORROR, MUSICAL, MYSTERY, ROMANCE,
    SCIENCE_FICTION, THRILLER, WAR, WESTERN,
    DEMO_GENRE_COUNT,
};

enum demo_language { DEMO_ENGLISH, DEMO_SPANISH, DEMO_LANGUAGE_COUNT };

struct demo_film {
    const char *title, *released; /* day of the first release */
    const char *director;
    int64_t minutes;
    double rating;                /* 0 .. 10 */
    enum demo_genre genres[3];    /* the rest NO_GENRE */
    const char *cast[4];          /* the rest NULL */
    const char *about, *about_es;
};

extern const struct demo_film demo_films[];
extern const size_t demo_film_count;
extern const char *const demo_genre_names[DEMO_GENRE_COUNT][DEMO_LANGUAGE_COUNT];

/* --- rooms: demo_rooms.c --- */

struct demo_room {
    const char *names[DEMO_LANGUAGE_COUNT];
    const char *screen_type;
    int64_t price_cents;
    /* One text a row, A first: r regular, p premium, v vip, a a wheelchair place; a point is an aisle, whose seat number
     * is left out. NULL ends them. */
    const char *const *rows;
};

#define DEMO_ROOM_COUNT 5
extern const struct demo_room demo_rooms[DEMO_ROOM_COUNT];
size_t demo_room_seats(const struct demo_room *room);

/* --- chance --- */

/* Numbers that a seed gives again: splitmix64. */
struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *d);
size_t dice_below(struct dice *d, size_t bound);
bool dice_hit(struct dice *d, int percent);

/* --- the week: demo_plan.c --- */

#define DEMO_DAYS_BEFORE 1
#define DEMO_DAYS_AFTER 7

struct planned_showing {
    size_t room, film;
    wall start;
    money price;
};

/* Showings of every room from yesterday on, by room, then time; none overlap, cleaning included. */
list demo_plan(arena *a, uint64_t seed, day today);

enum booking_fate {
    FATE_PAID,            /* card or cash */
    FATE_DECLINED_PAID,   /* declined first, then cash */
    FATE_COUNTER,         /* stays PENDING: paid at the counter */
    FATE_HOLD,            /* held by somebody who may never pay */
    FATE_CANCELLED,       /* given back unpaid */
    FATE_REFUNDED,        /* paid, then given back */
};

struct planned_booking {
    size_t user;
    size_t row, first, count; /* seats first .. first + count - 1 of the row's seats, aisles not counted */
    enum booking_fate fate;
    bool card;
};

/* Who comes to a showing: more in the evening, soon, and for a good film. No seat is asked for twice. */
list demo_bookings(arena *a, uint64_t seed, size_t index, const struct planned_showing *s, wall now, size_t users);

/* --- people --- */

#define DEMO_USER_COUNT 40
struct demo_user {
    str name, email, phone;
};
struct demo_user demo_user_of(arena *a, size_t index);

#endif
