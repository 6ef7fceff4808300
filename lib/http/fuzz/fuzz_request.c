/* fuzz_request.c - any bytes as requests on one connection. However they are cut they are the same
 * requests, and each that is taken ends exactly where a plain reader of RFC 9112, written without
 * llhttp, says it does. */
#include <assert.h>
#include <string.h>

#include "lib/http/fuzz/feeding.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

/* --- the plain reader --- */

/* Takes one line off the front; its end must be CRLF. */
static str line_take(str *rest)
{
    const char *end = rest->len ? memmem(rest->at, rest->len, "\r\n", 2) : NULL;
    assert(end);
    str line = { rest->at, (size_t)(end - rest->at) };
    *rest = str_after(*rest, line.len + 2);
    return line;
}

static size_t hex_read(str text)
{
    size_t value = 0;
    assert(text.len && text.len <= 16);
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef", *at = memchr(digits, text.at[i] | 0x20, 16);
        assert(at);
        value = value * 16 + (size_t)(at - digits);
    }
    return value;
}

struct plain {
    int hosts, lengths, encodings;
    int64_t length;
};

static struct plain head_read(str *rest)
{
    struct plain p = { 0 };
    line_take(rest);
    for (str line = line_take(rest); line.len; line = line_take(rest)) {
        str value = line, name;
        assert(str_cut(&value, ':', &name) && value.at && name.len && name.at[name.len - 1] != ' ');
        value = str_trim(value);
        p.hosts += str_equal_nocase(name, STR("host"));
        if (str_equal_nocase(name, STR("content-length"))) {
            p.lengths++;
            assert(str_to_int(value, &p.length) && p.length >= 0 && value.at[0] != '-');
        }
        if (str_equal_nocase(name, STR("transfer-encoding"))) {
            p.encodings++;
            assert(str_equal_nocase(value, STR("chunked")));
        }
    }
    return p;
}

static void chunks_check(str *rest, str body)
{
    for (;;) {
        str line = line_take(rest), digits = line;
        size_t hex = 0;
        while (hex < digits.len && memchr("0123456789abcdefABCDEF", digits.at[hex], 22))
            hex++;
        size_t size = hex_read((str){ digits.at, hex });
        if (!size)
            break;
        assert(size <= body.len && size + 2 <= rest->len && memcmp(rest->at, body.at, size) == 0);
        body = str_after(body, size);
        *rest = str_after(*rest, size);
        assert(rest->at[0] == '\r' && rest->at[1] == '\n');
        *rest = str_after(*rest, 2);
    }
    assert(body.len == 0);
    while (line_take(rest).len) /* trailers */
        ;
}

static void request_check(const struct fed *m, str input)
{
    const struct message *got = &m->message;
    str rest = str_after(input, m->begin);
    while (rest.len >= 2 && memcmp(rest.at, "\r\n", 2) == 0)
        rest = str_after(rest, 2);
    struct plain p = head_read(&rest);
    assert(p.hosts <= 1 && (p.hosts == 1 || m->parser.minor == 0));
    assert(p.lengths + p.encodings <= 1 && (!p.encodings || m->parser.minor == 1));
    if (p.encodings) {
        chunks_check(&rest, got->body);
    } else {
        assert((size_t)p.length == got->body.len &&
               memcmp(rest.at, got->body.at, got->body.len) == 0);
        rest = str_after(rest, got->body.len);
    }
    assert(rest.at == input.at + m->end);

    assert(got->path.len && !memchr(got->path.at, '\0', got->path.len) && str_is_utf8(got->path));
    assert(got->path.at[0] == '/' || (got->method == OPTIONS && str_equal(got->path, STR("*"))));
    assert(got->target.at[0] == got->path.at[0] && !memchr(got->target.at, ' ', got->target.len));
    fed_check(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    static struct feeding whole, cut;
    if (!a)
        a = arena_new(ARENA_BYTES);
    if (size > 128 * 1024)
        return 0;
    arena_reset(a);
    str input = { (const char *)data, size };
    feed(&whole, a, input);
    for (size_t i = 0; i < whole.count; i++)
        if (whole.fed[i].parser.stage == PARSE_DONE)
            request_check(&whole.fed[i], input);
    cut.step = size < 4096 ? 1 : 997;
    feed(&cut, a, input);
    feeding_compare(&whole, &cut);
    cut.step = 2 + size % 61 + size / 64;
    feed(&cut, a, input);
    feeding_compare(&whole, &cut);
    return 0;
}
