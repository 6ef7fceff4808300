/* reports.c - asks analytics, takes the names out, and stores what it said. */
#include "services/ingestion/cloud/reports.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/loop/fiber.h"

#define ASK_DEADLINE_MS 30000
#define LOOK_MS 100

static const struct {
    const char *kind, *target;
} reports[REPORT_KINDS] = {
    { "revenue", "/api/analytics/revenue" },
    { "popular_movies", "/api/analytics/popular-movies" },
    { "occupancy", "/api/analytics/occupancy" },
    { "user_behavior", "/api/analytics/user-behavior" },
    { "dashboard", "/api/analytics/dashboard" },
};

static const fault *analytics_ask(const struct cloud *c, arena *a, const char *target, bool internal, str *body)
{
    struct header token = { STR("Authorization"), arena_printf(a, "Bearer %.*s", STR_ARG(c->admin_token)) };
    const struct outgoing want = { .method = GET, .target = str_of(target), .headers = &token,
                                   .header_count = c->admin_token.len > 0 && !internal, .deadline_ms = ASK_DEADLINE_MS,
                                   .internal = internal, .patient = true };
    struct message *answer = NEW(a, struct message);
    TRY(upstream_call(c->analytics, a, &want, answer));
    if (answer->status != 200)
        return fault_new(a, FAULT_UNAVAILABLE, "figures_away", "analytics answered %d to %s.", answer->status, target);
    *body = answer->body;
    return NULL;
}

/* Persons stand in the file of users alone, which the bucket keeps for a shorter time. */
static void names_remove(json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach(value, key, member) {
        if (strcmp(key, "userName") == 0)
            json_object_set_new(value, key, json_null());
        else
            names_remove(member);
    }
    json_array_foreach(value, i, member)
        names_remove(member);
}

static const fault *nameless(arena *a, str body, str *out)
{
    json_t *value = json_loadb(body.at, body.len, 0, NULL);
    if (!value)
        return fault_new(a, FAULT_UNAVAILABLE, "answer_strange", "analytics answered with something that is not ours.");
    names_remove(value);
    char *text = json_dumps(value, JSON_COMPACT);
    *out = arena_copy(a, str_of(text));
    free(text);
    json_decref(value);
    return NULL;
}

const fault *ingestion_report_put(const struct cloud *c, arena *a, const char *kind, str stamp, str json)
{
    str etag;
    const struct s3_object o = { .content_type = STR("application/json"), .metadata_count = 1,
                                 .metadata = { { STR("report_type"), str_of(kind) } },
                                 .key = arena_printf(a, "%s/%s/%.*s_%s.json", c->analytics_folder, kind, STR_ARG(stamp), kind) };
    return s3_put(&c->s3, a, &o, json, &etag);
}

const fault *ingestion_reports_make(const struct cloud *c, arena *a, str stamp, int64_t *put)
{
    str body, text;
    *put = 0;
    if (!c->analytics)
        return fault_new(a, FAULT_UNAVAILABLE, "figures_away", "This cinema runs without analytics.");
    for (size_t i = 0; i < REPORT_KINDS; i++) {
        TRY(analytics_ask(c, a, reports[i].target, false, &body));
        TRY(nameless(a, body, &text));
        TRY(ingestion_report_put(c, a, reports[i].kind, stamp, text));
        ++*put;
    }
    return NULL;
}

/* --- how far it is --- */

/* From a line `taquilla_feed_position{owner="rooms"} 42` of its metrics; 0: there is none. */
static int64_t position_of(arena *a, str metrics, str owner)
{
    str line, wanted = arena_printf(a, "taquilla_feed_position{owner=\"%.*s\"} ", STR_ARG(owner));
    int64_t position;
    while (str_cut(&metrics, '\n', &line)) {
        if (str_starts(line, wanted))
            return str_to_int(str_after(line, wanted.len), &position) ? position : 0;
        if (!metrics.at)
            break;
    }
    return 0;
}

static bool all_taken(arena *a, str metrics, const struct backup_manifest *m)
{
    bool all = true;
    for (size_t i = 0; i < m->services.count; i++) {
        const struct backup_service *s = LIST_AT(&m->services, const struct backup_service, i);
        all &= position_of(a, metrics, s->name) >= s->position;
    }
    return all;
}

const fault *ingestion_figures_await(const struct cloud *c, arena *a, const struct backup_manifest *m, int64_t wait_ms)
{
    int64_t until_ms = loop_now_ms() + wait_ms;
    arena *each = arena_new((size_t)16 * 1024 * 1024);
    const fault *problem = NULL;
    bool taken = false;
    while (!taken && !problem && c->analytics) {
        str metrics = { NULL, 0 };
        problem = analytics_ask(c, each, "/metrics", true, &metrics);
        taken = !problem && all_taken(each, metrics, m);
        if (!taken && !problem && loop_now_ms() > until_ms)
            problem = fault_new(each, FAULT_UNAVAILABLE, "figures_late", "analytics has not yet taken all that the backup holds.");
        problem = problem ? fault_copy(a, problem) : NULL;
        arena_reset(each);
        if (!taken && !problem)
            fiber_sleep(LOOK_MS);
    }
    arena_free(each);
    if (!c->analytics)
        return fault_new(a, FAULT_UNAVAILABLE, "figures_away", "This cinema runs without analytics.");
    return problem;
}
