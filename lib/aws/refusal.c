/* refusal.c - the codes by which AWS refuses, and what each asks of us. */
#include "lib/aws/refusal.h"

#include <string.h>

/* S3 "Error responses", DynamoDB "Error handling", STS "Common errors", and what AWS's own SDKs try again. */
static const struct known {
    const char *name;
    struct verdict verdict;
} known[] = {
    { "AccessDenied", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "AccessDeniedException", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "AuthFailure", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "BandwidthLimitExceeded", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "ConditionalCheckFailedException", { NEXT_FAULT, FAULT_CONFLICT, "aws_condition_failed" } },
    { "ConditionalRequestConflict", { NEXT_AGAIN, FAULT_CONFLICT, "aws_condition_failed" } },
    { "ExpiredToken", { NEXT_RENEW, FAULT_UNAVAILABLE, "aws_token_expired" } },
    { "ExpiredTokenException", { NEXT_RENEW, FAULT_UNAVAILABLE, "aws_token_expired" } },
    { "IDPCommunicationError", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" } },
    { "InternalError", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" } },
    { "InternalServerError", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" } },
    { "InvalidAccessKeyId", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "InvalidClientTokenId", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "InvalidIdentityToken", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "InvalidSignatureException", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "InvalidToken", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "MissingAuthenticationToken", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "MissingAuthenticationTokenException", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "NoSuchBucket", { NEXT_FAULT, FAULT_UNAVAILABLE, "bucket_missing" } },
    { "NoSuchKey", { NEXT_FAULT, FAULT_NOT_FOUND, "object_missing" } },
    { "NotImplemented", { NEXT_FAULT, FAULT_INVALID, "aws_unsupported" } },
    { "OperationAborted", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" } },
    { "PreconditionFailed", { NEXT_FAULT, FAULT_CONFLICT, "aws_condition_failed" } },
    { "ProvisionedThroughputExceededException", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "QuotaExceeded", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_full" } },
    { "RequestExpired", { NEXT_CLOCK, FAULT_UNAVAILABLE, "aws_clock_off" } },
    { "RequestInTheFuture", { NEXT_CLOCK, FAULT_UNAVAILABLE, "aws_clock_off" } },
    { "RequestLimitExceeded", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "RequestThrottled", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "RequestThrottledException", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "RequestTimeTooSkewed", { NEXT_CLOCK, FAULT_UNAVAILABLE, "aws_clock_off" } },
    { "RequestTimeout", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" } },
    { "ResourceNotFoundException", { NEXT_FAULT, FAULT_UNAVAILABLE, "table_missing" } },
    { "SignatureDoesNotMatch", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "SlowDown", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "Throttling", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "ThrottlingException", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "ThrottledException", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "TokenRefreshRequired", { NEXT_RENEW, FAULT_UNAVAILABLE, "aws_token_expired" } },
    { "TooManyRequestsException", { NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" } },
    { "UnrecognizedClientException", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" } },
    { "XMinioStorageFull", { NEXT_FAULT, FAULT_UNAVAILABLE, "aws_full" } },
};

static struct verdict by_status(const struct refused *r)
{
    switch (r->status) {
    case 400:
        if (r->token_unjudged && r->said.code.len == 0)
            return (struct verdict){ NEXT_RENEW, FAULT_INVALID, "aws_refused" };
        break;
    case 401:
    case 403:
        return (struct verdict){ NEXT_FAULT, FAULT_UNAVAILABLE, "aws_denied" };
    case 404: /* of HEAD, which tells no code */
        if (r->said.code.len > 0)
            break;
        return r->bucket_itself ? (struct verdict){ NEXT_FAULT, FAULT_UNAVAILABLE, "bucket_missing" }
                                : (struct verdict){ NEXT_FAULT, FAULT_NOT_FOUND, "object_missing" };
    case 412:
        return (struct verdict){ NEXT_FAULT, FAULT_CONFLICT, "aws_condition_failed" };
    case 429:
        return (struct verdict){ NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_throttled" };
    case 503: /* of HEAD: S3 answers so when it asks for patience */
        return (struct verdict){ NEXT_AGAIN, FAULT_UNAVAILABLE, r->said.code.len ? "aws_failing" : "aws_throttled" };
    case 501:
        return (struct verdict){ NEXT_FAULT, FAULT_INVALID, "aws_unsupported" };
    case 507:
        return (struct verdict){ NEXT_FAULT, FAULT_UNAVAILABLE, "aws_full" };
    default:
        if (r->status >= 500)
            return (struct verdict){ NEXT_AGAIN, FAULT_UNAVAILABLE, "aws_failing" };
    }
    return (struct verdict){ NEXT_FAULT, FAULT_INVALID, "aws_refused" };
}

static bool has(str text, const char *words)
{
    return text.len > 0 && memmem(text.at, text.len, words, strlen(words)) != NULL;
}

/* A wrong clock is also told as a wrong signature, and to HEAD not at all: then the two times tell it. */
static bool is_of_the_clock(const struct refused *r, struct verdict found)
{
    if (strcmp(found.code, "aws_denied") != 0)
        return false;
    return has(r->said.message, "Signature expired") || has(r->said.message, "not yet current") ||
           r->clock_off_ms > CLOCK_OFF_MS_MAX || r->clock_off_ms < -CLOCK_OFF_MS_MAX;
}

struct verdict refusal_judge(const struct refused *r)
{
    if ((r->status >= 200 && r->status < 300) || r->status == 304)
        return (struct verdict){ .next = NEXT_WELL };
    struct verdict found = by_status(r);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_equal(r->said.code, str_of(known[i].name)))
            found = known[i].verdict;
    if (is_of_the_clock(r, found))
        return (struct verdict){ NEXT_CLOCK, FAULT_UNAVAILABLE, "aws_clock_off" };
    return found;
}
