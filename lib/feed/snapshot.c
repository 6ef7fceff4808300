/* snapshot.c - pages of today's state, part after part. */
#include "lib/feed/snapshot.h"

#include "lib/base/clock.h"
#include "lib/feed/feed.h"
#include "lib/feed/wire.h"
#include "lib/json/write.h"

#define PAGE_BYTES_ENOUGH ((size_t)4 * 1024 * 1024)

struct snapshot_query {
    unsigned of;
    str after;
    int64_t limit;
};
static const char *const extents[] = { "live", "all", NULL };
static const struct field query_fields[] = {
    FIELD(struct snapshot_query, of, "of", .fallback = "live", .choices = extents,
          .doc = "live: what is still to be shown or sold"),
    FIELD(struct snapshot_query, after, "after", .optional = true, .max = CURSOR_BYTES_MAX, .doc = "next of the page before"),
    FIELD(struct snapshot_query, limit, "limit", .fallback = "1000", .min = 1, .max = WIRE_PAGE_EVENTS_MAX),
};
const struct shape snapshot_query_shape = SHAPE(snapshot_query, query_fields);

static const struct field page_fields[] = {
    FIELD(struct snapshot_page, events, "events", .shape = &wire_event_shape),
    FIELD(struct snapshot_page, position, "position", .doc = "the log's when the page was read"),
    FIELD(struct snapshot_page, next, "next", .nullable = true, .doc = "after of the next page; null: this was the last"),
};
const struct shape snapshot_page_shape = SHAPE(snapshot_page, page_fields);

struct snapshot_row snapshot_row_of(arena *a, int64_t id, const struct shape *shape, const void *fact)
{
    struct buf out = { .in = a };
    json_write(&out, shape, fact);
    str key = arena_printf(a, "%lld", (long long)id);
    return (struct snapshot_row){ .key = key, .subject = key, .fact = buf_str(&out) };
}

list snapshot_rows_of(arena *a, const list *found, const struct shape *shape, size_t id_offset)
{
    list rows = { NEW_ARRAY(a, struct snapshot_row, found->count + 1), found->count };
    for (size_t i = 0; i < found->count; i++) {
        const char *fact = (const char *)found->at + i * shape->size;
        *LIST_AT(&rows, struct snapshot_row, i) = snapshot_row_of(a, *(const int64_t *)(const void *)(fact + id_offset), shape, fact);
    }
    return rows;
}

int64_t snapshot_after(const struct snapshot_wish *want)
{
    int64_t number;
    return str_to_int(want->after, &number) ? number : 0;
}

/* "rooms:42": the part, and the key after which it goes on. */
static const fault *cursor_read(arena *a, str cursor, const struct snapshot_part **part, struct snapshot_wish *want)
{
    str name = { NULL, 0 };
    want->after = cursor.len > 0 ? cursor : STR(""); /* comes before every key, which no text does not */
    if (cursor.len == 0)
        return NULL;
    bool cut = str_cut(&want->after, ':', &name) && name.len < cursor.len;
    while (cut && (*part)->name && !str_equal(name, str_of((*part)->name)))
        ++*part;
    if (!cut || !(*part)->name)
        return fault_new(a, FAULT_INVALID, "cursor_invalid", "after must be next of the page before.");
    return NULL;
}

static void rows_write(struct buf *out, arena *a, const char *source, const struct snapshot_part *part, const list *rows,
                       int64_t position)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct snapshot_row *row = LIST_AT(rows, struct snapshot_row, i);
        struct event e = { .position = position, .type = row->type.at ? row->type : str_of(part->type),
                           .subject = row->subject, .time = clock_now(), .data = row->fact };
        struct wire_event w = wire_event_of(a, source, &e);
        w.id = arena_printf(a, "%.*s-%s:%.*s", STR_ARG(w.id), part->name, STR_ARG(row->key)); /* many share a position */
        if (out->at[out->len - 1] != '[')
            buf_char(out, ',');
        json_write(out, &wire_event_shape, &w);
    }
}

const fault *snapshot_answer(const struct snapshot_part *parts, const struct feed *feed, struct call *c)
{
    const struct snapshot_query *query = c->query;
    struct snapshot_wish want = { .all = query->of == 1 };
    const struct snapshot_part *part = parts;
    TRY(cursor_read(c->arena, query->after, &part, &want));
    int64_t position = feed->position, left = query->limit; /* before the rows: they may be newer, never older */
    struct buf out = { .in = c->arena };
    str next = { NULL, 0 };
    buf_literal(&out, "{\"events\":[");
    while (part->name && left > 0 && out.len < PAGE_BYTES_ENOUGH) {
        list rows;
        want.limit = part->rows_max && part->rows_max < left ? part->rows_max : left;
        TRY(part->read(feed->store, c->arena, &want, &rows));
        rows_write(&out, c->arena, feed->source, part, &rows, position);
        left -= (int64_t)rows.count;
        bool over = (int64_t)rows.count < want.limit;
        want.after = over ? STR("") : LIST_AT(&rows, struct snapshot_row, rows.count - 1)->key;
        part += over;
    }
    if (part->name)
        next = arena_printf(c->arena, "%s:%.*s", part->name, STR_ARG(want.after));
    buf_printf(&out, "],\"position\":%lld,\"next\":", (long long)position);
    json_write_text(&out, next);
    buf_char(&out, '}');
    return reply_raw(c, 200, NULL, buf_str(&out));
}
