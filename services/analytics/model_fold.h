/* model_fold.h - what one sale or showing adds to the sums that every figure is read from. Pure: no I/O.
 *
 * A fact is folded by taking off what its row added before and adding what it adds now. So it may be told twice, late, or before
 * the film, showing or user that it names. */
#ifndef TAQUILLA_ANALYTICS_MODEL_FOLD_H
#define TAQUILLA_ANALYTICS_MODEL_FOLD_H

#include "services/analytics/model.h"

/* --- rows --- */

struct sale {
    int64_t id, user_id, schedule_id, film;
    int64_t cents;
    unsigned status;       /* enum sale_status */
    instant made, sold, back;
    str tickets;           /* "1250:2,900:1": price in cents and how many */
    int64_t method;        /* 0: none is known */
    int64_t payment_id;    /* whose method that is */
};

struct showing {
    int64_t id, film;
    int64_t room_id;       /* INTEGER_NONE: rooms has not told it */
    int64_t day, played;   /* on the calendar, and the house's */
    bool is_active;
    int64_t taken;         /* seats held or sold */
    int64_t hour;          /* on the wall, in which it begins: 0 to 23 */
};

/* --- sums --- */

#define WINDOWS_FIRST WINDOW_DAY /* `today` is the same */
#define WINDOWS_LAST WINDOW_ALL

/* What a sum is of, its key, and what it counts. */
enum cell_of {
    CELL_DAY,         /* day: cents, reservations, confirmed */
    CELL_FILM_DAY,    /* day, film: the same */
    CELL_USER_DAY,    /* day, user: the same */
    CELL_ROOM_DAY,    /* day, room: showings, seats taken */
    CELL_SHEET,       /* house's day, hour, film, method: sold, refunded, tickets */
    CELL_ADMISSIONS,  /* showing, price: seats */
    CELL_TAKEN,       /* showing: seats */
    /* What follows from the days: */
    CELL_SPAN,        /* period, its first day */
    CELL_WINDOW,      /* window */
    CELL_FILM_WINDOW, /* window, film */
    CELL_ROOM_WINDOW = 11, /* window, room; PostgreSQL's acts know them by number */
};
struct cell {
    int64_t of; /* enum cell_of */
    int64_t key[4], add[3];
};
struct cells {
    arena *in;
    struct cell *at;
    size_t count, room;
};

struct house_clock {
    int32_t today;
    int32_t day_starts_s; /* after midnight */
};

void analytics_cells_add(struct cells *c, struct cell one);
/* Sorts them, and joins those of one key; what adds nothing goes. */
void analytics_cells_settle(struct cells *c);
/* Adds what follows from the days among them. */
void analytics_cells_follow(struct cells *c, int32_t today);

/* sign: 1 what it adds, -1 what it added. */
void analytics_sale_count(struct cells *c, const struct sale *s, int64_t sign, const struct house_clock *clock);
void analytics_showing_count(struct cells *c, const struct showing *s, int64_t sign);

int32_t analytics_calendar_day(instant moment); /* NO_DAY: none */
int32_t analytics_played_day(wall moment, const struct house_clock *clock);

/* Tickets of one sale as their text, and back: one price after the other. */
struct ticket {
    money price;
};
str analytics_tickets_text(arena *a, const list *tickets);
bool analytics_tickets_next(str *rest, int64_t *price, int64_t *count);

/* Adds the sums of a day, of CELL_DAY and its like, to those windows that it is in. */
void analytics_windows_add(struct sum windows[WINDOWS_LAST + 1], const struct cell *on, int32_t today);

/* --- segments --- */

struct segment_sums {
    int64_t active, vip, regular, casual;
};
/* Adds the user that has spent this in a window; alive: not erased. */
void analytics_segment_add(struct segment_sums *to, const struct sum *sum, bool alive, int64_t sign);

/* --- windows --- */

/* Showings count from the first day of a window on, those to come too. */
struct days analytics_window_showings(unsigned window, int32_t today);
/* The days of `of` that are not in `without`: up to two ranges. */
size_t analytics_days_less(struct days of, struct days without, struct days out[2]);

#endif
