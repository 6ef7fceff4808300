/* relay.c - the fiber that copies a log into its stream. */
#include "lib/feed/relay.h"

#include "lib/base/log.h"
#include "lib/feed/bus.h"
#include "lib/feed/wire.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

#define READ_AT_ONCE 64
#define MEMORY_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ANSWERS_MS 2000
#define IDLE_MS 2000        /* how often an idle relay looks whether its stream is still there */
#define BACKLOG_EVENTS 1000 /* of a log that Redis knows nothing of; who needs more has the feed */
#define STREAM_EVENTS "10000" /* are kept, about */
#define AHEAD_LOOKS 3
#define AHEAD_PAUSE_MS 200

struct relay {
    struct feed *feed;
    struct bus_line line;
    arena *memory;
    fiber *who;
    bool closing;
    bool begun;
    int64_t told;      /* the stream has everything up to here, or had */
    uint64_t restarts; /* of the feed, when it began */
    int ahead;         /* looks in a row that found the stream longer than the log */
};

static bool is_over(const struct relay *r)
{
    return r->closing || r->feed->stopped;
}

static const fault *log_last(struct relay *r, int64_t *end)
{
    struct event_page page = { 0 };
    TRY(r->feed->read(r->feed->store, r->memory, 0, 0, &page));
    *end = page.position;
    return NULL;
}

/* --- beginning --- */

/* It is of a log that was here before an older copy was put back. Not at the first look: another replica's relay may be quicker than
 * what this one knows of the log. */
static const fault *stream_ahead(struct relay *r, int64_t stream, int64_t log)
{
    const struct redis_answer *answer;
    if (++r->ahead < AHEAD_LOOKS) {
        fiber_park("the log to reach its stream", loop_now_ms() + AHEAD_PAUSE_MS);
        return NULL;
    }
    log_line("warn", "stream_dropped", "%s goes to %lld and the log to %lld: it is begun anew", r->line.stream,
             (long long)stream, (long long)log);
    r->ahead = 0;
    redis_ask(&r->line.redis, (str[]){ STR("DEL"), str_of(r->line.stream) }, 2);
    return redis_wait(&r->line.redis, r->memory, loop_now_ms() + ANSWERS_MS, &answer);
}

static const fault *begin(struct relay *r)
{
    int64_t stream, log;
    if (!bus_line_join(&r->line, r->memory)) {
        fiber_park("the next try for Redis", r->line.retry_ms);
        return NULL;
    }
    r->restarts = r->feed->restarts;
    TRY(bus_stream_end(&r->line, r->memory, &stream));
    TRY(log_last(r, &log));
    if (stream > log)
        return stream_ahead(r, stream, log);
    r->ahead = 0;
    r->told = stream > log - BACKLOG_EVENTS ? stream : log - BACKLOG_EVENTS;
    r->line.position = stream;
    r->line.behind = log - stream;
    r->begun = true;
    return NULL;
}

/* --- going on --- */

static void event_tell(struct relay *r, const struct event *e)
{
    struct buf text = { .in = r->memory };
    struct wire_event w = wire_event_of(r->memory, r->feed->source, e);
    json_write(&text, &wire_event_shape, &w);
    str id = arena_printf(r->memory, "%lld-0", (long long)e->position);
    redis_ask(&r->line.redis,
              (str[]){ STR("XADD"), str_of(r->line.stream), STR("MAXLEN"), STR("~"), STR(STREAM_EVENTS), id, STR("event"),
                       buf_str(&text), STR("seal"), bus_seal(r->memory, buf_str(&text)) },
              10);
}

/* "Equal or smaller": another relay was first, or the stream is of another log; where it ends is looked at again. */
static const fault *answers_take(struct relay *r, size_t count)
{
    int64_t deadline_ms = loop_now_ms() + ANSWERS_MS;
    for (size_t i = 0; i < count; i++) {
        const struct redis_answer *answer;
        TRY(redis_wait(&r->line.redis, r->memory, deadline_ms, &answer));
        if (answer->kind != REDIS_REFUSAL)
            r->line.events++;
        else if (str_ends(answer->text, STR("equal or smaller than the target stream top item")))
            r->begun = false;
        else
            return fault_internal(r->memory, FAULT_UNAVAILABLE, "upstream_away", "Redis takes no event.", "redis: %.*s",
                                  STR_ARG(answer->text));
    }
    return NULL;
}

static const fault *go_on(struct relay *r)
{
    struct event_page page = { 0 };
    TRY(r->feed->read(r->feed->store, r->memory, r->told, READ_AT_ONCE, &page));
    feed_moved(r->feed, page.position);
    if (page.events.count == 0) {
        r->line.behind = 0;
        bus_line_works(&r->line);
        feed_await(r->feed, r->told, loop_now_ms() + IDLE_MS);
        r->begun = r->feed->position > r->told && r->feed->restarts == r->restarts;
        return NULL;
    }
    for (size_t i = 0; i < page.events.count; i++)
        event_tell(r, LIST_AT(&page.events, struct event, i));
    TRY(answers_take(r, page.events.count));
    bus_line_works(&r->line);
    r->told = r->line.position = LIST_AT(&page.events, struct event, page.events.count - 1)->position;
    r->line.behind = page.position - r->told;
    return NULL;
}

static void run(void *arg)
{
    struct relay *r = arg;
    r->who = fiber_self();
    while (!is_over(r)) {
        arena_reset(r->memory);
        const fault *problem = r->begun ? go_on(r) : begin(r);
        if (!problem)
            continue;
        r->begun = false;
        bus_line_lost(&r->line, problem);
    }
    bus_line_end(&r->line);
    arena_free(r->memory);
    r->who = NULL;
}

/* --- the outside --- */

const fault *relay_open(arena *boot, struct feed *f, struct relay **out)
{
    *out = NULL;
    if (!bus_configured())
        return NULL;
    str service = str_of(f->source);
    str_cut(&service, '/', &(str){ 0 });
    struct relay *r = NEW(boot, struct relay);
    r->feed = f;
    bus_line_begin(&r->line, arena_cstr(boot, service), "relay");
    r->memory = arena_new(MEMORY_BYTES_MAX);
    if (!fiber_start("relay", run, r))
        return fault_new(boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the relay.");
    *out = r;
    return NULL;
}

void relay_close(struct relay *r)
{
    if (!r)
        return;
    r->closing = true;
    while (r->who) {
        fiber_wake(r->who);
        fiber_sleep(1);
    }
}
