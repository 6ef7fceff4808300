/* test_access.c - tokens, hosts and pages of other origins, through the whole way of a request. */
#include "lib/http/testing.h"

#include <stdio.h>

/* Says who asked. */
static const fault *told(struct call *c)
{
    const char *who = c->internal ? "service" : c->admin ? "admin" : "guest";
    return reply_raw(c, 200, "text/plain", str_of(who));
}

static const struct route films[] = {
    { GET, "/films/{id}", told, .takes = NULL },
    { PUT, "/films/{id}", told, .takes = NULL },
    { DELETE, "/films/{id}", told, .takes = NULL },
    { POST, "/films/{id}/seats", told, .access = ACCESS_ANYONE },
    { GET, "/users", told, .access = ACCESS_ADMIN },
    { GET, "/tickets/{id}", told, .access = ACCESS_CODE },
    { PUT, "/tickets/{id}", told, .access = ACCESS_CODE },
    { GET, "/backups", told, .access = ACCESS_OPERATOR },
    { GET, "/feed", told, .access = ACCESS_INTERNAL },
    { 0 },
};
static const struct route *const tables[] = { films, NULL };

struct bench {
    struct site site;
    arena *arena;
};

static int set_up(void **state)
{
    static struct bench bench;
    bench.site = (struct site){ .name = "films", .tables = tables };
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


/* --- who may ask --- */

#define BEARER "Authorization: Bearer secret"

static void test_access_open(void **state)
{
    struct bench *b = *state;
    assert_answered(ASK("GET /users", "", ""), 200, "admin");
    assert_answered(ASK("DELETE /films/7", "", ""), 200, NULL);
    assert_answered(ASK("GET /backups", "", ""), 403, "operator_only"); /* no connection: not of this machine */
    struct call *c = ASK("GET /feed", "", "");
    assert_answered(c, 403, "service_token_unset");
    assert_header(c, "Vary", NULL);
}

static void test_access_matrix(void **state)
{
    struct bench *b = *state;
    b->site.admin_token = STR("secret");
    b->site.service_token = STR("inner");
    static const struct {
        const char *line, *headers;
        int status;
        const char *piece;
    } rows[] = {
        { "GET /films/7", "", 200, NULL },
        { "DELETE /films/7", "", 401, "unauthenticated" },
        { "DELETE /films/7", "Authorization: Bearer wrong!", 401, "unauthenticated" },
        { "DELETE /films/7", "Authorization: Bearer secre", 401, "unauthenticated" },
        { "DELETE /films/7", "Authorization: Bearer secrets", 401, "unauthenticated" },
        { "DELETE /films/7", "Authorization: Basic secret", 401, "unauthenticated" },
        { "DELETE /films/7", "Authorization: Bearer inner", 401, "unauthenticated" },
        { "DELETE /films/7", BEARER, 200, NULL },
        { "DELETE /films/7", "Authorization: bearer secret", 200, NULL },
        { "POST /films/7/seats", "", 200, NULL },
        { "GET /users", "", 401, "unauthenticated" },
        { "HEAD /users", "", 401, NULL },
        { "GET /users", BEARER, 200, "admin" },
        { "GET /backups", "", 401, "unauthenticated" },
        { "GET /backups", "Authorization: Bearer inner", 401, "unauthenticated" },
        { "GET /backups", BEARER, 200, "admin" },
        { "GET /tickets/1", "", 200, "guest" },
        { "PUT /tickets/1", "", 200, "guest" },
        { "PUT /tickets/1", BEARER, 200, "admin" },
        { "GET /feed", "", 401, "unauthenticated" },
        { "GET /feed", BEARER, 401, "unauthenticated" },
        { "GET /feed", "Authorization: Bearer inner", 200, "service" },
        { "GET /feed", "Authorization: Bearer inner\nOrigin: http://localhost", 403, "origin_refused" },
        { "GET /feed", "Origin: http://localhost", 403, "origin_refused" },
        { "GET /nothing", "", 404, NULL },
        { "POST /users", "", 405, NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct call *c = ASK(rows[i].line, rows[i].headers, "");
        assert_answered(c, rows[i].status, rows[i].piece);
        assert_header(c, "WWW-Authenticate", rows[i].status == 401 ? "Bearer" : NULL);
    }
    assert_header(ASK("GET /feed", "Authorization: Bearer inner\nOrigin: http://localhost", ""),
                  "Access-Control-Allow-Origin", NULL);
}

static void test_hosts(void **state)
{
    struct bench *b = *state;
    static str names[] = { { "cine.example", 12 } };
    b->site.public_hosts = (strs){ names, 1 };
    static const char *const good[] = { "Host: localhost", "Host: LOCALHOST:3004", "Host: 127.0.0.1:3001",
                                        "Host: 192.168.1.20", "Host: [::1]:3001", "Host: [fe80::1]", "",
                                        "Host: cine.example", "Host: Cine.Example:8080" };
    static const char *const bad[] = { "Host: evil.example", "Host: localhost.evil.example", "Host: 127.0.0.1.evil",
                                       "Host:", "Host: [::1", "Host: 1.2.3", "Host: cine.example.org" };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_answered(ASK("GET /films/7", good[i], ""), 200, NULL);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_answered(ASK("GET /films/7", bad[i], ""), 421, "host_not_ours");
}

/* --- pages of other origins --- */

static void test_cors(void **state)
{
    struct bench *b = *state;
    static str listed[] = { { "https://shop.example", 20 } };
    b->site.cors_origins = (strs){ listed, 1 };
    static const char *const good[] = { "http://localhost", "http://localhost:5173", "https://127.0.0.1:3000",
                                        "http://[::1]:80", "https://shop.example" };
    static const char *const bad[] = { "http://evil.example", "null", "http://localhost.evil.example",
                                       "file://localhost", "http://localhost:80.evil", "https://shop.example:444",
                                       "localhost" };
    char header[100];
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        snprintf(header, sizeof header, "Origin: %s", good[i]);
        struct call *c = ASK("GET /films/7", header, "");
        assert_header(c, "Access-Control-Allow-Origin", good[i]);
        assert_header(c, "Vary", "Origin");
        assert_answered(ASK("DELETE /films/7", header, ""), 200, NULL);
        assert_header(ASK("GET /nothing", header, ""), "Access-Control-Allow-Origin", good[i]);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(header, sizeof header, "Origin: %s", bad[i]);
        struct call *c = ASK("GET /films/7", header, "");
        assert_answered(c, 200, NULL);
        assert_header(c, "Access-Control-Allow-Origin", NULL);
        assert_header(c, "Vary", "Origin");
        assert_answered(ASK("DELETE /films/7", header, ""), 403, "origin_refused");
    }
    static str all[] = { { "*", 1 } };
    b->site.cors_origins = (strs){ all, 1 };
    assert_header(ASK("GET /films/7", "Origin: http://evil.example", ""), "Access-Control-Allow-Origin",
                  "http://evil.example");
}

/* The page we serve ourselves sends its Origin too. */
static void test_same_origin(void **state)
{
    struct bench *b = *state;
    static str names[] = { { "cine.example", 12 } };
    b->site.public_hosts = (strs){ names, 1 };
    assert_answered(ASK("DELETE /films/7", "Host: 192.168.1.5:3004\nOrigin: http://192.168.1.5:3004", ""), 200, NULL);
    assert_answered(ASK("DELETE /films/7", "Host: 192.168.1.5:3004\nOrigin: http://192.168.1.6:3004", ""), 403, NULL);
    assert_answered(ASK("DELETE /films/7", "Host: cine.example\nOrigin: https://cine.example", ""), 200, NULL);
}

static void test_preflight(void **state)
{
    struct bench *b = *state;
    struct call *c = ASK("OPTIONS /films/7",
                         "Origin: http://localhost:5173\nAccess-Control-Request-Method: PUT\n"
                         "Access-Control-Request-Headers: content-type, idempotency-key", "");
    assert_answered(c, 204, NULL);
    assert_int_equal(c->out.len, 0);
    assert_header(c, "Access-Control-Allow-Origin", "http://localhost:5173");
    assert_header(c, "Access-Control-Allow-Methods", "GET, HEAD, PUT, DELETE, OPTIONS");
    assert_header(c, "Access-Control-Allow-Headers", "content-type, idempotency-key");
    assert_header(c, "Access-Control-Max-Age", "600");
    c = ASK("OPTIONS /films/7", "Origin: http://evil.example\nAccess-Control-Request-Method: PUT", "");
    assert_answered(c, 204, NULL);
    assert_header(c, "Access-Control-Allow-Origin", NULL);
    c = ASK("OPTIONS /feed", "Origin: http://localhost\nAccess-Control-Request-Method: GET", "");
    assert_header(c, "Access-Control-Allow-Origin", NULL);
    assert_answered(ASK("OPTIONS /nothing", "Origin: http://localhost", ""), 404, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_access_open), TEST(test_access_matrix), TEST(test_hosts),
        TEST(test_cors),        TEST(test_same_origin),   TEST(test_preflight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
