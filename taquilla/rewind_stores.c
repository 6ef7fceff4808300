/* rewind_stores.c - rows into stores and out again, by way of the exporters that services have. */
#include "taquilla/rewind_stores.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json/read.h"
#include "services/ingestion/backup/folder.h"
#include "services/movies/replay.h"
#include "services/reservations/replay.h"
#include "services/rooms/replay.h"
#include "taquilla/rewind.h"

#define BATCH_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define BATCH_BYTES ((size_t)512 * 1024)
#define PLACE "stores"

enum { RESERVATIONS, ROOMS, MOVIES }; /* as ingestion_owner_names */

/* --- open and close --- */

static const fault *directory_make(arena *a, const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? NULL : ingestion_disk_fault(a, path);
}

const fault *rewind_stores_open(arena *a, struct rewind_stores *s, const char *into, const void *rooms_settings)
{
    *s = (struct rewind_stores){ .a = a, .into = into };
    s->place = arena_printf(a, "%s/" PLACE, into).at;
    rewind_clear(a, into); /* what a crash left */
    TRY(directory_make(a, into));
    TRY(directory_make(a, s->place));
    const fault *problem = reservations_replayer_open(a, &s->of[RESERVATIONS], s->place);
    s->open[RESERVATIONS] = !problem;
    if (!problem)
        problem = rooms_replayer_open(a, &s->of[ROOMS], s->place, rooms_settings);
    s->open[ROOMS] = !problem;
    if (!problem)
        problem = movies_replayer_open(a, &s->of[MOVIES], s->place);
    s->open[MOVIES] = !problem;
    if (problem)
        rewind_stores_close(s);
    return problem;
}

void rewind_stores_close(struct rewind_stores *s)
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (s->open[i])
            s->of[i].close(s->of[i].store);
    memset(s->open, 0, sizeof s->open);
}

void rewind_clear(arena *a, const char *into)
{
    const char *place = arena_printf(a, "%s/" PLACE, into).at;
    DIR *d = opendir(place);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(place);
}

/* --- in --- */

struct filling {
    struct rewind_stores *s;
    const struct exporter *to;
    const struct export_table *table;
    struct rows_file file;
    arena *batch;
};

/* Some rows; *line is the next that found no room, without text at the end of the file. */
static const fault *batch_fill(struct filling *f, str *line)
{
    struct buf text = { .in = f->batch };
    list rows;
    buf_char(&text, '[');
    for (int count = 0; line->at && count < EXPORT_ROWS_MAX; count++) {
        if (count > 0 && text.len + line->len > BATCH_BYTES)
            break;
        if (count > 0)
            buf_char(&text, ',');
        buf_text(&text, *line);
        TRY(ingestion_rows_next(f->s->a, &f->file, line));
    }
    buf_char(&text, ']');
    TRY(json_read_list(f->batch, buf_str(&text), f->table->row, &rows));
    return f->to->restore_rows(f->to->store, f->batch, f->table, &rows);
}

static const fault *table_fill(struct filling *f)
{
    str line;
    TRY(ingestion_rows_next(f->s->a, &f->file, &line));
    while (line.at) {
        const fault *problem = batch_fill(f, &line);
        if (problem)
            return fault_copy(f->s->a, problem);
        arena_reset(f->batch);
    }
    return NULL;
}

static const fault *tables_fill(struct filling *f, const struct backup_chosen *from, const struct backup_service *service)
{
    for (size_t i = 0; i < service->tables.count; i++) {
        const struct backup_table *t = LIST_AT(&service->tables, const struct backup_table, i);
        TRY(export_table_find(f->to, f->s->a, t->name, &f->table));
        TRY(ingestion_rows_open(f->s->a, &f->file, from->folder, service->name, t->name));
        const fault *problem = table_fill(f);
        ingestion_rows_close(&f->file);
        TRY(problem);
    }
    return NULL;
}

const fault *rewind_stores_fill(struct rewind_stores *s, size_t owner, const struct backup_chosen *from)
{
    struct filling f = { .s = s, .to = s->of[owner].exporter, .batch = arena_new(BATCH_BYTES_MAX) };
    const fault *problem = f.to->restore_start(f.to->store, s->a);
    if (!problem)
        problem = tables_fill(&f, from, ingestion_manifest_find(&from->manifest, ingestion_owner_names[owner]));
    if (!problem)
        problem = f.to->restore_finish(f.to->store, s->a);
    arena_free(f.batch);
    return problem;
}

/* --- on --- */

const fault *rewind_stores_take(struct rewind_stores *s, size_t owner, arena *a, const list *events)
{
    const fault *problem = s->of[owner].take(s->of[owner].store, a, events);
    return problem ? fault_copy(s->a, problem) : NULL;
}

const fault *rewind_stores_know(struct rewind_stores *s, arena *a, int64_t user_id, bool *known)
{
    return reservations_replayer_knows(&s->of[RESERVATIONS], a, user_id, known);
}

static const fault *showings_tell(struct rewind_stores *s, arena *batch)
{
    list events = { NULL, 0 };
    int64_t last = 0;
    do {
        arena_reset(batch);
        TRY(rooms_replayer_showings(&s->of[ROOMS], batch, last, &events, &last));
        if (events.count > 0)
            TRY(reservations_replayer_hear(&s->of[RESERVATIONS], batch, &events));
    } while (events.count > 0);
    return NULL;
}

const fault *rewind_stores_showings(struct rewind_stores *s)
{
    arena *batch = arena_new(BATCH_BYTES_MAX);
    const fault *problem = showings_tell(s, batch);
    problem = problem ? fault_copy(s->a, problem) : NULL;
    arena_free(batch);
    return problem;
}

/* --- out --- */

struct keeping {
    struct rewind_stores *s;
    struct folder folder;
    struct buf lines;
};

static const fault *rows_keep(void *arg, const struct export_table *t, const list *rows)
{
    struct keeping *k = arg;
    k->lines.len = 0;
    for (size_t i = 0; i < rows->count; i++)
        export_row_write(&k->lines, t, (const char *)rows->at + i * t->row->size);
    return ingestion_folder_append(k->s->a, &k->folder, str_of(t->name), buf_str(&k->lines), (int64_t)rows->count);
}

static const fault *owner_keep(struct keeping *k, size_t owner, struct backup_service *out)
{
    const struct exporter *x = k->s->of[owner].exporter;
    struct export_view *view;
    int64_t rows = 0;
    const fault *problem = NULL;
    out->name = str_of(ingestion_owner_names[owner]);
    TRY(ingestion_folder_service(k->s->a, &k->folder, ingestion_owner_names[owner]));
    TRY(x->view_open(x->store, k->s->a, &view, &out->position));
    for (const struct export_table *t = x->tables; t->name && !problem; t++)
        problem = export_table_read(x, view, k->s->a, t, rows_keep, k, &rows);
    x->view_close(view);
    TRY(problem);
    return ingestion_folder_service_end(k->s->a, &k->folder, &out->tables);
}

static const fault *all_keep(struct keeping *k, struct backup_manifest *m)
{
    struct backup_service *services = NEW_ARRAY(k->s->a, struct backup_service, BACKUP_OWNERS);
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        TRY(owner_keep(k, i, &services[i]));
    m->services = (list){ services, BACKUP_OWNERS };
    return ingestion_folder_finish(k->s->a, &k->folder, m);
}

const fault *rewind_stores_keep(struct rewind_stores *s, instant made_at, const char *program, const char **folder)
{
    struct keeping *k = NEW(s->a, struct keeping);
    struct backup_manifest m = { .version = BACKUP_VERSION, .made_at = made_at, .program = str_of(program) };
    *k = (struct keeping){ .s = s };
    TRY(ingestion_folder_begin(s->a, &k->folder, s->into, made_at));
    const fault *problem = all_keep(k, &m);
    if (problem)
        ingestion_folder_abandon(s->a, &k->folder);
    buf_free(&k->lines);
    *folder = arena_printf(s->a, "%s/%s", s->into, k->folder.name).at;
    return problem;
}
