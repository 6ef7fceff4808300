/* sync_write.c - a page's writes, taken one after the other by as many fibers as may write at once. */
#include "services/ingestion/sync/sync_parts.h"

#define CALL_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct writing {
    struct sync *s;
    const struct sync_write *writes;
    size_t next, count;
    arena *a;
    const fault *problem; /* the first; in a */
};

static const fault *write_one(struct writing *w, arena *a, const struct sync_write *want, bool *taken)
{
    struct aws *aws = w->s->set.cloud->aws;
    if (want->item.at)
        return dynamodb_put_newer(aws, a, want->table, want->item, want->position, taken);
    TRY(dynamodb_change_newer(aws, a, &want->change, taken));
    if (*taken || !want->otherwise.table.at)
        return NULL;
    return dynamodb_change_newer(aws, a, &want->otherwise, taken);
}

static void write_some(void *arg)
{
    struct writing *w = arg;
    arena *a = arena_new(CALL_BYTES_MAX);
    while (w->next < w->count && !w->problem) {
        const struct sync_write *want = &w->writes[w->next++];
        bool taken = false;
        const fault *problem = write_one(w, a, want, &taken);
        if (problem && !w->problem)
            w->problem = fault_copy(w->a, problem);
        if (!problem && taken)
            w->s->written++;
        else if (!problem)
            w->s->refused++;
        arena_reset(a);
    }
    arena_free(a);
}

const fault *sync_write_all(struct sync *s, arena *a, const struct sync_write *writes, size_t count)
{
    struct writing w = { .s = s, .writes = writes, .count = count, .a = a };
    struct group g = { 0 };
    size_t fibers = count < SYNC_AT_ONCE ? count : SYNC_AT_ONCE;
    for (size_t i = 0; i < fibers; i++)
        if (!group_start(&g, "a write of the sync", write_some, &w) && !w.problem)
            w.problem = fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too much is under way to write to DynamoDB.");
    group_wait(&g);
    return w.problem;
}
