/* model_lake.c - the lake's manifests as JSON, what must hold of them, and names. */
#include "services/ingestion/model_lake.h"

#include <stdio.h>

const char *const lake_event_tables[BACKUP_OWNERS] = { "reservations_events", "rooms_events", "movies_events" };

/* --- shapes --- */

static const struct field segment_fields[] = {
    FIELD(struct lake_segment, key, "key", .min = 1, .max = LAKE_KEY_MAX),
    FIELD(struct lake_segment, first, "first", .min = 1),
    FIELD(struct lake_segment, last, "last", .min = 1),
    FIELD(struct lake_segment, rows, "rows", .min = 1),
    FIELD(struct lake_segment, bytes, "bytes", .min = 1),
    FIELD(struct lake_segment, sha256, "sha256", .min = 64, .max = 64),
    FIELD(struct lake_segment, dt, "dt", .min = 10, .max = 10),
};
static const struct shape segment_shape = SHAPE(lake_segment, segment_fields);

static const struct field part_fields[] = {
    FIELD(struct lake_part, key, "key", .min = 1, .max = LAKE_KEY_MAX),
    FIELD(struct lake_part, first, "first", .min = 1),
    FIELD(struct lake_part, last, "last", .min = 1),
    FIELD(struct lake_part, segments, "segments", .min = 1),
    FIELD(struct lake_part, sha256, "sha256", .min = 64, .max = 64),
};
static const struct shape part_shape = SHAPE(lake_part, part_fields);

static const struct field manifest_fields[] = {
    FIELD(struct lake_manifest, version, "version", .min = 1),
    FIELD(struct lake_manifest, table, "table", .min = 1, .max = 64),
    FIELD(struct lake_manifest, written_at, "written_at", .form = TIME_Z_MS),
    FIELD(struct lake_manifest, last, "last", .min = 0),
    FIELD(struct lake_manifest, parts, "parts", .shape = &part_shape, .max = LAKE_PARTS_MAX),
    FIELD(struct lake_manifest, segments, "segments", .shape = &segment_shape, .max = LAKE_SEGMENTS_MAX),
};
const struct shape lake_manifest_shape = SHAPE(lake_manifest, manifest_fields);

static const struct field part_content_fields[] = {
    FIELD(struct lake_part_content, segments, "segments", .shape = &segment_shape, .max = LAKE_PART_SEGMENTS),
};
const struct shape lake_part_content_shape = SHAPE(lake_part_content, part_content_fields);

#define DAILY_SUMS                                                                                 \
    FIELD(struct daily_row, sold, "sold"), FIELD(struct daily_row, refunded, "refunded"),          \
        FIELD(struct daily_row, net, "net"), FIELD(struct daily_row, tickets, "tickets")

static const struct field daily_row_fields[] = {
    FIELD(struct daily_row, date, "date"),
    FIELD(struct daily_row, by, "by"),
    FIELD(struct daily_row, name, "name", .nullable = true),
    FIELD(struct daily_row, title, "title", .nullable = true),
    DAILY_SUMS,
};
const struct shape lake_daily_row_shape = SHAPE(daily_row, daily_row_fields);

static const struct field total_fields[] = { DAILY_SUMS };
static const struct shape total_shape = SHAPE(daily_row, total_fields);
static const struct field film_fields[] = {
    FIELD(struct daily_row, name, "movieId", .nullable = true), FIELD(struct daily_row, title, "title", .nullable = true),
    DAILY_SUMS
};
static const struct shape film_shape = SHAPE(daily_row, film_fields);
static const struct field method_fields[] = { FIELD(struct daily_row, name, "paymentMethod", .nullable = true), DAILY_SUMS };
static const struct shape method_shape = SHAPE(daily_row, method_fields);
static const struct field hour_fields[] = { FIELD(struct daily_row, name, "hour", .nullable = true), DAILY_SUMS };
static const struct shape hour_shape = SHAPE(daily_row, hour_fields);

static const struct field daily_sheet_fields[] = {
    FIELD(struct daily_sheet, date, "date"),
    FIELD(struct daily_sheet, to, "to"),
    FIELD(struct daily_sheet, total, "total", .shape = &total_shape),
    FIELD(struct daily_sheet, by_film, "byMovie", .shape = &film_shape),
    FIELD(struct daily_sheet, by_method, "byPaymentMethod", .shape = &method_shape),
    FIELD(struct daily_sheet, by_hour, "byHour", .shape = &hour_shape),
};
const struct shape lake_daily_sheet_shape = SHAPE(daily_sheet, daily_sheet_fields);

/* --- what must hold --- */

static const fault *hole(arena *a, const char *table, int64_t from, int64_t to)
{
    return fault_new(a, FAULT_INVALID, "lake_hole", "The lake has a hole: of %s it has nothing from position %lld to %lld.", table,
                     (long long)from, (long long)to);
}

/* *next: the position that has to come. */
static const fault *segments_follow(arena *a, const char *table, const list *segments, int64_t *next)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct lake_segment *s = LIST_AT(segments, const struct lake_segment, i);
        if (s->first > *next)
            return hole(a, table, *next, s->first - 1);
        if (s->first < *next || s->last < s->first)
            return fault_new(a, FAULT_INVALID, "lake_damaged", "The lake's manifest of %s lists position %lld twice.", table,
                             (long long)s->first);
        *next = s->last + 1;
    }
    return NULL;
}

const fault *lake_manifest_check(arena *a, const struct lake_manifest *m, const char *table)
{
    if (m->version != LAKE_VERSION || !str_equal(m->table, str_of(table)))
        return fault_new(a, FAULT_INVALID, "lake_damaged",
                         "The lake's manifest of %s is of version %lld and table %.*s; this program reads version %d.", table,
                         (long long)m->version, STR_ARG(m->table), LAKE_VERSION);
    int64_t next = m->parts.count > 0     ? LIST_AT(&m->parts, const struct lake_part, 0)->first
                   : m->segments.count > 0 ? LIST_AT(&m->segments, const struct lake_segment, 0)->first
                                           : 1;
    for (size_t i = 0; i < m->parts.count; i++) {
        const struct lake_part *p = LIST_AT(&m->parts, const struct lake_part, i);
        if (p->first != next)
            return hole(a, table, next, p->first - 1);
        next = p->last + 1;
    }
    TRY(segments_follow(a, table, &m->segments, &next));
    if (m->last + 1 == next || (m->last == 0 && m->segments.count == 0))
        return NULL;
    return fault_new(a, FAULT_INVALID, "lake_damaged", "The lake's manifest of %s ends at %lld, and its segments at %lld.", table,
                     (long long)m->last, (long long)next - 1);
}

const fault *lake_part_check(arena *a, const struct lake_part *p, const struct lake_part_content *content)
{
    int64_t next = p->first;
    TRY(segments_follow(a, arena_cstr(a, p->key), &content->segments, &next));
    if ((int64_t)content->segments.count == p->segments && next == p->last + 1)
        return NULL;
    return fault_new(a, FAULT_INVALID, "lake_damaged", "%.*s does not list what the lake's manifest says.", STR_ARG(p->key));
}

/* --- names --- */

const char *lake_place(arena *a, const char *folder, str stamp)
{
    return arena_printf(a, stamp.len > 0 ? "%s/lake-%.*s" : "%s/lake", folder, STR_ARG(stamp)).at;
}

str lake_life_key(arena *a, const char *folder, str stamp)
{
    return arena_printf(a, "%s/lives/%.*s.json", folder, STR_ARG(stamp));
}

str lake_life_stamp(str key)
{
    char room[BACKUP_NAME_MAX];
    size_t name = key.len;
    while (name > 0 && key.at[name - 1] != '/')
        name--;
    str stamp = str_after(key, name);
    if (!str_ends(stamp, STR(".json")))
        return (str){ NULL, 0 };
    stamp.len -= 5;
    int length = snprintf(room, sizeof room, "taquilla-%.*s", STR_ARG(stamp));
    bool good = length < BACKUP_NAME_MAX && ingestion_is_backup_name((str){ room, (size_t)length });
    return good ? stamp : (str){ NULL, 0 };
}

str lake_manifest_key(arena *a, const char *place, const char *table)
{
    return arena_printf(a, "%s/%s/manifest.json", place, table);
}

str lake_part_key(arena *a, const char *place, const char *table, int64_t first)
{
    return arena_printf(a, "%s/%s/manifest/%012lld.json", place, table, (long long)first);
}

str lake_segment_key(arena *a, const char *place, const char *table, str dt, int64_t first)
{
    return arena_printf(a, "%s/%s/dt=%.*s/%012lld.ndjson.gz", place, table, STR_ARG(dt), (long long)first);
}
