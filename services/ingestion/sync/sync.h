/* sync.h - DynamoDB follows the owners' feeds: what they told since the last run becomes items, each guarded by its position.
 *
 * A run reads an owner's feed from the smallest position of the tables it is for up to its present end, page by page. Of a page the
 * newest fact of each key is written, up to SYNC_AT_ONCE at a time, unless DynamoDB shows a newer one already; when all of it is
 * acknowledged the positions move on and are flushed to DIR/sync.json. So what is told twice, by a crash or by last_sync_time, does no
 * harm. Tables that make one item (rooms and seats; reservations, reserved_seats and payments) move together: an item shows all that was
 * told up to its position. Fibers only, unless said otherwise. */
#ifndef TAQUILLA_INGESTION_SYNC_H
#define TAQUILLA_INGESTION_SYNC_H

#include "lib/base/cron.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/cloud/cloud.h"
#include "services/ingestion/dynamodb/showings.h"

#define SYNC_AT_ONCE 32
#define SYNC_WAIT_MS 60000 /* for another run to end */

enum sync_table {
    SYNC_MOVIES, SYNC_GENRES,
    SYNC_ROOMS, SYNC_SEATS, SYNC_SCHEDULES,
    SYNC_USERS, SYNC_RESERVATIONS, SYNC_RESERVED_SEATS, SYNC_PAYMENTS,
};
#define SYNC_TABLES 9
#define SYNC_ALL ((1u << SYNC_TABLES) - 1)
extern const char *const sync_table_names[SYNC_TABLES];
bool sync_table_find(str name, enum sync_table *out);

enum sync_owner { SYNC_OF_MOVIES, SYNC_OF_ROOMS, SYNC_OF_RESERVATIONS };
#define SYNC_OWNERS 3

struct sync_setup {
    const struct cloud *cloud;
    const struct cron *schedule; /* NULL: no runs by themselves */
    void (*after)(void *arg, arena *a); /* each of these that went well; NULL: nothing */
    void *arg;
    int64_t retries_max, retry_delay_s;
};

struct sync {
    struct sync_setup set;
    int64_t positions[SYNC_TABLES]; /* up to which each table's facts are in DynamoDB */
    struct showings showings;
    int64_t showings_position;      /* of rooms' log, up to which they are known */
    bool showings_known;

    bool running, ending;
    bool paused;                    /* a migration wants it to rest */
    int lock_fd;                    /* DIR/sync.lock while it runs or rests */
    instant began, last_ok;         /* of a run of all tables; none: never */
    bool failed;                    /* the last run did not succeed */
    char code[64];                  /* and why */
    int64_t ends[SYNC_OWNERS];      /* of the owners' logs, as last heard */
    uint64_t runs, failures, records[SYNC_TABLES];
    uint64_t written, refused;      /* items; because DynamoDB had the same or a newer one */

    fiber *self;                    /* the schedule's */
    bool resting;
    instant next;
};

/* Reads DIR/sync.json; one that is missing or cannot be read only makes the next run read everything again. Waits for the disk. */
void sync_open(struct sync *s, arena *a, const struct sync_setup *setup);
void sync_close(struct sync *s); /* after sync_await */

/* Brings `tables` (bits by enum sync_table) up to date, and reads again what happened since `since` when it is not INSTANT_NONE. synced:
 * how many records of each table the facts read were about; may be NULL. CONFLICT job_running: it is paused,
 * or another process with the same DIR writes. UNAVAILABLE sync_busy:
 * another run takes longer than SYNC_WAIT_MS. Faults of told.h, of the owners and of lib/aws. */
const fault *sync_run(struct sync *s, arena *a, unsigned tables, instant since, int64_t synced[SYNC_TABLES]) MUST_CHECK;

/* For a migration: no run from now on, also not of another process with the same DIR; one under way ends with its page, and is waited
 * for. Only after success sync_resume must follow. UNAVAILABLE sync_busy: it takes longer than SYNC_WAIT_MS. */
const fault *sync_pause(struct sync *s, arena *a) MUST_CHECK;
/* While paused: DynamoDB now shows what that owner ("rooms") told up to this position. UNAVAILABLE backup_unwritable, storage_full. */
const fault *sync_stamp(struct sync *s, arena *a, const char *owner, int64_t position) MUST_CHECK;
void sync_resume(struct sync *s);

/* --- sync_schedule.c: all tables by the schedule --- */

const fault *sync_start(struct sync *s, arena *a) MUST_CHECK;
void sync_stop(struct sync *s);  /* says so; from anywhere; a run ends with its page */
void sync_await(struct sync *s); /* waits for its end */

/* --- sync_status.c: a member of /health behind a comma, its shape, and lines of /metrics --- */

extern const struct shape sync_told_shape;
void sync_health_write(const struct sync *s, struct buf *out); /* ,"sync":{...} */
void sync_metrics_write(const struct sync *s, struct buf *out);
int64_t sync_age_s(const struct sync *s); /* since the last run of all tables that succeeded, or the start */

#endif
