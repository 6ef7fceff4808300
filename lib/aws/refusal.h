/* refusal.h - what an answer of AWS means: well, worth another try, or a fault of ours or theirs. Pure. */
#ifndef TAQUILLA_AWS_REFUSAL_H
#define TAQUILLA_AWS_REFUSAL_H

#include "lib/base/clock.h"
#include "lib/base/fault.h"

#define REFUSAL_CODE_BYTES_MAX 100
#define CLOCK_OFF_MS_MAX ((int64_t)4 * 60 * 1000) /* DynamoDB allows five minutes, S3 fifteen */

/* What AWS says of itself; its message may name keys and accounts: it is looked into and told to nobody. */
struct refusal {
    str code, message; /* no text: there is none */
};

/* XML of S3 and STS: of an <Error>, alone or within an <ErrorResponse>. False: there is no such thing at its root. */
bool refusal_read_xml(arena *a, str body, struct refusal *out);
/* JSON of DynamoDB: "__type" behind its '#'. */
bool refusal_read_json(arena *a, str body, struct refusal *out);

enum refusal_next {
    NEXT_WELL,  /* no refusal */
    NEXT_AGAIN, /* later */
    NEXT_CLOCK, /* with their time */
    NEXT_RENEW, /* with newer credentials */
    NEXT_FAULT,
};

struct verdict {
    enum refusal_next next;
    enum fault_kind kind; /* of the fault, when that was the last try */
    const char *code;     /* aws.h */
};

struct refused {
    int status;
    struct refusal said;
    int64_t clock_off_ms; /* their Date less our time; 0 when unknown */
    bool bucket_itself;   /* S3: no key was asked for */
    bool token_unjudged;  /* HEAD with a session's token: that it ran out is told as a 400 and no more */
};
struct verdict refusal_judge(const struct refused *r);

/* "Tue, 27 Mar 2026 09:00:00 GMT" */
bool http_date_read(str text, instant *out) MUST_CHECK;

#endif
