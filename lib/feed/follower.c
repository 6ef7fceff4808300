/* follower.c - the long poll over another owner's feed, or its bus with a look at the feed now and then. */
#include "lib/feed/follower_internal.h"

#include <assert.h>
#include <stdio.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/feed/bus.h"
#include "lib/feed/feed.h"
#include "lib/feed/snapshot.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"

#define WAIT_S 25
#define WAIT_S_BUS_AWAY 5  /* then Redis is tried again */
#define LOOK_EVERY_MS 1000 /* nobody has to believe the bus for longer */
#define WAIT_DEADLINE_MS ((WAIT_S + 5) * 1000)
#define END_DEADLINE_MS 2000
#define PAUSE_MS_MIN 50
#define PAUSE_MS_MAX 1000
#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* A follower's fiber and its memory. Here and not on the fiber's stack: a process that ends in the middle of a poll
 * still knows what it holds. */
static struct poller {
    struct follower *of;
    fiber *who;
    arena *memory;
    char reader[FEED_NAME_BYTES_MAX]; /* no two of one name: each has come as far as it has */
    int64_t pause_ms;
    bool fresh;      /* the owner's present end is to be asked for first */
    bool gap;        /* the last page was empty although the log is longer */
    bool gathering;
    size_t news;     /* events of the last poll */
    int64_t whole_at; /* the position at which a snapshot's last page was read */
    struct bus_reader bus;
    bool on_bus;       /* it waits for the bus right now */
    bool look;         /* the feed is to be looked at before the bus is listened to again */
    int64_t looked_ms; /* when it was */
} pollers[FOLLOWERS_MAX];

static struct poller *poller_of(const struct follower *f)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++)
        if (pollers[i].of == f)
            return &pollers[i];
    return NULL;
}

void follower_each(void (*each)(const struct follower *f, void *arg), void *arg)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++)
        if (pollers[i].of)
            each(pollers[i].of, arg);
}

/* --- contact --- */

static void tell_lost(struct follower *f)
{
    f->in_touch = false;
    if (f->lost)
        f->lost(f->arg);
}

/* Of an owner whose log was empty nothing is known. When it answers again with a long log, it was filled by a restore: that is
 * read from its end, as at a start, and not played through from the past. */
static void contact_lost(struct poller *p, str why)
{
    struct follower *f = p->of;
    p->fresh |= f->position == 0;
    f->whole &= f->position != 0;
    bus_reader_drop(&p->bus);
    if (!f->in_touch)
        return;
    log_line("warn", "feed_lost", "the feed of %s does not answer: %.*s", f->owner, STR_ARG(why));
    tell_lost(f);
}

static void contact_made(struct poller *p)
{
    struct follower *f = p->of;
    bool news = !f->in_touch;
    if (news)
        log_line("info", "feed_found", "following %s from position %lld", f->owner, (long long)f->position);
    f->in_touch = true;
    f->heard_ms = loop_now_ms();
    p->pause_ms = PAUSE_MS_MIN;
    if (news)
        follower_wake_waiters(f);
}

/* Nothing can repair a log with a hole: who reads on would be wrong for ever, without a word. */
static void hole_found(struct follower *f, int64_t found)
{
    log_line("error", "feed_hole", "the feed of %s goes from position %lld to %lld: stopped following it",
             f->owner, (long long)f->position, (long long)found);
    f->stopped = true;
    tell_lost(f);
    follower_wake_waiters(f);
}

/* --- one poll --- */

static const fault *ask(struct poller *p, str target, int64_t deadline_ms, const struct shape *shape, void *page)
{
    struct follower *f = p->of;
    struct message *answer = NEW(p->memory, struct message);
    struct outgoing want = { .method = GET, .target = target, .deadline_ms = deadline_ms, .internal = true };
    TRY(upstream_call(f->upstream, p->memory, &want, answer));
    if (answer->status == 410)
        return fault_new(p->memory, FAULT_GONE, "feed_archived", "The feed of %s begins later by now.", f->owner);
    if (answer->status != 200)
        return fault_new(p->memory, FAULT_UNAVAILABLE, "feed_refused", "The feed of %s answered %d.",
                         f->owner, answer->status);
    return json_read_fact(p->memory, answer->body, shape, page);
}

/* How many of them follow each other without a hole, and where they end. */
static size_t dense(const struct follower *f, const list *events, int64_t *end)
{
    size_t count = 0;
    *end = f->position;
    while (count < events->count && LIST_AT(events, struct event, count)->position == *end + 1) {
        count++;
        ++*end;
    }
    return count;
}

static const fault *events_take(struct poller *p, const list *events, int64_t end, bool whole)
{
    struct follower *f = p->of;
    if (f->keeper && (events->count > 0 || whole != f->whole))
        TRY(f->keeper->take(f->arg, p->memory, &(struct follower_page){ *events, end, whole }));
    for (size_t i = 0; !f->keeper && i < events->count; i++)
        f->apply(f->arg, LIST_AT(events, struct event, i));
    return NULL;
}

/* They come next, and end at `end`. */
static const fault *told(struct poller *p, const list *events, int64_t end)
{
    struct follower *f = p->of;
    bool whole = f->snapshot && end >= p->whole_at;
    TRY(events_take(p, events, end, whole));
    f->position = end;
    f->whole = whole;
    f->applied_total += events->count;
    p->news = events->count;
    if (events->count > 0)
        follower_wake_waiters(f);
    return NULL;
}

static const fault *apply_page(struct poller *p, const struct wire_page *page)
{
    list events = wire_events_back(p->memory, &page->events);
    int64_t end;
    size_t fit = dense(p->of, &events, &end);
    TRY(told(p, &(list){ events.at, fit }, end));
    if (fit < events.count)
        hole_found(p->of, LIST_AT(&events, struct event, fit)->position);
    return NULL;
}

/* The owner's log ends before our position: its store was emptied or is an older copy. */
static void start_anew(struct poller *p, int64_t end)
{
    struct follower *f = p->of;
    log_line("warn", "feed_shorter", "the log of %s ends at %lld and %lld was read already: starting anew",
             f->owner, (long long)end, (long long)f->position);
    f->position = end;
    f->whole = false;
    bus_reader_drop(&p->bus);
    tell_lost(f);
    p->fresh = true;
}

/* It was away for so long that the owner's log goes on without it. */
static const fault *what_is_archived(struct poller *p)
{
    struct follower *f = p->of;
    log_line(f->snapshot ? "warn" : "error", "feed_archived", "what %s told after %lld is archived: %s", f->owner, (long long)f->position,
             f->snapshot ? "starting anew" : "stopped following it");
    f->stopped = !f->snapshot;
    f->whole = false;
    bus_reader_drop(&p->bus);
    tell_lost(f);
    follower_wake_waiters(f);
    p->fresh = true;
    return NULL;
}

static const fault *poll_end(struct poller *p)
{
    struct wire_page page;
    TRY(ask(p, STR("/feed?limit=0"), END_DEADLINE_MS, &wire_page_shape, &page));
    if (p->of->stopped)
        return NULL;
    p->of->position = page.position;
    p->fresh = false;
    contact_made(p);
    follower_wake_waiters(p->of);
    return NULL;
}

static const fault *snapshot_begin(struct poller *p, int64_t position)
{
    struct follower *f = p->of;
    f->whole = false;
    f->position = position;
    f->snapshots_total++;
    if (f->keeper)
        return f->keeper->begin(f->arg, p->memory);
    if (f->begin)
        f->begin(f->arg);
    return NULL;
}

/* Its pages may hold more than the position of the first, from which the feed is followed then: events are whole facts, so what is
 * told twice does no harm, and it is whole once the feed has come to where the last page was read. */
static const fault *poll_snapshot(struct poller *p)
{
    struct follower *f = p->of;
    char after[CURSOR_BYTES_MAX + 1] = "";
    bool first = true;
    do {
        struct snapshot_page page;
        arena_reset(p->memory);
        TRY(ask(p, arena_printf(p->memory, "/feed/snapshot?of=%s&limit=%d%s%s", f->snapshot, WIRE_PAGE_EVENTS_MAX,
                                after[0] ? "&after=" : "", after),
                WAIT_DEADLINE_MS, &snapshot_page_shape, &page));
        if (f->stopped)
            return NULL;
        if (first)
            TRY(snapshot_begin(p, page.position));
        first = false;
        p->whole_at = page.position;
        list events = wire_events_back(p->memory, &page.events);
        TRY(events_take(p, &events, f->position, false));
        f->applied_total += events.count;
        if (f->stopped)
            return NULL;
        snprintf(after, sizeof after, "%.*s", STR_ARG(page.next));
        fiber_give_way();
    } while (after[0]);
    p->fresh = false;
    return NULL;
}

/* A stream that goes on where the log has ended already is of another log: nothing of it counts. */
static void looked(struct poller *p, int64_t end)
{
    p->looked_ms = loop_now_ms();
    p->look = end > p->of->position;
    if (!p->bus.line.redis.open || p->bus.from <= end)
        return;
    bus_reader_drop(&p->bus);
    bus_line_lost(&p->bus.line, fault_new(p->memory, FAULT_UNAVAILABLE, "upstream_away", "The stream goes to %lld and the log to %lld.",
                                          (long long)p->bus.from, (long long)end));
}

static void pause_a_while(struct poller *p)
{
    int64_t half = p->pause_ms / 2;
    int64_t until = loop_now_ms() + half + (int64_t)random_below((uint64_t)half + 1);
    while (!p->of->stopped && fiber_park("pause before the next poll", until))
        ;
    p->pause_ms = p->pause_ms * 2 < PAUSE_MS_MAX ? p->pause_ms * 2 : PAUSE_MS_MAX;
}

/* After a loss the first answer shall come at once: others wait for us to be in touch. */
static int wait_s_of(const struct poller *p)
{
    if (!p->of->in_touch || p->bus.line.redis.open)
        return 0;
    return bus_configured() ? WAIT_S_BUS_AWAY : WAIT_S;
}

static const fault *poll_events(struct poller *p)
{
    struct follower *f = p->of;
    struct wire_page page;
    int wait_s = wait_s_of(p);
    str target = arena_printf(p->memory, "/feed?after=%lld&limit=%d&wait=%d%s%s", (long long)f->position, WIRE_PAGE_EVENTS_MAX, wait_s,
                              p->reader[0] ? "&reader=" : "", p->reader);
    const fault *problem = ask(p, target, WAIT_DEADLINE_MS, &wire_page_shape, &page);
    if (problem && problem->kind == FAULT_GONE && !f->stopped)
        return what_is_archived(p);
    TRY(problem);
    if (f->stopped)
        return NULL;
    if (page.position < f->position) {
        start_anew(p, page.position);
        return NULL;
    }
    if (page.events.count == 0 && f->whole && f->keeper && f->keeper->look && f->keeper->look(f->arg, p->memory))
        return NULL; /* before it is whole, an empty page of a snapshot is not kept: there is nothing to compare */
    bool empty = page.events.count == 0 && page.position > f->position;
    if (empty && p->gap) { /* once may be a commit between the owner's two looks */
        hole_found(f, page.position);
        return NULL;
    }
    p->gap = empty;
    TRY(apply_page(p, &page));
    if (f->stopped)
        return NULL;
    if (f->position < p->whole_at) { /* another replica answered, which is behind */
        if (page.events.count == 0)
            pause_a_while(p);
        return NULL;
    }
    contact_made(p);
    looked(p, page.position);
    return NULL;
}

/* --- the bus --- */

/* It counts only in touch with the owner, when all is applied that the stream had held before, and with a look at the feed now and
 * then: relays end, and Redis forgets. */
static bool bus_is_next(struct poller *p)
{
    const struct follower *f = p->of;
    return f->in_touch && f->position >= p->whole_at && bus_reader_join(&p->bus, p->memory) && f->position >= p->bus.from &&
           !p->look && loop_now_ms() < p->looked_ms + LOOK_EVERY_MS;
}

/* What goes wrong with Redis costs speed alone; what goes wrong with the events themselves is the fault. */
static const fault *poll_bus(struct poller *p)
{
    list events;
    int64_t end;
    bool hole;
    p->on_bus = true;
    const fault *problem = bus_reader_next(&p->bus, p->memory, p->of->position, p->looked_ms + LOOK_EVERY_MS, &events);
    p->on_bus = false;
    if (problem) {
        bus_reader_drop(&p->bus);
        bus_line_lost(&p->bus.line, problem);
        return NULL;
    }
    list news = bus_news(p->of->position, &events, &end, &hole);
    p->bus.line.holes += hole;
    p->look |= hole;
    return news.count > 0 && !p->of->stopped ? told(p, &news, end) : NULL;
}

void follower_look(struct follower *f)
{
    struct poller *p = poller_of(f);
    if (!p || !p->on_bus)
        return;
    p->look = true;
    fiber_wake(p->who);
}

/* --- many at once --- */

/* What a page costs besides its events, those share that came meanwhile. Nobody who waits is kept waiting, nor what is there already. */
static void gather(struct poller *p)
{
    struct follower *f = p->of;
    int64_t until_ms = loop_now_ms() + FOLLOWER_GATHER_MS;
    if (!f->gathers || p->news == 0 || p->look)
        return;
    p->gathering = true;
    while (!f->stopped && !f->waiting && fiber_park("more events", until_ms))
        ;
    p->gathering = false;
}

void follower_hurry(struct follower *f)
{
    struct poller *p = poller_of(f);
    if (p && p->gathering)
        fiber_wake(p->who);
}

static const fault *poll(struct poller *p)
{
    if (p->fresh)
        return p->of->snapshot ? poll_snapshot(p) : poll_end(p);
    return bus_is_next(p) ? poll_bus(p) : poll_events(p);
}

static void follow(void *arg)
{
    struct poller *p = arg;
    p->who = fiber_self();
    while (!p->of->stopped) {
        arena_reset(p->memory);
        p->news = 0;
        const fault *problem = poll(p);
        if (problem && !p->of->stopped) {
            contact_lost(p, problem->sentence);
            pause_a_while(p);
        }
        gather(p);
    }
    bus_line_end(&p->bus.line);
    arena_free(p->memory);
    *p = (struct poller){ 0 };
}

/* --- the outside --- */

void follower_start(struct follower *f)
{
    struct poller *p = poller_of(NULL);
    assert(p && !poller_of(f));
    *p = (struct poller){ .of = f, .pause_ms = PAUSE_MS_MIN, .fresh = f->position == 0 && !f->whole };
    p->memory = arena_new(PAGE_BYTES_MAX);
    if (f->reader)
        snprintf(p->reader, sizeof p->reader, "%s-%08llx", f->reader, (unsigned long long)random_below(UINT64_C(1) << 32));
    bus_line_begin(&p->bus.line, f->owner, "reader");
    f->stopped = f->in_touch = false;
    bool started = fiber_start("follower", follow, p);
    assert(started); /* at start-up there are stacks */
    (void)started;
}

void follower_resume(struct follower *f, int64_t position, bool whole)
{
    struct poller *p = poller_of(f);
    f->position = position;
    f->whole = whole;
    if (!p)
        return;
    p->fresh = !whole;
    p->whole_at = 0;
    p->gap = false;
}

void follower_stop(struct follower *f)
{
    struct poller *p = poller_of(f);
    f->stopped = true;
    f->in_touch = false;
    follower_wake_waiters(f);
    if (p)
        fiber_wake(p->who);
}
