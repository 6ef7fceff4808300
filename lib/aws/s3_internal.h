/* s3_internal.h - inside lib/aws/s3*.c: how questions to S3 are made and their answers read. */
#ifndef TAQUILLA_AWS_S3_INTERNAL_H
#define TAQUILLA_AWS_S3_INTERNAL_H

#include "lib/aws/s3.h"
#include "lib/aws/sums.h"
#include "lib/aws/xml.h"

#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
/* A page of a list, with the tree that is read from it. */
#define S3_PAGE_ARENA_BYTES (4 * AWS_ANSWER_BYTES_MAX)

/* Of the bucket (no key), or of an object in it. */
struct aws_question s3_question(const struct s3 *s, arena *a, enum method method, str key);
void s3_query(struct aws_question *q, const char *name, str value);
void s3_header(struct aws_question *q, const char *name, str value);
/* The body and its SHA-256; the deadline grows with its length. `digest` NULL: it is made here. */
void s3_body(struct aws_question *q, arena *a, str body, const unsigned char *digest);
/* What describes the object: its type, metadata, encryption. */
void s3_describe(struct aws_question *q, arena *a, const struct s3_object *o);
void s3_conditions(struct aws_question *q, const struct s3_object *o);

/* Asks for XML; the root's name is not looked at. */
const fault *s3_ask_xml(const struct s3 *s, arena *a, const struct aws_question *q, struct xml **root) MUST_CHECK;
const fault *s3_strange(arena *a, const struct s3 *s, const char *what) MUST_CHECK; /* UNAVAILABLE aws_strange */

/* The headers of an object's answer. */
void s3_seen_read(arena *a, str key, const struct aws_answer *answer, struct s3_seen *seen);
/* Percent-decoded when the answer says that it is encoded. */
str s3_key_read(arena *a, const struct xml *root, str text);
instant s3_instant_read(str text); /* INSTANT_NONE when it is none */

/* A page of the lists of objects and of uploads has so many at most. */
str s3_page_keys(const struct s3 *s, arena *a);

/* Ends an upload without an object; all its parts go. */
const fault *s3_abort(const struct s3 *s, arena *a, str key, str upload) MUST_CHECK;

#endif
