/* test_site.c - routes, bodies, keys, ETags and error bodies, each through the whole way of a request. */
#include "lib/http/testing.h"

#include <stdio.h>

#include "lib/http/codes.h"
#include "lib/http/embed.h"

struct film {
    int64_t unused;
    int64_t minutes;
    str title;
};

static const struct field film_fields[] = {
    FIELD(struct film, title, "title", .max = 20),
    FIELD(struct film, minutes, "minutes", .min = 1),
};
static const struct shape film_shape = SHAPE(film, film_fields);
static const struct field paging_fields[] = {
    FIELD(struct film, minutes, "limit", .fallback = "10", .max = 1000),
};
static const struct shape paging_shape = SHAPE(film, paging_fields);

/* Says which handler ran, with what. */
static const fault *told(struct call *c, const char *who)
{
    char text[200];
    int length = snprintf(text, sizeof text, "%s %lld %lld %.*s %.*s", who, (long long)c->ids[0],
                          (long long)c->ids[1], STR_ARG(c->names[0]), STR_ARG(c->names[1]));
    return reply_raw(c, 200, "text/plain", (str){ text, (size_t)length });
}

static const fault *films_list(struct call *c)
{
    const struct film *want = c->query;
    struct film rows[] = { { .title = STR("Alien"), .minutes = want->minutes } };
    list all = { rows, 1 };
    struct page page = { .page = 1, .limit = 10, .total = 21 };
    return reply_page(c, &film_shape, &all, &page);
}
static const fault *film_make(struct call *c)
{
    location(c, "/films/%d", 7);
    return reply(c, 201, &film_shape, c->body);
}
static const fault *film_search(struct call *c)
{
    return told(c, "search");
}
static const fault *film_show(struct call *c)
{
    return told(c, "film");
}
static const fault *film_edit(struct call *c)
{
    return reply_message(c, 200, NULL, NULL, "Changed");
}
static const fault *by_key(struct call *c)
{
    return told(c, "key");
}
static const fault *seats(struct call *c)
{
    return told(c, "seats");
}
static const fault *proxy(struct call *c)
{
    return told(c, "proxy");
}
static const fault *conflict(struct call *c)
{
    static int64_t taken[] = { 7, 9 };
    fault *problem = fault_new(c->arena, FAULT_CONFLICT, "seats_taken", "Seats are \"taken\".");
    problem->named_as = "seatIds";
    problem->named = (ids){ taken, 2 };
    return problem;
}
static const fault *away(struct call *c)
{
    return fault_internal(c->arena, FAULT_UNAVAILABLE, "store_unavailable", "Try again.", "SELECT secret");
}
static const fault *silent(struct call *c)
{
    (void)c;
    return NULL;
}
static const fault *plain_list(struct call *c)
{
    list none = { NULL, 0 };
    return reply_list(c, &film_shape, &none);
}

/* Asks itself again with the same key, as a second request would while this one waits. */
static const fault *impatient(struct call *c)
{
    arena *a = arena_new((size_t)4 * 1024 * 1024);
    struct call *second = ask(c->site, a, "POST /impatient", "Idempotency-Key: k1", "");
    struct call *other = ask(c->site, a, "POST /films/7/seats", "Idempotency-Key: k1", "");
    bool refused = second->status == 409 && answered_with(second, "idempotency_in_progress") &&
                   str_equal(answered_header(second, "Retry-After"), STR("1"));
    bool passed = other->status == 200;
    arena_free(a);
    return reply_sentence(c, refused && passed ? "refused" : "let in");
}

static const struct route films[] = {
    { GET, "/", plain_list, .takes = NULL },
    { GET, "/films", films_list, .query = &paging_shape },
    { POST, "/films", film_make, .takes = &film_shape },
    { GET, "/films/search", film_search, .takes = NULL },
    { GET, "/films/{id}", film_show, .takes = NULL },
    { PUT, "/films/{id}", film_edit, .takes = &film_shape, .body_optional = false },
    { DELETE, "/films/{id}", film_edit, .takes = NULL },
    { GET, "/films/{id}/seats/{id}", seats, .takes = NULL },
    { POST, "/films/{id}/seats", seats, .access = ACCESS_ANYONE },
    { POST, "/films/{id}/payment", seats, .access = ACCESS_ANYONE, .worth = WORTH_PAYS },
    { GET, "/films/{id}/{*key}", by_key, .takes = NULL },
    { GET, "/tags/{*key}", by_key, .takes = NULL },
    { GET, "/tags/{*key}/of/{*other}", by_key, .takes = NULL },
    { GET, "/mixed/{id}", film_show, .takes = NULL },
    { GET, "/mixed/{*key}", by_key, .takes = NULL },
    { GET, "/api/films", film_search, .takes = NULL },
    { GET, "/api/films/{**rest}", proxy, .any_method = true },
    { GET, "/conflict", conflict, .takes = NULL },
    { GET, "/away", away, .takes = NULL },
    { GET, "/silent", silent, .takes = NULL },
    { GET, "/health", plain_list, .when_closed = true },
    { POST, "/impatient", impatient, .access = ACCESS_ANYONE },
    { POST, "/maybe", film_edit, .takes = &paging_shape, .body_optional = true, .access = ACCESS_ANYONE },
    { 0 },
};
static const struct route *const tables[] = { films, NULL };

static int64_t position(void *service)
{
    (void)service;
    return 42;
}

struct bench {
    struct site site;
    arena *arena;
};

static int set_up(void **state)
{
    static struct bench bench;
    bench.site = (struct site){ .name = "films", .tables = tables, .position = position };
    bench.arena = arena_new((size_t)8 * 1024 * 1024);
    site_compile(&bench.site);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    site_release(&b->site);
    arena_free(b->arena);
    return 0;
}

#define ASK(line, headers, body) ask(&b->site, b->arena, line, headers, body)

static void test_routes(void **state)
{
    struct bench *b = *state;
    assert_answered(ASK("GET /films/7", "", ""), 200, "film 7 0");
    assert_answered(ASK("GET /films/7/", "", ""), 200, "film 7 0");
    assert_answered(ASK("GET /films/search", "", ""), 200, "search");
    assert_answered(ASK("GET /films/7/seats/9", "", ""), 200, "seats 7 9");
    assert_answered(ASK("GET /films/7/anything", "", ""), 200, "key 7 0 anything");
    assert_answered(ASK("GET /tags/rock/of/ages", "", ""), 200, "key 0 0 rock ages");
    assert_answered(ASK("GET /mixed/12", "", ""), 200, "film 12");
    assert_answered(ASK("GET /mixed/ab", "", ""), 200, "key 0 0 ab");
    assert_answered(ASK("GET /", "", ""), 200, "\"data\":[]");
    assert_answered(ASK("HEAD /films/7", "", ""), 200, "film 7 0");
    assert_answered(ASK("GET /nothing", "", ""), 404, "route_unknown");
    assert_answered(ASK("GET /films/7/seats/9/9", "", ""), 404, "route_unknown");
    assert_answered(ASK("GET //films", "", ""), 404, "route_unknown");
}

static void test_bad_ids(void **state)
{
    struct bench *b = *state;
    static const char *const bad[] = { "GET /films/abc", "GET /films/0", "GET /films/-1", "GET /films/1.5",
                                       "GET /films/99999999999999999999", "GET /films/7/seats/x1" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_answered(ASK(bad[i], "", ""), 400, "path_id_invalid");
}

static void test_methods(void **state)
{
    struct bench *b = *state;
    struct call *c = ASK("POST /films/7", "", "{}");
    assert_answered(c, 405, "method_not_allowed");
    assert_header(c, "Allow", "GET, HEAD, PUT, DELETE, OPTIONS");
    c = ASK("PUT /films/search", "", "{}");
    assert_answered(c, 405, NULL); /* not the film called search */
    assert_header(c, "Allow", "GET, HEAD, OPTIONS");
    assert_answered(ASK("TRACE /films", "", ""), 405, NULL);
    c = ASK("OPTIONS /films", "", "");
    assert_answered(c, 204, NULL);
    assert_header(c, "Allow", "GET, HEAD, POST, OPTIONS");
}

static void test_proxies(void **state)
{
    struct bench *b = *state;
    assert_answered(ASK("GET /api/films", "", ""), 200, "search");
    assert_answered(ASK("POST /api/films", "", "x"), 200, "proxy");
    assert_answered(ASK("PATCH /api/films/a/b/c", "", ""), 200, "proxy 0 0 a/b/c");
    struct call *c = ASK("OPTIONS /api/films/1", "", "");
    assert_header(c, "Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
}

static void test_bodies(void **state)
{
    struct bench *b = *state;
    struct call *c = ASK("POST /films", "", "{\"title\":\"Alien\",\"minutes\":117}");
    assert_answered(c, 201, "{\"success\":true,\"data\":{\"title\":\"Alien\",\"minutes\":117}}");
    assert_header(c, "Location", "/films/7");
    assert_header(c, "Taquilla-Position", "films/42");
    c = ASK("POST /films", "", "{\"minutes\":0}");
    assert_answered(c, 400, "\"details\":{\"title\":[\"");
    assert_answered(c, 400, "\"minutes\":[\"");
    assert_header(c, "Taquilla-Position", NULL);
    assert_answered(ASK("POST /films", "", ""), 400, "body_missing");
    assert_answered(ASK("POST /films", "", "{"), 400, "json_malformed");
    assert_answered(ASK("POST /maybe", "", ""), 200, "{\"success\":true,\"data\":null,\"message\":\"Changed\"}");
    assert_answered(ASK("POST /maybe", "", "{}"), 200, NULL);
    c = ASK("GET /films?limit=3", "", "");
    assert_answered(c, 200, "\"pagination\":{\"page\":1,\"limit\":10,\"total\":21,\"pages\":3}}");
    assert_answered(c, 200, "\"minutes\":3");
    assert_answered(ASK("GET /films?limit=-1", "", ""), 400, "validation_failed");
    b->site.null_members = true;
    assert_answered(ASK("GET /films?limit=3", "", ""), 200, "\"message\":null,\"error\":null}");
    b->site.null_members = false;
}

static void test_types(void **state)
{
    struct bench *b = *state;
    static const char *const good[] = { "application/json", "application/json; charset=utf-8",
                                        "Application/JSON", "application/merge-patch+json" };
    static const char *const bad[] = { "text/plain", "application/x-www-form-urlencoded", "json", "+json",
                                       "multipart/form-data; boundary=json", "application/jsonp" };
    char header[100];
    const char *film = "{\"title\":\"Alien\",\"minutes\":117}";
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        snprintf(header, sizeof header, "Content-Type: %s", good[i]);
        assert_answered(ASK("POST /films", header, film), 201, NULL);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(header, sizeof header, "Content-Type: %s", bad[i]);
        assert_answered(ASK("POST /films", header, film), 415, "type_unsupported");
    }
    /* Where no body is taken its type is nobody's business. */
    assert_answered(ASK("DELETE /films/7", "Content-Type: text/plain", "x"), 200, NULL);
}

static void test_errors(void **state)
{
    struct bench *b = *state;
    struct call *c = ASK("GET /conflict", "X-Request-Id: till-4", "");
    assert_int_equal(c->status, 409);
    const char *want = "{\"success\":false,\"data\":null,\"error\":\"Seats are \\\"taken\\\".\","
                       "\"message\":\"Seats are \\\"taken\\\".\",\"code\":\"seats_taken\",\"status\":409,"
                       "\"title\":\"Conflict\",\"detail\":\"Seats are \\\"taken\\\".\",\"seatIds\":[7,9],"
                       "\"requestId\":\"till-4\"}";
    assert_true(str_equal(buf_str(&c->out), str_of(want)));
    assert_header(c, "X-Request-Id", "till-4");
    c = ASK("GET /away", "", "");
    assert_answered(c, 503, "Try again.");
    assert_false(answered_with(c, "SELECT"));
    assert_header(c, "Retry-After", "1");
    assert_answered(ASK("GET /silent", "", ""), 500, "internal_error");
    b->site.errors = ERRORS_MOVIES;
    c = ASK("POST /films", "", "{\"minutes\":0}");
    b->site.errors = ERRORS_PLAIN;
    assert_answered(c, 400, "\"title\":{\"message\":\"");
    assert_answered(c, 400, "\"path\":\"title\",\"kind\":\"required\"}");
    assert_answered(c, 400, "\"path\":\"minutes\",\"kind\":\"min\"}");
}

static void test_request_ids(void **state)
{
    struct bench *b = *state;
    str first = answered_header(ASK("GET /films/7", "", ""), "X-Request-Id");
    str second = answered_header(ASK("GET /films/7", "", ""), "X-Request-Id");
    assert_true(first.len > 8 && !str_equal(first, second));
    assert_header(ASK("GET /films/7", "X-Request-Id: a_B-1.2:3", ""), "X-Request-Id", "a_B-1.2:3");
    static const char *const bad[] = {
        "X-Request-Id: has space", "X-Request-Id: {\"a\"}", "X-Request-Id:",
        "X-Request-Id: 12345678901234567890123456789012345678901234567890123456789012345",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        str got = answered_header(ASK("GET /films/7", bad[i], ""), "X-Request-Id");
        assert_true(got.len > 8 && got.len < 20);
    }
}

static void test_etags(void **state)
{
    struct bench *b = *state;
    struct call *c = ASK("GET /films/7", "", "");
    str tag = answered_header(c, "ETag");
    assert_true(tag.len == 18 && tag.at[0] == '"' && tag.at[17] == '"');
    assert_true(str_equal(tag, answered_header(ASK("HEAD /films/7", "", ""), "ETag")));
    assert_false(str_equal(tag, answered_header(ASK("GET /films/8", "", ""), "ETag")));
    static const char *const before[] = { "", "W/", "\"other\", ", "\"a\",W/\"b\" , W/" };
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        char header[150];
        snprintf(header, sizeof header, "If-None-Match: %s%.*s,\"c\"", before[i], STR_ARG(tag));
        c = ASK("GET /films/7", header, "");
        assert_int_equal(c->status, 304);
        assert_int_equal(c->out.len, 0);
        assert_true(str_equal(answered_header(c, "ETag"), tag));
    }
    assert_int_equal(ASK("HEAD /films/7", "If-None-Match: *", "")->status, 304);
    assert_answered(ASK("GET /films/7", "If-None-Match: \"other\"", ""), 200, NULL);
    assert_header(ASK("GET /conflict", "If-None-Match: *", ""), "ETag", NULL);
    assert_header(ASK("DELETE /films/7", "", ""), "ETag", NULL);
}

static void test_keys(void **state)
{
    struct bench *b = *state;
    char header[400];
    snprintf(header, sizeof header, "Idempotency-Key: %0256d", 1);
    assert_answered(ASK("POST /impatient", header, ""), 400, "idempotency_key_invalid");
    assert_answered(ASK("POST /impatient", "Idempotency-Key: a b", ""), 400, "idempotency_key_invalid");
    assert_answered(ASK("POST /impatient", "Idempotency-Key: caf\xc3\xa9", ""), 400, "idempotency_key_invalid");
    assert_answered(ASK("POST /impatient", "Idempotency-Key: k1", ""), 200, "refused");
    assert_answered(ASK("POST /impatient", "Idempotency-Key: k1", ""), 200, "refused"); /* it was let go */
}

static void test_statistics(void **state)
{
    struct bench *b = *state;
    ASK("GET /films/7", "", "");
    ASK("GET /films/8", "", "");
    ASK("GET /films/x", "", "");
    ASK("GET /away", "", "");
    ASK("GET /nothing", "", "");
    uint64_t counted = 0;
    for (size_t i = 0; i < site_route_count(&b->site); i++) {
        const struct route_stats *s = &b->site.stats[i];
        uint64_t in_buckets = 0;
        for (size_t k = 0; k < COUNT_OF(s->us_buckets); k++)
            in_buckets += s->us_buckets[k];
        assert_int_equal(in_buckets, s->count);
        counted += s->count;
        if (s->route->run == away)
            assert_int_equal(s->errors_5xx, 1);
        if (s->route->run == film_show && strcmp(s->route->path, "/films/{id}") == 0) {
            assert_int_equal(s->by_class[2], 2);
            assert_int_equal(s->by_class[4], 1);
        }
    }
    assert_int_equal(counted, 4);
    assert_int_equal(b->site.requests_by_class[2], 2);
    assert_int_equal(b->site.requests_by_class[4], 2);
    assert_int_equal(b->site.requests_by_class[5], 1);
    assert_int_equal(b->site.requests_in_flight, 0);
}

/* A server that could not read a head has no site and no request yet. */
static void test_fault_alone(void **state)
{
    struct bench *b = *state;
    struct call *c = NEW(b->arena, struct call);
    c->arena = b->arena;
    answer_fault(c, fault_new(b->arena, FAULT_MALFORMED, "json_malformed", "No."));
    assert_answered(c, 400, "\"code\":\"json_malformed\"");
    assert_false(answered_with(c, "requestId"));
}

/* The services' struct is the answer to whether they are closed. */
static bool closed(void *service)
{
    return *(bool *)service;
}

static void test_closed(void **state)
{
    struct bench *b = *state;
    bool shut = true;
    b->site.service = &shut;
    b->site.closed = closed;
    struct call *c = ask(&b->site, b->arena, "GET /films/7", "", "");
    assert_int_equal(c->status, 503);
    assert_true(answered_with(c, "restore_running"));
    assert_true(answered_header(c, "Retry-After").len > 0);
    assert_int_equal(ask(&b->site, b->arena, "POST /films", "", "{}")->status, 503); /* before the body is looked at */
    assert_int_equal(ask(&b->site, b->arena, "GET /nowhere", "", "")->status, 503);
    assert_int_equal(ask(&b->site, b->arena, "DELETE /films", "", "")->status, 503);
    assert_int_equal(ask(&b->site, b->arena, "GET /health", "", "")->status, 200);
    assert_int_equal(ask(&b->site, b->arena, "OPTIONS /films", "", "")->status, 204);
    shut = false;
    assert_int_equal(ask(&b->site, b->arena, "GET /films/7", "", "")->status, 200);
    assert_int_equal(ask(&b->site, b->arena, "GET /nowhere", "", "")->status, 404);
}

/* As if everybody had been waiting for long: lists are refused, then also new bookings; what is refused says when to come again. */
static void test_late(void **state)
{
    struct bench *b = *state;
    b->site.load = (struct load){ .late_ms_max = 50, .level = LOAD_CLASS, .interval_ends_ms = INT64_MAX };
    struct call *c = ASK("GET /films", "", "");
    assert_int_equal(c->status, 503);
    assert_true(answered_with(c, "overloaded") && c->shed);
    assert_true(answered_header(c, "Retry-After").len > 0);
    c = ASK("POST /films/7/seats", "", "");
    assert_true(c->status == 200 && !c->shed);
    b->site.load.level = 3 * LOAD_CLASS;
    assert_int_equal(ASK("POST /films/7/seats", "", "")->status, 503);
    assert_int_equal(ASK("POST /films/7/payment", "", "")->status, 200);
    assert_int_equal(b->site.load.refused[WORTH_LOOKS], 1);
    assert_int_equal(b->site.load.refused[WORTH_BOOKS], 1);
    b->site.load.late_ms_max = 0;
    assert_int_equal(ASK("GET /films", "", "")->status, 200);
}

static void test_codes(void **state)
{
    (void)state;
    for (const struct code *c = codes; c->code; c++) {
        if (c != codes)
            assert_true(strcmp(c[-1].code, c->code) < 0);
        assert_ptr_equal(code_find(c->code), c);
        assert_true(c->status == 0 || strcmp(status_title(c->status), "Status") != 0);
    }
    assert_null(code_find("nonsense"));
    assert_null(code_find(""));
}

static void test_embedded(void **state)
{
    struct bench *b = *state;
    static const struct embedded files[] = {
        { .name = "a.html", .content_type = "text/html", .bytes = { "long text", 9 }, .etag = { "\"1\"", 3 },
          .gzip = { "gz", 2 }, .gzip_etag = { "\"1-gz\"", 6 } },
        { .name = NULL },
    };
    static const struct {
        const char *encodings;
        bool packed;
    } rows[] = { { "", false }, { "gzip", true }, { "br, GZIP;q=0.5", true }, { "gzip;q=0", false }, { "br", false } };
    assert_null(embedded_find(files, STR("b.html")));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct message m = { .header_count = 1 };
        struct call c = { .arena = b->arena, .request = &m, .out = { .in = b->arena } };
        m.headers[0] = (struct header){ STR("Accept-Encoding"), str_of(rows[i].encodings) };
        reply_embedded(&c, embedded_find(files, STR("a.html")));
        assert_int_equal(c.out.len, rows[i].packed ? 2 : 9);
        assert_int_equal(c.packed, rows[i].packed);
        assert_true(str_equal(c.etag, rows[i].packed ? STR("\"1-gz\"") : STR("\"1\"")));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_routes),      TEST(test_bad_ids),     TEST(test_methods),     TEST(test_proxies),
        TEST(test_bodies),      TEST(test_types),       TEST(test_errors),      TEST(test_request_ids),
        TEST(test_etags),       TEST(test_keys),
        TEST(test_statistics),  TEST(test_fault_alone), TEST(test_codes),       TEST(test_embedded),
        TEST(test_closed),      TEST(test_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
