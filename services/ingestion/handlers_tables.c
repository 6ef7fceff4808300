/* handlers_tables.c - GET /dynamodb/...: which tables there are, and items of one. */
#include "services/ingestion/handlers_tables.h"

#include "lib/json/write.h"

const char *const cloud_table_names[CLOUD_TABLES] = {
    [CLOUD_MOVIES] = "movies", [CLOUD_ROOMS] = "rooms", [CLOUD_RESERVATIONS] = "reservations", [CLOUD_USERS] = "users"
};

/* --- shapes --- */

struct items_query {
    int64_t limit;
    str index, key;
};
static const fault *query_check(arena *a, void *body)
{
    const struct items_query *q = body;
    if ((q->index.len > 0) == (q->key.len > 0))
        return NULL;
    return fault_new(a, FAULT_INVALID, "validation_failed", "index and key are given together: an index is queried by its key.");
}
static const struct field query_fields[] = {
    FIELD(struct items_query, limit, "limit", .fallback = "100", .max = 10000),
    FIELD(struct items_query, index, "index", .optional = true, .max = 255, .doc = "a global secondary index, with key"),
    FIELD(struct items_query, key, "key", .optional = true, .max = 1000, .doc = "of that index"),
};
const struct shape ingestion_items_query_shape = SHAPE(items_query, query_fields, .check = query_check);

struct table_told {
    str table_name;
    int64_t item_count;
    str table_status;
};
static const struct field table_fields[] = {
    FIELD(struct table_told, table_name, "table_name"),
    FIELD(struct table_told, item_count, "item_count", .doc = "as DynamoDB counts: up to six hours old"),
    FIELD(struct table_told, table_status, "table_status", .doc = "ACTIVE, CREATING ... of DynamoDB, or NOT_FOUND"),
};
static const struct shape table_shape = SHAPE(table_told, table_fields);

struct tables_by_name {
    struct table_told *of[CLOUD_TABLES];
};
#define TABLE(which, its_name)                                                                     \
    { .name = its_name, .column = its_name, .kind = KIND_OBJECT, .shape = &table_shape,            \
      .offset = offsetof(struct tables_by_name, of) + (which) * sizeof(struct table_told *) }
static const struct field by_name_fields[] = { TABLE(CLOUD_MOVIES, "movies"), TABLE(CLOUD_ROOMS, "rooms"),
                                               TABLE(CLOUD_RESERVATIONS, "reservations"), TABLE(CLOUD_USERS, "users") };
static const struct shape by_name_shape = SHAPE(tables_by_name, by_name_fields);

struct tables_told {
    struct tables_by_name *tables;
};
static const struct field tables_fields[] = { FIELD(struct tables_told, tables, "tables", .shape = &by_name_shape) };
const struct shape ingestion_tables_shape = SHAPE(tables_told, tables_fields);

struct item_told {
    struct raw_json item;
};
static const struct field item_fields[] = { FIELD(struct item_told, item, "", .whole = true) };
static const struct shape item_shape = SHAPE(item_told, item_fields);
struct items_told {
    str table_name;
    list items;
    int64_t count;
};
static const struct field items_fields[] = {
    FIELD(struct items_told, table_name, "table_name"),
    FIELD(struct items_told, items, "items", .shape = &item_shape),
    FIELD(struct items_told, count, "count"),
};
const struct shape ingestion_items_shape = SHAPE(items_told, items_fields);

/* --- tables --- */

const fault *ingestion_tables_answer(const struct cloud *cloud, struct call *c)
{
    struct table_told each[CLOUD_TABLES];
    struct tables_by_name named;
    for (size_t i = 0; i < CLOUD_TABLES; i++) {
        struct dynamodb_seen seen = { 0 };
        TRY(dynamodb_describe(cloud->aws, c->arena, cloud->tables[i].name, &seen));
        each[i] = (struct table_told){ cloud->tables[i].name, seen.there ? seen.item_count : 0,
                                       seen.there ? seen.status : STR("NOT_FOUND") };
        named.of[i] = &each[i];
    }
    return reply_plain(c, 200, &ingestion_tables_shape, &(struct tables_told){ &named });
}

/* --- items --- */

static const fault *table_of(const struct cloud *cloud, struct call *c, const struct dynamodb_table **table)
{
    for (size_t i = 0; i < CLOUD_TABLES; i++) {
        *table = &cloud->tables[i];
        if (str_equal(c->names[0], str_of(cloud_table_names[i])) || str_equal(c->names[0], cloud->tables[i].name))
            return NULL;
    }
    return fault_new(c->arena, FAULT_NOT_FOUND, "table_unknown", "There is no such table; there are movies, rooms, reservations, users.");
}

static const fault *index_of(arena *a, const struct dynamodb_table *table, const struct items_query *query,
                             struct dynamodb_wish *wish)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (!str_equal(query->index, str_of(table->indexes[i].name)))
            continue;
        wish->index = table->indexes[i].name;
        wish->key = table->indexes[i].key;
        wish->value = query->key;
        return NULL;
    }
    struct buf known = { .in = a };
    for (size_t i = 0; i < table->index_count; i++)
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", table->indexes[i].name);
    return fault_new(a, FAULT_INVALID, "validation_failed", "index must be one of this table's: %.*s.", (int)known.len, known.at);
}

struct telling {
    struct call *c;
    struct buf items;
    int64_t count, limit;
    bool enough;
};

/* A text of an item is escaped, so these bytes can only be its own attribute. */
#define TOMBSTONE STR("\"deleted\":{\"BOOL\":true}")

static bool is_tombstone(str item)
{
    for (str rest = item; rest.len >= TOMBSTONE.len; rest = str_after(rest, 1))
        if (str_starts(rest, TOMBSTONE))
            return true;
    return false;
}

/* Ends the reading; never answered. */
static const fault reading_ends = { .kind = FAULT_INTERNAL, .code = "internal_error", .sentence = { "Enough was read.", 16 } };

static const fault *item_tell(void *arg, str item)
{
    struct telling *t = arg;
    str json;
    if (is_tombstone(item))
        return NULL;
    t->enough = t->count == t->limit;
    if (t->enough)
        return &reading_ends;
    TRY(dynamodb_plain(t->c->arena, item, &json));
    if (t->count++ > 0)
        buf_char(&t->items, ',');
    buf_text(&t->items, json);
    return NULL;
}

const fault *ingestion_items_answer(const struct cloud *cloud, struct call *c)
{
    const struct items_query *query = c->query;
    const struct dynamodb_table *table;
    TRY(table_of(cloud, c, &table));
    struct dynamodb_wish wish = { .table = table->name };
    if (query->index.len > 0)
        TRY(index_of(c->arena, table, query, &wish));
    struct telling t = { .c = c, .items = { .in = c->arena }, .limit = query->limit };
    const fault *problem = query->limit > 0 ? dynamodb_read(cloud->aws, c->arena, &wish, item_tell, &t) : NULL;
    if (problem && !t.enough)
        return problem;
    struct buf out = { .in = c->arena };
    buf_literal(&out, "{\"table_name\":");
    json_write_text(&out, table->name);
    buf_literal(&out, ",\"items\":[");
    buf_text(&out, buf_str(&t.items));
    buf_printf(&out, "],\"count\":%lld}", (long long)t.count);
    return reply_raw(c, 200, NULL, buf_str(&out));
}
