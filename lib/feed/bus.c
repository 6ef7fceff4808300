/* bus.c - the lines to Redis of a process, and reading an owner's stream. */
#include "lib/feed/bus.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"

#define JOIN_MS 300
#define ANSWER_MS 1000
#define BLOCK_TEXT "1000"
#define BLOCK_MS 1000
#define PAUSE_MS_MIN 100
#define PAUSE_MS_MAX 5000
#define COUNT_TEXT "256"

static struct {
    const struct redis_address *to;
    unsigned char key[crypto_generichash_KEYBYTES];
    struct bus_line *lines;
} bus;

/* The seal's key is made of SERVICE_TOKEN for this use alone. */
static const unsigned char seal_use[] = "taquilla: seal of the bus";

/* --- the process --- */

void bus_configure(const struct redis_address *to, str service_token)
{
    bus.to = to;
    bool ready = sodium_init() >= 0; /* once more is no failure */
    assert(ready);
    (void)ready;
    crypto_generichash(bus.key, sizeof bus.key, (const unsigned char *)service_token.at, service_token.len, seal_use,
                       sizeof seal_use);
}

bool bus_configured(void)
{
    return bus.to != NULL;
}

bool bus_used(void)
{
    return bus.to && bus.lines;
}

bool bus_away(int64_t *well_ms)
{
    bool away = false;
    *well_ms = loop_now_ms();
    for (const struct bus_line *l = bus.lines; l; l = l->next) {
        if (l->redis.open)
            continue;
        away = true;
        if (l->well_ms < *well_ms)
            *well_ms = l->well_ms;
    }
    return away;
}

struct bus_figure {
    const char *name, *type, *help;
    const char *role; /* NULL: every line has it */
    long long (*of)(const struct bus_line *l);
};

static long long is_open(const struct bus_line *l)
{
    return l->redis.open;
}

static long long losses(const struct bus_line *l)
{
    return (long long)l->losses;
}

static long long events(const struct bus_line *l)
{
    return (long long)l->events;
}

static long long position(const struct bus_line *l)
{
    return l->position;
}

static long long behind(const struct bus_line *l)
{
    return l->behind;
}

static long long holes(const struct bus_line *l)
{
    return (long long)l->holes;
}

void bus_metrics(struct buf *out)
{
    static const struct bus_figure figures[] = {
        { "taquilla_bus_connected", "gauge", "1 while the line to Redis stands.", NULL, is_open },
        { "taquilla_bus_losses_total", "counter", "How often a line to Redis was lost.", NULL, losses },
        { "taquilla_bus_events_total", "counter", "Events told to Redis by a relay, or taken from it by a reader.", NULL, events },
        { "taquilla_bus_holes_total", "counter", "How often Redis had lost events and the owner's feed was asked for them.",
          "reader", holes },
        { "taquilla_bus_position", "gauge", "Last event that the relay saw in its stream.", "relay", position },
        { "taquilla_bus_behind", "gauge", "Events of the log that its relay has not told yet.", "relay", behind },
    };
    for (size_t i = 0; bus_used() && i < COUNT_OF(figures); i++) {
        const struct bus_figure *f = &figures[i];
        bool first = true;
        for (const struct bus_line *l = bus.lines; l; l = l->next) {
            if (f->role && strcmp(f->role, l->role) != 0)
                continue;
            if (first)
                buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, f->type);
            first = false;
            buf_printf(out, "%s{stream=\"%s\",role=\"%s\"} %lld\n", f->name, l->owner, l->role, f->of(l));
        }
    }
}

/* --- a line --- */

void bus_line_begin(struct bus_line *l, const char *owner, const char *role)
{
    *l = (struct bus_line){ .owner = owner, .role = role, .redis = { .to = bus.to }, .pause_ms = PAUSE_MS_MIN,
                            .next = bus.lines };
    snprintf(l->stream, sizeof l->stream, "taquilla:%s", owner);
    bus.lines = l;
}

void bus_line_end(struct bus_line *l)
{
    struct bus_line **at = &bus.lines;
    while (*at && *at != l)
        at = &(*at)->next;
    if (*at)
        *at = l->next;
    redis_drop(&l->redis);
}

bool bus_line_join(struct bus_line *l, arena *a)
{
    if (l->redis.open)
        return true;
    if (!l->redis.to || loop_now_ms() < l->retry_ms)
        return false;
    const fault *problem = redis_open(&l->redis, a, loop_now_ms() + JOIN_MS);
    if (problem)
        bus_line_lost(l, problem);
    return !problem;
}

/* It is told once, not at each try. */
void bus_line_lost(struct bus_line *l, const fault *why)
{
    bool first = l->pause_ms == PAUSE_MS_MIN;
    redis_drop(&l->redis);
    l->losses++;
    l->retry_ms = loop_now_ms() + l->pause_ms / 2 + (int64_t)random_below((uint64_t)l->pause_ms / 2 + 1);
    l->pause_ms = l->pause_ms * 2 < PAUSE_MS_MAX ? l->pause_ms * 2 : PAUSE_MS_MAX;
    str told = why->internal.at ? why->internal : why->sentence;
    if (first)
        log_line("warn", "bus_lost", "the %s of %s goes on without Redis: %.*s", l->role, l->stream, STR_ARG(told));
}

void bus_line_works(struct bus_line *l)
{
    if (l->well_ms == 0 || l->pause_ms > PAUSE_MS_MIN)
        log_line("info", "bus_found", "the %s of %s goes by way of Redis", l->role, l->stream);
    l->pause_ms = PAUSE_MS_MIN;
    l->well_ms = loop_now_ms();
}

void bus_line_drop(struct bus_line *l)
{
    redis_drop(&l->redis);
}

/* --- what a stream holds --- */

static const fault *strange(arena *a, const char *what, str text)
{
    return fault_internal(a, FAULT_UNAVAILABLE, "upstream_away", "Redis does not answer as expected.", "redis: %s%.*s", what,
                          STR_ARG(text));
}

/* N of N-0; ours have no other number after it. */
static bool entry_position(str id, int64_t *position)
{
    str number;
    return str_cut(&id, '-', &number) && str_equal(id, STR("0")) && str_to_int(number, position);
}

const fault *bus_stream_end(struct bus_line *l, arena *a, int64_t *end)
{
    const struct redis_answer *answer;
    *end = 0;
    redis_ask(&l->redis, (str[]){ STR("XINFO"), STR("STREAM"), str_of(l->stream) }, 3);
    TRY(redis_wait(&l->redis, a, loop_now_ms() + ANSWER_MS, &answer));
    if (answer->kind == REDIS_REFUSAL && str_ends(answer->text, STR("no such key")))
        return NULL;
    if (answer->kind != REDIS_LIST)
        return strange(a, "", answer->text);
    for (size_t i = 0; i + 1 < answer->items.count; i += 2) {
        const struct redis_answer *name = LIST_AT(&answer->items, struct redis_answer, i);
        if (str_equal(name->text, STR("last-generated-id")) && entry_position(name[1].text, end))
            return NULL;
    }
    return strange(a, "the stream is none of ours", STR(""));
}

str bus_seal(arena *a, str event)
{
    unsigned char seal[BUS_SEAL_BYTES / 2];
    char *hex = arena_take(a, BUS_SEAL_BYTES + 1);
    crypto_generichash(seal, sizeof seal, (const unsigned char *)event.at, event.len, bus.key, sizeof bus.key);
    return (str){ sodium_bin2hex(hex, BUS_SEAL_BYTES + 1, seal, sizeof seal), BUS_SEAL_BYTES };
}

/* --- reading --- */

enum bus_step bus_step(int64_t position, int64_t entry)
{
#ifdef TAQUILLA_TEST_TWINS
    const char *unsafe = getenv("TAQUILLA_TEST_UNSAFE");
    if (unsafe && strcmp(unsafe, "density") == 0 && entry > position)
        return BUS_NEXT;
#endif
    return entry <= position ? BUS_KNOWN : entry == position + 1 ? BUS_NEXT : BUS_HOLE;
}

list bus_news(int64_t position, const list *events, int64_t *end, bool *hole)
{
    list next = { NULL, 0 };
    *end = position;
    *hole = false;
    for (size_t i = 0; i < events->count && !*hole; i++) {
        struct event *e = LIST_AT(events, struct event, i);
        enum bus_step step = bus_step(*end, e->position);
        *hole = step == BUS_HOLE;
        if (step != BUS_NEXT)
            continue;
        *end = e->position;
        if (next.count++ == 0)
            next.at = e;
    }
    return next;
}

void bus_reader_drop(struct bus_reader *b)
{
    b->asked = false;
    bus_line_drop(&b->line);
}

bool bus_reader_join(struct bus_reader *b, arena *a)
{
    if (b->line.redis.open)
        return true;
    b->asked = false;
    if (!bus_line_join(&b->line, a))
        return false;
    const fault *problem = bus_stream_end(&b->line, a, &b->from);
    if (problem)
        bus_line_lost(&b->line, problem);
    return !problem;
}

static void ask_for_news(struct bus_reader *b, arena *a, int64_t after)
{
    redis_ask(&b->line.redis,
              (str[]){ STR("XREAD"), STR("COUNT"), STR(COUNT_TEXT), STR("BLOCK"), STR(BLOCK_TEXT), STR("STREAMS"),
                       str_of(b->line.stream), arena_printf(a, "%lld-0", (long long)after) },
              8);
    b->asked = true;
    b->asked_ms = loop_now_ms();
}

/* id, [ "event", JSON, "seal", HEX ] */
static const fault *entry_read(arena *a, const struct redis_answer *entry, struct event *out)
{
    struct wire_event w;
    int64_t position = 0;
    const struct redis_answer *id = entry->items.at;
    if (entry->items.count != 2 || id[1].items.count != 4 || !entry_position(id->text, &position))
        return strange(a, "an entry is none of ours", STR(""));
    const struct redis_answer *members = id[1].items.at;
    str event = members[1].text, seal = bus_seal(a, event);
    if (members[3].text.len != seal.len || sodium_memcmp(members[3].text.at, seal.at, seal.len) != 0)
        return strange(a, "an entry has not this cinema's seal", STR(""));
    TRY(json_read_fact(a, event, &wire_event_shape, &w));
    if (w.position != position)
        return strange(a, "an entry stands at a wrong place", STR(""));
    *out = wire_event_back(&w);
    return NULL;
}

/* [ [ stream, [ entry, ... ] ] ] */
static const fault *entries_read(arena *a, const struct redis_answer *answer, list *events)
{
    if (answer->kind != REDIS_LIST || answer->items.count != 1)
        return strange(a, "", answer->text);
    const struct redis_answer *stream = answer->items.at;
    if (stream->items.count != 2)
        return strange(a, "a stream was expected", STR(""));
    const list *entries = &LIST_AT(&stream->items, struct redis_answer, 1)->items;
    *events = (list){ NEW_ARRAY(a, struct event, entries->count), entries->count };
    for (size_t i = 0; i < entries->count; i++)
        TRY(entry_read(a, LIST_AT(entries, struct redis_answer, i), LIST_AT(events, struct event, i)));
    return NULL;
}

const fault *bus_reader_next(struct bus_reader *b, arena *a, int64_t after, int64_t until_ms, list *events)
{
    const struct redis_answer *answer;
    *events = (list){ NULL, 0 };
    if (!b->asked)
        ask_for_news(b, a, after);
    TRY(redis_next(&b->line.redis, a, until_ms, &answer));
    if (!answer && loop_now_ms() > b->asked_ms + BLOCK_MS + ANSWER_MS)
        return strange(a, "it answers too late", STR(""));
    if (!answer)
        return NULL;
    b->asked = false;
    if (answer->kind != REDIS_NOTHING)
        TRY(entries_read(a, answer, events));
    b->line.events += events->count;
    bus_line_works(&b->line);
    return NULL;
}
