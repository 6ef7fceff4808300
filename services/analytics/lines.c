/* lines.c - whole lines are taken where they lie; only one that is cut by a piece's end is kept. */
#include "services/analytics/lines.h"

#include <string.h>

static const char *begun_add(struct lines *l, str part)
{
    if (part.len > LINE_BYTES_MAX - l->begun.len)
        return "has a line that is too long";
    buf_put(&l->begun, part.at, part.len);
    return NULL;
}

const char *analytics_lines_take(struct lines *l, str piece)
{
    while (piece.len > 0) {
        const char *end = memchr(piece.at, '\n', piece.len);
        str part = { piece.at, end ? (size_t)(end - piece.at) : piece.len };
        const char *wrong = NULL;
        if (!end || l->begun.len > 0 || part.len > LINE_BYTES_MAX)
            wrong = begun_add(l, part);
        if (!wrong && end) {
            wrong = l->take(l->arg, l->begun.len > 0 ? buf_str(&l->begun) : part);
            l->begun.len = 0;
        }
        if (wrong)
            return wrong;
        piece = str_after(piece, part.len + 1);
    }
    return NULL;
}

const char *analytics_lines_end(const struct lines *l)
{
    return l->begun.len > 0 ? "ends within a line" : NULL;
}

void analytics_lines_free(struct lines *l)
{
    buf_free(&l->begun);
}
