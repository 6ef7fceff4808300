/* store_mysql.h - what the parts of the MySQL store share; nobody else includes it. */
#ifndef TAQUILLA_ROOMS_STORE_MYSQL_H
#define TAQUILLA_ROOMS_STORE_MYSQL_H

#include "lib/feed/export_mysql.h"
#include "services/rooms/store.h"

struct mysql_store {
    struct store store; /* first: a struct store * is one of these */
    struct my_store *db;
    struct my_exporter exporter;
    struct store_news news;
    str replica; /* random; whose stopped sales are whose */
};
#define MYSQL_STORE_OF(store_pointer) ((struct mysql_store *)(void *)(store_pointer))
#define MYSQL_READER(store_pointer) my_reader(MYSQL_STORE_OF(store_pointer)->db)

extern const struct migration rooms_mysql_migrations[];

/* A list of ids as a table `wanted` with the one column id; its value by my_ids. */
#define MYSQL_WANTED "JSON_TABLE(CAST(? AS CHAR), '$[*]' COLUMNS (id BIGINT PATH '$')) wanted "

/* --- rooms: store_mysql_rooms.c --- */

/* NOT_FOUND room_unknown. */
const fault *rooms_mysql_room_row(struct my *db, arena *a, int64_t id, struct room *out) MUST_CHECK;
const fault *rooms_mysql_room_rows(struct my *db, arena *a, const ids *wanted, list *out) MUST_CHECK;
/* Without the event, which is for rooms_mysql_room_log. */
const fault *rooms_mysql_room_insert(struct my *db, arena *a, const struct room_new *,
                                     struct room *out) MUST_CHECK;
const fault *rooms_mysql_room_update(struct my *db, arena *a, const struct room *room) MUST_CHECK;
const fault *rooms_mysql_room_log(struct my *db, arena *a, const struct room *about) MUST_CHECK;

/* --- seats: store_mysql_seats.c --- */

const fault *rooms_mysql_seat_count(struct my *db, arena *a, int64_t room_id, int64_t *count) MUST_CHECK;
const fault *rooms_mysql_seat_rows(struct my *db, arena *a, int64_t room_id, const struct paging *,
                                   list *out) MUST_CHECK;

/* Nobody finds seat a1 beside seat A1. */
const fault *rooms_mysql_seat_at(struct my *db, arena *a, int64_t room_id, str row_number,
                                 int64_t seat_number, struct seat *out, bool *found) MUST_CHECK;
/* Without the event, which is for rooms_mysql_seats_tell. */
const fault *rooms_mysql_seat_insert(struct my *db, arena *a, struct seat *seat) MUST_CHECK;
const fault *rooms_mysql_seat_update(struct my *db, arena *a, const struct seat *seat) MUST_CHECK;
const fault *rooms_mysql_seats_tell(struct my *db, arena *a, int64_t room_id,
                                    const ids *changed) MUST_CHECK;

/* --- showings: store_mysql_showings.c (reads), store_mysql_program.c (acts) --- */

/* As it stands, sales_close_at none when nobody set it. NOT_FOUND showing_unknown. */
const fault *rooms_mysql_showing_row(struct my *db, arena *a, int64_t id,
                                     struct showing *out) MUST_CHECK;
/* The ids of active showings of a room that end after `now`. */
const fault *rooms_mysql_showings_to_come(struct my *db, arena *a, int64_t room_id, instant now,
                                          ids *out) MUST_CHECK;
/* Makes it inactive and says so; *about is brought up to date and settled. */
const fault *rooms_mysql_showing_deactivate(struct my *db, arena *a, const struct house_rules *rules,
                                            struct showing *about) MUST_CHECK;

/* Makes one that its room allows, and says so. Faults as showing_create. */
const fault *rooms_mysql_showing_insert(struct my *db, arena *a, const struct house_rules *rules,
                                        struct showing *made) MUST_CHECK;
/* Writes one as it now is, where its room allows it, and says so. Faults as showing_edit. */
const fault *rooms_mysql_showing_rewrite(struct my *db, arena *a, const struct house_rules *rules,
                                         struct showing *made) MUST_CHECK;

/* --- before anybody may ask: store_mysql_adopt.c --- */

/* Begins the log of a database that the old system made, one .adopted event a row, and counts the instants of all showings where the
 * house's zone gives others. */
const fault *rooms_mysql_prepare(struct my_store *db, arena *a, const struct house_rules *rules) MUST_CHECK;

/* The functions of each part, for the table in store_mysql.c. */
void rooms_mysql_rooms_fill(struct store *s);
void rooms_mysql_seats_fill(struct store *s);
void rooms_mysql_showings_fill(struct store *s);
void rooms_mysql_program_fill(struct store *s);
void rooms_mysql_stops_fill(struct store *s);
void rooms_mysql_import_fill(struct store *s);
void rooms_mysql_export_fill(struct mysql_store *s);

#endif
