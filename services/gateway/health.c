/* health.c - GET /api/services: the six services asked at once how they are. */
#include "lib/json/read.h"
#include "lib/loop/fiber.h"
#include "services/gateway/gateway.h"
#include "services/gateway/model_services.h"

#define ASK_DEADLINE_MS 1500
#define MEMORY_MAX ((size_t)1024 * 1024)

struct asking {
    struct call *c;
    struct upstream *to; /* NULL: this cinema does without it */
    struct service_seen *out;
};

/* Its sick answer (503) says more than that it is sick. */
static void health_ask(void *arg)
{
    struct asking *k = arg;
    struct message answer = { 0 };
    struct health_told told = { .position = INTEGER_NONE };
    const struct outgoing want = { .method = GET, .target = STR("/health"), .deadline_ms = ASK_DEADLINE_MS };
    int64_t begun = loop_now_ms();
    bool heard = !upstream_call(k->to, k->c->arena, &want, &answer) &&
                 !json_restore(k->c->arena, answer.body, &health_told_shape, &told) && told.status.at;
    k->out->took_ms = loop_now_ms() - begun;
    if (heard)
        service_take(k->c->arena, &told, k->out);
}

/* --- the gateway itself --- */

static void feed_see(struct service_seen *out, const struct follower *f)
{
    *LIST_AT(&out->feeds, struct service_feed, out->feeds.count++) = (struct service_feed){
        .owner = str_of(f->owner), .position = f->position, .lag = INTEGER_NONE, .in_touch = f->in_touch,
        .age_s = f->in_touch || f->heard_ms == 0 ? 0 : (loop_now_ms() - f->heard_ms) / 1000
    };
}

/* What it knows of the others it has just learned. */
static void check_see(struct service_seen *out, const struct asking *k)
{
    if (!k->to)
        return;
    bool away = str_equal(k->out->status, STR("away"));
    int64_t heard_ms = upstream_heard_ms(k->to);
    *LIST_AT(&out->checks, struct service_check, out->checks.count++) = (struct service_check){
        k->out->name, away ? STR("away") : STR("ok"), str_of(breaker_state_name(upstream_breaker(k->to)->state)),
        away && heard_ms > 0 ? (loop_now_ms() - heard_ms) / 1000 : 0
    };
}

static void gateway_see(struct call *c, const struct asking *others, struct service_seen *out)
{
    const struct gateway *gw = c->service;
    out->status = STR("healthy");
    out->version = gw->version;
    out->checks = (list){ NEW_ARRAY(c->arena, struct service_check, SERVICES), 0 };
    out->feeds = (list){ NEW_ARRAY(c->arena, struct service_feed, OWNER_COUNT), 0 };
    for (size_t i = 0; i < SERVICES - 1; i++)
        check_see(out, &others[i]);
    for (size_t i = 0; i < OWNER_COUNT; i++)
        feed_see(out, &gw->owners.of[i].follower);
}

const fault *gateway_services(struct call *c)
{
    const struct gateway *gw = c->service;
    static const char *const names[SERVICES] = { "movies", "rooms", "reservations", "analytics", "ingestion", "gateway" };
    struct asking asked[SERVICES - 1] = {
        { c, gw->owners.of[MOVIES].upstream, NULL }, { c, gw->owners.of[ROOMS].upstream, NULL },
        { c, gw->owners.of[RESERVATIONS].upstream, NULL }, { c, gw->analytics, NULL }, { c, gw->ingestion, NULL },
    };
    struct service_seen *all = NEW_ARRAY(c->arena, struct service_seen, SERVICES);
    struct group together = { 0 };
    for (size_t i = 0; i < SERVICES; i++)
        all[i] = (struct service_seen){ .name = str_of(names[i]), .status = STR("away"), .position = INTEGER_NONE };
    for (size_t i = 0; i < SERVICES - 1; i++) {
        asked[i].out = &all[i];
        if (!asked[i].to)
            all[i].status = STR("none");
        else if (!group_start(&together, "health", health_ask, &asked[i]))
            health_ask(&asked[i]);
    }
    group_wait(&together);
    gateway_see(c, asked, &all[SERVICES - 1]);
    services_compare(all);
    answer_header(c, "Cache-Control", STR("no-store"));
    list told = { all, SERVICES };
    return reply_list(c, &service_seen_shape, &told);
}
