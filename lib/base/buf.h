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

void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_text(struct buf *b, str text);
#define buf_literal(b, literal) buf_put((b), "" literal, sizeof(literal) - 1)
void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t n);
/* As a JSON string: quoted and escaped; a byte that is not UTF-8 becomes U+FFFD. */
void buf_quoted(struct buf *b, str text);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_drop_front(struct buf *b, size_t bytes);
void buf_reserve(struct buf *b, size_t room_bytes); /* at[len .. len + room) may be written directly */
str buf_str(const struct buf *b);
void buf_free(struct buf *b);

#endif
