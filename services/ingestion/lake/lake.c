/* lake.c - brings the lake to where the feeds end now. */
#include "services/ingestion/lake/lake.h"

#include <string.h>

#include "lib/base/calendar.h"
#include "lib/feed/wire.h"

#define RUN_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of one page of a feed, read; as followers have it */

struct lake {
    const struct lake_order *want;
    const char *place;
    struct lake_table table;
    struct upstream *owner;
    arena *page;           /* for one page of the feed */
    struct lake_lines lines;
    int64_t position, end; /* taken so far; where the feed ended when it was asked first */
};

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
    lake_line_write(&lines->text, e);
    lines->rows++;
    l->position = e->position;
    return NULL;
}

static const fault *page_take(struct lake *l)
{
    struct wire_page page = { 0 };
    arena_reset(l->page);
    TRY(lake_feed_read(l->page, l->owner, l->want->stop, l->position, WIRE_PAGE_EVENTS_MAX, &page));
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
    TRY(lake_table_open(&l->table, a, l->want->cloud, l->place, lake_event_tables[i], made));
    l->position = l->table.manifest.last;
    if (l->want->life->known)
        TRY(lake_tail_check(&l->table, l->page, l->owner, l->want->stop));
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

static const fault *all_write(arena *a, const struct lake_order *want, struct lake_written *made)
{
    arena *run = arena_new(RUN_BYTES_MAX);
    struct lake l = { .want = want, .page = arena_new(PAGE_BYTES_MAX),
                      .place = lake_place(a, want->cloud->analytics_folder, str_of(want->life->stamp)) };
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

/* The one that was found last time may have been left behind meanwhile: the cinema was put back. */
const fault *ingestion_lake_write(arena *a, const struct lake_order *want, struct lake_written *made)
{
    bool found = want->life->known;
    const fault *problem = found ? all_write(a, want, made) : NULL;
    if (found && (!problem || strcmp(problem->code, "lake_differs") != 0))
        return problem;
    want->life->known = false;
    TRY(lake_life_find(a, want));
    TRY(all_write(a, want, made));
    want->life->known = true;
    return NULL;
}

const fault *ingestion_lake_position(arena *a, const struct cloud *c, str life, size_t owner, int64_t *position)
{
    struct lake_table t;
    TRY(lake_table_open(&t, a, c, lake_place(a, c->analytics_folder, life), lake_event_tables[owner], NULL));
    *position = t.manifest.last;
    return NULL;
}
