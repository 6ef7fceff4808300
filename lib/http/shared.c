/* shared.c - the count of who still needs a body. */
#include "lib/http/shared.h"

#include <stdlib.h>

#include "lib/base/heap.h"

struct shared_body *shared_body_new(void)
{
    struct shared_body *made = heap_take(sizeof *made);
    made->uses = 1;
    return made;
}

void shared_body_drop(struct shared_body *body)
{
    if (!body || --body->uses > 0)
        return;
    buf_free(&body->text);
    free(body);
}

const fault *reply_shared(struct call *c, const char *content_type, struct shared_body *body, str etag)
{
    if (!c->exchange) /* nobody would let go of it */
        return reply_tagged(c, content_type, buf_str(&body->text), etag);
    TRY(reply_tagged(c, content_type, STR(""), etag));
    if (c->status != 200)
        return NULL;
    body->uses++;
    c->shared = body;
    c->out = (struct buf){ .at = body->text.at, .len = body->text.len, .cap = body->text.len, .in = c->arena };
    return NULL;
}
