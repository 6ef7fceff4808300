/* feed.c - answers one page of the log, or streams it, and lets a reader that has seen all wait for more. */
#include "lib/feed/feed.h"

#include <string.h>

#include "lib/feed/feed_kept.h"
#include "lib/feed/wire.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

/* A page ends early when it is big: a film's text may be long, and both sides hold a page in memory. */
#define PAGE_BYTES_ENOUGH ((size_t)4 * 1024 * 1024)
#define READ_AT_ONCE 32
#define HEARTBEAT_MS 15000
#define EVENTS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TELL_EVERY_MS 60000
#define LOOK_UP_MS 250 /* a waiter looks this often whether its server drains */

struct feed_query {
    int64_t after, limit, wait;
    str reader;
};

static const struct field feed_query_fields[] = {
    FIELD(struct feed_query, after, "after", .fallback = "0", .doc = "the last position the reader has"),
    FIELD(struct feed_query, limit, "limit", .fallback = "1000", .max = WIRE_PAGE_EVENTS_MAX,
          .doc = "events at most; 0 asks for the present position alone"),
    FIELD(struct feed_query, wait, "wait", .fallback = "0", .max = WIRE_WAIT_S_MAX,
          .doc = "seconds to wait for an event when there is none yet"),
    FIELD(struct feed_query, reader, "reader", .optional = true, .max = FEED_NAME_BYTES_MAX,
          .doc = "who asks: what he has not read yet is not archived while he asks at least once a day"),
};
const struct shape feed_query_shape = SHAPE(feed_query, feed_query_fields);

/* Lies on the stack of the fiber that waits. */
struct feed_waiter {
    fiber *who;
    struct feed_waiter *next;
};

static void wake_all(struct feed *f)
{
    for (struct feed_waiter *w = f->waiting; w; w = w->next)
        fiber_wake(w->who);
}

void feed_moved(struct feed *f, int64_t position)
{
    if (position <= f->position)
        return;
    f->position = position;
    wake_all(f);
}

void feed_stop(struct feed *f)
{
    f->stopped = true;
    feed_kept_drop(f);
    wake_all(f);
}

void feed_restart(struct feed *f)
{
    f->restarts++;
    f->position = 0;
    feed_kept_drop(f);
    wake_all(f);
}

static bool is_ending(const struct feed *f, const struct call *c)
{
    return f->stopped || (c->site && c->site->draining) || stream_gone(c);
}

/* Even when the restore is over by now: what comes is no news to a reader, but another log. */
static const fault *restarted(arena *a)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "restore_running", "A restore is under way here; try again when it is over.");
    problem->retry_after_s = 1;
    return problem;
}

static const fault *archived(arena *a, int64_t end)
{
    return fault_new(a, FAULT_GONE, "feed_archived",
                     "The log begins after position %lld here, what came before is archived: begin with /feed/snapshot.", (long long)end);
}

/* The place of that name, or else the one that was told longest ago. */
static struct feed_name *name_of(struct feed *f, str reader)
{
    struct feed_name *oldest = &f->names[0];
    for (size_t i = 0; i < FEED_NAMES_MAX; i++) {
        if (str_equal(str_of(f->names[i].name), reader))
            return &f->names[i];
        if (f->names[i].told_ms < oldest->told_ms)
            oldest = &f->names[i];
    }
    *oldest = (struct feed_name){ .position = INT64_MAX };
    return oldest;
}

/* A store that cannot remember it now is told the next time: a reader is not refused for that. */
static void reader_tell(struct feed *f, arena *a, str reader, int64_t position)
{
    if (!f->passed || reader.len == 0)
        return;
    struct feed_name *n = name_of(f, reader);
    if (position >= n->position && loop_now_ms() < n->told_ms + TELL_EVERY_MS)
        return;
    *n = (struct feed_name){ .position = position, .told_ms = loop_now_ms() };
    memcpy(n->name, reader.at, reader.len);
    if (f->passed(f->store, a, reader, position))
        *name_of(f, reader) = (struct feed_name){ .position = 0 };
}

/* A place among those who wait; reader_leave gives it back. */
static const fault *reader_enter(struct feed *f, arena *a)
{
    if (f->readers < FEED_READERS_MAX) {
        f->readers++;
        return NULL;
    }
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "feed_busy",
                            "Too many readers wait for news already; ask again without waiting.");
    busy->retry_after_s = 1;
    return busy;
}

static void reader_leave(struct feed *f)
{
    f->readers--;
}

static void waiter_leave(struct feed *f, const struct feed_waiter *w)
{
    struct feed_waiter **at = &f->waiting;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

/* Parks until there is something after `after`, the deadline has come, the feed stops or its server drains. */
static const fault *wait_for_more(struct feed *f, struct call *c, int64_t after, int64_t deadline_ms)
{
    struct feed_waiter w = { .who = fiber_self(), .next = f->waiting };
    f->waiting = &w;
    uint64_t restarts = f->restarts;
    while (f->position <= after && f->restarts == restarts && !is_ending(f, c) && loop_now_ms() < deadline_ms) {
        int64_t look_up_ms = loop_now_ms() + LOOK_UP_MS;
        fiber_park("feed", deadline_ms < look_up_ms ? deadline_ms : look_up_ms);
    }
    waiter_leave(f, &w);
    return f->restarts == restarts ? NULL : restarted(c->arena);
}

void feed_await(struct feed *f, int64_t after, int64_t deadline_ms)
{
    struct feed_waiter w = { .who = fiber_self(), .next = f->waiting };
    f->waiting = &w;
    f->readers++;
    if (f->position <= after && !f->stopped)
        fiber_park("news for Redis", deadline_ms);
    reader_leave(f);
    waiter_leave(f, &w);
}

/* --- a page --- */

/* A page under way. */
struct page_writing {
    int64_t after, left;
    struct buf *out;
    bool begun;
    uint64_t restarts; /* of the feed when it began */
};

static void comma_write(struct page_writing *p)
{
    if (p->begun)
        buf_char(p->out, ',');
    p->begun = true;
}

/* Those that another reader was told a moment ago. */
static void kept_write(struct feed *f, struct page_writing *p)
{
    str text;
    while (p->left > 0 && p->out->len < PAGE_BYTES_ENOUGH && p->after < f->position && feed_kept_find(f, p->after + 1, &text)) {
        comma_write(p);
        buf_text(p->out, text);
        p->after++;
        p->left--;
    }
}

static void event_write(struct feed *f, arena *a, struct page_writing *p, const struct event *e)
{
    struct wire_event w = wire_event_of(a, f->source, e);
    comma_write(p);
    size_t from = p->out->len;
    json_write(p->out, &wire_event_shape, &w);
    if (f->restarts == p->restarts)
        feed_kept_put(f, e->position, (str){ p->out->at + from, p->out->len - from });
    p->after = e->position;
    p->left--;
}

/* Writes the events after `after` into out, a few at a time; *position becomes the log's last. */
static const fault *write_events(struct feed *f, arena *a, const struct feed_query *want, struct buf *out,
                                 int64_t *position)
{
    struct page_writing p = { .after = want->after, .left = want->limit, .out = out, .restarts = f->restarts };
    kept_write(f, &p);
    if (p.begun) {
        *position = f->position > p.after ? f->position : p.after;
        if (p.after == *position)
            return NULL;
    }
    while (p.left > 0 && out->len < PAGE_BYTES_ENOUGH) {
        int64_t most = p.left < READ_AT_ONCE ? p.left : READ_AT_ONCE;
        struct event_page page = { 0 };
        TRY(f->read(f->store, a, p.after, most, &page));
        if (page.archived > 0)
            return archived(a, page.archived);
        *position = page.position;
        for (size_t i = 0; i < page.events.count; i++)
            event_write(f, a, &p, LIST_AT(&page.events, struct event, i));
        if ((int64_t)page.events.count < most || p.after >= page.position)
            break;
    }
    return NULL;
}

static const fault *page_answer(struct feed *f, struct call *c)
{
    const struct feed_query *want = c->query;
    int64_t deadline_ms = loop_now_ms() + want->wait * 1000;
    struct buf out = { .in = c->arena };
    int64_t position = f->position;
    buf_literal(&out, "{\"events\":[");
    size_t empty = out.len;
    if (want->limit > 0)
        reader_tell(f, c->arena, want->reader, want->after);
    if (want->limit == 0) {
        struct event_page page = { 0 };
        TRY(f->read(f->store, c->arena, want->after, 0, &page));
        position = page.position;
    }
    TRY(write_events(f, c->arena, want, &out, &position));
    /* A reader ahead of us has to hear that at once: its owner was restored from an older copy. */
    if (want->limit > 0 && out.len == empty && want->wait > 0 && position == want->after) {
        if (f->position < position)
            f->position = position;
        TRY(reader_enter(f, c->arena));
        const fault *problem = wait_for_more(f, c, want->after, deadline_ms);
        reader_leave(f);
        TRY(problem);
        TRY(write_events(f, c->arena, want, &out, &position));
    }
    buf_literal(&out, "],\"position\":");
    buf_int(&out, position);
    buf_char(&out, '}');
    return reply_raw(c, 200, NULL, buf_str(&out));
}

/* --- a stream --- */

/* The next events, as many as are there and make a good piece. */
static const fault *piece_write(struct feed *f, struct call *c, arena *a, int64_t *after)
{
    struct event_page page = { 0 };
    TRY(f->read(f->store, a, *after, READ_AT_ONCE, &page));
    if (page.archived > 0)
        return archived(a, page.archived);
    if (page.position < *after) /* an older copy was restored: its reader must begin again */
        return restarted(a);
    if (f->position < page.position)
        f->position = page.position;
    for (size_t i = 0; i < page.events.count; i++) {
        const struct event *e = LIST_AT(&page.events, struct event, i);
        struct wire_event w = wire_event_of(a, f->source, e);
        buf_printf(&c->out, "id: %lld\nevent: %.*s\ndata: ", (long long)e->position, STR_ARG(e->type));
        json_write(&c->out, &wire_event_shape, &w);
        buf_literal(&c->out, "\n\n");
        *after = e->position;
    }
    return NULL;
}

static const fault *events_send(struct feed *f, struct call *c, arena *memory, int64_t after)
{
    buf_literal(&c->out, "retry: 1000\n\n");
    while (!is_ending(f, c)) {
        arena_reset(memory);
        TRY(piece_write(f, c, memory, &after));
        if (c->out.len == 0) {
            TRY(wait_for_more(f, c, after, loop_now_ms() + HEARTBEAT_MS));
            if (f->position <= after && !is_ending(f, c))
                buf_literal(&c->out, ":\n\n");
        }
        if (c->out.len > 0)
            TRY(stream_flush(c));
    }
    return NULL;
}

static const fault *stream_answer(struct feed *f, struct call *c)
{
    int64_t after = ((const struct feed_query *)c->query)->after, last;
    if (str_to_int(message_header(c->request, "Last-Event-ID"), &last) && last >= 0)
        after = last;
    struct event_page next = { 0 }; /* who asks for what is gone hears so in a status, while there is one */
    TRY(f->read(f->store, c->arena, after, 1, &next));
    if (next.archived > 0)
        return archived(c->arena, next.archived);
    TRY(reader_enter(f, c->arena));
    answer_header(c, "Cache-Control", STR("no-store"));
    const fault *problem = NULL;
    if (stream_start(c, 200, "text/event-stream")) {
        arena *memory = arena_new(EVENTS_BYTES_MAX);
        problem = events_send(f, c, memory, after);
        problem = problem ? fault_copy(c->arena, problem) : NULL;
        arena_free(memory);
    }
    reader_leave(f);
    return problem;
}

static bool wants_stream(const struct call *c)
{
    str accept = message_header(c->request, "Accept"), one;
    while (str_cut(&accept, ',', &one))
        if (str_starts(str_trim(one), STR("text/event-stream")))
            return true;
    return false;
}

const fault *feed_answer(struct feed *f, struct call *c)
{
    return wants_stream(c) ? stream_answer(f, c) : page_answer(f, c);
}
