/* handlers.c - what is in the bucket; and what is said when there is none. */
#include "lib/json/write.h"
#include "services/ingestion/handlers_sync.h"
#include "services/ingestion/handlers_tables.h"
#include "services/ingestion/ingestion.h"

#define LISTING_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ASK_AGAIN_S 3600 /* only a new start of the service changes it */

const fault *ingestion_cloud_there(struct call *c)
{
    const struct ingestion *svc = c->service;
    if (svc->cloud.aws)
        return NULL;
    fault *made = fault_new(c->arena, FAULT_UNAVAILABLE, "cloud_not_configured",
                            "No cloud is configured. Backups go to a directory: see `taquilla backup` and BACKUP_DIR.");
    made->retry_after_s = ASK_AGAIN_S;
    return made;
}

/* --- backups --- */

#define PIECE_BYTES ((size_t)64 * 1024)

struct listing {
    struct call *c;
    arena *a;
    str prefix, table; /* no table: all */
    int64_t count;
};

/* backups/SOURCE/TABLE/... */
static bool of_table(const struct listing *l, str key)
{
    str source, table, rest = str_after(key, l->prefix.len);
    if (l->table.len == 0)
        return true;
    return str_cut(&rest, '/', &source) && rest.at && str_cut(&rest, '/', &table) && rest.at && str_equal(table, l->table);
}

static const fault *backup_tell(void *arg, const struct s3_seen *seen)
{
    struct listing *l = arg;
    struct buf *out = &l->c->out;
    char room[TIME_TEXT_MAX];
    if (!of_table(l, seen->key))
        return NULL;
    buf_text(out, l->count++ > 0 ? STR(",{\"key\":") : STR("{\"key\":"));
    json_write_text(out, seen->key);
    buf_printf(out, ",\"last_modified\":\"%.*s\",\"size\":%lld}", STR_ARG(instant_text(room, seen->modified, TIME_Z)),
               (long long)seen->size);
    return out->len < PIECE_BYTES ? NULL : stream_flush(l->c);
}

const fault *ingestion_backups_list(struct call *c)
{
    const struct ingestion *svc = c->service;
    const struct backups_query *want = c->query;
    TRY(ingestion_cloud_there(c));
    struct listing l = { .c = c, .a = arena_new(LISTING_BYTES_MAX), .table = want->table_name };
    l.prefix = arena_printf(l.a, "%s/", svc->cloud.backup_folder);
    str under = want->source_db.len == 0 ? l.prefix : arena_printf(l.a, "%.*s%.*s/", STR_ARG(l.prefix), STR_ARG(want->source_db));
    const fault *problem = NULL;
    if (stream_start(c, 200, "application/json")) {
        buf_literal(&c->out, "{\"backups\":[");
        problem = s3_list(&svc->cloud.s3, l.a, under, backup_tell, &l);
        problem = problem ? fault_copy(c->arena, problem) : NULL;
        buf_printf(&c->out, "],\"count\":%lld}", (long long)l.count);
    }
    arena_free(l.a);
    return problem;
}

/* --- DynamoDB --- */

const fault *ingestion_sync(struct call *c)
{
    struct ingestion *svc = c->service;
    TRY(ingestion_cloud_there(c));
    return ingestion_sync_answer(&svc->sync, c);
}

const fault *ingestion_tables(struct call *c)
{
    struct ingestion *svc = c->service;
    TRY(ingestion_cloud_there(c));
    return ingestion_tables_answer(&svc->cloud, c);
}

const fault *ingestion_items(struct call *c)
{
    struct ingestion *svc = c->service;
    TRY(ingestion_cloud_there(c));
    return ingestion_items_answer(&svc->cloud, c);
}
