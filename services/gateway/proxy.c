/* proxy.c - what belongs to an owner goes to it: status, body and relevant headers pass unchanged both ways. */
#include "services/gateway/gateway.h"

#define READ_DEADLINE_MS 5000
#define WRITE_DEADLINE_MS 10000
#define PAYMENT_DEADLINE_MS 70000 /* the provider's own deadline lies within */
#define OWN_WRITE_WAIT_MS 250
#define FIGURES_DEADLINE_MS 60000 /* the first figures after a start read the whole history */
#define CLOUD_DEADLINE_MS 600000  /* a backup or a migration answers when it is done */

static const char *const passed_down[] = { "Content-Type", "Accept", "Accept-Language", "Authorization",
                                           "If-None-Match" };
static const char *const passed_up[] = { "ETag",        "Location", "Retry-After",   "Taquilla-Position",
                                         "Allow",       "RateLimit", "Cache-Control", "WWW-Authenticate",
                                         "X-Content-Type-Options" };

struct passage {
    struct upstream *to;
    struct follower *follower; /* NULL: that service has no feed */
    struct follower *seen;     /* of whom the client saw so much: who sells has to know it too; NULL: it need not */
    str target;
    bool internal;
    int64_t deadline_ms;
};

static bool has_body(enum method m)
{
    return m == POST || m == PUT || m == PATCH;
}

/* A POST without a key gets one, so that it can be tried again when an answer is lost. */
static str key_of(struct call *c)
{
    struct gateway *gw = c->service;
    if (c->once)
        return c->once->key;
    return arena_printf(c->arena, "gateway-%.*s-%012llu", STR_ARG(gw->key_prefix), (unsigned long long)++gw->keys_made);
}

static size_t headers_down(struct call *c, const struct passage *way, struct header *headers)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(passed_down); i++) {
        str value = message_header(c->request, passed_down[i]);
        bool ours = way->internal && str_equal(str_of(passed_down[i]), STR("Authorization"));
        if (value.at && !ours)
            headers[count++] = (struct header){ str_of(passed_down[i]), value };
    }
    headers[count++] = (struct header){ STR("X-Request-Id"), c->request_id };
    if (c->request->method == POST)
        headers[count++] = (struct header){ STR("Idempotency-Key"), key_of(c) };
    if (way->seen && c->request->method == POST)
        headers[count++] = (struct header){
            STR("Taquilla-Position"),
            arena_printf(c->arena, "%s/%lld", way->seen->owner, (long long)way->seen->position),
        };
    return count;
}

/* What the client did is to be seen by the client: the answer waits until the feed has brought it here. */
static void own_write_wait(struct follower *f, const struct message *answer)
{
    int64_t position = follower_position_of(f, message_header(answer, "Taquilla-Position"));
    if (position > 0)
        (void)follower_reach(f, position, OWN_WRITE_WAIT_MS);
}

/* HEAD is asked as GET: its head says how long the body would be, and only a GET's answer tells. */
static enum method method_down(enum method m)
{
    return m == HEAD ? GET : m;
}

const fault *answer_up(struct call *c, const struct message *answer)
{
    for (size_t i = 0; i < COUNT_OF(passed_up); i++) {
        str value = message_header(answer, passed_up[i]);
        if (!value.at)
            continue;
        if (i == 0 && answer->status == 200)
            c->etag = value; /* so that no other is made of the body */
        else
            answer_header(c, passed_up[i], value);
    }
    str type = message_header(answer, "Content-Type");
    return reply_raw(c, answer->status, type.at ? arena_cstr(c->arena, type) : NULL, answer->body);
}

/* An owner's loop never works for long without a turn for others; figures and backups may. */
static struct outgoing question_down(struct call *c, const struct passage *way, struct header *headers)
{
    return (struct outgoing){ .method = method_down(c->request->method),
                              .target = way->target,
                              .headers = headers,
                              .header_count = headers_down(c, way, headers),
                              .body = has_body(c->request->method) ? c->request->body : STR(""),
                              .deadline_ms = way->deadline_ms,
                              .internal = way->internal,
                              .pays = c->route->worth == WORTH_PAYS,
                              .patient = way->follower != NULL };
}

static const fault *ask(struct call *c, const struct passage *way, struct message *answer)
{
    struct header headers[COUNT_OF(passed_down) + 3];
    struct outgoing want = question_down(c, way, headers);
    TRY(upstream_call(way->to, c->arena, &want, answer));
    if (way->follower)
        own_write_wait(way->follower, answer);
    return NULL;
}

static const fault *pass(struct call *c, const struct passage *way)
{
    struct message *answer = NEW(c->arena, struct message);
    TRY(ask(c, way, answer));
    return answer_up(c, answer);
}

/* --- what has no end, or a long one: handed on as it comes --- */

struct flow {
    struct call *c;
    const char *type;
    bool begun;
};

static const fault *piece_pass(struct piece_taker *taker, str bytes)
{
    struct flow *flow = taker->arg;
    if (!flow->begun) {
        answer_header(flow->c, "Cache-Control", STR("no-store"));
        if (!stream_start(flow->c, 200, flow->type))
            return fault_new(flow->c->arena, FAULT_INTERNAL, "internal_error", "A HEAD has no body.");
        flow->begun = true;
    }
    buf_put(&flow->c->out, bytes.at, bytes.len);
    return stream_flush(flow->c);
}

static const fault *pass_flowing(struct call *c, const struct passage *way, const char *type)
{
    struct flow flow = { c, type, false };
    struct piece_taker taker = { piece_pass, &flow };
    struct header headers[COUNT_OF(passed_down) + 3];
    struct message *answer = NEW(c->arena, struct message);
    struct outgoing want = question_down(c, way, headers);
    if (c->request->method == HEAD)
        return reply_raw(c, 200, type, STR("")); /* there is no body to be asked for */
    TRY(upstream_stream(way->to, c->arena, &want, &taker, answer));
    return flow.begun ? NULL : answer_up(c, answer);
}

static const fault *pass_to(struct call *c, enum owner_name to)
{
    struct owners *owners = &((struct gateway *)c->service)->owners;
    struct owner *owner = &owners->of[to];
    enum method m = c->request->method;
    bool reads = m == GET || m == HEAD;
    bool pays = m == POST && str_starts(c->request->path, STR("/api/payments"));
    return pass(c, &(struct passage){ .to = owner->upstream,
                                      .follower = &owner->follower,
                                      .seen = to == RESERVATIONS ? &owners->of[ROOMS].follower : NULL,
                                      .target = c->request->target,
                                      .deadline_ms = pays    ? PAYMENT_DEADLINE_MS
                                                     : reads ? READ_DEADLINE_MS
                                                             : WRITE_DEADLINE_MS });
}

const fault *gateway_to_movies(struct call *c)
{
    return pass_to(c, MOVIES);
}

const fault *gateway_to_rooms(struct call *c)
{
    return pass_to(c, ROOMS);
}

static const fault *reservations_pass(struct call *c)
{
    return pass_to(c, RESERVATIONS);
}

/* Its owner takes /api/reservations with any slashes behind it for the same. */
static bool makes_reservation(const struct call *c)
{
    str path = c->request->path;
    while (str_ends(path, STR("/")))
        path.len--;
    return c->request->method == POST && str_equal(path, STR("/api/reservations"));
}

const fault *gateway_to_reservations(struct call *c)
{
    return makes_reservation(c) ? queue_pass(c, queue_showing_booked(c), reservations_pass) : reservations_pass(c);
}

const fault *reservations_ask(struct call *c, str target, bool internal, struct message *answer)
{
    struct owner *owner = &((struct gateway *)c->service)->owners.of[RESERVATIONS];
    return ask(c, &(struct passage){ .to = owner->upstream,
                                     .follower = &owner->follower,
                                     .target = target,
                                     .internal = internal,
                                     .deadline_ms = WRITE_DEADLINE_MS }, answer);
}

static const fault *pass_booking(struct call *c, str target)
{
    struct owners *owners = &((struct gateway *)c->service)->owners;
    struct owner *owner = &owners->of[RESERVATIONS];
    return pass(c, &(struct passage){ .to = owner->upstream,
                                      .follower = &owner->follower,
                                      .seen = &owners->of[ROOMS].follower,
                                      .target = target,
                                      .internal = true,
                                      .deadline_ms = PAYMENT_DEADLINE_MS });
}

static const fault *book(struct call *c)
{
    return pass_booking(c, STR("/internal/book"));
}

const fault *gateway_book(struct call *c)
{
    return queue_pass(c, queue_showing_booked(c), book);
}

static const fault *book_best(struct call *c)
{
    return pass_booking(c, arena_printf(c->arena, "/internal/showings/%lld/best-seats", (long long)c->ids[0]));
}

const fault *gateway_best(struct call *c)
{
    return queue_pass(c, c->ids[0], book_best);
}

/* --- services that own nothing --- */

static const fault *not_here(struct call *c, const char *name)
{
    return fault_new(c->arena, FAULT_NOT_FOUND, "route_unknown", "This cinema runs without %s.", name);
}

const fault *gateway_to_analytics(struct call *c)
{
    struct gateway *gw = c->service;
    if (!gw->analytics)
        return not_here(c, "analytics");
    return pass(c, &(struct passage){
                       .to = gw->analytics, .target = c->request->target, .deadline_ms = FIGURES_DEADLINE_MS });
}

/* On lines of their own, which are cut when this service drains: a stream does not end by itself. */
static const fault *flow_from_analytics(struct call *c, const char *type)
{
    struct gateway *gw = c->service;
    if (!gw->analytics_flows)
        return not_here(c, "analytics");
    return pass_flowing(c, &(struct passage){ .to = gw->analytics_flows, .target = c->request->target,
                                              .deadline_ms = FIGURES_DEADLINE_MS }, type);
}

const fault *gateway_figures_stream(struct call *c)
{
    return flow_from_analytics(c, "text/event-stream");
}

const fault *gateway_sales_csv(struct call *c)
{
    return flow_from_analytics(c, "text/csv; charset=utf-8");
}

/* Ingestion knows its addresses without the prefix: /api/ingestion/backups is its /backups. */
const fault *gateway_to_ingestion(struct call *c)
{
    struct gateway *gw = c->service;
    if (!gw->ingestion)
        return not_here(c, "ingestion");
    str target = str_after(c->request->target, sizeof("/api/ingestion") - 1);
    if (!str_starts(target, STR("/")))
        target = arena_printf(c->arena, "/%.*s", STR_ARG(target));
    return pass(c, &(struct passage){ .to = gw->ingestion, .target = target, .deadline_ms = CLOUD_DEADLINE_MS });
}
