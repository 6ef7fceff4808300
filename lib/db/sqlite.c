/* sqlite.c - one store file: made, locked, opened twice (reading, writing), closed. */
#include "lib/db/sqlite_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The reader maps the file: its pages are the kernel's and cost no copy. Small caches keep an idle process small. */
#define READER_SETUP                                                                               \
    "PRAGMA query_only = ON; PRAGMA mmap_size = 268435456; PRAGMA cache_size = -1024;"             \
    "PRAGMA temp_store = MEMORY;"
/* wal_autocheckpoint 0: the writer does it itself, after the answers are out. */
#define WRITER_SETUP                                                                               \
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;"              \
    "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;"

static const fault *unreadable(arena *a, const char *path, const char *why)
{
    return fault_new(a, FAULT_INVALID, "store_unreadable", "The store %s cannot be opened: %s.", path, why);
}

/* With all its parents. What is there already stays as it is. */
static const fault *directory_make(arena *a, const char *path)
{
    char *part = NEW_ARRAY(a, char, strlen(path) + 1);
    strcpy(part, path);
    for (char *c = part + 1;; c++) {
        if (*c != '/' && *c != '\0')
            continue;
        char kept = *c;
        *c = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return unreadable(a, part, strerror(errno));
        *c = kept;
        if (kept == '\0')
            return NULL;
    }
}

/* The lock ends with the process, whatever ends it. */
static const fault *store_lock(struct sqlite *s, arena *a)
{
    str path = arena_printf(a, "%s.lock", s->path);
    s->lock_fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return unreadable(a, path.at, strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return NULL;
    int problem = errno;
    close(s->lock_fd);
    s->lock_fd = -1;
    if (problem == EWOULDBLOCK)
        return fault_new(a, FAULT_INVALID, "store_in_use", "Another process is using the store %s.", s->path);
    return unreadable(a, path.at, strerror(problem));
}

const fault *sql_connect(struct sqlite *s, arena *a, struct sql *db, const char *setup)
{
    *db = (struct sql){ .store = s, .thread = pthread_self(), .writes = db == &s->writer };
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(s->path, &db->handle, flags, NULL);
    if (code != SQLITE_OK)
        return unreadable(a, s->path, sqlite3_errstr(code));
    sqlite3_extended_result_codes(db->handle, 1);
    code = sqlite3_exec(db->handle, setup, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return unreadable(a, s->path, sqlite3_errstr(code));
    return commands_prepare(db, a);
}

static const fault *wal_switch_on(struct sqlite *s, arena *a)
{
    struct statement *st;
    bool row = false;
    TRY(statement_begin(&s->writer, a, "PRAGMA journal_mode = WAL", NO_BINDS, &st));
    TRY(statement_step(&s->writer, a, st, &row));
    const char *mode = row ? (const char *)sqlite3_column_text(st->handle, 0) : NULL;
    bool on = mode && strcmp(mode, "wal") == 0;
    statement_end(st);
    return on ? NULL : unreadable(a, s->path, "its file system has no write-ahead log");
}

static const fault *store_open(struct sqlite *s, arena *a)
{
    TRY(directory_make(a, s->setup.directory));
    TRY(store_lock(s, a));
    TRY(sql_connect(s, a, &s->writer, WRITER_SETUP));
    TRY(wal_switch_on(s, a));
    TRY(schema_apply(&s->writer, a, s->setup.migrations));
    TRY(sql_number(&s->writer, a, &s->writer.position, "SELECT max(position) FROM log", NO_BINDS));
    atomic_store(&s->position, s->writer.position);
    TRY(restore_mark_read(s, a));
    TRY(sql_connect(s, a, &s->reader, READER_SETUP));
    return writer_start(s, a);
}

void sql_disconnect(struct sql *db)
{
    statements_forget(db);
    commands_drop(db);
    sqlite3_close(db->handle);
    db->handle = NULL;
}

static void store_release(struct sqlite *s)
{
    s->closed = true;
    sql_disconnect(&s->reader);
    sql_disconnect(&s->writer);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    s->lock_fd = -1;
}

/* Counting its memory would take a global lock at each of SQLite's allocations, on both threads. */
void sqlite_set_up(void)
{
    static bool done;
    if (!done)
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    done = true;
}

const fault *sqlite_open(arena *a, struct sqlite **out, const struct sqlite_setup *setup)
{
    sqlite_set_up();
    struct sqlite *s = NEW(a, struct sqlite);
    s->setup = *setup;
    s->path = arena_printf(a, "%s/%s", setup->directory, setup->file).at;
    s->lock_fd = -1;
    const fault *problem = store_open(s, a);
    if (problem) {
        store_release(s);
        return problem;
    }
    *out = s;
    return NULL;
}

void sqlite_close(struct sqlite *s)
{
    if (s->closed)
        return;
    if (!s->memory)
        writer_stop(s);
    store_release(s);
}

struct sql *sqlite_reader(struct sqlite *s)
{
    return s->memory ? &s->writer : &s->reader;
}

const fault *sqlite_check(struct sqlite *s, arena *a)
{
    int64_t tables = 0;
    return sql_number(sqlite_reader(s), a, &tables, "SELECT count(*) FROM sqlite_master", NO_BINDS);
}
