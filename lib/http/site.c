/* site.c - one request's whole way through: host, route, access, key, body, handler, and what every answer carries. */
#include <sodium.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/http/site.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define SITE_BYTES_MAX ((size_t)4 * 1024 * 1024) /* tree and statistics: some KiB */
#define REQUEST_ID_BYTES_MAX 64
#define CLOSED_RETRY_S 2
#define SHED_TOLD_EVERY_MS 1000
#define REQUEST_ID_MADE_BYTES 24 /* prefix, '-', up to 8 digits */

/* Never the path or the query as they came: people paste e-mails and codes into both. */
static void log_members_put(struct buf *line, const struct site *site, enum method method, const struct route *route)
{
    log_member_text(line, "service", str_of(site->name));
    log_member_text(line, "method", str_of(method_name(method)));
    log_member_text(line, "route", str_of(route ? route->path : NULL));
}

static void log_members_write(const struct site *site)
{
    struct site_inside *inside = site->inside;
    inside->log_members = NEW_ARRAY(inside->arena, str, inside->route_count + 1);
    for (size_t i = 0; i < inside->route_count; i++) {
        const struct route *route = site->stats[i].route;
        struct buf members = { .in = inside->arena };
        log_members_put(&members, site, route->method, route);
        inside->log_members[i] = buf_str(&members);
    }
}

void site_compile(struct site *site)
{
    static const fault no_sodium = { .code = "internal_error", .sentence = { "libsodium does not start.", 25 } };
    MUST(sodium_init() < 0 ? &no_sodium : NULL);
    arena *a = arena_new(SITE_BYTES_MAX);
    site->inside = NEW(a, struct site_inside);
    site->inside->arena = a;
    str prefix = random_hex(a, 4);
    for (size_t i = 0; i < prefix.len; i++)
        site->inside->id_prefix[i] = prefix.at[i];
    route_tree_build(site);
    log_members_write(site);
}

void site_release(struct site *site)
{
    if (!site->inside)
        return;
    arena_free(site->inside->arena);
    site->inside = NULL;
    site->stats = NULL;
}

/* --- request ids --- */

static bool id_safe(str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char ch = id.at[i];
        bool word = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (!word && ch != '-' && ch != '_' && ch != '.' && ch != ':' && ch != '/' && ch != '=' && ch != '+')
            return false;
    }
    return id.len >= 1 && id.len <= REQUEST_ID_BYTES_MAX;
}

/* The client's, so that one request can be followed through several services; else a new one. */
static str request_id(struct call *c)
{
    str sent = message_header(c->request, "X-Request-Id");
    if (sent.at && id_safe(sent))
        return sent;
    struct site_inside *inside = c->site->inside;
    char *made = arena_take(c->arena, REQUEST_ID_MADE_BYTES), *at = made;
    for (const char *from = inside->id_prefix; *from; from++)
        *at++ = *from;
    *at++ = '-';
    uint32_t number = ++inside->ids_made;
    for (int shift = 28; shift >= 0; shift -= 4)
        if (number >> shift || shift == 0)
            *at++ = "0123456789abcdef"[number >> shift & 15];
    return (str){ made, (size_t)(at - made) };
}

/* --- before the handler --- */

static const fault *path_parts_read(struct call *c, const struct match *found)
{
    size_t numbers = 0, texts = 0;
    for (size_t i = 0; i < found->part_count; i++) {
        if (!found->numeric[i]) {
            if (texts < PATH_VALUES_MAX)
                c->names[texts++] = found->parts[i];
            continue;
        }
        int64_t id;
        if (!str_to_int(found->parts[i], &id) || id < 1)
            return fault_new(c->arena, FAULT_INVALID, "path_id_invalid",
                             "The id in the path must be a whole number from 1 on.");
        if (numbers < PATH_VALUES_MAX)
            c->ids[numbers++] = id;
    }
    return NULL;
}

/* application/json, text/json, application/anything+json; parameters as charset are not looked at. */
static bool type_is_json(str declared)
{
    static const str suffix = { "+json", 5 };
    str subtype, family;
    (void)str_cut(&declared, ';', &subtype);
    (void)str_cut(&subtype, '/', &family);
    subtype = str_trim(subtype);
    if (str_equal_nocase(subtype, STR("json")))
        return true;
    return subtype.len > suffix.len &&
           str_equal_nocase(str_after(subtype, subtype.len - suffix.len), suffix);
}

static const fault *body_read(struct call *c)
{
    const struct shape *takes = c->route->takes;
    if (!takes || c->route->body_passed)
        return NULL;
    str body = c->request->body;
    if (body.len == 0) {
        if (!c->route->body_optional)
            return fault_new(c->arena, FAULT_MALFORMED, "body_missing", "This request needs a JSON body.");
        body = STR("{}");
    } else {
        str type = message_header(c->request, "Content-Type");
        if (type.at && type.len > 0 && !type_is_json(type))
            return fault_new(c->arena, FAULT_WRONG_TYPE, "type_unsupported",
                             "The body must be JSON (Content-Type: application/json).");
    }
    void *want = arena_take(c->arena, takes->size);
    TRY(json_read(c->arena, body, takes, want));
    c->body = want;
    return NULL;
}

static const fault *query_of(struct call *c)
{
    const struct shape *query = c->route->query;
    if (!query)
        return NULL;
    void *want = arena_take(c->arena, query->size);
    TRY(query_read(c->arena, c->request->query, query, want));
    c->query = want;
    return NULL;
}

static const fault *handler_run(struct call *c)
{
    struct under_way mine = { 0 };
    TRY(once_enter(c, &mine));
    const fault *problem = c->route->run(c);
    once_leave(c, &mine);
    if (!problem && c->status == 0)
        return fault_internal(c->arena, FAULT_INTERNAL, "internal_error",
                              "Something went wrong here; it is in the log.", "%s gave no answer",
                              c->route->path);
    return problem;
}

static const fault *route_missed(struct call *c, const struct match *found)
{
    if (!found->resource)
        return fault_new(c->arena, FAULT_NOT_FOUND, "route_unknown", "There is nothing at this address.");
    answer_header(c, "Allow", route_allowed(c->arena, found->resource));
    return fault_new(c->arena, FAULT_WRONG_METHOD, "method_not_allowed",
                     "This address does not take that method.");
}

/* OPTIONS; true when it was one. A resource for services alone says nothing to pages. */
static bool options_answer(struct call *c, const struct match *found)
{
    if (c->request->method != OPTIONS || !found->resource)
        return false;
    str allowed = route_allowed(c->arena, found->resource);
    if (route_resource_internal(found->resource)) {
        c->status = 204;
        answer_header(c, "Allow", allowed);
    } else {
        cors_preflight(c, allowed);
    }
    return true;
}

/* --- what every answer carries --- */

/* A refusal may have left a trace too: a declined ticket was booked, and its seats freed again. */
static bool may_have_written(int status)
{
    return status < 300 || status == 402 || status == 409 || status >= 500;
}

static void position_answer(struct call *c)
{
    enum method m = c->request->method;
    struct site *site = c->site;
    if (!site->position || m == GET || m == HEAD || m == OPTIONS || !may_have_written(c->status))
        return;
    int64_t position = site->position(c->service);
    if (position > 0)
        answer_header(c, "Taquilla-Position",
                      arena_printf(c->arena, "%s/%lld", site->name, (long long)position));
}

/* What may hold somebody's personal data is kept by no cache. */
static void privacy_answer(struct call *c)
{
    if (c->route && (c->route->access == ACCESS_ADMIN || c->route->access == ACCESS_CODE ||
                     c->route->access == ACCESS_INTERNAL))
        answer_header(c, "Cache-Control", STR("no-store"));
}

void site_dress(struct call *c)
{
    if (c->request->method != OPTIONS && !(c->route && c->route->access == ACCESS_INTERNAL))
        cors_answer(c);
    privacy_answer(c);
    position_answer(c);
}

static void stats_count(struct site *site, const struct match *found, int status, int64_t took_us)
{
    static const int64_t bounds_us[] = { 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000 };
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 5;
    site->requests_by_class[class]++;
    if (!found->route)
        return;
    struct route_stats *stats = &site->stats[found->index];
    size_t bucket = 0;
    while (bucket < COUNT_OF(bounds_us) && took_us > bounds_us[bucket])
        bucket++;
    stats->count++;
    stats->by_class[class]++;
    stats->errors_5xx += class == 5;
    stats->us_total += (uint64_t)took_us;
    stats->us_buckets[bucket]++;
}

/* A stream that we broke off counts as a failure, whatever its head said; one that its client left does not. */
static int status_counted(const struct call *c, const fault *problem)
{
    return c->streaming == STREAM_CUT && !str_equal(str_of(problem->code), STR("client_gone")) ? 500 : c->status;
}

static void access_log(const struct call *c, const struct match *found, const fault *problem, int64_t took_us)
{
    struct buf *line = log_begin(status_counted(c, problem) >= 500 ? "error" : "info", "request");
    if (c->route && c->route->method == c->request->method)
        buf_text(line, c->site->inside->log_members[found->index]);
    else
        log_members_put(line, c->site, c->request->method, c->route);
    log_member_int(line, "status", c->status);
    log_member_int(line, "us", took_us);
    log_member_text(line, "request", c->request_id);
    if (problem)
        log_member_text(line, "code", str_of(problem->code));
    if (problem && problem->internal.at)
        log_member_text(line, "internal", problem->internal);
    log_end(line);
}

/* --- the way --- */

static const fault *door_check(struct call *c, const struct match *found)
{
    const struct site *site = c->site;
    if (!site->closed || (found->route && found->route->when_closed) || !site->closed(c->service))
        return NULL;
    fault *problem = fault_new(c->arena, FAULT_UNAVAILABLE, "restore_running",
                               "A restore is under way here; try again when it is over.");
    problem->retry_after_s = CLOSED_RETRY_S;
    return problem;
}

enum worth worth_usual(const struct route *r, enum method m)
{
    if (r && r->worth)
        return r->worth;
    if (r && r->access == ACCESS_INTERNAL)
        return WORTH_ALWAYS;
    if (m != GET && m != HEAD && r)
        return WORTH_BOOKS;
    return r && r->kept ? WORTH_KEPT : WORTH_LOOKS;
}

/* One line a second, whatever the number: a line each would cost as much as an answer. */
static void shed_tell(struct load *load, int64_t now_ms)
{
    if (now_ms - load->told_ms < SHED_TOLD_EVERY_MS)
        return;
    log_line("warn", "overloaded", "%llu requests were refused: all wait for %lld ms and more",
             (unsigned long long)load->untold, (long long)loop_late_ms());
    load->told_ms = now_ms;
    load->untold = 0;
}

/* Before anything else is done for it. */
static const fault *load_check(struct call *c, const struct route *route)
{
    struct load *load = &c->site->load;
    if (load_takes(load, worth_usual(route, c->request->method), loop_now_ms(), loop_late_ms()))
        return NULL;
    c->shed = true;
    shed_tell(load, loop_now_ms());
    fault *problem = fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded",
                               "More is asked here than can be answered right now. Try again in a moment.");
    problem->retry_after_s = load_again_s(load, random_below(UINT32_MAX));
    return problem;
}

static const fault *call_judge(struct call *c, struct match *found, struct once *once)
{
    TRY(access_check_host(c->site, c->arena, c->request));
    *found = route_match(c->site->inside, c->request->method, c->request->path);
    if (options_answer(c, found))
        return NULL;
    TRY(door_check(c, found));
    bool may_be_kept = found->route && found->route->kept;
    if (!may_be_kept)
        TRY(load_check(c, found->route));
    c->route = found->route;
    access_read(c);
    if (c->site->admit)
        TRY(c->site->admit(c));
    if (!found->route)
        return route_missed(c, found);
    fiber_set_label(c->route->path);
    TRY(access_check(c));
    if (may_be_kept && c->route->kept(c)) /* also when too much is asked: a refusal costs nearly as much */
        return NULL;
    if (may_be_kept)
        TRY(load_check(c, found->route));
    TRY(path_parts_read(c, found));
    TRY(once_read(c, once));
    TRY(body_read(c));
    TRY(query_of(c));
    return handler_run(c);
}

static void answer_end(struct call *c, const fault *problem)
{
    if (c->streaming == STREAM_FLOWING) { /* it was dressed when its head left */
        c->streaming = problem ? STREAM_CUT : STREAM_FLOWING;
        return;
    }
    if (problem) {
        c->streaming = STREAM_NONE;
        answer_fault(c, problem);
    } else if (c->route && !c->streaming) {
        etag_answer(c);
    }
    site_dress(c);
}

void site_answer(struct site *site, struct call *c)
{
    int64_t began_us = clock_mono_us();
    struct match found = { 0 };
    struct once once;
    c->site = site;
    c->service = site->service;
    c->out.in = c->arena;
    c->request_id = request_id(c);
    fiber_set_request(c->request_id);
    site->requests_in_flight++;
    answer_header(c, "X-Request-Id", c->request_id);

    const fault *problem = call_judge(c, &found, &once);
    c->once = NULL;
    answer_end(c, problem);

    site->requests_in_flight--;
    int64_t took_us = clock_mono_us() - began_us;
    stats_count(site, &found, status_counted(c, problem), took_us);
    if (!c->shed)
        access_log(c, &found, problem, took_us);
}
