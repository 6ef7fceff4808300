/* health.c - is this service well, and what it leans on: /health for people, /health/live and /ready for machines. */
#include "lib/base/buf.h"
#include "lib/feed/bus.h"
#include "lib/feed/follower.h"
#include "lib/frame/frame.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

#define PROBE_EVERY_MS 2000
#define PROBE_DEADLINE_MS 500

struct app *app_of(const struct call *c)
{
    return (struct app *)(void *)((char *)c->site - offsetof(struct app, site));
}

/* Runs the checks, all or the needed ones alone; false when a needed one is away. */
static bool checks_run(struct app *app, bool needed_alone)
{
    bool well = true;
    for (size_t i = 0; i < app->check_count; i++) {
        struct health_check *check = &app->checks[i];
        if (check->needed || !needed_alone)
            check->run(check, app);
        if (check->away && (check->needed || (check->matters && !needed_alone)))
            well = false;
    }
    return well;
}

static void checks_write(struct buf *out, const struct app *app)
{
    buf_literal(out, ",\"checks\":{");
    for (size_t i = 0; i < app->check_count; i++) {
        const struct health_check *check = &app->checks[i];
        if (i > 0)
            buf_char(out, ',');
        json_write_text(out, str_of(check->name));
        buf_literal(out, ":{\"status\":");
        json_write_text(out, check->away ? STR("away") : STR("ok"));
        buf_literal(out, ",\"age_s\":");
        buf_int(out, check->age_s);
        if (check->breaker)
            buf_printf(out, ",\"breaker\":\"%s\"", breaker_state_name(check->breaker->state));
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static void feed_write(const struct follower *f, void *arg)
{
    struct buf *out = arg;
    int64_t age_s = f->in_touch || f->heard_ms == 0 ? 0 : (loop_now_ms() - f->heard_ms) / 1000; /* a poll is under way, or none was answered yet */
    if (out->at[out->len - 1] != '[')
        buf_char(out, ',');
    buf_printf(out, "{\"owner\":\"%s\",\"position\":%lld,\"in_touch\":%s,\"age_s\":%lld}", f->owner, (long long)f->position,
               f->in_touch ? "true" : "false", (long long)age_s);
}

/* How long its own log is, and how far it has come in those that it follows: who sees both of all services knows who is behind. */
static void positions_write(struct buf *out, const struct app *app)
{
    if (app->of->position)
        buf_printf(out, ",\"position\":%lld", (long long)app->of->position(app->service));
    buf_literal(out, ",\"feeds\":[");
    follower_each(feed_write, out);
    buf_char(out, ']');
}

/* An answer whose end is still open: more members may follow. */
static void health_begin(struct call *c, bool well, const char *word)
{
    struct app *app = app_of(c);
    char room[TIME_TEXT_MAX];
    c->status = well ? 200 : 503;
    if (!well)
        answer_header(c, "Retry-After", STR("1"));
    answer_header(c, "Cache-Control", STR("no-store"));
    buf_printf(&c->out, "{\"status\":\"%s\",\"service\":\"%s\",\"timestamp\":\"%.*s\",\"version\":\"%s\"", word,
               app->of->health_name, STR_ARG(instant_text(room, clock_now(), TIME_Z_MS)), taquilla_version);
    checks_write(&c->out, app);
}

const fault *health_show(struct call *c)
{
    struct app *app = app_of(c);
    bool well = checks_run(app, false);
    health_begin(c, well, well ? "healthy" : "unhealthy");
    positions_write(&c->out, app);
    if (app->of->health)
        app->of->health(app, &c->out);
    buf_char(&c->out, '}');
    return NULL;
}

/* Ready to be given requests: all it needs is there and it is not about to stop. What it can do without is told as last
 * known: at a cold start the services ask each other, and nobody should wait for who waits for him. */
const fault *health_ready(struct call *c)
{
    struct app *app = app_of(c);
    bool closed = app->site.closed && app->site.closed(app->service);
    bool well = checks_run(app, true) && !app->stopping && !closed;
    health_begin(c, well, well ? "ready" : "unready");
    buf_char(&c->out, '}');
    return NULL;
}

const fault *health_live(struct call *c)
{
    answer_header(c, "Cache-Control", STR("no-store"));
    return reply_raw(c, 200, NULL, STR("{\"status\":\"alive\"}"));
}

/* --- the bus --- */

static void bus_check(struct health_check *check, struct app *app)
{
    int64_t well_ms;
    check->away = bus_away(&well_ms);
    check->age_s = !check->away ? 0 : well_ms > 0 ? (loop_now_ms() - well_ms) / 1000 : (clock_now().ms - app->started.ms) / 1000;
}

void app_check_bus(struct app *app)
{
    if (bus_used() && app->check_count < COUNT_OF(app->checks))
        app->checks[app->check_count++] = (struct health_check){ .name = "redis", .run = bus_check };
}

/* --- upstreams --- */

/* Nobody may have called it for long, so the breaker alone does not know; one short question does. */
static void upstream_probe(struct health_check *check, struct upstream *u)
{
    arena *a = arena_new((size_t)1024 * 1024);
    struct message *answer = NEW(a, struct message);
    const struct outgoing want = { .method = GET, .target = STR("/health/live"),
                                   .deadline_ms = PROBE_DEADLINE_MS };
    check->asked_ms = loop_now_ms(); /* who asks meanwhile gets what was known before */
    check->away = upstream_call(u, a, &want, answer) != NULL || answer->status != 200;
    if (!check->away)
        check->well_ms = loop_now_ms();
    arena_free(a);
}

static void upstream_check(struct health_check *check, struct app *app)
{
    struct upstream *u = NULL;
    for (size_t i = 0; i < app->upstream_count; i++)
        if (app->upstreams[i] == check->arg)
            u = app->upstreams[i];
    if (!u)
        return;
    if (check->asked_ms == 0 || loop_now_ms() - check->asked_ms >= PROBE_EVERY_MS)
        upstream_probe(check, u);
    if (upstream_breaker(u)->state == BREAKER_OPEN)
        check->away = true;
    check->age_s = check->well_ms > 0 ? (loop_now_ms() - check->well_ms) / 1000
                                      : (clock_now().ms - app->started.ms) / 1000;
}

void app_check_upstream(struct app *app, const char *name, struct upstream *u, bool needed)
{
    if (app->check_count < COUNT_OF(app->checks))
        app->checks[app->check_count++] =
            (struct health_check){ .name = name, .arg = u, .run = upstream_check, .needed = needed,
                                   .breaker = upstream_breaker(u) };
}
