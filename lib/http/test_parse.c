/* test_parse.c - messages out of bytes: good ones whole whatever the cuts, bad ones refused with the right word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/http/parse.h"

#define GET_LINE "GET /a HTTP/1.1\r\n"
#define POST_LINE "POST /a HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define CHUNKED POST_LINE HOST "Transfer-Encoding: chunked\r\n\r\n"
#define END "0\r\n\r\n"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A1024 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64
#define A16384 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024 A1024

/* --- a harness: feeds pieces as a connection does, what was not taken coming again with more --- */

struct outcome {
    struct parser parser;
    struct message message;
    size_t used; /* bytes up to the end of the message */
    bool closed_well;
};

static struct outcome *outcome_of(arena *a, str bytes, const size_t *cuts, size_t cut_count, bool response)
{
    struct outcome *o = NEW(a, struct outcome);
    if (response)
        parser_await_response(&o->parser, &o->message, a, false, BODY_BYTES_MAX);
    else
        parser_await_request(&o->parser, &o->message, a);
    for (size_t i = 0; i <= cut_count && o->parser.stage < PARSE_DONE; i++) {
        size_t end = i < cut_count ? cuts[i] : bytes.len;
        /* A copy that ends exactly there: reading past it shows under the address sanitizer. */
        str piece = arena_copy(a, (str){ bytes.at + o->used, end - o->used });
        o->used += parser_feed(&o->parser, piece.at, piece.len);
    }
    if (o->parser.stage == PARSE_BODY)
        o->closed_well = parser_finish(&o->parser);
    return o;
}

static void assert_same(const char *name, const struct outcome *a, const struct outcome *b)
{
    bool same = a->parser.stage == b->parser.stage && a->parser.refused == b->parser.refused;
    if (same && a->parser.stage == PARSE_DONE)
        same = a->used == b->used && a->message.status == b->message.status &&
               str_equal(a->message.body, b->message.body) && str_equal(a->message.path, b->message.path) &&
               a->message.header_count == b->message.header_count;
    if (!same)
        fail_msg("%s: another outcome when cut: %d %d, %zu %zu bytes", name, (int)a->parser.stage,
                 (int)b->parser.stage, a->used, b->used);
}

static void assert_cuts_change_nothing(const char *name, str bytes, bool response)
{
    arena *a = arena_new((size_t)1 << 30);
    size_t cuts[64];
    for (size_t at = 1; at < bytes.len; at++) {
        struct outcome *whole = outcome_of(a, bytes, NULL, 0, response);
        assert_same(name, whole, outcome_of(a, bytes, &at, 1, response));
        arena_reset(a);
    }
    for (size_t step = 1; step < 40 && bytes.len / step < COUNT_OF(cuts) * 8; step++) {
        size_t count = 0;
        for (size_t at = step; at < bytes.len && count < COUNT_OF(cuts); at += step)
            cuts[count++] = at;
        struct outcome *whole = outcome_of(a, bytes, NULL, 0, response);
        assert_same(name, whole, outcome_of(a, bytes, cuts, count, response));
        arena_reset(a);
    }
    arena_free(a);
}

/* --- refusals --- */

static const struct refused_vector {
    const char *name;
    str bytes;
    const char *code;
    int status;
} refused[] = {
    { "no Host", STR(GET_LINE "\r\n"), "host_wrong", 400 },
    { "two Hosts", STR(GET_LINE HOST HOST "\r\n"), "host_wrong", 400 },
    { "two Hosts on 1.0", STR("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), "host_wrong", 400 },
    { "Host with a path", STR(GET_LINE "Host: a/b\r\n\r\n"), "host_wrong", 400 },
    { "Host with a user", STR(GET_LINE "Host: a@b\r\n\r\n"), "host_wrong", 400 },
    { "two lengths", STR(POST_LINE HOST "Content-Length: 3\r\nContent-Length: 8\r\n\r\nabc"), "request_malformed", 400 },
    { "same length twice", STR(POST_LINE HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), "request_malformed", 400 },
    { "length list", STR(POST_LINE HOST "Content-Length: 3, 3\r\n\r\nabc"), "request_malformed", 400 },
    { "length +3", STR(POST_LINE HOST "Content-Length: +3\r\n\r\nabc"), "request_malformed", 400 },
    { "length -1", STR(POST_LINE HOST "Content-Length: -1\r\n\r\nabc"), "request_malformed", 400 },
    { "length 0x3", STR(POST_LINE HOST "Content-Length: 0x3\r\n\r\nabc"), "request_malformed", 400 },
    { "length of nothing", STR(POST_LINE HOST "Content-Length:\r\n\r\nabc"), "request_malformed", 400 },
    { "length 2^64+3", STR(POST_LINE HOST "Content-Length: 18446744073709551619\r\n\r\nabc"), "request_malformed", 400 },
    { "length, then chunked", STR(POST_LINE HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" END), "request_malformed", 400 },
    { "chunked, then length", STR(POST_LINE HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" END), "request_malformed", 400 },
    { "xchunked", STR(POST_LINE HOST "Transfer-Encoding: xchunked\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "identity", STR(POST_LINE HOST "Transfer-Encoding: identity\r\n\r\n"), "transfer_encoding_wrong", 400 },
    { "empty encoding", STR(POST_LINE HOST "Transfer-Encoding:\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "chunked, identity", STR(POST_LINE HOST "Transfer-Encoding: chunked, identity\r\n\r\n" END), NULL, 400 },
    { "gzip, chunked", STR(POST_LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "chunked twice", STR(POST_LINE HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" END), NULL, 400 },
    { "quoted chunked", STR(POST_LINE HOST "Transfer-Encoding: \"chunked\"\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "space before the colon", STR(POST_LINE HOST "Transfer-Encoding : chunked\r\n\r\n" END), "request_malformed", 400 },
    { "space before another colon", STR(GET_LINE HOST "X-A : b\r\n\r\n"), "request_malformed", 400 },
    { "space in a name", STR(GET_LINE HOST "X A: b\r\n\r\n"), "request_malformed", 400 },
    { "space in a trailer's name", STR(CHUNKED "0\r\nX A: b\r\n\r\n"), "request_malformed", 400 },
    { "byte above ASCII in a name", STR(GET_LINE HOST "X\xE9: b\r\n\r\n"), "request_malformed", 400 },
    { "chunked on 1.0", STR("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "chunked on 1.0, kept alive", STR("POST / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" END), "transfer_encoding_wrong", 400 },
    { "header without name", STR(GET_LINE HOST ": x\r\n\r\n"), "request_malformed", 400 },
    { "header without colon", STR(GET_LINE HOST "X\r\n\r\n"), "request_malformed", 400 },
    { "bracket in a name", STR(GET_LINE HOST "X(: y\r\n\r\n"), "request_malformed", 400 },
    { "bare LF", STR("GET / HTTP/1.1\nHost: localhost\n\n"), "request_malformed", 400 },
    { "NUL in a value", STR(GET_LINE HOST "A: b\0c\r\n\r\n"), "request_malformed", 400 },
    { "folded", STR(GET_LINE HOST "A: b\r\n c\r\n\r\n"), "request_malformed", 400 },
    { "chunk ends in LF", STR(CHUNKED "3\nabc\n0\n\n"), "request_malformed", 400 },
    { "chunk's data ends in LF", STR(CHUNKED "3\r\nabc\n0\r\n\r\n"), "request_malformed", 400 },
    { "chunk of 2^68", STR(CHUNKED "FFFFFFFFFFFFFFFFF\r\nabc"), "request_malformed", 400 },
    { "chunk 0x3", STR(CHUNKED "0x3\r\nabc\r\n" END), "request_malformed", 400 },
    { "chunk -1", STR(CHUNKED "-1\r\nabc\r\n" END), "request_malformed", 400 },
    { "chunk without length", STR(CHUNKED "\r\nabc\r\n" END), "request_malformed", 400 },
    { "chunk longer than said", STR(CHUNKED "3\r\nabcXX\r\n" END), "request_malformed", 400 },
    { "anything for the CRLF after a chunk", STR(CHUNKED "3\r\nabcXX0\r\n\r\n"), "request_malformed", 400 },
    { "space after a chunk's length", STR(CHUNKED "3 \r\nabc\r\n" END), "request_malformed", 400 },
    { "no length before an extension", STR(CHUNKED ";a\r\nabc\r\n" END), "request_malformed", 400 },
    { "LF in an extension", STR(CHUNKED "3;a\n\r\nabc\r\n" END), "request_malformed", 400 },
    { "space before a chunk's length", STR(CHUNKED " 3\r\nabc\r\n" END), "request_malformed", 400 },
    { "trailer with a bare CR", STR(CHUNKED "0\r\nX: y\rZ: 1\r\n\r\n"), "request_malformed", 400 },
    { "trailer folded", STR(CHUNKED "0\r\nX: y\r\n z\r\n\r\n"), "request_malformed", 400 },
    { "CR after a trailer", STR(CHUNKED "0\r\nX: y\r\n\rZ: 1\r\n\r\n"), "request_malformed", 400 },
    { "extension with a control byte", STR(CHUNKED "3;a=\x01\r\nabc\r\n" END), "request_malformed", 400 },
    { "header of 16 KiB", STR(GET_LINE HOST "A: " A16384 "\r\n\r\n"), "head_too_large", 431 },
    { "header that does not end", STR(GET_LINE HOST "A: " A16384), "head_too_large", 431 },
    { "target of 16 KiB", STR("GET /" A16384 " HTTP/1.1\r\n" HOST "\r\n"), "head_too_large", 431 },
    { "100 MB announced", STR(POST_LINE HOST "Content-Length: 100000000\r\n\r\nabc"), "body_too_large", 413 },
    { "a byte over 1 MiB announced", STR(POST_LINE HOST "Content-Length: 1048577\r\n\r\n"), "body_too_large", 413 },
    { "too large and expecting", STR(POST_LINE HOST "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n"), "body_too_large", 413 },
    { "other expectation", STR(POST_LINE HOST "Content-Length: 3\r\nExpect: foo\r\n\r\nabc"), "expectation_failed", 417 },
    { "HTTP/1.9", STR("GET / HTTP/1.9\r\n" HOST "\r\n"), "version_not_supported", 505 },
    { "HTTP/2.0", STR("GET / HTTP/2.0\r\n" HOST "\r\n"), "version_not_supported", 505 },
    { "HTTP/0.9", STR("GET / HTTP/0.9\r\n" HOST "\r\n"), "version_not_supported", 505 },
    { "HTTP/2 preface", STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL, 400 },
    { "FTP", STR("GET / FTP/1.1\r\n" HOST "\r\n"), "request_malformed", 400 },
    { "lower-case method", STR("get / HTTP/1.1\r\n" HOST "\r\n"), "request_malformed", 400 },
    { "unknown method", STR("BREW / HTTP/1.1\r\n" HOST "\r\n"), "method_not_implemented", 501 },
    { "CONNECT", STR("CONNECT localhost:1 HTTP/1.1\r\n" HOST "\r\n"), "method_not_implemented", 501 },
    { "bad escape", STR("GET /api/%zz HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "half an escape", STR("GET /api/%4 HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "escaped NUL", STR("GET /api/a%00b HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "not UTF-8, escaped", STR("GET /api/%FF HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "not UTF-8, raw", STR("GET /api/\xFF HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "fragment", STR("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "star for GET", STR("GET * HTTP/1.1\r\n" HOST "\r\n"), NULL, 400 },
    { "path without slash", STR("GET a HTTP/1.1\r\n" HOST "\r\n"), NULL, 400 },
    { "another host's address", STR("GET http://elsewhere/a HTTP/1.1\r\n" HOST "\r\n"), "target_wrong", 400 },
    { "another scheme", STR("GET ftp://localhost/a HTTP/1.1\r\n" HOST "\r\n"), NULL, 400 },
    { "user in the address", STR("GET http://me@localhost/a HTTP/1.1\r\n" HOST "\r\n"), NULL, 400 },
    { "nine empty lines", STR("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" GET_LINE HOST "\r\n"), "request_malformed", 400 },
    { "LF in front", STR("\n" GET_LINE HOST "\r\n"), "request_malformed", 400 },
};

static void test_refused(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 30);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        const struct refused_vector *v = &refused[i];
        struct outcome *o = outcome_of(a, v->bytes, NULL, 0, false);
        if (o->parser.stage != PARSE_REFUSED)
            fail_msg("%s: not refused", v->name);
        if (o->parser.refused->status != v->status || (v->code && strcmp(o->parser.refused->code, v->code) != 0))
            fail_msg("%s: refused as %d %s", v->name, o->parser.refused->status, o->parser.refused->code);
        arena_reset(a);
        if (v->bytes.len < 2000)
            assert_cuts_change_nothing(v->name, v->bytes, false);
    }
    arena_free(a);
}

static void test_many_headers(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    for (int count = 99; count <= 100; count++) {
        struct buf bytes = { .in = a };
        buf_literal(&bytes, GET_LINE HOST);
        for (int i = 0; i < count; i++)
            buf_printf(&bytes, "H%d: x\r\n", i);
        buf_literal(&bytes, "\r\n");
        struct outcome *o = outcome_of(a, buf_str(&bytes), NULL, 0, false);
        assert_int_equal(o->parser.stage, count == 99 ? PARSE_DONE : PARSE_REFUSED);
        if (count == 100)
            assert_int_equal(o->parser.refused->status, 431);
    }
    arena_free(a);
}

/* What frames the chunks may not outgrow what it frames. */
static void test_chunk_extension_bounded(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    struct buf bytes = { .in = a };
    buf_literal(&bytes, CHUNKED "3;");
    for (int i = 0; i < 64; i++)
        buf_literal(&bytes, A1024);
    buf_literal(&bytes, "\r\nabc\r\n" END);
    struct outcome *o = outcome_of(a, buf_str(&bytes), NULL, 0, false);
    assert_int_equal(o->parser.stage, PARSE_REFUSED);
    assert_int_equal(o->parser.refused->status, 413);
    arena_free(a);
}

/* --- good requests --- */

static struct outcome *taken(arena *a, str bytes)
{
    struct outcome *o = outcome_of(a, bytes, NULL, 0, false);
    assert_int_equal(o->parser.stage, PARSE_DONE);
    assert_int_equal(o->used, bytes.len);
    assert_cuts_change_nothing("good", bytes, false);
    return o;
}

#define ASSERT_TEXT(got, literal)                                                                  \
    do {                                                                                           \
        assert_int_equal((got).len, sizeof(literal) - 1);                                          \
        assert_memory_equal((got).at, literal, sizeof(literal) - 1);                               \
    } while (0)

static void test_fields(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    struct message *m = &taken(a, STR("GET /api/caf%C3%A9/?q=a%20b HTTP/1.1\r\nHOST: localhost:3004\r\nX-Empty:\r\n"
                                      "Accept: a/b, c \t\r\nConnection: keep-alive, x\r\n\r\n"))->message;
    assert_int_equal(m->method, GET);
    ASSERT_TEXT(m->target, "/api/caf%C3%A9/?q=a%20b");
    ASSERT_TEXT(m->path, "/api/caf\xC3\xA9");
    ASSERT_TEXT(m->query, "q=a%20b");
    ASSERT_TEXT(message_header(m, "host"), "localhost:3004");
    ASSERT_TEXT(message_header(m, "accept"), "a/b, c");
    ASSERT_TEXT(message_header(m, "Connection"), "keep-alive, x");
    ASSERT_TEXT(message_header(m, "x-empty"), "");
    assert_non_null(message_header(m, "x-empty").at);
    assert_null(message_header(m, "x-absent").at);
    assert_int_equal(m->header_count, 4);
    assert_true(m->keep_alive);
    arena_free(a);
}

static void test_targets(void **state)
{
    (void)state;
    static const struct {
        str line;
        const char *target, *path, *query;
    } good[] = {
        { STR("GET / HTTP/1.1\r\n"), "/", "/", "" },
        { STR("GET /? HTTP/1.1\r\n"), "/?", "/", "" },
        { STR("GET // HTTP/1.1\r\n"), "//", "/", "" },
        { STR("GET /a/ HTTP/1.1\r\n"), "/a/", "/a", "" },
        { STR("GET /a//?b/ HTTP/1.1\r\n"), "/a//?b/", "/a/", "b/" },
        { STR("GET /a%2fb HTTP/1.1\r\n"), "/a%2fb", "/a/b", "" },
        { STR("GET /%41+b HTTP/1.1\r\n"), "/%41+b", "/A+b", "" },
        { STR("GET /caf\xC3\xA9 HTTP/1.1\r\n"), "/caf\xC3\xA9", "/caf\xC3\xA9", "" },
        { STR("GET http://LOCALHOST/a?b=c HTTP/1.1\r\n"), "/a?b=c", "/a", "b=c" },
        { STR("GET http://localhost HTTP/1.1\r\n"), "/", "/", "" },
        { STR("GET http://localhost?b HTTP/1.1\r\n"), "/?b", "/", "b" },
        { STR("OPTIONS * HTTP/1.1\r\n"), "*", "*", "" },
    };
    arena *a = arena_new((size_t)1 << 24);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct message *m = &taken(a, arena_printf(a, "%.*s" HOST "\r\n", STR_ARG(good[i].line)))->message;
        assert_true(str_equal(m->target, str_of(good[i].target)));
        assert_true(str_equal(m->path, str_of(good[i].path)));
        assert_true(str_equal(m->query, str_of(good[i].query)));
    }
    arena_free(a);
}

static void test_bodies(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    ASSERT_TEXT(taken(a, STR(POST_LINE HOST "Content-Length: 3\r\n\r\nabc"))->message.body, "abc");
    ASSERT_TEXT(taken(a, STR(POST_LINE HOST "Content-Length: 0\r\n\r\n"))->message.body, "");
    ASSERT_TEXT(taken(a, STR(POST_LINE HOST "\r\n"))->message.body, "");
    ASSERT_TEXT(taken(a, STR(GET_LINE HOST "Content-Length: 2\r\n\r\n{}"))->message.body, "{}");
    ASSERT_TEXT(taken(a, STR("DELETE /a HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"))->message.body, "{}");
    ASSERT_TEXT(taken(a, STR(CHUNKED "3\r\nabc\r\n" END))->message.body, "abc");
    ASSERT_TEXT(taken(a, STR(CHUNKED "3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n" END))->message.body, "abc0123456789");
    ASSERT_TEXT(taken(a, STR(CHUNKED "2\r\n\r\n\r\n0\r\nX: y\r\nZ: 1\r\n\r\n"))->message.body, "\r\n");
    ASSERT_TEXT(taken(a, STR("\r\n\r\n" POST_LINE HOST "Content-Length: 2\r\n\r\n\0\n"))->message.body, "\0\n");
    ASSERT_TEXT(taken(a, STR("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx"))->message.body, "x");
    arena_free(a);
}

static void test_what_follows_is_left(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    str first[] = { STR(GET_LINE HOST "\r\n"), STR(CHUNKED "3\r\nabc\r\n" END),
                    STR(POST_LINE HOST "Content-Length: 3\r\n\r\nabc"),
                    STR(GET_LINE HOST "Connection: close\r\n\r\n"),
                    STR(GET_LINE HOST "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
                    STR(POST_LINE HOST "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx") };
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        str both = arena_printf(a, "%.*s" GET_LINE HOST "\r\n", STR_ARG(first[i]));
        struct outcome *o = outcome_of(a, both, NULL, 0, false);
        assert_int_equal(o->parser.stage, PARSE_DONE);
        assert_int_equal(o->used, first[i].len);
        assert_cuts_change_nothing("two", both, false);
    }
    arena_free(a);
}

static void test_keep_alive(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    assert_true(taken(a, STR(GET_LINE HOST "\r\n"))->message.keep_alive);
    assert_false(taken(a, STR(GET_LINE HOST "Connection: close\r\n\r\n"))->message.keep_alive);
    assert_false(taken(a, STR(GET_LINE HOST "Connection: foo, Close\r\n\r\n"))->message.keep_alive);
    assert_false(taken(a, STR("GET / HTTP/1.0\r\n\r\n"))->message.keep_alive);
    assert_true(taken(a, STR("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"))->message.keep_alive);
    arena_free(a);
}

static void test_expect(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    str head = STR(POST_LINE HOST "Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
    struct outcome *o = outcome_of(a, head, NULL, 0, false);
    assert_int_equal(o->parser.stage, PARSE_BODY);
    assert_true(o->parser.expects_continue);
    o = outcome_of(a, STR(POST_LINE HOST "Expect: 100-continue\r\n\r\n"), NULL, 0, false);
    assert_int_equal(o->parser.stage, PARSE_DONE);
    assert_false(o->parser.expects_continue);
    o = outcome_of(a, STR("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"), NULL, 0, false);
    assert_false(o->parser.expects_continue);
    arena_free(a);
}

static void test_body_of_1_mib(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 26);
    for (size_t size = BODY_BYTES_MAX; size <= BODY_BYTES_MAX + 1; size++) {
        struct buf bytes = { .in = a };
        buf_literal(&bytes, CHUNKED);
        for (size_t left = size; left;) {
            size_t piece = left < 1000 ? left : 1000;
            buf_printf(&bytes, "%zx\r\n%0*d\r\n", piece, (int)piece, 0);
            left -= piece;
        }
        buf_literal(&bytes, END);
        struct outcome *o = outcome_of(a, buf_str(&bytes), NULL, 0, false);
        assert_int_equal(o->parser.stage, size == BODY_BYTES_MAX ? PARSE_DONE : PARSE_REFUSED);
        if (o->parser.stage == PARSE_DONE)
            assert_int_equal(o->message.body.len, size);
        else
            assert_int_equal(o->parser.refused->status, 413);
    }
    arena_free(a);
}

/* --- responses --- */

static void test_responses(void **state)
{
    (void)state;
    static const struct {
        str bytes;
        int status;
        const char *body;
        bool keep_alive;
    } good[] = {
        { STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), 200, "abc", true },
        { STR("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), 200, "", true },
        { STR("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" END), 404, "abc", true },
        { STR("HTTP/1.1 204 No Content\r\n\r\n"), 204, "", true },
        { STR("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"), 304, "", true },
        { STR("HTTP/1.1 100 Continue\r\n\r\n"), 100, "", true },
        { STR("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"), 200, "x", false },
        { STR("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"), 200, "x", false },
        { STR("HTTP/1.1 200 OK\r\n\r\nuntil it closes"), 200, "until it closes", false },
    };
    arena *a = arena_new((size_t)1 << 24);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct outcome *o = outcome_of(a, good[i].bytes, NULL, 0, true);
        assert_int_equal(o->parser.stage, PARSE_DONE);
        assert_int_equal(o->used, good[i].bytes.len);
        assert_int_equal(o->message.status, good[i].status);
        assert_true(str_equal(o->message.body, str_of(good[i].body)));
        assert_int_equal(o->message.keep_alive, good[i].keep_alive);
        assert_cuts_change_nothing("response", good[i].bytes, true);
    }
    arena_free(a);
}

static void test_responses_refused(void **state)
{
    (void)state;
    str bad[] = {
        STR("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        STR("HTTP/2.0 200 OK\r\n\r\n"),
        STR("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
        STR("HTTP/1.1 999 What\r\n\r\n"),
        STR("HTTP/1.1 99 What\r\n\r\n"),
        STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" END),
        STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"),
        STR("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"),
        STR("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        STR("GET / HTTP/1.1\r\n\r\n"),
        STR("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        STR("HTTP/1.1 200 OK\r\nA: " A16384 "\r\n\r\n"),
    };
    arena *a = arena_new((size_t)1 << 24);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (outcome_of(a, bad[i], NULL, 0, true)->parser.stage != PARSE_REFUSED)
            fail_msg("response %zu was taken", i);
        if (bad[i].len < 2000)
            assert_cuts_change_nothing("bad response", bad[i], true);
    }
    arena_free(a);
}

static void test_response_broken_off(void **state)
{
    (void)state;
    str cut[] = { STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"),
                  STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n") };
    arena *a = arena_new((size_t)1 << 24);
    for (size_t i = 0; i < COUNT_OF(cut); i++) {
        struct outcome *o = outcome_of(a, cut[i], NULL, 0, true);
        assert_int_equal(o->parser.stage, PARSE_BODY);
        assert_false(o->closed_well);
    }
    arena_free(a);
}

static void test_response_to_head(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1 << 24);
    struct parser p;
    struct message m;
    str bytes = STR("HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n");
    parser_await_response(&p, &m, a, true, BODY_BYTES_MAX);
    assert_int_equal(parser_feed(&p, bytes.at, bytes.len), bytes.len);
    assert_int_equal(p.stage, PARSE_DONE);
    assert_true(m.keep_alive);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_many_headers),
        cmocka_unit_test(test_chunk_extension_bounded), cmocka_unit_test(test_fields),
        cmocka_unit_test(test_targets), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_what_follows_is_left), cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_expect), cmocka_unit_test(test_body_of_1_mib),
        cmocka_unit_test(test_responses), cmocka_unit_test(test_responses_refused),
        cmocka_unit_test(test_response_broken_off), cmocka_unit_test(test_response_to_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
