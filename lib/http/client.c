/* client.c - a call to another service of ours: its bytes, tries and pauses, the breaker. */
#include "lib/http/client.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "lib/http/link.h"
#include "lib/http/wire.h"

#define DEADLINE_MS 2000
#define TRIES_MAX 3
#define PAUSE_MS_MIN 20
#define PAUSE_MS_MAX 200

/* --- opening --- */

static const fault *url_wrong(arena *a, const char *name, str url)
{
    return fault_new(a, FAULT_INVALID, "setting_invalid",
                     "The address of %s must look like http://host:port and is \"%.*s\".", name,
                     STR_ARG(url));
}

/* "host:port", "[::1]:port"; without a port it is 80. */
static bool host_split(str host, str *node, str *port)
{
    *port = STR("80");
    if (host.len && host.at[0] == '[') {
        str rest = str_after(host, 1);
        if (!str_cut(&rest, ']', node) || !rest.at)
            return false;
        if (!rest.len)
            return true;
        *port = str_after(rest, 1);
        return rest.at[0] == ':';
    }
    str rest = host;
    (void)str_cut(&rest, ':', node);
    if (rest.at)
        *port = rest;
    return true;
}

const fault *upstream_open(arena *a, struct upstream **out, const char *name, str url,
                           str service_token)
{
    int64_t number;
    str host, node, port, rest = url;
    if (!str_starts(url, STR("http://")))
        return url_wrong(a, name, url);
    rest = str_after(url, 7);
    (void)str_cut(&rest, '/', &host);
    if (rest.len || !host_split(host, &node, &port) || !node.len || !str_to_int(port, &number) ||
        number < 1 || number > 65535)
        return url_wrong(a, name, url);
    struct upstream *u = NEW(a, struct upstream);
    u->name = arena_cstr(a, str_of(name));
    u->node = arena_cstr(a, node);
    u->port = arena_cstr(a, port);
    u->host = arena_copy(a, host);
    u->service_token = arena_copy(a, service_token);
    u->end = &u->first;
    u->aside = NEW(a, struct upstream);
    *u->aside = (struct upstream){ .name = u->name, .node = u->node, .port = u->port, .host = u->host };
    u->aside->end = &u->aside->first;
    *out = u;
    return NULL;
}

void upstream_close(struct upstream *u)
{
    u->closed = u->aside->closed = true;
    links_end(u);
    links_end(u->aside);
    if (u->pulse)
        fiber_wake(u->pulse);
}

const char *upstream_name(const struct upstream *u)
{
    return u->name;
}

const struct breaker *upstream_breaker(const struct upstream *u)
{
    return &u->breaker;
}

int64_t upstream_heard_ms(const struct upstream *u)
{
    return u->heard_ms;
}

int upstream_calls(const struct upstream *u)
{
    return u->under_way;
}

/* --- the request --- */

static bool carries_key(const struct outgoing *want)
{
    for (size_t i = 0; i < want->header_count; i++)
        if (str_equal_nocase(want->headers[i].name, STR("Idempotency-Key")))
            return true;
    return false;
}

static bool may_be_repeated(const struct outgoing *want)
{
    switch (want->method) {
    case GET:
    case HEAD:
    case PUT:
    case DELETE:
    case OPTIONS:
        return true;
    case POST:
        return carries_key(want);
    case PATCH:
    case METHOD_OTHER:
        return false;
    }
    return false;
}

static str head_write(const struct upstream *u, arena *a, const struct outgoing *want)
{
    struct buf head = { .in = a };
    buf_reserve(&head, 512);
    buf_text(&head, str_of(method_name(want->method)));
    buf_char(&head, ' ');
    wire_target(&head, want->target);
    buf_literal(&head, " HTTP/1.1\r\n");
    wire_header(&head, STR("Host"), u->host);
    if (want->internal && u->service_token.at)
        buf_printf(&head, "Authorization: Bearer %.*s\r\n", STR_ARG(u->service_token));
    if (want->body.len || want->method == POST || want->method == PUT || want->method == PATCH)
        buf_printf(&head, "Content-Length: %zu\r\n", want->body.len);
    for (size_t i = 0; i < want->header_count; i++)
        if (!str_equal_nocase(want->headers[i].name, STR("Host")) &&
            !str_equal_nocase(want->headers[i].name, STR("Expect")))
            wire_header(&head, want->headers[i].name, want->headers[i].value);
    buf_literal(&head, "\r\n");
    return buf_str(&head);
}

/* --- the call --- */

static const fault *upstream_fault(const struct upstream *u, arena *a, const char *code,
                                   int64_t retry_after_s, const char *why)
{
    fault *made = fault_new(a, FAULT_UNAVAILABLE, code,
                            "The %s service does not answer. Try again in a moment.", u->name);
    made->retry_after_s = retry_after_s;
    made->internal = arena_printf(a, "%s at %.*s: %s", u->name, STR_ARG(u->host), why);
    return made;
}

static const fault *fault_open(const struct upstream *u, arena *a)
{
    int64_t left_ms = u->breaker.open_until_ms - loop_now_ms();
    return upstream_fault(u, a, "upstream_open", left_ms > 1000 ? (left_ms + 999) / 1000 : 1,
                          "left in peace after failures");
}

static const fault *fault_busy(const struct upstream *u, arena *a)
{
    fault *made = fault_new(a, FAULT_UNAVAILABLE, "upstream_busy",
                            "Too many wait for the %s service already. Try again in a moment.", u->name);
    made->retry_after_s = 1;
    return made;
}

static const fault *fault_away(const struct upstream *u, arena *a, enum link_outcome outcome)
{
    static const char *const whys[] = {
        [LINK_ANSWERED] = "answered",
        [LINK_REFUSED] = "no connection could be made",
        [LINK_STALE] = "closed a kept connection",
        [LINK_BROKEN] = "the connection or the answer broke",
        [LINK_LATE] = "no answer in time",
        [LINK_STOPPED] = "its answer was not wanted any more",
        [LINK_CLOSED] = "nobody asks it any more",
    };
    return upstream_fault(u, a, "upstream_away", 1, whys[outcome]);
}

/* A kept connection may have been closed while our request was on its way. That is nobody's
 * failure: once more, at once, on a new one; not when we have cut it ourselves. */
static enum link_outcome try_once(struct upstream *u, struct link_talk *talk)
{
    talk->fresh = false;
    enum link_outcome outcome = link_try(u, talk);
    if (outcome != LINK_STALE || talk->careful || u->breaker.state == BREAKER_OPEN)
        return outcome;
    talk->fresh = true;
    return link_try(u, talk);
}

/* May what ended so be tried once more? Without a connection nothing was sent; of an answer that was handed on in part
 * there is no other beginning. */
static bool worth_a_try(const struct link_talk *talk, enum link_outcome outcome)
{
    bool begun = talk->taking && talk->taking->begun;
    return outcome != LINK_LATE && !begun && (!talk->careful || outcome == LINK_REFUSED);
}

static const fault *tries_run(struct upstream *u, arena *a, const struct outgoing *want, struct message *answer,
                              struct taking *taking)
{
    struct link_talk talk = {
        .head = head_write(u, a, want),
        .body = want->body,
        .to_head = want->method == HEAD,
        .careful = !may_be_repeated(want),
        .pays = want->pays,
        .arena = a,
        .answer = answer,
        .taking = taking,
        .deadline_ms = loop_now_ms() + (want->deadline_ms ? want->deadline_ms : DEADLINE_MS),
    };
    for (int tries = 1;; tries++) {
        if (u->closed)
            return fault_away(u, a, LINK_CLOSED);
        if (!breaker_allows(&u->breaker, loop_now_ms()))
            return fault_open(u, a);
        enum link_outcome outcome = try_once(u, &talk);
        if (outcome == LINK_ANSWERED || outcome == LINK_STOPPED) {
            if (!taking || !taking->begun)
                breaker_succeeded(&u->breaker, loop_now_ms());
            return outcome == LINK_STOPPED ? taking->problem : NULL;
        }
        if (u->closed)
            return fault_away(u, a, LINK_CLOSED);
        breaker_failed(&u->breaker, loop_now_ms());
        int64_t pause_ms = PAUSE_MS_MIN + (int64_t)random_below(PAUSE_MS_MAX - PAUSE_MS_MIN + 1);
        if (!worth_a_try(&talk, outcome) || tries == TRIES_MAX ||
            loop_now_ms() + pause_ms >= talk.deadline_ms)
            return fault_away(u, a, outcome);
        fiber_sleep(pause_ms);
    }
}

/* The one call that a half-open breaker lets through is watched whatever it is: others wait for what becomes of it. */
static const fault *call_run(struct upstream *u, arena *a, const struct outgoing *want, struct message *answer,
                             struct taking *taking)
{
    int kept = want->pays || twin_lacks("places") ? 0 : UPSTREAM_CALLS_PAYING;
    if (u->under_way >= UPSTREAM_CALLS_MAX - kept)
        return fault_busy(u, a);
    bool patient = want->patient || u->breaker.state != BREAKER_CLOSED;
    u->under_way++;
    if (patient)
        pulse_begin(u);
    const fault *problem = tries_run(u, a, want, answer, taking);
    if (patient)
        pulse_end(u);
    u->under_way--;
    return problem;
}

const fault *upstream_call(struct upstream *u, arena *a, const struct outgoing *want,
                           struct message *answer)
{
    return call_run(u, a, want, answer, NULL);
}

const fault *upstream_stream(struct upstream *u, arena *a, const struct outgoing *want,
                             struct piece_taker *taker, struct message *answer)
{
    struct taking taking = { taker, want->deadline_ms ? want->deadline_ms : DEADLINE_MS, false, NULL };
    return call_run(u, a, want, answer, &taking);
}
