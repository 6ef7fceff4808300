/* store.h - what the rooms service asks of its database.
 *
 * One function per business act; each act is one transaction, all or nothing, and writes its events
 * in that same transaction: room.changed (the room), seats.changed (the seats that changed; seats
 * never vanish) and showing.changed (the schedule with endsAt and length_minutes). Results live in
 * the arena given; on a fault *out is untouched. `once` is the client's Idempotency-Key or NULL.
 * Any of them may fail with UNAVAILABLE; nothing has happened then. */
#ifndef TAQUILLA_ROOMS_STORE_H
#define TAQUILLA_ROOMS_STORE_H

#include "lib/base/archive.h"
#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/imported.h"
#include "lib/base/once.h"
#include "services/rooms/model_import.h"

/* A showing whose sale was stopped for a change that may not have ended. */
struct stopped_sale {
    int64_t schedule_id;
    bool is_active; /* the showing is still to be sold */
};

struct exporter;    /* lib/feed/export.h */
struct rows_source; /* store_rows.h */

struct store {
    const struct exporter *exporter; /* its tables out as they are at one moment, and back */
    const struct rows_source *rows;  /* where its acts find them */

    struct house_rules rules; /* set before the first act */

    /* --- rooms --- */

    /* Active ones, by id. */
    const fault *(*rooms_list)(struct store *, arena *, const struct paging *, list *out)MUST_CHECK;
    /* Inactive ones too. NOT_FOUND room_unknown. */
    const fault *(*room_find)(struct store *, arena *, int64_t id, struct room *out)MUST_CHECK;
    const fault *(*room_create)(struct store *, arena *, const struct once *,
                                const struct room_new *, struct room *out)MUST_CHECK;
    /* A room that closes takes its showings with it: `closing` are those whose sale was stopped;
     * they become inactive. NOT_FOUND room_unknown; CONFLICT capacity_exceeded (it has more seats),
     * changed_meanwhile (it has showings to come that are not in `closing`). */
    const fault *(*room_edit)(struct store *, arena *, int64_t id, const struct room_edit *,
                              const ids *closing, struct room *out)MUST_CHECK;

    /* --- seats --- */

    /* By row (A .. Z, AA ..) then number. NOT_FOUND room_unknown. */
    const fault *(*seats_list)(struct store *, arena *, int64_t room_id, const struct paging *,
                               list *out)MUST_CHECK;
    /* All or nothing. NOT_FOUND room_unknown; CONFLICT seat_exists, capacity_exceeded. */
    const fault *(*seats_create)(struct store *, arena *, const struct once *, int64_t room_id,
                                 const struct seats_new *, list *out)MUST_CHECK;
    /* NOT_FOUND room_unknown, seat_unknown. */
    const fault *(*seat_find)(struct store *, arena *, int64_t room_id, int64_t id,
                              struct seat *out)MUST_CHECK;
    /* NOT_FOUND room_unknown, seat_unknown; CONFLICT seat_exists. */
    const fault *(*seat_edit)(struct store *, arena *, int64_t room_id, int64_t id,
                              const struct seat_edit *, struct seat *out)MUST_CHECK;

    /* --- showings --- */

    const fault *(*showings_find)(struct store *, arena *, const struct showing_filter *,
                                  list *out)MUST_CHECK;
    /* The same, each with its whole room. */
    const fault *(*showings_with_rooms)(struct store *, arena *, const struct showing_filter *,
                                        list *out)MUST_CHECK;
    /* Inactive ones too. NOT_FOUND showing_unknown. */
    const fault *(*showing_find)(struct store *, arena *, int64_t id,
                                 struct showing *out)MUST_CHECK;
    /* Active showings of a room that are not over, by id. */
    const fault *(*room_showings)(struct store *, arena *, int64_t room_id, ids *out)MUST_CHECK;
    /* Was this key's showing made before? KEY_REUSED idempotency_key_reused. */
    const fault *(*showing_recall)(struct store *, arena *, const struct once *,
                                   struct showing *out, bool *seen)MUST_CHECK;
    /* NOT_FOUND room_unknown; CONFLICT room_inactive, showing_overlaps (naming the others); INVALID
     * validation_failed. */
    const fault *(*showing_create)(struct store *, arena *, const struct once *,
                                   const struct showing_new *, int64_t length_minutes,
                                   struct showing *out)MUST_CHECK;
    /* length_minutes: of a new film; 0 keeps what is there. `found` is what the decision was made
     * on: when the showing is no longer so, CONFLICT changed_meanwhile. Else as showing_create, and
     * NOT_FOUND showing_unknown. */
    const fault *(*showing_edit)(struct store *, arena *, const struct showing *found,
                                 const struct showing_edit *, int64_t length_minutes,
                                 struct showing *out)MUST_CHECK;
    /* It becomes inactive; again and again the same. NOT_FOUND showing_unknown. */
    const fault *(*showing_close)(struct store *, arena *, int64_t id,
                                  struct showing *out)MUST_CHECK;

    /* --- films: a showing that has not begun lasts as long as its film lasts now --- */

    /* Of struct film_length: as showings that have not begun have it, each once. */
    const fault *(*film_lengths)(struct store *, arena *, list *out)MUST_CHECK;
    /* So long do all showings of that film last that have not begun; sold ones too, and those that meet
     * another then or leave no time to clean: `meeting`, the active ones. */
    const fault *(*film_lasts)(struct store *, arena *, const struct film_length *,
                               ids *meeting)MUST_CHECK;

    /* --- today's state, by id, after the one given; `limit` at most --- */

    /* Also what is no longer in use. */
    const fault *(*rooms_after)(struct store *, arena *, int64_t id, int64_t limit,
                                list *out)MUST_CHECK;
    /* Those that end after `over`. */
    const fault *(*showings_after)(struct store *, arena *, int64_t id, instant over, int64_t limit,
                                   list *out)MUST_CHECK;

    /* --- rows of a file --- */

    /* Of struct room_import. A row makes its room and seats, or changes what it gives of them; all of
     * it or nothing. */
    const fault *(*rooms_import)(struct store *, arena *, const struct import_rows *,
                                 struct imported *)MUST_CHECK;
    /* Of struct showing_import. */
    const fault *(*showings_import)(struct store *, arena *, const struct import_rows *,
                                    struct imported *)MUST_CHECK;

    /* --- sales stopped for a change: remembered, so that no crash leaves a showing that cannot be
     * sold --- */

    /* UNAVAILABLE change_under_way: another replica has not ended its own. */
    const fault *(*stops_begin)(struct store *, arena *, const ids *schedule_ids)MUST_CHECK;
    /* Of struct stopped_sale: this process's, and those of processes that are gone. */
    const fault *(*stops_list)(struct store *, arena *, list *out)MUST_CHECK;
    const fault *(*stops_end)(struct store *, arena *, const ids *schedule_ids)MUST_CHECK;

    /* --- upkeep --- */

    /* Forgets old Idempotency-Keys. */
    const fault *(*sweep)(struct store *, arena *)MUST_CHECK;
    const fault *(*feed_read)(void *store, arena *, int64_t after, int64_t limit,
                              struct event_page *out)MUST_CHECK;
    /* A reader of that name has come so far: what it lacks stays, until it is silent for a day. */
    const fault *(*reader_passed)(void *store, arena *, str reader, int64_t position) MUST_CHECK;
    /* Removes the log's first rows, at most ARCHIVE_ROWS_MAX, that are wished, old enough and passed by every reader. */
    const fault *(*log_archive)(void *store, arena *, const struct archive_wish *, struct archive_made *) MUST_CHECK;
    int64_t (*position)(const struct store *);
    const fault *(*check)(struct store *, arena *)MUST_CHECK;
    void (*metrics)(struct store *, struct buf *out);
    void (*close)(struct store *);
};

/* What a store with several replicas tells its service, and asks it. */
struct store_news {
    void (*moved)(void *arg, int64_t position); /* on the loop thread, after each commit with events */
    bool (*awaited)(void *arg);                 /* does anybody wait for other replicas' commits? */
    void *arg;
    void (*restarted)(void *arg);               /* another replica has begun a restore; NULL: nobody to tell */
};

/* The embedded store, in `directory`. moved: on the loop thread, after each commit with events.
 * When the house's time zone is another than the last time, the showings keep their wall clock and
 * their instants are counted again. */
const fault *rooms_sqlite_open(arena *boot, struct store **out, const char *directory,
                               const struct house_rules *rules,
                               void (*moved)(void *arg, int64_t position), void *arg) MUST_CHECK;

/* MySQL or MariaDB, by mysql://user:password@host:port/database. It opens also while the server is
 * away; a database that the old system made is adopted. The zone: as above. */
const fault *rooms_mysql_open(arena *boot, struct store **out, str url,
                              const struct house_rules *rules,
                              const struct store_news *news) MUST_CHECK;

/* What the store at `url`, or (no text) the embedded one in `directory`, says of its schema; nothing is changed there. */
struct schema_seen; /* lib/db/schema.h */
const fault *rooms_look(arena *a, str url, const char *directory, struct schema_seen *out) MUST_CHECK;

#endif
