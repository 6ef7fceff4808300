/* dynamodb.c - tables: what is there, made on demand with their indexes, and the attribute by which items grow old. */
#include "lib/aws/dynamodb_internal.h"

#include <string.h>

#include "lib/loop/fiber.h"

#define READY_MS 120000
#define LOOK_MS 500

static str table_body(arena *a, str table)
{
    struct buf b = { .in = a };
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, table);
    buf_char(&b, '}');
    return buf_str(&b);
}

/* --- looking --- */

/* *table is DynamoDB's description; no text: there is none of that name. */
static const fault *description(struct aws *w, arena *a, str name, str *table)
{
    str answer;
    const fault *problem = dynamodb_ask(w, a, "DescribeTable", table_body(a, name), &answer, NULL);
    *table = (str){ NULL, 0 };
    if (problem && strcmp(problem->code, "table_missing") == 0)
        return NULL;
    TRY(problem);
    return dynamodb_part(a, answer, "Table", table) && table->at ? NULL : dynamodb_strange(a, name);
}

static const fault *indexes_read(arena *a, str name, str table, struct dynamodb_seen *seen)
{
    str indexes, rest, one;
    size_t count = 0;
    if (!dynamodb_part(a, table, "GlobalSecondaryIndexes", &indexes))
        return dynamodb_strange(a, name);
    for (rest = indexes; dynamodb_entry(a, &rest, &one);)
        count++;
    seen->indexes.at = NEW_ARRAY(a, str, count + 1);
    for (rest = indexes; dynamodb_entry(a, &rest, &one);)
        seen->indexes.at[seen->indexes.count++] = dynamodb_text(a, one, "IndexName");
    return NULL;
}

const fault *dynamodb_describe(struct aws *w, arena *a, str table, struct dynamodb_seen *seen)
{
    str found, billing;
    *seen = (struct dynamodb_seen){ 0 };
    TRY(description(w, a, table, &found));
    if (!found.at)
        return NULL;
    if (!dynamodb_part(a, found, "BillingModeSummary", &billing))
        return dynamodb_strange(a, table);
    *seen = (struct dynamodb_seen){ .there = true,
                                    .status = dynamodb_text(a, found, "TableStatus"),
                                    .item_count = dynamodb_int(a, found, "ItemCount"),
                                    .bytes = dynamodb_int(a, found, "TableSizeBytes"),
                                    .on_demand = str_equal(dynamodb_text(a, billing, "BillingMode"), STR("PAY_PER_REQUEST")) };
    return indexes_read(a, table, found, seen);
}

/* --- waiting --- */

/* The table and all its indexes. */
static bool is_ready(arena *a, str table)
{
    str rest, one;
    if (!str_equal(dynamodb_text(a, table, "TableStatus"), STR("ACTIVE")) || !dynamodb_part(a, table, "GlobalSecondaryIndexes", &rest))
        return false;
    while (dynamodb_entry(a, &rest, &one))
        if (!str_equal(dynamodb_text(a, one, "IndexStatus"), STR("ACTIVE")))
            return false;
    return true;
}

static const fault *look(struct aws *w, arena *a, str name, bool *ready)
{
    arena *own = arena_new(DYNAMODB_PAGE_ARENA_BYTES);
    str found;
    const fault *problem = description(w, own, name, &found);
    problem = problem ? fault_copy(a, problem) : NULL;
    *ready = !problem && found.at && is_ready(own, found);
    arena_free(own);
    return problem;
}

static const fault *ready_wait(struct aws *w, arena *a, str name)
{
    int64_t end = loop_now_ms() + READY_MS;
    for (;;) {
        bool ready;
        TRY(look(w, a, name, &ready));
        if (ready)
            return NULL;
        if (loop_now_ms() > end)
            return fault_new(a, FAULT_UNAVAILABLE, "aws_away", "DynamoDB's table %.*s was not ready in two minutes.", STR_ARG(name));
        fiber_sleep(LOOK_MS);
    }
}

/* --- making --- */

static void key_schema_put(struct buf *b, const struct dynamodb_key *key)
{
    buf_literal(b, "\"KeySchema\":[{\"KeyType\":\"HASH\",\"AttributeName\":");
    buf_quoted(b, str_of(key->name));
    buf_literal(b, "}]");
}

static void attribute_put(struct buf *b, const struct dynamodb_key *key)
{
    buf_literal(b, "{\"AttributeName\":");
    buf_quoted(b, str_of(key->name));
    buf_printf(b, ",\"AttributeType\":\"%c\"}", key->type);
}

static void index_put(struct buf *b, const struct dynamodb_index *index)
{
    buf_literal(b, "{\"IndexName\":");
    buf_quoted(b, str_of(index->name));
    buf_char(b, ',');
    key_schema_put(b, &index->key);
    buf_literal(b, ",\"Projection\":{\"ProjectionType\":\"ALL\"}}");
}

/* The keys of the table and its indexes [from, to), each name once. */
static void attributes_put(struct buf *b, const struct dynamodb_table *t, size_t from, size_t to)
{
    buf_literal(b, "\"AttributeDefinitions\":[");
    attribute_put(b, &t->key);
    for (size_t i = from; i < to; i++) {
        const char *name = t->indexes[i].key.name;
        bool known = strcmp(name, t->key.name) == 0;
        for (size_t before = from; before < i; before++)
            known = known || strcmp(name, t->indexes[before].key.name) == 0;
        if (known)
            continue;
        buf_char(b, ',');
        attribute_put(b, &t->indexes[i].key);
    }
    buf_char(b, ']');
}

static str create_body(arena *a, const struct dynamodb_table *t)
{
    struct buf b = { .in = a };
    buf_literal(&b, "{\"BillingMode\":\"PAY_PER_REQUEST\",\"TableName\":");
    buf_quoted(&b, t->name);
    buf_char(&b, ',');
    key_schema_put(&b, &t->key);
    buf_char(&b, ',');
    attributes_put(&b, t, 0, t->index_count);
    for (size_t i = 0; i < t->index_count; i++) {
        buf_text(&b, i > 0 ? STR(",") : STR(",\"GlobalSecondaryIndexes\":["));
        index_put(&b, &t->indexes[i]);
    }
    buf_text(&b, t->index_count > 0 ? STR("]}") : STR("}"));
    return buf_str(&b);
}

const fault *dynamodb_create(struct aws *w, arena *a, const struct dynamodb_table *t)
{
    str answer, refusal;
    const fault *problem = dynamodb_ask(w, a, "CreateTable", create_body(a, t), &answer, &refusal);
    if (problem && !str_equal(refusal, STR("ResourceInUseException"))) /* an earlier try did it, or another of us */
        return problem;
    TRY(ready_wait(w, a, t->name));
    return t->ttl ? dynamodb_ttl_on(w, a, t->name, t->ttl) : NULL;
}

static bool index_there(const struct dynamodb_seen *seen, const char *name)
{
    bool there = false;
    for (size_t i = 0; i < seen->indexes.count; i++)
        there = there || str_equal(seen->indexes.at[i], str_of(name));
    return there;
}

const fault *dynamodb_index_add(struct aws *w, arena *a, const struct dynamodb_table *t, size_t index)
{
    struct buf b = { .in = a };
    struct dynamodb_seen seen;
    str answer;
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, t->name);
    buf_char(&b, ',');
    attributes_put(&b, t, index, index + 1);
    buf_literal(&b, ",\"GlobalSecondaryIndexUpdates\":[{\"Create\":");
    index_put(&b, &t->indexes[index]);
    buf_literal(&b, "}]}");
    const fault *problem = dynamodb_ask(w, a, "UpdateTable", buf_str(&b), &answer, NULL);
    if (problem) { /* an earlier try may have done it */
        TRY(dynamodb_describe(w, a, t->name, &seen));
        if (!index_there(&seen, t->indexes[index].name))
            return problem;
    }
    return ready_wait(w, a, t->name);
}

/* --- what grows old --- */

const fault *dynamodb_ttl(struct aws *w, arena *a, str table, str *attribute)
{
    str answer, found;
    TRY(dynamodb_ask(w, a, "DescribeTimeToLive", table_body(a, table), &answer, NULL));
    if (!dynamodb_part(a, answer, "TimeToLiveDescription", &found))
        return dynamodb_strange(a, table);
    str status = dynamodb_text(a, found, "TimeToLiveStatus");
    bool on = str_equal(status, STR("ENABLED")) || str_equal(status, STR("ENABLING"));
    str name = dynamodb_text(a, found, "AttributeName");
    *attribute = on && name.at ? name : STR("");
    return NULL;
}

const fault *dynamodb_ttl_on(struct aws *w, arena *a, str table, const char *attribute)
{
    struct buf b = { .in = a };
    str answer, now;
    buf_literal(&b, "{\"TableName\":");
    buf_quoted(&b, table);
    buf_literal(&b, ",\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":");
    buf_quoted(&b, str_of(attribute));
    buf_literal(&b, "}}");
    const fault *problem = dynamodb_ask(w, a, "UpdateTimeToLive", buf_str(&b), &answer, NULL);
    if (!problem)
        return NULL;
    TRY(dynamodb_ttl(w, a, table, &now)); /* DynamoDB refuses to switch on what is on */
    return str_equal(now, str_of(attribute)) ? NULL : problem;
}
