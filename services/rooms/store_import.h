/* store_import.h - what becomes of the rows of a file, whatever database keeps the rooms. */
#ifndef TAQUILLA_ROOMS_STORE_IMPORT_H
#define TAQUILLA_ROOMS_STORE_IMPORT_H

#include "services/rooms/store.h"

/* One transaction of a store, in which nobody else writes. */
struct import_place {
    void *db;
    const struct house_rules *rules;

    /* Those called so, without case: in use first, then by id; two are enough. */
    const fault *(*rooms_named)(void *db, arena *, str name, list *out);
    const fault *(*room_row)(void *db, arena *, int64_t id, struct room *out); /* NOT_FOUND room_unknown */
    const fault *(*room_insert)(void *db, arena *, const struct room_new *, struct room *out);
    const fault *(*room_update)(void *db, arena *, const struct room *);
    const fault *(*room_tell)(void *db, arena *, const struct room *); /* the event of both */

    const fault *(*seat_count)(void *db, arena *, int64_t room_id, int64_t *count);
    const fault *(*seat_at)(void *db, arena *, int64_t room_id, str row_number, int64_t seat_number,
                            struct seat *out, bool *found);
    const fault *(*seat_insert)(void *db, arena *, struct seat *seat); /* gives it its id */
    const fault *(*seat_update)(void *db, arena *, const struct seat *seat);
    const fault *(*seats_tell)(void *db, arena *, int64_t room_id, const ids *changed); /* the event */

    /* The active showing of that room and time; 0: none. */
    const fault *(*showing_at)(void *db, arena *, int64_t room_id, wall show_time, int64_t *id);
    const fault *(*showing_row)(void *db, arena *, int64_t id, struct showing *out);
    /* With their events, where the room allows it; faults as showing_create. */
    const fault *(*showing_insert)(void *db, arena *, const struct house_rules *, struct showing *);
    const fault *(*showing_rewrite)(void *db, arena *, const struct house_rules *, struct showing *);
};

/* *made has what was refused before; run again, they give the same. At its end import_checked, when all is only looked at. */
const fault *rooms_import_run(const struct import_place *p, arena *a, const struct import_rows *rows,
                              struct imported *made) MUST_CHECK;
const fault *rooms_import_showings_run(const struct import_place *p, arena *a, const struct import_rows *rows,
                                       struct imported *made) MUST_CHECK;

#endif
