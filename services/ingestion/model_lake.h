/* model_lake.h - the data lake: what its manifests say, and how its objects are named. No I/O.
 *
 * LAKE is {S3_ANALYTICS_FOLDER}/lake, and after a restore {S3_ANALYTICS_FOLDER}/lake-YYYYmmdd_HHMMSS, by when it was begun (UTC): a
 * cinema that was put back tells another past from there on, and each past has a lake of its own.
 *
 * LAKE/{table}/dt=YYYY-MM-DD/{first position, 12 digits}.ndjson.gz   a segment: one UTC day's consecutive events,
 *                                                                    a CloudEvents 1.0 object a line, as the feed tells them
 * LAKE/{table}/manifest.json                                         all segments, or the newest of many
 * LAKE/{table}/manifest/{first position, 12 digits}.json             the older ones, LAKE_PART_SEGMENTS each
 * {S3_ANALYTICS_FOLDER}/lives/{YYYYmmdd_HHMMSS}.json                 that there is a LAKE of this name besides the first
 *
 * Segments and parts are written once and never changed. */
#ifndef TAQUILLA_INGESTION_MODEL_LAKE_H
#define TAQUILLA_INGESTION_MODEL_LAKE_H

#include "services/ingestion/model.h"

#define LAKE_VERSION 1
#define LAKE_SEGMENT_ROWS 10000
#define LAKE_SEGMENT_BYTES ((size_t)8 * 1024 * 1024) /* of lines, before they are packed; a longer event goes alone */
#define LAKE_PART_SEGMENTS 1000
#define LAKE_SEGMENTS_MAX (2 * LAKE_PART_SEGMENTS) /* of manifest.json: then the older half becomes a part */
#define LAKE_PARTS_MAX 10000
#define LAKE_KEY_MAX 1024

struct lake_segment {
    str key;
    int64_t first, last; /* positions; daily_sales: days since 1970-01-01 */
    int64_t rows, bytes; /* bytes of the object */
    str sha256;          /* of its lines, unpacked */
    str dt;              /* YYYY-MM-DD, UTC */
};

struct lake_part {
    str key;
    int64_t first, last, segments;
    str sha256; /* of the object */
};

struct lake_manifest {
    int64_t version;
    str table;
    instant written_at; /* everything up to then is in it */
    int64_t last;       /* position; 0: nothing yet */
    list parts;         /* of struct lake_part, older than the segments */
    list segments;      /* of struct lake_segment */
};
extern const struct shape lake_manifest_shape;

struct lake_part_content {
    list segments;
};
extern const struct shape lake_part_content_shape;

/* In the order of ingestion_owner_names, "reservations_events" and so on. */
extern const char *const lake_event_tables[BACKUP_OWNERS];
#define LAKE_DAILY "daily_sales"

/* Version, table and no hole from part to part and segment to segment up to `last`. INVALID lake_damaged, lake_hole. */
const fault *lake_manifest_check(arena *a, const struct lake_manifest *m, const char *table) MUST_CHECK;
/* The same of what a part lists. */
const fault *lake_part_check(arena *a, const struct lake_part *p, const struct lake_part_content *content) MUST_CHECK;

/* LAKE, by its stamp; none: the first. */
const char *lake_place(arena *a, const char *folder, str stamp);
str lake_life_key(arena *a, const char *folder, str stamp);
str lake_life_stamp(str key); /* no text (at NULL): it is not such a key */

str lake_manifest_key(arena *a, const char *place, const char *table);
str lake_part_key(arena *a, const char *place, const char *table, int64_t first);
str lake_segment_key(arena *a, const char *place, const char *table, str dt, int64_t first);

/* --- daily_sales: the sheet of one of the house's days, a line a sum --- */

struct daily_row {
    day date;
    str by;          /* "total", "film", "method", "hour" */
    str name, title; /* the film's id and title, the method, "18:00"; null: not known, or of the total */
    money sold, refunded, net;
    int64_t tickets;
};
extern const struct shape lake_daily_row_shape;

struct daily_sheet {
    day date;
    instant to; /* the next day begins then */
    struct daily_row *total;
    list by_film, by_method, by_hour; /* of struct daily_row */
};
extern const struct shape lake_daily_sheet_shape; /* `data` of what analytics answers */

#endif
