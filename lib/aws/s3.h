/* s3.h - what Taquilla asks of Amazon S3. Path-style addresses with an endpoint of one's own, virtual-hosted ones on AWS.
 *
 * Faults as aws.h. Fibers only. Every object is stored with x-amz-server-side-encryption: AES256 and sent with its SHA-256. */
#ifndef TAQUILLA_AWS_S3_H
#define TAQUILLA_AWS_S3_H

#include "lib/aws/aws.h"

#define S3_PART_BYTES ((size_t)8 * 1024 * 1024) /* an object longer than that goes in parts of it */
#define S3_PARTS_AT_ONCE 3
#define S3_METADATA_MAX 12

struct s3 {
    struct aws *aws;
    str bucket;
    size_t page_keys; /* of a page of a list: 1 .. 1000; 0: 1000 */
};

struct s3_object {
    str key, content_type, content_encoding; /* the last may be empty */
    struct header metadata[S3_METADATA_MAX]; /* names without x-amz-meta- */
    size_t metadata_count;
    bool only_new;      /* If-None-Match: *; CONFLICT aws_condition_failed when the key is taken */
    str only_over;      /* If-Match: this ETag; empty: whatever is there */
    /* A condition that fails may also mean that an earlier try of the same call did it and its answer was lost: look who is there. */
};

/* What is there. */
struct s3_seen {
    str key, etag;
    int64_t size;
    instant modified;
    struct header *metadata; /* of head and get; names without x-amz-meta-, in small letters */
    size_t metadata_count;
};

const fault *s3_put(const struct s3 *s, arena *a, const struct s3_object *o, str body, str *etag) MUST_CHECK;
/* Whole; larger than AWS_ANSWER_BYTES_MAX: UNAVAILABLE aws_strange. */
const fault *s3_get(const struct s3 *s, arena *a, str key, struct s3_seen *seen, str *body) MUST_CHECK;
/* In pieces, from byte `from` on; broken off, it goes on by Range where it was (If-Match), tried as aws.h says without progress. */
struct s3_taker {
    const fault *(*piece)(void *arg, str bytes); /* on the loop thread, must not park */
    void *arg;
    int64_t from; /* bytes that are not wanted; all of them, or more: no piece comes */
};
const fault *s3_get_stream(const struct s3 *s, arena *a, str key, struct s3_taker *taker, struct s3_seen *seen) MUST_CHECK;
const fault *s3_head(const struct s3 *s, arena *a, str key, struct s3_seen *seen) MUST_CHECK;
const fault *s3_delete(const struct s3 *s, arena *a, str key) MUST_CHECK;
/* Any number, 1000 a request; keys that are not there count as deleted. The first request with a key that could not be ends it:
 * UNAVAILABLE aws_denied or aws_failing, which says how many and AWS's code of the first. */
const fault *s3_delete_many(const struct s3 *s, arena *a, const strs *keys) MUST_CHECK;

/* Every key under the prefix, page by page: `each` on this fiber, may park; its fault ends it. What it is shown lives until it returns. */
const fault *s3_list(const struct s3 *s, arena *a, str prefix, const fault *(*each)(void *arg, const struct s3_seen *seen),
                     void *arg) MUST_CHECK;

/* An object of any size from a source that is read once, in order: one PUT up to S3_PART_BYTES, else parts, S3_PARTS_AT_ONCE at a
 * time, in S3_PARTS_AT_ONCE * part bytes of memory. A fault leaves no part behind (abort); what a crash leaves the bucket's
 * lifecycle rule takes away, or s3_sweep. `size` is an upper bound that chooses the size of the parts (10,000 at most). */
struct s3_source {
    /* Fills up to `room` bytes; *got 0 is the end. On this fiber; may park. */
    const fault *(*read)(void *arg, char *at, size_t room, size_t *got);
    void *arg;
    int64_t size;
};
struct s3_sent {
    int64_t bytes;
    str etag, sha256; /* of the bytes sent, hex */
};
const fault *s3_upload(const struct s3 *s, arena *a, const struct s3_object *o, const struct s3_source *from,
                       struct s3_sent *sent) MUST_CHECK;
/* Aborts uploads of parts under the prefix that were begun before `before`. */
const fault *s3_sweep(const struct s3 *s, arena *a, str prefix, instant before, int64_t *aborted) MUST_CHECK;

/* --- the bucket: what is asked for is looked at by one and made so by the other. A server that does not know a setting at all:
 * INVALID aws_unsupported. --- */

const fault *s3_bucket_there(const struct s3 *s, arena *a, bool *there) MUST_CHECK;
const fault *s3_bucket_make(const struct s3 *s, arena *a) MUST_CHECK; /* one of our own that is there already is made */
const fault *s3_bucket_versioning(const struct s3 *s, arena *a, bool *on) MUST_CHECK;
const fault *s3_bucket_version(const struct s3 *s, arena *a) MUST_CHECK;
const fault *s3_bucket_encryption(const struct s3 *s, arena *a, bool *aes256) MUST_CHECK;
const fault *s3_bucket_encrypt(const struct s3 *s, arena *a) MUST_CHECK;
const fault *s3_bucket_blocking(const struct s3 *s, arena *a, bool *blocked) MUST_CHECK; /* all four kinds of public access */
const fault *s3_bucket_block(const struct s3 *s, arena *a) MUST_CHECK;

struct s3_rule {
    str id, prefix;
    int64_t standard_ia_days, glacier_days, expire_days, noncurrent_days, abort_days; /* 0: not */
};
const fault *s3_bucket_rules(const struct s3 *s, arena *a, list *rules) MUST_CHECK; /* those in force, of struct s3_rule; none is none */
/* Instead of all that are there. */
const fault *s3_bucket_rule(const struct s3 *s, arena *a, const struct s3_rule *rules, size_t count) MUST_CHECK;

#endif
