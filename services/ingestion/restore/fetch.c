/* fetch.c - lists the backups in S3, and brings one into a folder, a table after the other. */
#include "services/ingestion/restore/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ingestion/backup/shelf.h"

#define TABLE_BYTES_MAX ((size_t)32 * 1024 * 1024) /* what is taken from an arena for one object */
#define GATHER_BYTES ((size_t)256 * 1024)

/* --- which --- */

struct listing {
    arena *a;
    struct buf stamps; /* of str */
    str latest;        /* newest that counts; no text: any */
    str oldest;        /* of all */
};

static const fault *manifest_seen(void *arg, const struct s3_seen *seen)
{
    struct listing *l = arg;
    str stamp = ingestion_manifest_stamp(seen->key);
    if (!stamp.at)
        return NULL;
    stamp = arena_copy(l->a, stamp);
    if (!l->oldest.at || memcmp(stamp.at, l->oldest.at, stamp.len) < 0)
        l->oldest = stamp;
    if (!l->latest.at || memcmp(stamp.at, l->latest.at, stamp.len) <= 0)
        buf_put(&l->stamps, &stamp, sizeof stamp);
    return NULL;
}

static int newest_first(const void *a, const void *b)
{
    const str *one = a, *two = b; /* of one length */
    return memcmp(two->at, one->at, one->len);
}

static const fault *none_there(const struct listing *l, const struct cloud *c, instant at)
{
    char room[TIME_TEXT_MAX];
    if (at.ms == TIME_NONE || !l->oldest.at)
        return fault_new(l->a, FAULT_INVALID, "backup_missing", "There is no complete backup in s3://%.*s/%s.",
                         STR_ARG(c->s3.bucket), c->backup_folder);
    return fault_new(l->a, FAULT_INVALID, "backup_missing",
                     "There is no complete backup in s3://%.*s/%s of %.*s or before; the oldest is %.*s (UTC).",
                     STR_ARG(c->s3.bucket), c->backup_folder, STR_ARG(instant_text(room, at, TIME_OFFSET)), STR_ARG(l->oldest));
}

const fault *ingestion_fetch_list(arena *a, const struct cloud *c, instant at, strs *stamps)
{
    char room[BACKUP_NAME_MAX];
    struct listing l = { .a = a, .stamps = { .in = a } };
    if (at.ms != TIME_NONE)
        l.latest = arena_copy(a, ingestion_backup_stamp(ingestion_backup_name(room, at)));
    TRY(s3_list(&c->s3, a, arena_printf(a, "%s/manifests/", c->backup_folder), manifest_seen, &l));
    *stamps = (strs){ (str *)(void *)l.stamps.at, l.stamps.len / sizeof(str) };
    if (stamps->count == 0)
        return none_there(&l, c, at);
    qsort(stamps->at, stamps->count, sizeof(str), newest_first);
    return NULL;
}

/* --- one object into one file --- */

struct fetching {
    const struct fetch_order *want;
    arena *a, *scratch;   /* the second is for one object */
    const char *folder;
    str owner;
    const struct backup_table *table;
    str key;
    const char *path;     /* of the file while it is written */
    int fd;
    struct buf begun, out; /* a line whose end has not come; rows that are not written yet */
    int64_t rows;
    bool opened, ended;   /* "[" and "]" were there */
};

static const fault *damaged(const struct fetching *f, const char *what)
{
    return fault_new(f->a, FAULT_INVALID, "backup_damaged", "s3://%.*s/%.*s is damaged: %s.", STR_ARG(f->want->cloud->s3.bucket),
                     STR_ARG(f->key), what);
}

static const fault *rows_write(struct fetching *f)
{
    str bytes = buf_str(&f->out);
    while (bytes.len > 0) {
        ssize_t wrote = write(f->fd, bytes.at, bytes.len);
        if (wrote < 0 && errno != EINTR)
            return ingestion_disk_fault(f->a, f->path);
        bytes = str_after(bytes, wrote > 0 ? (size_t)wrote : 0);
    }
    f->out.len = 0;
    return NULL;
}

static const fault *line_take(struct fetching *f, str line)
{
    if (line.len == 0)
        return NULL;
    if (!f->opened || f->ended || line.at[0] == ']') {
        bool fits = line.len == 1 && line.at[0] == (f->opened ? ']' : '[') && !f->ended;
        f->ended |= f->opened;
        f->opened = true;
        return fits ? NULL : damaged(f, "it is no array with a row a line");
    }
    if (line.at[line.len - 1] == ',')
        line.len--;
    buf_text(&f->out, line);
    buf_char(&f->out, '\n');
    f->rows++;
    return f->out.len >= GATHER_BYTES ? rows_write(f) : NULL;
}

static const fault *piece_take(void *arg, str bytes)
{
    struct fetching *f = arg;
    for (const char *end; bytes.len > 0 && (end = memchr(bytes.at, '\n', bytes.len));) {
        str line = { bytes.at, (size_t)(end - bytes.at) };
        bytes = str_after(bytes, line.len + 1);
        if (f->begun.len > 0) {
            buf_text(&f->begun, line);
            line = buf_str(&f->begun);
        }
        TRY(line_take(f, line));
        f->begun.len = 0;
    }
    buf_text(&f->begun, bytes);
    return f->begun.len > ROW_BYTES_MAX + 2 ? damaged(f, "a line of it is longer than any row") : NULL;
}

static const fault *object_stream(struct fetching *f)
{
    struct s3_taker taker = { piece_take, f };
    struct s3_seen seen;
    const fault *problem = s3_get_stream(&f->want->cloud->s3, f->scratch, f->key, &taker, &seen);
    if (problem && strcmp(problem->code, "object_missing") == 0)
        return damaged(f, "its manifest lists it, and it is not there");
    if (problem)
        return fault_copy(f->a, problem);
    if (f->begun.len > 0)
        TRY(line_take(f, buf_str(&f->begun)));
    TRY(rows_write(f));
    return f->ended ? NULL : damaged(f, "it has no end");
}

static const fault *object_take(struct fetching *f)
{
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0)
        return ingestion_disk_fault(f->a, f->path);
    const fault *problem = object_stream(f);
    if (close(f->fd) != 0 && !problem)
        problem = ingestion_disk_fault(f->a, f->path);
    buf_free(&f->begun);
    buf_free(&f->out);
    return problem;
}

static const fault *table_fetch(struct fetching *f)
{
    const char *whole = arena_printf(f->a, "%s/%.*s/%.*s.ndjson", f->folder, STR_ARG(f->owner), STR_ARG(f->table->name)).at;
    struct backup_watcher *watcher = f->want->watcher;
    if (access(whole, F_OK) == 0 && !ingestion_table_check(f->scratch, f->folder, f->owner, f->table))
        return NULL; /* an earlier try had it */
    f->path = arena_printf(f->a, "%s.part", whole).at;
    f->key = ingestion_table_key(f->a, f->want->cloud->backup_folder, f->owner, f->table->name, f->want->stamp);
    f->rows = 0;
    f->opened = f->ended = false;
    TRY(object_take(f));
    if (rename(f->path, whole) != 0)
        return ingestion_disk_fault(f->a, whole);
    const fault *problem = ingestion_table_check(f->scratch, f->folder, f->owner, f->table);
    if (problem) {
        unlink(whole);
        return damaged(f, "its rows are not those of its manifest (SHA-256)");
    }
    if (watcher)
        watcher->table(watcher, arena_cstr(f->a, f->owner), f->table->name, f->rows, f->table->rows);
    return NULL;
}

/* --- all of it --- */

static const fault *directory_make(arena *a, const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? NULL : ingestion_disk_fault(a, path);
}

static const fault *manifest_fetch(struct fetching *f, struct backup_manifest *m)
{
    struct s3_seen seen;
    str text;
    f->key = ingestion_manifest_key(f->a, f->want->cloud->backup_folder, f->want->stamp);
    TRY(s3_get(&f->want->cloud->s3, f->a, f->key, &seen, &text));
    f->path = arena_printf(f->a, "%s/" MANIFEST_NAME, f->folder).at;
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0)
        return ingestion_disk_fault(f->a, f->path);
    buf_text(&f->out, text);
    const fault *problem = rows_write(f);
    close(f->fd);
    buf_free(&f->out);
    TRY(problem);
    problem = ingestion_manifest_load(f->a, f->folder, m);
    return problem ? damaged(f, "it is not as it was written") : NULL;
}

static const fault *tables_fetch(struct fetching *f, const struct backup_manifest *m)
{
    for (size_t i = 0; i < m->services.count; i++) {
        const struct backup_service *s = LIST_AT(&m->services, const struct backup_service, i);
        TRY(directory_make(f->a, arena_printf(f->a, "%s/%.*s", f->folder, STR_ARG(s->name)).at));
        f->owner = s->name;
        for (size_t k = 0; k < s->tables.count; k++) {
            f->table = LIST_AT(&s->tables, const struct backup_table, k);
            arena_reset(f->scratch);
            TRY(table_fetch(f));
        }
    }
    return NULL;
}

const fault *ingestion_fetch(arena *a, const struct fetch_order *want, const char **folder)
{
    struct backup_manifest m;
    struct fetching f = { .want = want, .a = a };
    f.folder = arena_printf(a, "%s/taquilla-%.*s", want->into, STR_ARG(want->stamp)).at;
    TRY(directory_make(a, want->into));
    TRY(directory_make(a, f.folder));
    TRY(manifest_fetch(&f, &m));
    f.scratch = arena_new(TABLE_BYTES_MAX);
    const fault *problem = tables_fetch(&f, &m);
    arena_free(f.scratch);
    *folder = f.folder;
    return problem;
}
