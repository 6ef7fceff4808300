/* backup.c - streams the owners' exports into a folder; the disk is waited for by threads of the pool. */
#include "services/ingestion/backup/backup.h"

#include "lib/loop/fiber.h"
#include "services/ingestion/backup/folder.h"

struct backup {
    const struct backup_order *want;
    arena *a;
    struct folder folder;
    struct backup_manifest manifest;
    struct export_sink sink;
    const char *owner;
    str table;          /* these two are told to the watcher */
    int64_t table_rows;
};

/* --- the disk --- */

/* One of these at a time: the backup's fiber waits for it, so both may use the backup and its arena. */
struct disk_work {
    struct backup *b;
    const fault *(*run)(struct disk_work *);
    const fault *problem;
    str table, lines; /* append */
    int64_t rows;
    list tables;      /* service_end */
};

static void disk_work_run(void *arg)
{
    struct disk_work *work = arg;
    work->problem = work->run(work);
}

static const fault *on_disk(struct disk_work *work)
{
    if (!offload("the disk of a backup", disk_work_run, work))
        return fault_new(work->b->a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return work->problem;
}

static const fault *begin_run(struct disk_work *w)
{
    return ingestion_folder_begin(w->b->a, &w->b->folder, w->b->want->shelf, w->b->manifest.made_at);
}

static const fault *service_run(struct disk_work *w)
{
    return ingestion_folder_service(w->b->a, &w->b->folder, w->b->owner);
}

static const fault *append_run(struct disk_work *w)
{
    return ingestion_folder_append(w->b->a, &w->b->folder, w->table, w->lines, w->rows);
}

static const fault *service_end_run(struct disk_work *w)
{
    return ingestion_folder_service_end(w->b->a, &w->b->folder, &w->tables);
}

static const fault *finish_run(struct disk_work *w)
{
    return ingestion_folder_finish(w->b->a, &w->b->folder, &w->b->manifest);
}

static const fault *abandon_run(struct disk_work *w)
{
    ingestion_folder_abandon(w->b->a, &w->b->folder);
    return NULL;
}

/* --- the owners --- */

static const fault *lines_take(struct export_sink *sink, str table, str lines, int64_t rows)
{
    struct backup *b = sink->arg;
    TRY(on_disk(&(struct disk_work){ .b = b, .run = append_run, .table = table, .lines = lines, .rows = rows }));
    if (!str_equal(table, b->table)) {
        b->table = arena_copy(b->a, table);
        b->table_rows = 0;
    }
    b->table_rows += rows;
    if (b->want->watcher)
        b->want->watcher->table(b->want->watcher, b->owner, table, b->table_rows, 0);
    return NULL;
}

static const fault *owner_take(struct backup *b, size_t i, struct backup_service *out)
{
    b->owner = ingestion_owner_names[i];
    b->table = STR("");
    out->name = str_of(b->owner);
    TRY(on_disk(&(struct disk_work){ .b = b, .run = service_run }));
    TRY(ingestion_export_read(b->want->owners.of[i], b->a, NULL, &b->sink, b->want->stop, &out->position));
    struct disk_work end = { .b = b, .run = service_end_run };
    TRY(on_disk(&end));
    out->tables = end.tables;
    if (b->want->watcher)
        b->want->watcher->owner(b->want->watcher, out);
    return NULL;
}

static const fault *owners_take(struct backup *b, struct backup_made *made)
{
    struct backup_service *services = NEW_ARRAY(b->a, struct backup_service, BACKUP_OWNERS);
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        TRY(owner_take(b, i, &services[i]));
        for (size_t k = 0; k < services[i].tables.count; k++) {
            const struct backup_table *t = LIST_AT(&services[i].tables, const struct backup_table, k);
            made->rows += t->rows;
            made->bytes += t->bytes;
        }
    }
    b->manifest.services = (list){ services, BACKUP_OWNERS };
    return on_disk(&(struct disk_work){ .b = b, .run = finish_run });
}

const fault *ingestion_backup_make(arena *a, const struct backup_order *want, struct backup_made *made)
{
    struct backup *b = NEW(a, struct backup);
    *b = (struct backup){ .want = want, .a = a, .sink = { lines_take, b },
                          .manifest = { .version = BACKUP_VERSION, .made_at = clock_now(),
                                        .program = str_of(want->program) } };
    *made = (struct backup_made){ .made_at = b->manifest.made_at };
    TRY(on_disk(&(struct disk_work){ .b = b, .run = begin_run }));
    const fault *problem = owners_take(b, made);
    made->name = str_of(b->folder.name);
    if (problem)
        (void)on_disk(&(struct disk_work){ .b = b, .run = abandon_run });
    return problem;
}

/* --- keep --- */

struct pruning {
    arena *a;
    const char *shelf;
    size_t keep, removed;
    const fault *problem;
};

/* Under the lock: nothing is written meanwhile. */
static void prune_run(void *arg)
{
    struct pruning *p = arg;
    int lock_fd;
    p->problem = ingestion_shelf_lock(p->a, p->shelf, &lock_fd);
    if (p->problem)
        return;
    p->problem = ingestion_shelf_prune(p->a, p->shelf, p->keep, clock_now(), &p->removed);
    ingestion_shelf_unlock(lock_fd);
}

const fault *ingestion_backups_prune(arena *a, const char *shelf, int64_t keep, int64_t *removed)
{
    struct pruning p = { .a = a, .shelf = shelf, .keep = (size_t)keep };
    if (!offload("the disk of a backup", prune_run, &p))
        return fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    *removed = (int64_t)p.removed;
    return p.problem;
}
