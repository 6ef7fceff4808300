/* dynamodb_read.c - items by the page: a scan of a table, or a query by a key of its own or of an index. */
#include "lib/aws/dynamodb_internal.h"

#include <inttypes.h>

/* A page is 1 MB at most in any case. DynamoDB Local, told no number, reads all that is left of the table for each page. */
#define PAGE_ITEMS_MAX 500

/* What is under way. */
struct reading_on {
    struct aws *w;
    const struct dynamodb_wish *want;
    const fault *(*each)(void *arg, str item);
    void *arg;
    int64_t left;      /* items that are still wanted; INT64_MAX: all */
    struct buf behind; /* the key behind which the next page begins; empty: none */
};

static void query_put(struct buf *b, const struct dynamodb_wish *want)
{
    buf_literal(b, ",\"KeyConditionExpression\":\"#key = :key\",\"ExpressionAttributeNames\":{\"#key\":");
    buf_quoted(b, str_of(want->key.name));
    buf_printf(b, "},\"ExpressionAttributeValues\":{\":key\":{\"%c\":", want->key.type);
    buf_quoted(b, want->value);
    buf_literal(b, "}}");
    buf_literal(b, ",\"IndexName\":");
    buf_quoted(b, str_of(want->index));
}

static str page_body(const struct reading_on *r, arena *a)
{
    struct buf b = { .in = a };
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, r->want->table);
    if (r->want->index)
        query_put(&b, r->want);
    if (r->want->consistent)
        buf_literal(&b, ",\"ConsistentRead\":true");
    buf_printf(&b, ",\"Limit\":%" PRId64, r->left < PAGE_ITEMS_MAX ? r->left : PAGE_ITEMS_MAX);
    if (r->behind.len > 0) {
        buf_literal(&b, ",\"ExclusiveStartKey\":");
        buf_text(&b, buf_str(&r->behind));
    }
    buf_char(&b, '}');
    return buf_str(&b);
}

static const fault *page_read(struct reading_on *r, arena *a)
{
    str answer, items, last, item;
    TRY(dynamodb_ask(r->w, a, r->want->index ? "Query" : "Scan", page_body(r, a), &answer, NULL));
    if (!dynamodb_part(a, answer, "LastEvaluatedKey", &last) || !dynamodb_part(a, answer, "Items", &items))
        return dynamodb_strange(a, r->want->table);
    r->behind.len = 0;
    if (last.at && last.at[0] == '{')
        buf_text(&r->behind, last);
    while (r->left > 0 && dynamodb_entry(a, &items, &item)) {
        r->left -= r->left < INT64_MAX;
        TRY(r->each(r->arg, item));
    }
    return NULL;
}

const fault *dynamodb_read(struct aws *w, arena *a, const struct dynamodb_wish *want, const fault *(*each)(void *arg, str item), void *arg)
{
    struct reading_on r = { .w = w, .want = want, .each = each, .arg = arg, .left = want->limit > 0 ? want->limit : INT64_MAX };
    const fault *problem;
    do {
        arena *page = arena_new(DYNAMODB_PAGE_ARENA_BYTES);
        problem = page_read(&r, page);
        problem = problem ? fault_copy(a, problem) : NULL;
        arena_free(page);
    } while (!problem && r.behind.len > 0 && r.left > 0);
    buf_free(&r.behind);
    return problem;
}
