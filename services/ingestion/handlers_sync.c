/* handlers_sync.c - POST /sync/{table}: one table brought up to date while its asker waits. */
#include "services/ingestion/handlers_sync.h"

struct sync_order {
    instant last_sync_time;
    uint64_t given;
};
static const struct field order_fields[] = {
    FIELD(struct sync_order, last_sync_time, "last_sync_time", .optional = true, .nullable = true,
          .doc = "since when; without it since the last sync"),
};
const struct shape ingestion_sync_order_shape = SHAPE(sync_order, order_fields, .given = offsetof(struct sync_order, given),
                                                      .partial = true);

struct sync_answer {
    str message;
    instant timestamp;
    int64_t records_synced;
};
static const struct field answer_fields[] = {
    FIELD(struct sync_answer, message, "message"),
    FIELD(struct sync_answer, timestamp, "timestamp", .form = TIME_Z_MS, .doc = "when it began"),
    FIELD(struct sync_answer, records_synced, "records_synced", .doc = "rows of that table that were told of"),
};
const struct shape ingestion_sync_answer_shape = SHAPE(sync_answer, answer_fields);

static const fault *table_of(struct call *c, enum sync_table *table)
{
    struct buf known = { .in = c->arena };
    if (sync_table_find(c->names[0], table))
        return NULL;
    for (unsigned i = 0; i < SYNC_TABLES; i++)
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", sync_table_names[i]);
    return fault_new(c->arena, FAULT_NOT_FOUND, "table_unknown", "There is no such table; there are %.*s.", (int)known.len, known.at);
}

const fault *ingestion_sync_answer(struct sync *s, struct call *c)
{
    const struct sync_order *order = c->body;
    bool given = order && shape_given(&ingestion_sync_order_shape, order, "last_sync_time");
    struct sync_answer made = { .timestamp = clock_now() };
    int64_t synced[SYNC_TABLES];
    enum sync_table table;
    TRY(table_of(c, &table));
    TRY(sync_run(s, c->arena, 1u << table, given ? order->last_sync_time : INSTANT_NONE, synced));
    made.records_synced = synced[table];
    made.message = arena_printf(c->arena, "%s is up to date in DynamoDB", sync_table_names[table]);
    return reply_plain(c, 200, &ingestion_sync_answer_shape, &made);
}
