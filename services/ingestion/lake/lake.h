/* lake.h - the data lake in S3: what happened, as files for DuckDB, Athena and pandas, and for a restore to a moment. Names and form:
 * model_lake.h.
 *
 * A segment is put only where nothing is (If-None-Match); one that an earlier try left, which ended before it was listed, is held
 * against the feed and listed as it is. The manifest is put over the one that was read (If-Match). So a crash at any time leaves every
 * fact there once. Nothing is in the lake that is not in the feed: no name, e-mail or phone. */
#ifndef TAQUILLA_INGESTION_LAKE_H
#define TAQUILLA_INGESTION_LAKE_H

#include "services/ingestion/cloud/cloud.h"
#include "services/ingestion/model_lake.h"

/* Told of what comes about; for a person who waits. */
struct lake_watcher {
    void (*written)(struct lake_watcher *w, const char *table, int64_t position, int64_t end);
};

/* Which of the bucket's lakes is this cinema's. */
struct lake_life {
    bool known;                   /* else it is looked for */
    char stamp[16];               /* empty: the first */
};

struct lake_order {
    const struct cloud *cloud;    /* its owners may lack some: they are left out */
    struct lake_life *life;       /* kept by the caller from run to run; all zero at first */
    const bool *stop;             /* NULL, or becomes true when it shall end: UNAVAILABLE lake_stopped */
    struct lake_watcher *watcher; /* NULL: nobody */
};

struct lake_written {
    int64_t segments, rows, bytes;     /* of this run, those of daily_sales included */
    int64_t positions[BACKUP_OWNERS];  /* each log is in the lake up to here */
    int64_t before_last[BACKUP_OWNERS]; /* and all but its newest segment, which the next run holds against the feed, up to here */
};

/* From where each table of the lake ends to where its feed ends now, and the sheet of each day that has ended since; a few segments'
 * worth in memory. A cinema that was put back to an earlier moment finds that every lake ends otherwise than it tells, and begins
 * one of its own, with all that its logs hold. CONFLICT lake_differs (the feed has nothing in common with any lake: it is another
 * cinema's), lake_busy (somebody else writes it too); INVALID lake_damaged; what S3 or an owner says. What was written before a fault stays and counts. Fibers only. */
const fault *ingestion_lake_write(arena *a, const struct lake_order *want, struct lake_written *made) MUST_CHECK;

/* How far the log of ingestion_owner_names[owner] is in the lake of that stamp; 0: it is not. Fibers only. */
const fault *ingestion_lake_position(arena *a, const struct cloud *c, str life, size_t owner, int64_t *position) MUST_CHECK;

/* The stamps of all lakes, the newest first; the first lake of all, which has none, is the last of them. Fibers only. */
const fault *ingestion_lake_lives(arena *a, const struct cloud *c, strs *stamps) MUST_CHECK;

/* --- reading, for a restore: it waits for nothing but S3, and works on the loop's thread --- */

/* Events (of struct event, dense) of an owner after a position, some at a time; *enough ends it. */
struct lake_taker {
    const fault *(*take)(void *arg, arena *a, const list *events, bool *enough);
    void *arg;
};
/* In *manifest (may be NULL) what the lake says of itself; its version is 0 when there is none. INVALID lake_hole, lake_damaged. */
const fault *ingestion_lake_read(arena *a, const struct cloud *c, str life, size_t owner, int64_t after, struct lake_taker *taker,
                                 struct lake_manifest *manifest) MUST_CHECK;

/* --- what lake.c, lake_daily.c, lake_life.c and lake_read.c share --- */

struct lake_table {
    const struct cloud *cloud;
    const char *place, *name;     /* "analytics/lake", "rooms_events" */
    arena *a;                     /* as long as the run */
    struct lake_manifest manifest;
    str etag;                     /* of it; no text: there is none yet */
    struct buf segments;          /* of struct lake_segment, in `a`: the manifest's with those that were added */
    int64_t unsaved;
    struct lake_written *made;
};

/* Lines of a segment that is to be written. */
struct lake_lines {
    struct buf text;              /* on the heap */
    int64_t first, rows;
    char dt[11];
};

const fault *lake_table_open(struct lake_table *t, arena *a, const struct cloud *c, const char *place, const char *name,
                             struct lake_written *made) MUST_CHECK;
/* Writes as much of the lines as one object holds, or finds that it is there, and takes that off their front. */
const fault *lake_segment_put(struct lake_table *t, struct lake_lines *lines) MUST_CHECK;
/* The lines of the day `first`, which is its only position. One that is there already stands: names may be others by now. */
const fault *lake_day_put(struct lake_table *t, const struct lake_lines *lines) MUST_CHECK;
const fault *lake_table_save(struct lake_table *t, instant written_at) MUST_CHECK;
/* daily_sales. since: the day, by UTC, of the first event of reservations, days since 1970-01-01; 0: none. */
const fault *lake_days_write(arena *a, const struct lake_order *want, int64_t since, struct lake_written *made) MUST_CHECK;

struct wire_event;
struct wire_page;
/* Events of an owner's feed after a position. GONE feed_archived; UNAVAILABLE lake_stopped, feed_strange, and what the owner says. */
const fault *lake_feed_read(arena *a, struct upstream *owner, const bool *stop, int64_t after, int64_t limit,
                            struct wire_page *out) MUST_CHECK;
void lake_line_write(struct buf *out, const struct wire_event *e);
/* Is the end of the table's last segment what the feed tells there? CONFLICT lake_differs: no. page: is reset. */
const fault *lake_tail_check(struct lake_table *t, arena *page, struct upstream *owner, const bool *stop) MUST_CHECK;
/* The lake that ends as the owners' feeds tell, into *want->life; else a new one. CONFLICT lake_differs: another cinema's. */
const fault *lake_life_find(arena *a, const struct lake_order *want) MUST_CHECK;

str lake_sum(arena *a, str bytes); /* SHA-256, hex */
const fault *lake_differs(const struct lake_table *t, int64_t position);

#endif
