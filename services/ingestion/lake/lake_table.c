/* lake_table.c - one table of the lake: its manifest, and its segments, each written once. */
#include "services/ingestion/lake/lake.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/http/gzip.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/backup/manifest.h"

#define SAVE_EVERY 20 /* segments: what a crash leaves unlisted is found again one by one */
#define NUMBER_MAX 24
#define CALL_BYTES_MAX ((size_t)32 * 1024 * 1024)

static bool is_code(const fault *problem, const char *code)
{
    return problem && strcmp(problem->code, code) == 0;
}

str lake_sum(arena *a, str bytes)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)bytes.at, bytes.len);
    return ingestion_hex(a, digest, sizeof digest);
}

const fault *lake_differs(const struct lake_table *t, int64_t position)
{
    return fault_new(t->a, FAULT_CONFLICT, "lake_differs",
                     "The lake s3://%.*s/%s/%s tells another past than its owner from position %lld on, and they have no beginning in "
                     "common: is the bucket another cinema's? Set S3_ANALYTICS_FOLDER to a folder of its own.",
                     STR_ARG(t->cloud->s3.bucket), t->place, t->name, (long long)position);
}

/* --- the manifest --- */

const fault *lake_table_open(struct lake_table *t, arena *a, const struct cloud *c, const char *place, const char *name,
                             struct lake_written *made)
{
    *t = (struct lake_table){ .cloud = c, .place = place, .name = name, .a = a, .segments = { .in = a }, .made = made };
    t->manifest = (struct lake_manifest){ .version = LAKE_VERSION, .table = str_of(name) };
    str text, key = lake_manifest_key(a, place, name);
    struct s3_seen seen = { 0 };
    const fault *problem = s3_get(&c->s3, a, key, &seen, &text);
    if (is_code(problem, "object_missing"))
        return NULL;
    TRY(problem);
    if (json_read(a, text, &lake_manifest_shape, &t->manifest))
        return fault_new(a, FAULT_INVALID, "lake_damaged", "s3://%.*s/%.*s cannot be read.", STR_ARG(c->s3.bucket), STR_ARG(key));
    t->etag = seen.etag;
    buf_put(&t->segments, t->manifest.segments.at, t->manifest.segments.count * sizeof(struct lake_segment));
    return lake_manifest_check(a, &t->manifest, name);
}

/* What a call needs goes with it: a first run may make very many. */
static const fault *object_put(struct lake_table *t, const struct s3_object *object, str body, str *etag)
{
    arena *call = arena_new(CALL_BYTES_MAX);
    str made = { NULL, 0 };
    const fault *problem = s3_put(&t->cloud->s3, call, object, body, &made);
    problem = problem ? fault_copy(t->a, problem) : NULL;
    if (!problem && etag)
        *etag = arena_copy(t->a, made);
    arena_free(call);
    return problem;
}

static size_t segment_count(const struct lake_table *t)
{
    return t->segments.len / sizeof(struct lake_segment);
}

/* The older half goes into an object of its own. A try that ended before the manifest said so may have put it there. */
static const fault *part_put(struct lake_table *t)
{
    const struct lake_segment *old = (const struct lake_segment *)(void *)t->segments.at;
    struct lake_part_content content = { .segments = { t->segments.at, LAKE_PART_SEGMENTS } };
    struct buf text = { .in = t->a };
    json_write(&text, &lake_part_content_shape, &content);
    struct lake_part part = { .key = lake_part_key(t->a, t->place, t->name, old->first),
                              .first = old->first, .last = old[LAKE_PART_SEGMENTS - 1].last, .segments = LAKE_PART_SEGMENTS,
                              .sha256 = lake_sum(t->a, buf_str(&text)) };
    struct s3_object object = { .key = part.key, .content_type = STR("application/json"), .only_new = true };
    str there;
    struct s3_seen seen;
    const fault *problem = object_put(t, &object, buf_str(&text), NULL);
    if (is_code(problem, "aws_condition_failed")) {
        TRY(s3_get(&t->cloud->s3, t->a, part.key, &seen, &there));
        if (!str_equal(lake_sum(t->a, there), part.sha256))
            return lake_differs(t, part.first);
        problem = NULL;
    }
    TRY(problem);
    struct lake_part *parts = NEW_ARRAY(t->a, struct lake_part, t->manifest.parts.count + 1);
    if (t->manifest.parts.count > 0)
        memcpy(parts, t->manifest.parts.at, t->manifest.parts.count * sizeof part);
    parts[t->manifest.parts.count] = part;
    t->manifest.parts = (list){ parts, t->manifest.parts.count + 1 };
    buf_drop_front(&t->segments, LAKE_PART_SEGMENTS * sizeof(struct lake_segment));
    return NULL;
}

const fault *lake_table_save(struct lake_table *t, instant written_at)
{
    if (segment_count(t) >= LAKE_SEGMENTS_MAX)
        TRY(part_put(t));
    t->manifest.segments = (list){ t->segments.at, segment_count(t) };
    t->manifest.written_at = written_at;
    struct buf text = { 0 };
    json_write(&text, &lake_manifest_shape, &t->manifest);
    struct s3_object object = { .key = lake_manifest_key(t->a, t->place, t->name),
                                .content_type = STR("application/json"), .only_new = t->etag.len == 0, .only_over = t->etag };
    str etag = { NULL, 0 };
    const fault *problem = object_put(t, &object, buf_str(&text), &etag);
    buf_free(&text);
    if (is_code(problem, "aws_condition_failed"))
        return fault_new(t->a, FAULT_CONFLICT, "lake_busy", "Somebody else writes the lake of %s at the same time.", t->name);
    TRY(problem);
    t->etag = etag;
    t->unsaved = 0;
    return NULL;
}

/* --- a segment --- */

struct packing {
    struct buf *out;
    str lines;
};

static void pack_run(void *arg)
{
    struct packing *p = arg;
    gzip_put(p->out, p->lines);
}

static void lines_drop(struct lake_lines *lines, size_t bytes, int64_t rows)
{
    buf_drop_front(&lines->text, bytes);
    lines->first += rows;
    lines->rows -= rows;
}

static const fault *segment_add(struct lake_table *t, const struct lake_segment *s)
{
    buf_put(&t->segments, s, sizeof *s);
    t->manifest.last = s->last;
    t->made->segments++;
    t->made->rows += s->rows;
    t->made->bytes += s->bytes;
    return ++t->unsaved >= SAVE_EVERY ? lake_table_save(t, t->manifest.written_at) : NULL;
}

static str metadata_of(const struct s3_seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->metadata_count; i++)
        if (str_equal_nocase(seen->metadata[i].name, str_of(name)))
            return seen->metadata[i].value;
    return STR("");
}

static size_t bytes_of_rows(str lines, int64_t rows)
{
    str rest = lines, line;
    for (int64_t i = 0; i < rows; i++)
        (void)str_cut(&rest, '\n', &line);
    return rest.at ? (size_t)(rest.at - lines.at) : lines.len;
}

/* What an earlier try put there, which ended before it was listed. */
static const fault *segment_find(struct lake_table *t, struct lake_segment *s)
{
    struct s3_seen seen = { 0 };
    int64_t first = 0;
    TRY(s3_head(&t->cloud->s3, t->a, s->key, &seen));
    bool read = str_to_int(metadata_of(&seen, "first"), &first) && str_to_int(metadata_of(&seen, "last"), &s->last) &&
                str_to_int(metadata_of(&seen, "rows"), &s->rows);
    if (!read || first != s->first || s->last < first || s->rows < 1)
        return lake_differs(t, s->first);
    s->sha256 = arena_copy(t->a, metadata_of(&seen, "sha256"));
    s->bytes = seen.size;
    return NULL;
}

/* It holds the same facts as these, or fewer when the feed was shorter then. */
static const fault *segment_take_over(struct lake_table *t, struct lake_lines *lines, struct lake_segment *s)
{
    TRY(segment_find(t, s));
    if (s->rows > lines->rows)
        return lake_differs(t, s->first);
    size_t bytes = bytes_of_rows(buf_str(&lines->text), s->rows);
    if (!str_equal(lake_sum(t->a, (str){ lines->text.at, bytes }), s->sha256))
        return lake_differs(t, s->first);
    lines_drop(lines, bytes, s->rows);
    return segment_add(t, s);
}

static const fault *segment_send(struct lake_table *t, const struct lake_segment *s, str packed)
{
    char first[NUMBER_MAX], last[NUMBER_MAX], rows[NUMBER_MAX];
    struct s3_object object = { .key = s->key, .content_type = STR("application/gzip"), .only_new = true, .metadata_count = 5 };
    snprintf(first, sizeof first, "%lld", (long long)s->first);
    snprintf(last, sizeof last, "%lld", (long long)s->last);
    snprintf(rows, sizeof rows, "%lld", (long long)s->rows);
    object.metadata[0] = (struct header){ STR("first"), str_of(first) };
    object.metadata[1] = (struct header){ STR("last"), str_of(last) };
    object.metadata[2] = (struct header){ STR("rows"), str_of(rows) };
    object.metadata[3] = (struct header){ STR("sha256"), s->sha256 };
    object.metadata[4] = (struct header){ STR("table_name"), str_of(t->name) };
    return object_put(t, &object, packed, NULL);
}

/* Packs and puts the lines; *s tells of them. CONFLICT aws_condition_failed: something has that key. */
static const fault *lines_send(struct lake_table *t, const struct lake_lines *lines, int64_t last, struct lake_segment *s)
{
    struct buf packed = { 0 };
    struct packing work = { &packed, buf_str(&lines->text) };
    if (!offload("a segment of the lake to be packed", pack_run, &work))
        return fault_new(t->a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the processor.");
    *s = (struct lake_segment){
        .key = lake_segment_key(t->a, t->place, t->name, str_of(lines->dt), lines->first),
        .first = lines->first, .last = last, .rows = lines->rows, .bytes = (int64_t)packed.len,
        .sha256 = lake_sum(t->a, buf_str(&lines->text)), .dt = arena_copy(t->a, str_of(lines->dt)),
    };
    const fault *problem = segment_send(t, s, buf_str(&packed));
    buf_free(&packed);
    return problem;
}

const fault *lake_segment_put(struct lake_table *t, struct lake_lines *lines)
{
    struct lake_segment s;
    const fault *problem = lines_send(t, lines, lines->first + lines->rows - 1, &s);
    if (is_code(problem, "aws_condition_failed"))
        return segment_take_over(t, lines, &s);
    TRY(problem);
    lines_drop(lines, lines->text.len, lines->rows);
    return segment_add(t, &s);
}

const fault *lake_day_put(struct lake_table *t, const struct lake_lines *lines)
{
    struct lake_segment s;
    const fault *problem = lines_send(t, lines, lines->first, &s);
    if (is_code(problem, "aws_condition_failed"))
        problem = segment_find(t, &s);
    TRY(problem);
    return segment_add(t, &s);
}
