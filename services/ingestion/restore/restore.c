/* restore.c - chooses a backup, holds it against its manifest, and gives its rows back to their owners. */
#include "services/ingestion/restore/restore.h"

#include <sodium.h>
#include <string.h>

#include "lib/feed/export.h"
#include "services/ingestion/backup/shelf.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define BATCH_ROWS EXPORT_ROWS_MAX
#define BATCH_BYTES ((size_t)512 * 1024) /* a longer row goes alone */
#define START_DEADLINE_MS 60000
#define ROWS_DEADLINE_MS 120000

/* --- choose --- */

static const fault *chosen_check(arena *a, const char *folder, struct backup_chosen *out)
{
    out->folder = folder;
    TRY(ingestion_manifest_load(a, folder, &out->manifest));
    return ingestion_backup_check(a, folder, &out->manifest);
}

static const fault *newest_choose(arena *a, const char *shelf, struct backup_chosen *out)
{
    strs names;
    const fault *first = NULL;
    TRY(ingestion_shelf_list(a, shelf, &names));
    out->passed_over.at = NEW_ARRAY(a, str, names.count);
    for (size_t i = 0; i < names.count; i++) {
        const char *folder = arena_printf(a, "%s/%.*s", shelf, STR_ARG(names.at[i])).at;
        const fault *problem = chosen_check(a, folder, out);
        if (!problem)
            return NULL;
        out->passed_over.at[out->passed_over.count++] = problem->sentence;
        first = first ? first : problem;
    }
    return first ? first : fault_new(a, FAULT_INVALID, "backup_missing", "There is no backup in %s.", shelf);
}

const fault *ingestion_backup_choose(arena *a, const char *from, struct backup_chosen *out)
{
    *out = (struct backup_chosen){ 0 };
    const fault *problem = chosen_check(a, from, out);
    if (problem && strcmp(problem->code, "backup_missing") == 0)
        return newest_choose(a, from, out);
    return problem;
}

/* --- a store that has data: is it this backup's? --- */

/* A log is only ever added to: one that begins as the backup's does belongs to a store that came from it. */
struct comparing {
    crypto_hash_sha256_state hash;
    int64_t rows_left; /* of the backup's log */
};

static const fault *lines_compare(struct export_sink *sink, str table, str lines, int64_t rows)
{
    struct comparing *c = sink->arg;
    (void)table, (void)rows;
    for (const char *end; c->rows_left > 0 && (end = memchr(lines.at, '\n', lines.len)); c->rows_left--) {
        size_t length = (size_t)(end - lines.at) + 1;
        crypto_hash_sha256_update(&c->hash, (const unsigned char *)lines.at, length);
        lines = str_after(lines, length);
    }
    return NULL;
}

const fault *ingestion_log_begins(arena *a, struct upstream *u, const struct backup_service *kept, bool *same)
{
    const struct backup_table *log = NULL;
    unsigned char digest[crypto_hash_sha256_BYTES];
    for (size_t i = 0; i < kept->tables.count; i++)
        if (str_equal(LIST_AT(&kept->tables, const struct backup_table, i)->name, STR("log")))
            log = LIST_AT(&kept->tables, const struct backup_table, i);
    *same = false;
    if (!log)
        return NULL;
    struct comparing c = { .rows_left = log->rows };
    struct export_sink sink = { lines_compare, &c };
    int64_t position;
    crypto_hash_sha256_init(&c.hash);
    TRY(ingestion_export_read(u, a, "log", &sink, NULL, &position));
    crypto_hash_sha256_final(&c.hash, digest);
    *same = c.rows_left == 0 && str_equal(log->sha256, ingestion_hex(a, digest, sizeof digest));
    return NULL;
}

/* --- the steps --- */

enum owner_state { NOT_ASKED, STARTED, THERE };

struct restore {
    const struct restore_order *want;
    arena *a, *batch; /* the second is for one request */
    enum owner_state state[BACKUP_OWNERS];
    const struct backup_service *service[BACKUP_OWNERS]; /* of the backup, in the order of the owners */
};

static const fault *post(struct restore *r, size_t i, str target, str body, int64_t deadline_ms)
{
    return ingestion_owner_post(r->want->owners.of[i], r->batch, target, body, deadline_ms);
}

/* A fault that outlives the request's arena. */
static const fault *lasting(struct restore *r, const fault *problem)
{
    if (problem)
        problem = fault_copy(r->a, problem);
    arena_reset(r->batch);
    return problem;
}

static const fault *start(struct restore *r, size_t i)
{
    bool same = false;
    const fault *problem = lasting(r, post(r, i, STR("/internal/restore/start"), STR("{}"), START_DEADLINE_MS));
    if (!problem) {
        r->state[i] = STARTED;
        return NULL;
    }
    if (strcmp(problem->code, "store_not_empty") != 0)
        return problem;
    TRY(ingestion_log_begins(r->a, r->want->owners.of[i], r->service[i], &same));
    if (same)
        r->state[i] = THERE;
    return same ? NULL : problem;
}

/* tables: those that were filled; none when the store shall open again as empty as it was. */
static const fault *finish(struct restore *r, size_t i, const list *tables)
{
    return lasting(r, ingestion_owner_finish(r->want->owners.of[i], r->batch, tables));
}

/* Those that said yes before another said no. */
static void open_again(struct restore *r)
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (r->state[i] == STARTED)
            (void)finish(r, i, &(list){ NULL, 0 });
}

/* --- rows --- */

/* One body of rows; *line is the next that found no room, without text at the end of the file. */
static const fault *batch_send(struct restore *r, size_t i, struct rows_file *f, str table, str *line)
{
    struct buf body = { .in = r->batch };
    buf_reserve(&body, BATCH_BYTES);
    buf_printf(&body, "{\"table\":\"%.*s\",\"rows\":[", STR_ARG(table));
    for (int count = 0; line->at && count < BATCH_ROWS; count++) {
        if (count > 0 && body.len + line->len > BATCH_BYTES)
            break;
        buf_text(&body, count > 0 ? STR(",") : STR(""));
        buf_text(&body, *line);
        TRY(ingestion_rows_next(r->a, f, line));
    }
    buf_literal(&body, "]}");
    return lasting(r, post(r, i, STR("/internal/restore/rows"), buf_str(&body), ROWS_DEADLINE_MS));
}

static const fault *table_send(struct restore *r, size_t i, struct rows_file *f, const struct backup_table *t)
{
    str line;
    struct backup_watcher *watcher = r->want->watcher;
    TRY(ingestion_rows_next(r->a, f, &line));
    while (line.at) {
        TRY(batch_send(r, i, f, t->name, &line));
        if (watcher)
            watcher->table(watcher, ingestion_owner_names[i], t->name, f->row - (line.at != NULL), t->rows);
    }
    return NULL;
}

static const fault *owner_fill(struct restore *r, size_t i, struct rows_file *f)
{
    const list *tables = &r->service[i]->tables;
    for (size_t k = 0; k < tables->count; k++) {
        const struct backup_table *t = LIST_AT(tables, const struct backup_table, k);
        TRY(ingestion_rows_open(r->a, f, r->want->backup->folder, r->service[i]->name, t->name));
        const fault *problem = table_send(r, i, f, t);
        ingestion_rows_close(f);
        TRY(problem);
    }
    return NULL;
}

/* --- all of it --- */

static const fault *all_start(struct restore *r)
{
    for (size_t i = BACKUP_OWNERS; i-- > 0;) {
        const fault *problem = start(r, i);
        if (problem)
            open_again(r);
        TRY(problem);
    }
    return NULL;
}

/* They open together at the end: until then nobody sells into half a cinema. */
static const fault *all_fill_and_finish(struct restore *r)
{
    struct rows_file f = { 0 };
    for (size_t i = BACKUP_OWNERS; i-- > 0;)
        if (r->state[i] == STARTED)
            TRY(owner_fill(r, i, &f));
    for (size_t i = BACKUP_OWNERS; i-- > 0;) {
        if (r->state[i] == STARTED)
            TRY(finish(r, i, &r->service[i]->tables));
        if (r->want->watcher)
            r->want->watcher->owner(r->want->watcher, r->service[i]);
    }
    return NULL;
}

const fault *ingestion_restore(arena *a, const struct restore_order *want, bool *there)
{
    struct restore r = { .want = want, .a = a, .batch = arena_new(ARENA_BYTES_MAX) };
    *there = true;
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        r.service[i] = ingestion_manifest_find(&want->backup->manifest, ingestion_owner_names[i]);
    const fault *problem = all_start(&r);
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        *there &= r.state[i] == THERE;
    if (!problem)
        problem = all_fill_and_finish(&r);
    arena_free(r.batch);
    return problem;
}
