/* source.c - fills the room of a source when its bytes are used up. */
#include "lib/base/source.h"

bool source_fill(struct source *s)
{
    if (s->over)
        return false;
    s->at = 0;
    s->len = s->more(s->arg, s->room, SOURCE_BYTES);
    s->over = s->len == 0;
    return !s->over;
}

str source_ahead(struct source *s)
{
    while (s->len < SOURCE_BYTES && !s->over) {
        size_t came = s->more(s->arg, s->room + s->len, SOURCE_BYTES - s->len);
        s->len += came;
        s->over = came == 0;
    }
    return (str){ s->room + s->at, s->len - s->at };
}

void source_skip_mark(struct source *s)
{
    static const str mark = { "\xef\xbb\xbf", 3 };
    if (str_starts(source_ahead(s), mark))
        s->at += mark.len;
}
