/* test_head.c - the strict look at lines: what it lets through, what it stops, however the bytes arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/http/head.h"

#define GET_LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"

static const struct vector {
    const char *name;
    str bytes;
    bool good;
} vectors[] = {
    { "plain", STR(GET_LINE HOST "\r\n"), true },
    { "tab in a value", STR(GET_LINE "A: b\tc\r\n\r\n"), true },
    { "bytes above ASCII", STR(GET_LINE "A: caf\xC3\xA9\r\n\r\n"), true },
    { "no headers", STR(GET_LINE "\r\n"), true },
    { "bare LF", STR("GET / HTTP/1.1\nHost: localhost\n\n"), false },
    { "bare LF in a header", STR(GET_LINE "A: b\nX: y\r\n\r\n"), false },
    { "bare CR in a value", STR(GET_LINE "A: b\rX: y\r\n\r\n"), false },
    { "CR CR LF", STR(GET_LINE "A: b\r\r\n\r\n"), false },
    { "CR before a name (CVE-2023-30589)", STR(GET_LINE "X-A:\rTransfer-Encoding: chunked\r\n\r\n"), false },
    { "CR after a line (CVE-2025-23167)", STR(GET_LINE HOST "\r\rX: y\r\n\r\n"), false },
    { "CRLF CR X", STR(GET_LINE HOST "\r\n\rX: y\r\n\r\n"), true }, /* ends before; what follows is refused */
    { "space before the first header (CVE-2024-27982)", STR(GET_LINE " Content-Length: 4\r\n\r\n"), false },
    { "folded with a space", STR(GET_LINE "A: b\r\n c\r\n\r\n"), false },
    { "folded with a tab", STR(GET_LINE "A: b\r\n\tc\r\n\r\n"), false },
    { "header without name", STR(GET_LINE HOST ": x\r\n\r\n"), false },
    { "NUL", STR(GET_LINE "A: b\0c\r\n\r\n"), false },
    { "vertical tab", STR(GET_LINE "A: b\x0B" "c\r\n\r\n"), false },
    { "escape", STR(GET_LINE "A: b\x1B[1m\r\n\r\n"), false },
    { "DEL", STR(GET_LINE "A: b\x7F\r\n\r\n"), false },
    { "tab in the request line", STR("GET\t/ HTTP/1.1\r\n\r\n"), false },
    { "one space too many", STR("GET  / HTTP/1.1\r\n\r\n"), false },
    { "space at the end", STR("GET / HTTP/1.1 \r\n\r\n"), false },
    { "space in front", STR(" GET / HTTP/1.1\r\n\r\n"), false },
    { "HTTP/0.9", STR("GET /\r\n\r\n"), false },
    { "TLS hello", STR("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"), false },
    { "empty line first", STR("\r\n"), false }, /* the parser takes those away before */
};

/* Feeds `bytes` in pieces of `step`; true when an end of head was reached and nothing bad came before. */
static bool passes(struct lines l, str bytes, size_t step)
{
    for (size_t i = 0; i < bytes.len; i += step) {
        size_t len = bytes.len - i < step ? bytes.len - i : step;
        lines_scan(&l, bytes.at + i, len);
        if (l.bad || l.ended)
            return l.ended;
    }
    return false;
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++)
        for (size_t step = 1; step <= vectors[i].bytes.len; step++)
            if (passes(LINES_OF_REQUEST, vectors[i].bytes, step) != vectors[i].good)
                fail_msg("%s, in pieces of %zu", vectors[i].name, step);
}

static void test_end_is_exact(void **state)
{
    (void)state;
    str head = STR(GET_LINE HOST "\r\n"), more = STR(GET_LINE HOST "\r\nGET /next");
    struct lines l = LINES_OF_REQUEST;
    assert_int_equal(lines_scan(&l, more.at, more.len), head.len);
    assert_true(l.ended);
}

static void test_response_reason_has_spaces(void **state)
{
    (void)state;
    assert_true(passes(LINES_OF_RESPONSE, STR("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n"), 5));
    assert_false(passes(LINES_OF_RESPONSE, STR("HTTP/1.1 404 Not\tFound\r\nA: b\r\n\r\n"), 5));
}

static void test_every_control_byte_is_stopped(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char line[] = "A: bXc\r\n\r\n";
        line[4] = (char)byte;
        bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        struct lines l = LINES_OF_TRAILERS;
        lines_scan(&l, line, sizeof(line) - 1);
        assert_int_equal(l.bad, control);
    }
}

static void test_names_are_tokens(void **state)
{
    (void)state;
    static const char separators[] = "()<>@,;:\\\"/[]?={} \t"; /* RFC 2616, 2.2 */
    for (int byte = 0; byte < 256; byte++) {
        if (byte == ':')
            continue; /* ends the name */
        char name[] = { 'a', (char)byte, 'z', ':' };
        bool separator = byte && memchr(separators, byte, sizeof(separators) - 1);
        struct lines l = LINES_OF_TRAILERS;
        lines_scan(&l, name, sizeof(name));
        assert_int_equal(!l.bad, byte > ' ' && byte < 0x7F && !separator);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_end_is_exact),
        cmocka_unit_test(test_response_reason_has_spaces),
        cmocka_unit_test(test_every_control_byte_is_stopped),
        cmocka_unit_test(test_names_are_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
