/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it. */
#ifndef TAQUILLA_ROOMS_STORE_SQLITE_H
#define TAQUILLA_ROOMS_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "lib/feed/export_sqlite.h"
#include "services/rooms/store.h"

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    struct sqlite_exporter exporter;
};
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))
#define STORE_READER(store_pointer) sqlite_reader(STORE_OF(store_pointer)->db)

extern const struct migration rooms_migrations[];

/* --- rooms: store_sqlite_rooms.c --- */

/* NOT_FOUND room_unknown. */
const fault *rooms_room_row(struct sql *db, arena *a, int64_t id, struct room *out) MUST_CHECK;
const fault *rooms_room_rows(struct sql *db, arena *a, const ids *wanted, list *out) MUST_CHECK;
/* Without the event, which is for rooms_room_log. */
const fault *rooms_room_insert(struct sql *db, arena *a, const struct room_new *,
                               struct room *out) MUST_CHECK;
const fault *rooms_room_update(struct sql *db, arena *a, const struct room *room) MUST_CHECK;
const fault *rooms_room_log(struct sql *db, arena *a, const struct room *about) MUST_CHECK;

/* --- seats: store_sqlite_seats.c --- */

const fault *rooms_seat_count(struct sql *db, arena *a, int64_t room_id, int64_t *count) MUST_CHECK;
const fault *rooms_seat_rows(struct sql *db, arena *a, int64_t room_id, const struct paging *,
                             list *out) MUST_CHECK;

const fault *rooms_seat_at(struct sql *db, arena *a, int64_t room_id, str row_number,
                           int64_t seat_number, struct seat *out, bool *found) MUST_CHECK;
/* Without the event, which is for rooms_seats_tell. CONFLICT seat_exists. */
const fault *rooms_seat_insert(struct sql *db, arena *a, struct seat *seat) MUST_CHECK;
const fault *rooms_seat_update(struct sql *db, arena *a, const struct seat *seat) MUST_CHECK;
const fault *rooms_seats_tell(struct sql *db, arena *a, int64_t room_id,
                              const ids *changed) MUST_CHECK;

/* --- showings: store_sqlite_showings.c (reads), store_sqlite_program.c (acts) --- */

/* As it stands, sales_close_at none when nobody set it. NOT_FOUND showing_unknown. */
const fault *rooms_showing_row(struct sql *db, arena *a, int64_t id,
                               struct showing *out) MUST_CHECK;
/* The ids of active showings of a room that end after `now`. */
const fault *rooms_showings_to_come(struct sql *db, arena *a, int64_t room_id, instant now,
                                    ids *out) MUST_CHECK;
/* Makes it inactive and says so; *about is brought up to date and settled. */
const fault *rooms_showing_deactivate(struct sql *db, arena *a, const struct house_rules *rules,
                                      struct showing *about) MUST_CHECK;
/* Makes one that its room allows, and says so. Faults as showing_create. */
const fault *rooms_showing_insert(struct sql *db, arena *a, const struct house_rules *rules,
                                  struct showing *made) MUST_CHECK;
/* Writes one as it now is, where its room allows it, and says so. Faults as showing_edit. */
const fault *rooms_showing_rewrite(struct sql *db, arena *a, const struct house_rules *rules,
                                   struct showing *made) MUST_CHECK;
/* Counts the instants of all showings again, where the house's zone gives others. */
const fault *rooms_showings_rezone(struct sqlite_store *s, arena *boot) MUST_CHECK;

/* The functions of each part, for the table in store_sqlite.c. */
void rooms_store_rooms_fill(struct store *s);
void rooms_store_seats_fill(struct store *s);
void rooms_store_showings_fill(struct store *s);
void rooms_store_program_fill(struct store *s);
void rooms_store_export_fill(struct sqlite_store *s);
void rooms_store_import_fill(struct store *s);

#endif
