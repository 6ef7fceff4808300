/* shared.h - a body that many answers send without copying it. It is counted: whoever keeps it may let go of it, or put another in its
 * place, while some clients still take it. */
#ifndef TAQUILLA_HTTP_SHARED_H
#define TAQUILLA_HTTP_SHARED_H

#include "lib/http/call.h"

struct shared_body {
    size_t uses;
    struct buf text; /* on the heap; not to be changed once an answer has it */
};

struct shared_body *shared_body_new(void); /* one use: the maker's */
void shared_body_drop(struct shared_body *body); /* NULL: nothing */

/* As reply_tagged. */
const fault *reply_shared(struct call *c, const char *content_type, struct shared_body *body, str etag);

#endif
