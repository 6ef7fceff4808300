/* source.h - bytes that come in pieces and are read once, from first to last: a file need not fit into memory. */
#ifndef TAQUILLA_BASE_SOURCE_H
#define TAQUILLA_BASE_SOURCE_H

#include <stdbool.h>

#include "lib/base/str.h"

#define SOURCE_BYTES ((size_t)64 * 1024)

struct source {
    size_t (*more)(void *arg, char *room, size_t bytes); /* how many came; 0: no more will */
    void *arg;
    size_t at, len;
    bool over;
    char room[SOURCE_BYTES];
};

/* What lies ahead without being read: all that `room` takes, less only at the end. Before the first byte is read. */
str source_ahead(struct source *s);
/* The next piece into an empty room; false at the end. For the two below. */
bool source_fill(struct source *s);

#define SOURCE_END (-1)

/* The next byte, which stays; SOURCE_END when there is none. */
static inline int source_peek(struct source *s)
{
    return s->at < s->len || source_fill(s) ? (unsigned char)s->room[s->at] : SOURCE_END;
}

static inline int source_next(struct source *s)
{
    return s->at < s->len || source_fill(s) ? (unsigned char)s->room[s->at++] : SOURCE_END;
}

/* Passes over the mark that some programs put before UTF-8. */
void source_skip_mark(struct source *s);

#endif
