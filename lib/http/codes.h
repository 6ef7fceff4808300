/* codes.h - every code that an answer or a start-up message can carry; docs/errors.md is printed from it. */
#ifndef TAQUILLA_HTTP_CODES_H
#define TAQUILLA_HTTP_CODES_H

#include "lib/base/buf.h"
#include "lib/base/fault.h"

struct code {
    const char *code;
    int status;          /* of the answer; 0: never an answer, a message at start or in the log */
    const char *meaning; /* for people: what happened and what to do */
};

extern const struct code codes[]; /* sorted by code, ended by a NULL code */
const struct code *code_find(const char *code); /* NULL when it is not listed */
/* What a client may read of a fault: one whose code is never an answer names paths, and is told by what its code means. */
str code_told(const fault *problem);

/* docs/errors.md. */
void codes_write(struct buf *out);

#endif
