/* source_text.h - a text as a source that gives it in pieces of `each` bytes: for tests and fuzz targets of what reads sources. */
#ifndef TAQUILLA_BASE_SOURCE_TEXT_H
#define TAQUILLA_BASE_SOURCE_TEXT_H

#include <stddef.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/source.h"

struct source_text {
    str rest;
    size_t each;
};

static inline size_t source_text_more(void *arg, char *room, size_t bytes)
{
    struct source_text *t = arg;
    size_t n = t->rest.len < t->each ? t->rest.len : t->each;
    n = n < bytes ? n : bytes;
    memcpy(room, t->rest.at ? t->rest.at : "", n);
    t->rest = str_after(t->rest, n);
    return n;
}

static inline struct source *source_of_text(arena *a, str text, size_t each)
{
    struct source_text *t = NEW(a, struct source_text);
    struct source *s = arena_take_raw(a, sizeof(struct source)); /* its room is large and need not be emptied */
    memset(s, 0, offsetof(struct source, room));
    *t = (struct source_text){ text, each };
    s->more = source_text_more;
    s->arg = t;
    return s;
}

#endif
