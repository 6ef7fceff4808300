/* feed.c - answers one page of the log, and lets a reader that has seen all wait for more. */
#include "lib/feed/feed.h"

#include "lib/feed/wire.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

/* A page ends early when it is big: a film's text may be long, and both sides hold a page in memory. */
#define PAGE_BYTES_ENOUGH ((size_t)4 * 1024 * 1024)
#define READ_AT_ONCE 32
#define LOOK_UP_MS 250 /* a waiter looks this often whether its server drains */

struct feed_query {
    int64_t after, limit, wait;
};

static const struct field feed_query_fields[] = {
    FIELD(struct feed_query, after, "after", .fallback = "0", .doc = "the last position the reader has"),
    FIELD(struct feed_query, limit, "limit", .fallback = "1000", .max = WIRE_PAGE_EVENTS_MAX,
          .doc = "events at most; 0 asks for the present position alone"),
    FIELD(struct feed_query, wait, "wait", .fallback = "0", .max = WIRE_WAIT_S_MAX,
          .doc = "seconds to wait for an event when there is none yet"),
};
const struct shape feed_query_shape = SHAPE(feed_query, feed_query_fields);

/* Lies on the stack of the fiber that waits. */
struct feed_waiter {
    fiber *who;
    struct feed_waiter *next, **link;
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
    wake_all(f);
}

void feed_restart(struct feed *f)
{
    f->restarts++;
    f->position = 0;
    wake_all(f);
}

static bool is_ending(const struct feed *f, const struct call *c)
{
    return f->stopped || (c->site && c->site->draining);
}

/* Even when the restore is over by now: what comes is no news to a reader, but another log. */
static const fault *restarted(arena *a)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "restore_running", "A restore is under way here; try again when it is over.");
    problem->retry_after_s = 1;
    return problem;
}

/* Parks until there is something after `after`, the deadline has come, the feed stops or its server drains. */
static const fault *wait_for_more(struct feed *f, struct call *c, int64_t after, int64_t deadline_ms)
{
    if (f->waiting_count >= FEED_WAITERS_MAX) {
        fault *busy = fault_new(c->arena, FAULT_UNAVAILABLE, "feed_busy",
                                "Too many readers wait for news already; ask again without waiting.");
        busy->retry_after_s = 1;
        return busy;
    }
    struct feed_waiter w = { .who = fiber_self(), .next = f->waiting, .link = &f->waiting };
    if (w.next)
        w.next->link = &w.next;
    f->waiting = &w;
    f->waiting_count++;
    uint64_t restarts = f->restarts;
    while (f->position <= after && f->restarts == restarts && !is_ending(f, c) && loop_now_ms() < deadline_ms) {
        int64_t look_up_ms = loop_now_ms() + LOOK_UP_MS;
        fiber_park("feed", deadline_ms < look_up_ms ? deadline_ms : look_up_ms);
    }
    *w.link = w.next;
    if (w.next)
        w.next->link = w.link;
    f->waiting_count--;
    return f->restarts == restarts ? NULL : restarted(c->arena);
}

/* Writes the events after `after` into out, a few at a time; *position becomes the log's last. */
static const fault *write_events(struct feed *f, arena *a, const struct feed_query *want, struct buf *out,
                                 int64_t *position)
{
    int64_t after = want->after, left = want->limit;
    while (left > 0 && out->len < PAGE_BYTES_ENOUGH) {
        int64_t most = left < READ_AT_ONCE ? left : READ_AT_ONCE;
        struct event_page page;
        TRY(f->read(f->store, a, after, most, &page));
        *position = page.position;
        for (size_t i = 0; i < page.events.count; i++) {
            const struct event *e = LIST_AT(&page.events, struct event, i);
            struct wire_event w = wire_event_of(a, f->source, e);
            if (after != want->after || i > 0)
                buf_char(out, ',');
            json_write(out, &wire_event_shape, &w);
            after = e->position;
        }
        left -= (int64_t)page.events.count;
        if ((int64_t)page.events.count < most || after >= page.position)
            break;
    }
    return NULL;
}

const fault *feed_answer(struct feed *f, struct call *c)
{
    const struct feed_query *want = c->query;
    int64_t deadline_ms = loop_now_ms() + want->wait * 1000;
    struct buf out = { .in = c->arena };
    int64_t position = f->position;
    buf_literal(&out, "{\"events\":[");
    size_t empty = out.len;
    if (want->limit == 0) {
        struct event_page page;
        TRY(f->read(f->store, c->arena, want->after, 0, &page));
        position = page.position;
    }
    TRY(write_events(f, c->arena, want, &out, &position));
    /* A reader ahead of us has to hear that at once: its owner was restored from an older copy. */
    if (want->limit > 0 && out.len == empty && want->wait > 0 && position == want->after) {
        if (f->position < position)
            f->position = position;
        TRY(wait_for_more(f, c, want->after, deadline_ms));
        TRY(write_events(f, c->arena, want, &out, &position));
    }
    buf_literal(&out, "],\"position\":");
    buf_int(&out, position);
    buf_char(&out, '}');
    return reply_raw(c, 200, NULL, buf_str(&out));
}
