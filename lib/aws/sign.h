/* sign.h - AWS Signature Version 4: what is sent is written in one canonical form and signed with a key of that day, region and
 * service. Pure: time, credentials and place are given; memory is the arena's.
 *
 * Source: "AWS Signature Version 4 for API requests" (IAM User Guide), "Authenticating Requests" (Amazon S3 API Reference). */
#ifndef TAQUILLA_AWS_SIGN_H
#define TAQUILLA_AWS_SIGN_H

#include "lib/aws/credentials.h"
#include "lib/http/message.h"

#define SIGN_HEX_BYTES 64 /* of a SHA-256 */
#define SIGN_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGN_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* the SHA-256 of no bytes */

/* One name and value of a query, not encoded. */
struct aws_parameter {
    str name, value;
};

struct sign_place {
    str region;          /* us-east-1 */
    const char *service; /* "s3", "dynamodb" */
    instant at;
};

struct sign_request {
    const char *method;
    str path;                     /* as it is sent: see sign_path */
    const struct aws_parameter *query;
    size_t query_count;
    const struct header *headers; /* all of them are signed; Host and X-Amz-Date must be among them */
    size_t header_count;
    str payload;                  /* hex SHA-256 of the body, or UNSIGNED-PAYLOAD */
};

/* Percent-encoded: all but A-Z a-z 0-9 - . _ ~ ; sign_path keeps '/' as well. */
str sign_encode(arena *a, str text);
str sign_path(arena *a, str path);
/* "name=value&...", encoded and in the order in which it is signed: what is sent is this very text. */
str sign_query(arena *a, const struct aws_parameter *query, size_t count);

#define SIGN_TIME_BYTES 17
str sign_time(char room[SIGN_TIME_BYTES], instant at); /* 20130524T000000Z */
str sign_hash(arena *a, str bytes);                    /* hex SHA-256; gives way on a fiber when there is much */

/* The three steps, for the tests too. The path of services other than S3 is made plain ("a/../b", "//") and encoded once more. */
str sign_canonical(arena *a, const struct sign_place *p, const struct sign_request *r);
str sign_text(arena *a, const struct sign_place *p, str canonical);
str sign_signature(arena *a, const struct sign_place *p, str secret, str text); /* hex */

/* The value of the Authorization header. */
str sign_authorization(arena *a, const struct sign_place *p, const struct credentials *who, const struct sign_request *r);

/* The query of a URL that needs no such header for `valid_s` seconds: that of `r`, the signature at its end. */
str sign_presigned(arena *a, const struct sign_place *p, const struct credentials *who, const struct sign_request *r, int64_t valid_s);

#endif
