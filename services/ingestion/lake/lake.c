/* lake.c - brings the lake to where the feeds end now. */
#include "services/ingestion/lake/lake.h"

#include <sodium.h>
#include <string.h>

#include "lib/base/calendar.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/backup/manifest.h"

#define RUN_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of one page of a feed, read; as followers have it */
#define PAGE_DEADLINE_MS 30000

struct lake {
    const struct lake_order *want;
    struct lake_table table;
    struct upstream *owner;
    arena *page;           /* for one page of the feed */
    struct lake_lines lines;
    int64_t position, end; /* taken so far; where the feed ended when it was asked first */
};

/* --- the feed --- */

static const fault *page_read(struct lake *l, int64_t after, int64_t limit, struct wire_page *out)
{
    const struct outgoing want = { .method = GET, .internal = true, .deadline_ms = PAGE_DEADLINE_MS,
                                   .target = arena_printf(l->page, "/feed?after=%lld&limit=%lld", (long long)after,
                                                          (long long)limit) };
    struct message *answer = NEW(l->page, struct message);
    if (l->want->stop && *l->want->stop)
        return fault_new(l->page, FAULT_UNAVAILABLE, "lake_stopped", "The lake's writing was stopped.");
    TRY(upstream_call(l->owner, l->page, &want, answer));
    if (answer->status != 200)
        return ingestion_owner_refusal(l->owner, l->page, answer);
    if (json_read_fact(l->page, answer->body, &wire_page_shape, out))
        return fault_new(l->page, FAULT_UNAVAILABLE, "upstream_away", "%s answered with something that is no page of its feed.",
                         upstream_name(l->owner));
    for (size_t i = 0; i < out->events.count; i++)
        if (LIST_AT(&out->events, struct wire_event, i)->position != after + 1 + (int64_t)i)
            return fault_new(l->page, FAULT_UNAVAILABLE, "feed_strange", "The feed of %s has a hole after position %lld.",
                             upstream_name(l->owner), (long long)after + (int64_t)i);
    return NULL;
}

static void line_write(struct buf *out, const struct wire_event *e)
{
    json_write(out, &wire_event_shape, e);
    buf_char(out, '\n');
}

/* --- is the lake's end what the feed tells there? --- */

static const fault *tail_sum(struct lake *l, const struct lake_segment *s, crypto_hash_sha256_state *hash)
{
    struct buf line = { 0 };
    const fault *problem = NULL;
    for (int64_t at = s->first - 1; at < s->last && !problem;) {
        struct wire_page page = { 0 };
        arena_reset(l->page);
        problem = page_read(l, at, s->last - at < WIRE_PAGE_EVENTS_MAX ? s->last - at : WIRE_PAGE_EVENTS_MAX, &page);
        if (!problem && page.events.count == 0)
            problem = lake_differs(&l->table, page.position + 1);
        for (size_t i = 0; i < page.events.count && !problem; i++) {
            line.len = 0;
            line_write(&line, LIST_AT(&page.events, struct wire_event, i));
            crypto_hash_sha256_update(hash, (const unsigned char *)line.at, line.len);
        }
        at += (int64_t)page.events.count;
    }
    buf_free(&line);
    return problem;
}

static const fault *tail_check(struct lake *l)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state hash;
    if (l->table.segments.len == 0)
        return NULL;
    const struct lake_segment *s = (const struct lake_segment *)(void *)(l->table.segments.at + l->table.segments.len) - 1;
    crypto_hash_sha256_init(&hash);
    TRY(tail_sum(l, s, &hash));
    crypto_hash_sha256_final(&hash, digest);
    return str_equal(ingestion_hex(l->table.a, digest, sizeof digest), s->sha256) ? NULL : lake_differs(&l->table, s->first);
}

/* --- segments --- */

static const fault *lines_flush(struct lake *l)
{
    struct lake_watcher *watcher = l->want->watcher;
    while (l->lines.rows > 0) {
        TRY(lake_segment_put(&l->table, &l->lines));
        if (watcher)
            watcher->written(watcher, l->table.name, l->table.manifest.last, l->end);
    }
    return NULL;
}

static const fault *event_take(struct lake *l, const struct wire_event *e)
{
    struct lake_lines *lines = &l->lines;
    char room[TIME_TEXT_MAX];
    str when = instant_text(room, e->time, TIME_Z_MS);
    bool full = lines->rows == LAKE_SEGMENT_ROWS || lines->text.len + e->data.text.len > LAKE_SEGMENT_BYTES;
    if (lines->rows > 0 && (full || memcmp(lines->dt, when.at, 10) != 0))
        TRY(lines_flush(l));
    if (lines->rows == 0) {
        lines->first = e->position;
        memcpy(lines->dt, when.at, 10);
    }
    line_write(&lines->text, e);
    lines->rows++;
    l->position = e->position;
    return NULL;
}

static const fault *page_take(struct lake *l)
{
    struct wire_page page = { 0 };
    arena_reset(l->page);
    TRY(page_read(l, l->position, WIRE_PAGE_EVENTS_MAX, &page));
    if (l->end < 0)
        l->end = page.position;
    for (size_t i = 0; i < page.events.count && l->position < l->end; i++)
        TRY(event_take(l, LIST_AT(&page.events, struct wire_event, i)));
    if (page.events.count == 0 && l->position < l->end)
        return lake_differs(&l->table, page.position + 1);
    return NULL;
}

static const fault *owner_write(struct lake *l, arena *a, size_t i, struct lake_written *made)
{
    instant began = clock_now();
    l->owner = l->want->cloud->owners.of[i];
    l->end = -1;
    TRY(lake_table_open(&l->table, a, l->want->cloud, lake_event_tables[i], made));
    l->position = l->table.manifest.last;
    TRY(tail_check(l));
    do
        TRY(page_take(l));
    while (l->position < l->end);
    TRY(lines_flush(l));
    TRY(lake_table_save(&l->table, began));
    made->positions[i] = l->table.manifest.last;
    size_t segments = l->table.segments.len / sizeof(struct lake_segment);
    if (segments > 0)
        made->before_last[i] = ((const struct lake_segment *)(const void *)l->table.segments.at)[segments - 1].first - 1;
    return NULL;
}

/* --- all of them --- */

/* The day of the first segment of the sales' events, whatever happened in it. */
static int64_t first_day(const struct lake_table *t)
{
    day first;
    if (t->segments.len == 0 || t->manifest.parts.count > 0)
        return 0;
    return day_read(((const struct lake_segment *)(const void *)t->segments.at)->dt, &first) ? first.days : 0;
}

const fault *ingestion_lake_write(arena *a, const struct lake_order *want, struct lake_written *made)
{
    arena *run = arena_new(RUN_BYTES_MAX);
    struct lake l = { .want = want, .page = arena_new(PAGE_BYTES_MAX) };
    const fault *problem = NULL;
    int64_t since = 0;
    *made = (struct lake_written){ 0 };
    for (size_t i = 0; i < BACKUP_OWNERS && !problem; i++) {
        if (!want->cloud->owners.of[i])
            continue;
        arena_reset(run);
        l.lines.text.len = 0;
        l.lines.rows = 0;
        problem = owner_write(&l, run, i, made);
        if (i == 0 && !problem)
            since = first_day(&l.table);
    }
    if (!problem && want->cloud->analytics) {
        arena_reset(run);
        problem = lake_days_write(run, want, since, made);
    }
    problem = problem ? fault_copy(a, problem) : NULL;
    buf_free(&l.lines.text);
    arena_free(l.page);
    arena_free(run);
    return problem;
}

const fault *ingestion_lake_position(arena *a, const struct cloud *c, size_t owner, int64_t *position)
{
    struct lake_table t;
    TRY(lake_table_open(&t, a, c, lake_event_tables[owner], NULL));
    *position = t.manifest.last;
    return NULL;
}
