/* buf.h - a text that grows at its end; where every answer is written. */
#ifndef TAQUILLA_BASE_BUF_H
#define TAQUILLA_BASE_BUF_H

#include "lib/base/arena.h"

/* With an arena it lives as long as that; without (in == NULL) it is on the heap and needs buf_free. */
struct buf {
    char *at;
    size_t len, cap;
    arena *in;
};

void buf_grow(struct buf *b, size_t room_bytes); /* for buf_reserve */

/* These are here, since an answer is made of many pieces that are shorter than a call is long. */

static inline void buf_reserve(struct buf *b, size_t room_bytes) /* at[len .. len + room) may be written directly */
{
    if (room_bytes > b->cap - b->len)
        buf_grow(b, room_bytes);
}

static inline void buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    buf_reserve(b, len);
    memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

static inline void buf_text(struct buf *b, str text)
{
    buf_put(b, text.at, text.len);
}

static inline void buf_char(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->at[b->len++] = c;
}

#define buf_literal(b, literal) buf_put((b), "" literal, sizeof(literal) - 1)
void buf_int(struct buf *b, int64_t n);
/* As a JSON string: quoted and escaped; a byte that is not UTF-8 becomes U+FFFD. */
void buf_quoted(struct buf *b, str text);
/* As text of HTML or XML, also within a quoted attribute; control characters, which XML has none of, become spaces. */
void buf_markup(struct buf *b, str text);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_drop_front(struct buf *b, size_t bytes);
str buf_str(const struct buf *b);
void buf_free(struct buf *b);

#endif
