/* try_sign.c - signs a request of AWS's published test suite, for the tests: try_sign REGION SERVICE KEY_ID SECRET [TOKEN] <x.req
 * prints the canonical request, the string to sign and the value of Authorization, each ended by a NUL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/aws/sign.h"

#define REQUEST_BYTES_MAX ((size_t)64 * 1024)
#define HEADERS_ROOM 32
#define QUERY_ROOM 128

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static str decoded(arena *a, str text)
{
    char *out = arena_take(a, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool escape = text.at[i] == '%' && i + 2 < text.len;
        out[len++] = escape ? (char)(16 * hex_digit(text.at[i + 1]) + hex_digit(text.at[i + 2])) : text.at[i];
        i += escape ? 2 : 0;
    }
    return (str){ out, len };
}

/* "POST /path?query HTTP/1.1", where the path may have spaces. */
static void target_read(arena *a, str line, struct sign_request *r, struct aws_parameter *query)
{
    str method, part, target = line;
    (void)str_cut(&target, ' ', &method);
    while (target.len > 0 && target.at[target.len - 1] != ' ')
        target.len--;
    target.len -= target.len > 0;
    str rest = target;
    r->method = arena_cstr(a, method);
    (void)str_cut(&rest, '?', &r->path);
    while (rest.len > 0 && str_cut(&rest, '&', &part)) {
        str name, value = part;
        (void)str_cut(&value, '=', &name);
        query[r->query_count++] = (struct aws_parameter){ decoded(a, name), decoded(a, value.at ? value : STR("")) };
    }
}

/* A line that begins with white space goes on with the one before. */
static void headers_read(arena *a, str *rest, struct sign_request *r, struct header *headers)
{
    str line;
    while (str_cut(rest, '\n', &line) && line.len > 0) {
        str name, value = line;
        if (line.at[0] == ' ' || line.at[0] == '\t') {
            struct header *last = &headers[r->header_count - 1];
            last->value = arena_printf(a, "%.*s %.*s", STR_ARG(last->value), STR_ARG(str_trim(line)));
            continue;
        }
        (void)str_cut(&value, ':', &name);
        headers[r->header_count++] = (struct header){ name, str_trim(value) };
    }
}

static instant date_of(const struct sign_request *r)
{
    struct tm t = { 0 };
    for (size_t i = 0; i < r->header_count; i++)
        if (str_equal_nocase(r->headers[i].name, STR("X-Amz-Date")) && strptime(r->headers[i].value.at, "%Y%m%dT%H%M%SZ", &t))
            return (instant){ (int64_t)timegm(&t) * 1000 };
    return INSTANT_NONE;
}

static void show(str text)
{
    (void)fwrite(text.at, 1, text.len, stdout);
    putchar('\0');
}

int main(int argc, char **argv)
{
    arena *a = arena_new((size_t)1024 * 1024);
    static char room[REQUEST_BYTES_MAX];
    struct aws_parameter query[QUERY_ROOM];
    struct header headers[HEADERS_ROOM];
    struct sign_request r = { .query = query, .headers = headers };
    if (argc < 5)
        return 2;
    str rest = { room, fread(room, 1, sizeof room - 1, stdin) }, line;
    (void)str_cut(&rest, '\n', &line);
    target_read(a, line, &r, query);
    headers_read(a, &rest, &r, headers);
    if (argc > 5)
        headers[r.header_count++] = (struct header){ STR("X-Amz-Security-Token"), str_of(argv[5]) };
    r.payload = sign_hash(a, rest.at ? rest : STR(""));
    struct sign_place p = { str_of(argv[1]), argv[2], date_of(&r) };
    struct credentials who = { .key_id = str_of(argv[3]), .secret = str_of(argv[4]) };
    str canonical = sign_canonical(a, &p, &r);
    show(canonical);
    show(sign_text(a, &p, canonical));
    show(sign_authorization(a, &p, &who, &r));
    arena_free(a);
    return 0;
}
