/* dynamodb_items.c - items: written in batches, written if newer, changed if newer, read by key. */
#include "lib/aws/dynamodb_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "lib/loop/fiber.h"

/* The guard's own names; `position` is a reserved word. */
#define GUARD "attribute_not_exists(#position) OR #position < :position"

#define ROUNDS_MAX 10 /* of what a batch left: with the pauses below some 10 s of throttling */
#define PAUSE_MS ((uint64_t)50)
#define PAUSE_MS_MAX ((uint64_t)2000)

/* --- asking --- */

const fault *dynamodb_ask(struct aws *w, arena *a, const char *action, str body, str *answer, str *refusal)
{
    struct aws_question q = { .service = "dynamodb", .method = POST, .path = STR("/"), .body = body };
    struct aws_answer got = { 0 };
    q.headers[q.header_count++] = (struct header){ STR("content-type"), STR("application/x-amz-json-1.0") };
    q.headers[q.header_count++] = (struct header){ STR("x-amz-target"), arena_printf(a, "DynamoDB_20120810.%s", action) };
    const fault *problem = aws_ask(w, a, &q, &got);
    *answer = got.body;
    if (refusal)
        *refusal = got.refusal;
    return problem;
}

const fault *dynamodb_strange(arena *a, str table)
{
    return fault_new(a, FAULT_UNAVAILABLE, "aws_strange", "DynamoDB gave an answer about %.*s that cannot be read.", STR_ARG(table));
}

/* --- batches --- */

static void pause_for(size_t round)
{
    uint64_t most = PAUSE_MS << round;
    fiber_sleep((int64_t)random_below((most < PAUSE_MS_MAX ? most : PAUSE_MS_MAX) + 1));
}

static str batch_body(arena *a, str table, str requests)
{
    struct buf b = { .in = a };
    buf_reserve(&b, requests.len + table.len + 32);
    buf_literal(&b, "{\"RequestItems\":{");
    buf_quoted(&b, table);
    buf_char(&b, ':');
    buf_text(&b, requests);
    buf_literal(&b, "}}");
    return buf_str(&b);
}

static str batch_requests(arena *a, const strs *items)
{
    struct buf b = { .in = a };
    for (size_t i = 0; i < items->count; i++) {
        buf_text(&b, i > 0 ? STR(",{\"PutRequest\":{\"Item\":") : STR("[{\"PutRequest\":{\"Item\":"));
        buf_text(&b, items->at[i]);
        buf_literal(&b, "}}");
    }
    buf_char(&b, ']');
    return buf_str(&b);
}

/* One question; *left is what was not taken, no text when all was. */
static const fault *batch_ask(struct aws *w, arena *a, str table, str requests, str *left)
{
    str answer, unprocessed;
    TRY(dynamodb_ask(w, a, "BatchWriteItem", batch_body(a, table, requests), &answer, NULL));
    if (!dynamodb_part(a, answer, "UnprocessedItems", &unprocessed))
        return dynamodb_strange(a, table);
    *left = (str){ NULL, 0 };
    if (unprocessed.at && unprocessed.at[0] == '{' && !dynamodb_part(a, unprocessed, arena_cstr(a, table), left))
        return dynamodb_strange(a, table);
    return NULL;
}

const fault *dynamodb_batch_put(struct aws *w, arena *a, str table, const strs *items)
{
    assert(items->count <= DYNAMODB_BATCH_MAX);
    arena *own = arena_new(DYNAMODB_PAGE_ARENA_BYTES); /* 25 items of 400 KB at most, sent again and again */
    str requests = items->count > 0 ? batch_requests(own, items) : (str){ NULL, 0 };
    struct buf left_over = { 0 };
    const fault *problem = NULL;
    for (size_t round = 0; requests.at && !problem; round++) {
        str left;
        if (round == ROUNDS_MAX) {
            problem = fault_new(a, FAULT_UNAVAILABLE, "aws_throttled", "DynamoDB did not take all items for %.*s, also when asked again.",
                                STR_ARG(table));
            break;
        }
        if (round > 0)
            pause_for(round - 1);
        problem = batch_ask(w, own, table, requests, &left);
        if (problem) {
            problem = fault_copy(a, problem);
            break;
        }
        left_over.len = 0;
        buf_text(&left_over, left);
        requests = left.at ? buf_str(&left_over) : left;
        arena_reset(own);
    }
    buf_free(&left_over);
    arena_free(own);
    return problem;
}

/* --- guarded by position --- */

/* The members of {"a":1} behind those that were begun; there may be none. */
static void members_join(struct buf *b, str given)
{
    str inside = str_trim(given);
    inside = inside.len >= 2 ? str_trim((str){ inside.at + 1, inside.len - 2 }) : STR("");
    if (inside.len > 0)
        buf_char(b, ',');
    buf_text(b, inside);
    buf_char(b, '}');
}

/* A build for tests can be told to do without: then what is told late overwrites what is newer. */
static void guard_put(struct buf *b, const struct dynamodb_change *c)
{
    const char *guard = twin_lacks("guard") ? GUARD " OR #position >= :position" : GUARD;
    buf_printf(b, ",\"ConditionExpression\":\"(%s)%s%s\"", guard, c->also ? " AND " : "", c->also ? c->also : "");
    buf_printf(b, ",\"ExpressionAttributeNames\":{\"#position\":\"%s\"", c->guard ? c->guard : "position");
    members_join(b, c->names);
    buf_printf(b, ",\"ExpressionAttributeValues\":{\":position\":{\"N\":\"%" PRId64 "\"}", c->position);
    members_join(b, c->values);
    buf_char(b, '}');
}

static const fault *guarded_ask(struct aws *w, arena *a, const char *action, str body, bool *taken)
{
    str answer, refusal;
    const fault *problem = dynamodb_ask(w, a, action, body, &answer, &refusal);
    *taken = !problem;
    return problem && strcmp(problem->code, "aws_condition_failed") == 0 ? NULL : problem;
}

const fault *dynamodb_put_newer(struct aws *w, arena *a, str table, str item, int64_t position, bool *taken)
{
    struct buf b = { .in = a };
    buf_reserve(&b, item.len + 512);
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, table);
    buf_literal(&b, ",\"Item\":");
    buf_text(&b, item);
    guard_put(&b, &(struct dynamodb_change){ .position = position });
    return guarded_ask(w, a, "PutItem", buf_str(&b), taken);
}

/* The position is set where the others are: an expression has one SET. */
static str expression_with_position(arena *a, str expression)
{
    for (size_t i = 0; i + 4 <= expression.len; i++)
        if ((i == 0 || expression.at[i - 1] == ' ') && str_equal_nocase((str){ expression.at + i, 4 }, STR("SET ")))
            return arena_printf(a, "%.*sSET #position = :position, %.*s", (int)i, expression.at, STR_ARG(str_after(expression, i + 4)));
    return arena_printf(a, "SET #position = :position %.*s", STR_ARG(expression));
}

const fault *dynamodb_change_newer(struct aws *w, arena *a, const struct dynamodb_change *c, bool *taken)
{
    struct buf b = { .in = a };
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, c->table);
    buf_literal(&b, ",\"Key\":");
    buf_text(&b, c->key);
    buf_literal(&b, ",\"UpdateExpression\":");
    buf_quoted(&b, expression_with_position(a, c->expression));
    guard_put(&b, c);
    return guarded_ask(w, a, "UpdateItem", buf_str(&b), taken);
}

/* --- one item --- */

const fault *dynamodb_get(struct aws *w, arena *a, str table, str key, str *item)
{
    struct buf b = { .in = a };
    str answer;
    buf_literal(&b, "{\"ConsistentRead\":true,\"TableName\":");
    buf_quoted(&b, table);
    buf_literal(&b, ",\"Key\":");
    buf_text(&b, key);
    buf_char(&b, '}');
    TRY(dynamodb_ask(w, a, "GetItem", buf_str(&b), &answer, NULL));
    return dynamodb_part(a, answer, "Item", item) ? NULL : dynamodb_strange(a, table);
}
