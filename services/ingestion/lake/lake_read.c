/* lake_read.c - the events of the lake after a position, each segment held against its manifest before anything of it counts. */
#include "services/ingestion/lake/lake.h"

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "lib/feed/wire.h"
#include "lib/json/read.h"

#define GZIP_WINDOW (15 + 16)
#define UNPACKED_BYTES_MAX ((size_t)512 * 1024 * 1024) /* whoever wrote it: a packed bomb ends here */
#define UNPACK_STEP ((size_t)1024 * 1024)
#define OBJECT_BYTES_MAX (AWS_ANSWER_BYTES_MAX + 1024 * 1024)
#define EVENTS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define EVENTS_AT_ONCE 500
#define EVENTS_BYTES_ENOUGH ((size_t)8 * 1024 * 1024)

struct lake_reading {
    struct lake_table table;
    struct lake_taker *taker;
    arena *object, *events; /* of one segment; of the events handed on at once */
    int64_t next;           /* position that comes next */
    bool enough;
};

static const fault *damaged(const struct lake_reading *r, const struct lake_segment *s, const char *what)
{
    return fault_new(r->table.a, FAULT_INVALID, "lake_damaged", "s3://%.*s/%.*s is damaged: %s.",
                     STR_ARG(r->table.cloud->s3.bucket), STR_ARG(s->key), what);
}

/* --- unpack --- */

static bool unpack(str packed, struct buf *out)
{
    z_stream z = { .next_in = (const Bytef *)packed.at, .avail_in = (uInt)packed.len };
    int state = inflateInit2(&z, GZIP_WINDOW);
    while (state == Z_OK && out->len <= UNPACKED_BYTES_MAX) {
        buf_reserve(out, UNPACK_STEP);
        z.next_out = (Bytef *)out->at + out->len;
        z.avail_out = (uInt)UNPACK_STEP;
        state = inflate(&z, Z_NO_FLUSH);
        out->len += UNPACK_STEP - z.avail_out;
        if (state == Z_BUF_ERROR || (state == Z_OK && z.avail_in == 0 && z.avail_out > 0))
            break; /* it ends before its end */
    }
    inflateEnd(&z);
    return state == Z_STREAM_END && z.avail_in == 0;
}

/* --- one segment --- */

static const fault *events_hand_on(struct lake_reading *r, struct buf *found)
{
    list events = { found->at, found->len / sizeof(struct event) };
    if (events.count > 0 && !r->enough)
        TRY(r->taker->take(r->taker->arg, r->events, &events, &r->enough));
    arena_reset(r->events);
    *found = (struct buf){ .in = r->events };
    return NULL;
}

static const fault *line_take(struct lake_reading *r, const struct lake_segment *s, str line, int64_t position,
                              struct buf *found)
{
    struct wire_event told = { 0 };
    if (json_read_fact(r->events, line, &wire_event_shape, &told) || told.position != position)
        return damaged(r, s, "a line of it is not the event that should stand there");
    struct event e = wire_event_back(&told);
    if (e.position < r->next)
        return NULL;
    buf_put(found, &e, sizeof e);
    r->next = e.position + 1;
    if (found->len >= EVENTS_AT_ONCE * sizeof e || arena_used_bytes(r->events) > EVENTS_BYTES_ENOUGH)
        return events_hand_on(r, found);
    return NULL;
}

static const fault *lines_take(struct lake_reading *r, const struct lake_segment *s, str lines)
{
    struct buf found = { .in = r->events };
    str line;
    int64_t position = s->first;
    if (!str_equal(lake_sum(r->table.a, lines), s->sha256))
        return damaged(r, s, "its SHA-256 is not the manifest's");
    while (!r->enough && lines.len > 0 && str_cut(&lines, '\n', &line))
        TRY(line_take(r, s, line, position++, &found));
    if (!r->enough && position != s->last + 1)
        return damaged(r, s, "it does not hold as many events as its manifest says");
    return events_hand_on(r, &found);
}

static const fault *segment_take(struct lake_reading *r, const struct lake_segment *s)
{
    struct s3_seen seen;
    struct buf lines = { 0 };
    str packed;
    arena_reset(r->object);
    const fault *problem = s3_get(&r->table.cloud->s3, r->object, s->key, &seen, &packed);
    if (problem && strcmp(problem->code, "object_missing") == 0)
        return damaged(r, s, "it is listed and not there");
    TRY(problem);
    problem = unpack(packed, &lines) ? lines_take(r, s, buf_str(&lines)) : damaged(r, s, "it cannot be unpacked");
    buf_free(&lines);
    return problem;
}

static const fault *segments_take(struct lake_reading *r, const list *segments)
{
    for (size_t i = 0; i < segments->count && !r->enough; i++) {
        const struct lake_segment *s = LIST_AT(segments, const struct lake_segment, i);
        if (s->last >= r->next)
            TRY(segment_take(r, s));
    }
    return NULL;
}

/* --- all of them --- */

static const fault *part_take(struct lake_reading *r, const struct lake_part *p)
{
    struct s3_seen seen;
    struct lake_part_content content = { 0 };
    str text;
    TRY(s3_get(&r->table.cloud->s3, r->table.a, p->key, &seen, &text));
    if (!str_equal(lake_sum(r->table.a, text), p->sha256) || json_read(r->table.a, text, &lake_part_content_shape, &content))
        return fault_new(r->table.a, FAULT_INVALID, "lake_damaged", "s3://%.*s/%.*s is damaged: its SHA-256 is not the manifest's.",
                         STR_ARG(r->table.cloud->s3.bucket), STR_ARG(p->key));
    TRY(lake_part_check(r->table.a, p, &content));
    return segments_take(r, &content.segments);
}

static const fault *begins_after(const struct lake_reading *r, int64_t first)
{
    return fault_new(r->table.a, FAULT_INVALID, "lake_hole", "The lake has a hole: of %s it has nothing from position %lld to %lld.",
                     r->table.name, (long long)r->next, (long long)first - 1);
}

static const fault *read_all(struct lake_reading *r)
{
    const struct lake_manifest *m = &r->table.manifest;
    int64_t first = m->parts.count > 0      ? LIST_AT(&m->parts, const struct lake_part, 0)->first
                    : m->segments.count > 0 ? LIST_AT(&m->segments, const struct lake_segment, 0)->first
                                            : r->next;
    if (first > r->next)
        return begins_after(r, first);
    for (size_t i = 0; i < m->parts.count && !r->enough; i++)
        if (LIST_AT(&m->parts, const struct lake_part, i)->last >= r->next)
            TRY(part_take(r, LIST_AT(&m->parts, const struct lake_part, i)));
    return segments_take(r, &m->segments);
}

const fault *ingestion_lake_read(arena *a, const struct cloud *c, str life, size_t owner, int64_t after, struct lake_taker *taker,
                                 struct lake_manifest *manifest)
{
    struct lake_reading r = { .taker = taker, .next = after + 1 };
    TRY(lake_table_open(&r.table, a, c, lake_place(a, c->analytics_folder, life), lake_event_tables[owner], NULL));
    if (r.table.etag.len == 0)
        r.table.manifest.version = 0;
    if (manifest)
        *manifest = r.table.manifest;
    r.object = arena_new(OBJECT_BYTES_MAX);
    r.events = arena_new(EVENTS_BYTES_MAX);
    const fault *problem = read_all(&r);
    problem = problem ? fault_copy(a, problem) : NULL;
    arena_free(r.events);
    arena_free(r.object);
    return problem;
}
