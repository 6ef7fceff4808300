/* buf.c - growing text, and the numbers and quoted texts that most of it is made of. */
#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES ((size_t)256)

static void grow(struct buf *b, size_t cap)
{
    if (b->in == NULL) {
        char *at = realloc(b->at, cap);
        if (at == NULL) {
            fprintf(stderr, "taquilla: the machine has no memory left (%zu bytes)\n", cap);
            abort();
        }
        b->at = at;
    } else if (b->at == NULL || !arena_extend(b->in, b->at, b->cap, cap)) {
        char *at = arena_take_raw(b->in, cap);
        if (b->len)
            memcpy(at, b->at, b->len);
        b->at = at;
    }
    b->cap = cap;
}

void buf_grow(struct buf *b, size_t room_bytes)
{
    size_t need = b->len + room_bytes;
    size_t cap = b->cap ? b->cap * 2 : FIRST_BYTES;
    grow(b, cap > need ? cap : need);
}

void buf_int(struct buf *b, int64_t n)
{
    char room[20];
    char *at = room + sizeof room;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--at = '-';
    buf_put(b, at, (size_t)(room + sizeof room - at));
}

/* How a byte goes into a JSON string: 0 as it is, 'u' as \u00XX, 'm' is the start of many (UTF-8),
 * else \ and this letter. */
static const char escape_of[256] = {
    [0x00] = 'u', 'u', 'u',         'u',           'u',          'u',
    'u',          'u', 'b',         't',           'n',          'u',
    'f',          'r', 'u',         'u',           [0x10] = 'u', 'u',
    'u',          'u', 'u',         'u',           'u',          'u',
    'u',          'u', 'u',         'u',           'u',          'u',
    'u',          'u', ['"'] = '"', ['\\'] = '\\', [0x7F] = 'u', [0x80 ... 0xFF] = 'm',
};

static void put_escaped(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char how = escape_of[c];
    if (how == 'u') {
        char six[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
        buf_put(b, six, sizeof six);
    } else {
        char two[] = { '\\', how };
        buf_put(b, two, sizeof two);
    }
}

void buf_quoted(struct buf *b, str text)
{
    buf_reserve(b, text.len + 2);
    buf_char(b, '"');
    size_t plain = 0; /* start of what was looked at and needs no change */
    for (size_t i = 0;;) {
        while (i < text.len && escape_of[(unsigned char)text.at[i]] == 0)
            i++;
        if (i == text.len)
            break;
        unsigned char c = (unsigned char)text.at[i];
        char how = escape_of[c];
        size_t step = how == 'm' ? str_utf8_step(str_after(text, i)) : 1;
        if (how == 'm' && step) {
            i += step;
            continue;
        }
        buf_put(b, text.at + plain, i - plain);
        if (how == 'm')
            buf_literal(b, "\xEF\xBF\xBD");
        else
            put_escaped(b, c);
        plain = ++i;
    }
    buf_put(b, text.len ? text.at + plain : NULL, text.len - plain);
    buf_char(b, '"');
}

void buf_markup(struct buf *b, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '&')
            buf_literal(b, "&amp;");
        else if (c == '<')
            buf_literal(b, "&lt;");
        else if (c == '>')
            buf_literal(b, "&gt;");
        else if (c == '"')
            buf_literal(b, "&quot;");
        else
            buf_char(b, (unsigned char)c < ' ' ? ' ' : c);
    }
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    buf_reserve(b, 128);
    size_t room = b->cap - b->len;
    int len = vsnprintf(b->at + b->len, room, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len >= room) {
        buf_reserve(b, (size_t)len + 1);
        len = vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    if (len > 0)
        b->len += (size_t)len;
}

void buf_drop_front(struct buf *b, size_t bytes)
{
    size_t drop = bytes < b->len ? bytes : b->len;
    b->len -= drop;
    if (drop && b->len)
        memmove(b->at, b->at + drop, b->len);
}

str buf_str(const struct buf *b)
{
    return (str){ b->at ? b->at : "", b->len };
}

void buf_free(struct buf *b)
{
    if (b->in == NULL)
        free(b->at);
    *b = (struct buf){ .in = b->in };
}
