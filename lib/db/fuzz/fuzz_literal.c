/* fuzz_literal.c - any bytes as a literal of SQL: what PostgreSQL's scanner would read back must be those bytes, and the literal
 * must end where it ends. */
#include <assert.h>
#include <string.h>

#include "lib/db/postgres.h"

/* Reads E'...' as the server does: '' is a quote, a backslash makes the next byte plain. Bytes after which the backslash would mean
 * more (n, t, x, u, digits ...) can follow only a doubled one, as every backslash is doubled. */
static size_t literal_read(str sql, char *to, size_t *end)
{
    size_t len = 0, i = 3;
    assert(sql.len >= 4 && memcmp(sql.at, " E'", 3) == 0);
    for (; i < sql.len; i++) {
        char c = sql.at[i];
        if (c == '\'') {
            if (i + 1 >= sql.len || sql.at[i + 1] != '\'')
                break;
            i++;
        } else if (c == '\\') {
            i++;
            assert(i < sql.len && sql.at[i] == '\\');
        }
        to[len++] = c;
    }
    assert(i < sql.len);
    *end = i + 1;
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    if (a == NULL)
        a = arena_new((size_t)64 * 1024 * 1024);
    arena_reset(a);
    str text = { (const char *)data, size };
    struct buf sql = { .in = a };
    if (!pg_literal(&sql, text)) {
        assert(sql.len == 0);
        assert(memchr(data, 0, size) || !str_is_utf8(text));
        return 0;
    }
    char *back = arena_take(a, sql.len);
    size_t end, len = literal_read(buf_str(&sql), back, &end);
    assert(end == sql.len && len == size);
    assert(size == 0 || memcmp(back, data, size) == 0);
    return 0;
}
