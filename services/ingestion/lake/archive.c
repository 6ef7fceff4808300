/* archive.c - asks the owners to drop the old part of their logs, some rows at a time. */
#include "services/ingestion/lake/archive.h"

#include "lib/json/read.h"

#define ASK_DEADLINE_MS 30000
#define ASK_BYTES_MAX ((size_t)1024 * 1024)

struct archived {
    bool more;
    int64_t removed;
};
static const struct field archived_fields[] = {
    FIELD(struct archived, more, "more"),
    FIELD(struct archived, removed, "removed"),
};
static const struct shape archived_shape = SHAPE(archived, archived_fields);

struct archived_told {
    struct archived *data;
};
static const struct field told_fields[] = {
    FIELD(struct archived_told, data, "data", .shape = &archived_shape),
};
static const struct shape told_shape = SHAPE(archived_told, told_fields);

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* Up to which DynamoDB shows what that owner told. */
static int64_t synced(const struct sync *s, const char *owner)
{
    bool rooms = str_equal(str_of(owner), STR("rooms"));
    int64_t position = INT64_MAX;
    for (size_t t = rooms ? SYNC_ROOMS : SYNC_USERS; t <= (rooms ? SYNC_SCHEDULES : SYNC_PAYMENTS); t++)
        position = least(position, s->positions[t]);
    return position;
}

static const fault *ask(struct upstream *u, arena *a, int64_t position, struct archived *out)
{
    const struct outgoing want = { .method = POST, .target = STR("/internal/log/archived"), .internal = true,
                                   .body = arena_printf(a, "{\"position\":%lld}", (long long)position),
                                   .deadline_ms = ASK_DEADLINE_MS };
    struct message *answer = NEW(a, struct message);
    struct archived_told told = { 0 };
    TRY(upstream_call(u, a, &want, answer));
    if (answer->status != 200 || json_restore(a, answer->body, &told_shape, &told) || !told.data)
        return fault_new(a, FAULT_UNAVAILABLE, "answer_strange", "%s answered %d when it was told what of its log is kept.",
                         upstream_name(u), answer->status);
    *out = *told.data;
    return NULL;
}

static const fault *owner_archive(arena *a, const struct archive_order *want, size_t i, int64_t *removed)
{
    const struct backup_service *kept = ingestion_manifest_find(want->backup, ingestion_owner_names[i]);
    int64_t position = least(least(kept->position, want->lake->before_last[i]), synced(want->sync, ingestion_owner_names[i]));
    struct archived said = { .more = position > 0 };
    arena *each = arena_new(ASK_BYTES_MAX);
    const fault *problem = NULL;
    while (said.more && !problem && !*want->stop) {
        problem = ask(want->cloud->owners.of[i], each, position, &said);
        problem = problem ? fault_copy(a, problem) : NULL;
        *removed += problem ? 0 : said.removed;
        arena_reset(each);
    }
    arena_free(each);
    return problem;
}

const fault *ingestion_archive(arena *a, const struct archive_order *want, int64_t *removed)
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (!str_equal(str_of(ingestion_owner_names[i]), STR("movies")))
            TRY(owner_archive(a, want, i, removed));
    return NULL;
}
