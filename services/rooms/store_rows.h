/* store_rows.h - what the acts on rooms ask of the rows of a database, and what those acts share: every decision is in the
 * files that name no database, every statement in store_<db>_rows.c. */
#ifndef TAQUILLA_ROOMS_STORE_ROWS_H
#define TAQUILLA_ROOMS_STORE_ROWS_H

#include "services/rooms/store.h"

/* Lists of showings: what is asked for leads to the index, the rest is compared row by row. */
enum lead { LEAD_IDS, LEAD_MOVIE, LEAD_ROOM, LEAD_ALL, LEADS };
enum part { PART_COMING, PART_OVER, PART_ANY, PART_COMING_COUNT, PARTS };

struct question {
    const struct showing_filter *want;
    enum lead lead;
    instant now;
    int64_t limit, offset;
    wall since; /* no showing that is not over began before: PART_COMING and its count */
};

/* Where a showing stands in time. */
struct placed {
    int64_t id;
    wall show_time;
    instant starts_at;
};
extern const struct shape rooms_placed_shape;
extern const struct shape rooms_stopped_shape; /* struct stopped_sale */

#define CLASHES_NAMED_MAX "20"

/* The rows of a transaction, in which nobody else writes, or of the connection for reads. Where one row is looked for and not
 * there, *found is false and *out untouched; a list by ids is in their order. */
struct rooms_rows {
    void *db;
    const struct house_rules *rules;

    instant (*now)(void *db);
    const fault *(*event_log)(void *db, arena *, const char *type, str subject, const struct shape *,
                              const void *fact)MUST_CHECK;
    const fault *(*once_recall)(void *db, arena *, const struct once *, const struct shape *, void *made,
                                bool *seen)MUST_CHECK;
    const fault *(*once_keep)(void *db, arena *, const struct once *, const struct shape *,
                              const void *made)MUST_CHECK;
    const fault *(*once_sweep)(void *db, arena *)MUST_CHECK;

    const fault *(*rooms_page)(void *db, arena *, const struct paging *, list *out)MUST_CHECK; /* active ones */
    const fault *(*rooms_by_id)(void *db, arena *, const ids *wanted, list *out)MUST_CHECK;
    /* Those called so, without case: in use first, then by id; two are enough. */
    const fault *(*rooms_named)(void *db, arena *, str name, list *out)MUST_CHECK;
    const fault *(*room_find)(void *db, arena *, int64_t id, struct room *out, bool *found)MUST_CHECK;
    /* Also those no longer in use, by id, after the one given. */
    const fault *(*rooms_after)(void *db, arena *, int64_t id, int64_t limit, list *out)MUST_CHECK;
    const fault *(*room_insert)(void *db, arena *, const struct room_new *, int64_t *id)MUST_CHECK;
    const fault *(*room_update)(void *db, arena *, const struct room *)MUST_CHECK;

    const fault *(*seat_count)(void *db, arena *, int64_t room_id, int64_t *count)MUST_CHECK;
    /* A .. Z, AA ..: shorter names first. */
    const fault *(*seats_page)(void *db, arena *, int64_t room_id, const struct paging *, list *out)MUST_CHECK;
    const fault *(*seats_by_id)(void *db, arena *, const ids *wanted, list *out)MUST_CHECK;
    const fault *(*seat_find)(void *db, arena *, int64_t room_id, int64_t id, struct seat *out,
                              bool *found)MUST_CHECK;
    /* By row and number: nobody finds seat a1 beside seat A1. */
    const fault *(*seat_at)(void *db, arena *, int64_t room_id, str row_number, int64_t seat_number,
                            struct seat *out, bool *found)MUST_CHECK;
    /* The id of another seat of that row and number; 0: none. */
    const fault *(*seat_twin)(void *db, arena *, const struct seat *, int64_t *id)MUST_CHECK;
    const fault *(*seat_insert)(void *db, arena *, struct seat *)MUST_CHECK; /* gives it its id */
    /* At least one. CONFLICT, by rooms_seat_exists: one would be there twice. */
    const fault *(*seats_insert)(void *db, arena *, int64_t room_id, const list *wanted, list *made)MUST_CHECK;
    const fault *(*seat_update)(void *db, arena *, const struct seat *)MUST_CHECK;

    /* As it stands: sales_close_at none when nobody set it. */
    const fault *(*showing_find)(void *db, arena *, int64_t id, struct showing *out, bool *found)MUST_CHECK;
    /* The active showing of that room and time; 0: none. */
    const fault *(*showing_at)(void *db, arena *, int64_t room_id, wall show_time, int64_t *id)MUST_CHECK;
    const fault *(*showings_part)(void *db, arena *, enum part, const struct question *, list *out)MUST_CHECK;
    /* Also inactive ones, that end after `over`, by id. */
    const fault *(*showings_after)(void *db, arena *, int64_t id, instant over, int64_t limit,
                                   list *out)MUST_CHECK;
    /* Minutes of the longest; 0: there is none. */
    const fault *(*showing_longest)(void *db, arena *, int64_t *minutes)MUST_CHECK;
    const fault *(*coming_count)(void *db, arena *, const struct question *, int64_t *count)MUST_CHECK;
    /* Active showings of a room that end after `now`, by id. */
    const fault *(*showings_to_come)(void *db, arena *, int64_t room_id, instant now, ids *out)MUST_CHECK;
    /* Other active showings of its room that reach into that time; CLASHES_NAMED_MAX are enough. */
    const fault *(*showings_within)(void *db, arena *, const struct showing *, struct span, ids *out)MUST_CHECK;
    const fault *(*showings_placed)(void *db, arena *, list *out)MUST_CHECK; /* all: struct placed */
    /* What is written keeps the end of sales as it was asked for. */
    const fault *(*showing_insert)(void *db, arena *, const struct showing *, instant sales_close_asked,
                                   int64_t *id)MUST_CHECK;
    const fault *(*showing_update)(void *db, arena *, const struct showing *,
                                   instant sales_close_asked)MUST_CHECK;
    const fault *(*showing_close)(void *db, arena *, int64_t id)MUST_CHECK;
    const fault *(*showing_move)(void *db, arena *, int64_t id, instant starts_at)MUST_CHECK;

    /* Of showings that start after `now`: struct film_length, each once; and those of a film that last not so long, by id. */
    const fault *(*film_lengths)(void *db, arena *, instant now, list *out)MUST_CHECK;
    const fault *(*showings_unlike)(void *db, arena *, const struct film_length *, instant now,
                                    ids *out)MUST_CHECK;
    const fault *(*showing_lasts)(void *db, arena *, int64_t id, int64_t length_minutes)MUST_CHECK;
};

/* Those of a driver, whose functions are called as the members. */
#define ROOMS_ROWS(connection, house)                                                              \
    ((struct rooms_rows){                                                                          \
        .db = (connection), .rules = (house), .now = now, .event_log = event_log,                  \
        .once_recall = once_recall, .once_keep = once_keep, .once_sweep = once_sweep,              \
        .rooms_page = rooms_page, .rooms_by_id = rooms_by_id, .rooms_named = rooms_named,          \
        .rooms_after = rooms_after, .showings_after = showings_after,                              \
        .room_find = room_find, .room_insert = room_insert, .room_update = room_update,            \
        .seat_count = seat_count, .seats_page = seats_page, .seats_by_id = seats_by_id,            \
        .seat_find = seat_find, .seat_at = seat_at, .seat_twin = seat_twin,                        \
        .seat_insert = seat_insert, .seats_insert = seats_insert, .seat_update = seat_update,      \
        .showing_find = showing_find, .showing_at = showing_at, .showings_part = showings_part,    \
        .coming_count = coming_count, .showing_longest = showing_longest, .showings_to_come = showings_to_come,                        \
        .showings_within = showings_within, .showings_placed = showings_placed,                    \
        .showing_insert = showing_insert, .showing_update = showing_update,                        \
        .showing_close = showing_close, .showing_move = showing_move,                              \
        .film_lengths = film_lengths, .showings_unlike = showings_unlike,                          \
        .showing_lasts = showing_lasts,                                                            \
    })

/* One transaction; run again, it must give the same. */
typedef const fault *rooms_act(const struct rooms_rows *r, arena *a, void *arg);

/* A driver's. */
struct rows_source {
    struct rooms_rows (*reader)(struct store *);
    const fault *(*write)(struct store *, arena *, rooms_act *, void *arg)MUST_CHECK;
};

/* The same, of any store. */
struct rooms_rows rooms_reader(struct store *store);
const fault *rooms_write(struct store *store, arena *a, rooms_act *act, void *arg) MUST_CHECK;

/* What a driver's write hands to its own transaction. */
struct rooms_order {
    const struct house_rules *rules;
    rooms_act *act;
    void *arg;
};

const fault *rooms_log(const struct rooms_rows *r, arena *a, const char *type, int64_t subject,
                       const struct shape *s, const void *fact) MUST_CHECK;

/* --- rooms: store_rooms.c --- */

/* NOT_FOUND room_unknown. */
const fault *rooms_room_row(const struct rooms_rows *r, arena *a, int64_t id, struct room *out) MUST_CHECK;
/* Without the event, which is for rooms_room_tell. */
const fault *rooms_room_insert(const struct rooms_rows *r, arena *a, const struct room_new *want,
                               struct room *out) MUST_CHECK;
const fault *rooms_room_tell(const struct rooms_rows *r, arena *a, const struct room *about) MUST_CHECK;

/* --- seats: store_seats.c --- */

const fault *rooms_seat_exists(arena *a, const struct seat *seat) MUST_CHECK; /* CONFLICT seat_exists */
const fault *rooms_seats_tell(const struct rooms_rows *r, arena *a, int64_t room_id,
                              const ids *changed) MUST_CHECK; /* the event */

/* --- showings: store_showings.c (reads), store_program.c (acts) --- */

/* NOT_FOUND showing_unknown. */
const fault *rooms_showing_row(const struct rooms_rows *r, arena *a, int64_t id, struct showing *out) MUST_CHECK;
/* Makes it inactive and says so; *about is brought up to date and settled. */
const fault *rooms_showing_deactivate(const struct rooms_rows *r, arena *a, struct showing *about) MUST_CHECK;
/* Makes one that its room allows, and says so. Faults as showing_create. */
const fault *rooms_showing_insert(const struct rooms_rows *r, arena *a, struct showing *made) MUST_CHECK;
/* Writes one as it now is, where its room allows it, and says so. Faults as showing_edit. */
const fault *rooms_showing_rewrite(const struct rooms_rows *r, arena *a, const struct showing *before,
                                   struct showing *made) MUST_CHECK;
/* Counts the instants of all showings again, where the house's zone gives others. */
const fault *rooms_showings_rezone(struct store *store, arena *a) MUST_CHECK;

/* Every act that asks for nothing but the above. */
void rooms_acts_fill(struct store *s);
/* Parts of it. */
void rooms_acts_on_rooms(struct store *s);
void rooms_acts_on_seats(struct store *s);
void rooms_acts_on_showings(struct store *s);
void rooms_acts_on_program(struct store *s);
void rooms_acts_on_imports(struct store *s);

#endif
