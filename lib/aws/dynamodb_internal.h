/* dynamodb_internal.h - inside lib/aws/dynamodb*.c: how DynamoDB is asked, and how its JSON is passed over without a tree. */
#ifndef TAQUILLA_AWS_DYNAMODB_INTERNAL_H
#define TAQUILLA_AWS_DYNAMODB_INTERNAL_H

#include "lib/aws/dynamodb.h"
#include "lib/json/walk.h"

/* A page of items (1 MB at most, but its names are ours too), and what is asked for it. */
#define DYNAMODB_PAGE_ARENA_BYTES (2 * AWS_ANSWER_BYTES_MAX)

/* One action: "PutItem". The answer's body; `refusal` (may be NULL) gets AWS's own code when there is a fault. */
const fault *dynamodb_ask(struct aws *w, arena *a, const char *action, str body, str *answer, str *refusal) MUST_CHECK;
const fault *dynamodb_strange(arena *a, str table) MUST_CHECK; /* UNAVAILABLE aws_strange */

/* A value of an object as it stands in the text; no text when there is none. False: it is no JSON object. */
bool dynamodb_part(arena *a, str object, const char *name, str *value) MUST_CHECK;
/* The same where it is a text, unescaped, or a number. No text, 0 when there is none or it is something else. */
str dynamodb_text(arena *a, str object, const char *name);
int64_t dynamodb_int(arena *a, str object, const char *name);
/* The next entry of an array, as it stands. At first *rest is the whole array; false at the end and where it is no JSON. */
bool dynamodb_entry(arena *a, str *rest, str *entry);

#endif
