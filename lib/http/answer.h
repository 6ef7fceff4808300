/* answer.h - the head of an answer as bytes. */
#ifndef TAQUILLA_HTTP_ANSWER_H
#define TAQUILLA_HTTP_ANSWER_H

#include "lib/http/call.h"

/* "Mon, 23 Nov 2026 10:00:00 GMT", made once a second. */
struct date_cache {
    char text[32];
    int64_t second; /* of the loop's clock; 0: not made yet */
};
str date_text(struct date_cache *cache, int64_t loop_now_ms);

/* Where its body ends, for who reads it. */
enum body_end { BODY_OF_LENGTH, BODY_OF_CHUNKS, BODY_UNTIL_CLOSE };

struct answer_form {
    str date;
    enum body_end end;
    int minor; /* of the request's HTTP version */
    bool keep_alive;
};

/* Status line, Date, Content-Type, what says where the body ends, Connection where that says
 * something, and the call's headers. */
void answer_head_write(struct buf *out, const struct call *c, const struct answer_form *form);

/* Is there a body after this status at all? */
bool status_has_body(int status);

#endif
