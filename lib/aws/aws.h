/* aws.h - one question to an AWS service: signed, sent on the loop, tried again, its refusal read.
 *
 * Transport is libcurl (TLS, HTTP/1.1, keep-alive) driven by the loop: a call parks its fiber and blocks nobody; at most
 * AWS_CALLS_MAX are under way, more wait within their deadline. What may help is tried again up to MAX_RETRIES times with
 * full jitter: no answer, 5xx, throttling, and once each a clock that is off (the service's Date is taken from then on) and
 * credentials that ran out. Signatures: AWS Signature Version 4.
 *
 * Faults, whose sentence is for the operator and holds no secret:
 *   UNAVAILABLE aws_away              no answer in time (refused, broken, no such host, TLS)
 *   UNAVAILABLE aws_failing           5xx to the last try
 *   UNAVAILABLE aws_throttled         throttled to the last try
 *   UNAVAILABLE aws_denied            the key is unknown or wrong, or may not do it
 *   UNAVAILABLE aws_token_expired     the session's token ran out and there is no newer one
 *   UNAVAILABLE aws_clock_off         our clock differs by minutes, and correcting by theirs did not help
 *   UNAVAILABLE aws_no_credentials    none were found
 *   UNAVAILABLE aws_busy              more questions wait already than may (AWS_WAITING_MAX)
 *   UNAVAILABLE aws_full              the store has no room
 *   UNAVAILABLE bucket_missing, table_missing
 *   NOT_FOUND   object_missing
 *   CONFLICT    aws_condition_failed  a condition of the question does not hold (412, ConditionalCheckFailed)
 *   INVALID     aws_refused           any other 4xx: a bug of ours or of the settings; names AWS's own code
 *   INVALID     aws_unsupported       501: a server that plays AWS's does not know this
 *   UNAVAILABLE aws_strange           an answer that cannot be read */
#ifndef TAQUILLA_AWS_AWS_H
#define TAQUILLA_AWS_AWS_H

#include "lib/aws/sign.h"

#define AWS_CALLS_MAX 64     /* as WIRE_CALLS_MAX */
#define AWS_WAITING_MAX 1024 /* as WIRE_WAITING_MAX */
#define AWS_ANSWER_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of one that is not streamed */

struct aws;

struct aws_settings {
    str region;                        /* us-east-1 */
    str endpoint_s3, endpoint_dynamodb; /* http(s)://host[:port], of S3 also ://{bucket}.host[:port], in which the bucket's name stands
                                           for {bucket}; without: AWS's own for the region */
    str ca_file;                       /* AWS_CA_BUNDLE: authorities in PEM instead of the machine's */
    int64_t retries_max, retry_delay_ms; /* the first pause is at most this long, doubled for each further one, 20 s at most */
};

/* The credentials are looked for when they are first needed. The settings' texts must live as long. Loop thread. INVALID
 * setting_invalid. */
const fault *aws_open(arena *a, struct aws **out, const struct aws_settings *s, const struct credential_settings *where) MUST_CHECK;
void aws_close(struct aws *w); /* no call may be under way */
str aws_region(const struct aws *w);
int64_t aws_clock_off_ms(const struct aws *w); /* theirs minus ours, as last corrected; 0: never had to be */

/* What was asked so far; requests count every try. */
struct aws_counts {
    uint64_t requests, retries, throttled, bytes_sent, bytes_received;
};
struct aws_counts aws_counts_of(const struct aws *w, const char *service);

#define AWS_PARAMETERS_MAX 8
#define AWS_HEADERS_MAX 24

struct aws_question {
    const char *service;                /* "s3", "dynamodb" */
    str bucket;                         /* s3: in the host's name on AWS, before the path with an endpoint without {bucket}; or none */
    enum method method;
    str path;                           /* not encoded; begins with '/' */
    struct aws_parameter query[AWS_PARAMETERS_MAX]; /* in any order */
    size_t query_count;
    struct header headers[AWS_HEADERS_MAX]; /* besides Host, Date and what signing adds; no name twice */
    size_t header_count;
    str body;                           /* must live until the end of the call */
    str body_sha256;                    /* hex, when the caller has it already; else it is made here */
    int64_t deadline_ms;                /* of one try, from its begin; 0: 30000. With `piece`: of a silence, also before the first */
    bool once;                          /* is not tried again but for clock and credentials */
    /* The body of a 200 or 206 in pieces as they come instead of whole; on the loop thread, must not park. Its fault ends the
     * call. With the first piece the tries are over. */
    const fault *(*piece)(void *arg, str bytes);
    void *piece_arg;
};

struct aws_answer {
    int status;              /* 0: there was none */
    str refusal;             /* AWS's own code, "NoSuchUpload"; no text when it refused nothing or gave none. With a fault as well */
    struct header *headers; /* names in small letters */
    size_t header_count;
    str body;
};
str aws_answer_header(const struct aws_answer *answer, const char *name); /* no text when absent */

/* The answer (2xx, or 304) lives in the arena, which must have room for it; of a refusal there are status and refusal only. A 200 of
 * S3 whose body is an error (parts put together) is a 500. Fibers only. */
const fault *aws_ask(struct aws *w, arena *a, const struct aws_question *q, struct aws_answer *answer) MUST_CHECK;

/* A URL that lets its holder do one thing for `valid_s` (1 .. 604800) seconds without a key; less when the credentials are temporary and
 * run out before. Fibers only (credentials). */
const fault *aws_presign(struct aws *w, arena *a, const struct aws_question *q, int64_t valid_s, str *url) MUST_CHECK;

#endif
