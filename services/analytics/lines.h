/* lines.h - lines out of pieces: a streamed body comes cut anywhere. */
#ifndef TAQUILLA_ANALYTICS_LINES_H
#define TAQUILLA_ANALYTICS_LINES_H

#include "lib/base/buf.h"

/* More than the largest row: a film's document, of 1 MiB at most when it was sent, with its escapes. */
#define LINE_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct lines {
    struct buf begun; /* of a line whose end has not come yet; on the heap */
    /* Takes one line, without its end; what it does not like is said in a few words (a literal). */
    const char *(*take)(void *arg, str line);
    void *arg;
};

/* Hands on every line that ends in this piece. NULL, or what was said. */
const char *analytics_lines_take(struct lines *l, str piece) MUST_CHECK;
/* The body is over: NULL when it ended with a line's end. */
const char *analytics_lines_end(const struct lines *l) MUST_CHECK;
void analytics_lines_free(struct lines *l);

#endif
