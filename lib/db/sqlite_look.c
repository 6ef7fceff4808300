/* sqlite_look.c - a store's migrations, read from a file that stays as it is. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/db/schema.h"
#include "lib/db/sqlite_internal.h"

static const fault *unreadable(arena *a, const char *path, const char *why)
{
    return fault_new(a, FAULT_INVALID, "store_unreadable", "The store %s cannot be read: %s.", path, why);
}

/* Without a journal beside it the file is whole, and is read as one that nobody changes: else SQLite would put its own files
 * beside it, and leave them there. */
static const char *uri_of(arena *a, const char *path)
{
    struct buf uri = { .in = a };
    bool journal = access(arena_printf(a, "%s-wal", path).at, F_OK) == 0;
    buf_literal(&uri, "file:");
    for (const char *c = path; *c; c++)
        if (strchr("?#%", *c))
            buf_printf(&uri, "%%%02x", (unsigned)(unsigned char)*c);
        else
            buf_char(&uri, *c);
    buf_text(&uri, journal ? STR("?mode=ro") : STR("?immutable=1"));
    return arena_cstr(a, buf_str(&uri));
}

static bool table_there(sqlite3 *db, int *code)
{
    sqlite3_stmt *found = NULL;
    *code = sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'", -1, &found, NULL);
    if (*code == SQLITE_OK)
        *code = sqlite3_step(found);
    sqlite3_finalize(found);
    return *code == SQLITE_ROW;
}

static int rows_read(sqlite3 *db, arena *a, list *done)
{
    struct buf rows = { .in = a };
    sqlite3_stmt *each = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT number, name, applied_ms FROM schema_migrations ORDER BY number", -1, &each, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(each)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(each, 1);
        struct migration_done row = { sqlite3_column_int64(each, 0), arena_copy(a, str_of(name ? name : "")),
                                      { sqlite3_column_int64(each, 2) } };
        buf_put(&rows, &row, sizeof row);
        done->count++;
        code = SQLITE_OK;
    }
    sqlite3_finalize(each);
    done->at = rows.at;
    return code;
}

const fault *sqlite_look(arena *a, const struct sqlite_setup *setup, struct schema_seen *out)
{
    const char *path = arena_printf(a, "%s/%s", setup->directory, setup->file).at;
    sqlite3 *db = NULL;
    *out = (struct schema_seen){ .kind = "SQLite", .place = str_of(path), .known = setup->migrations };
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? NULL : unreadable(a, path, strerror(errno));
    int code = sqlite3_open_v2(uri_of(a, path), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        out->there = table_there(db, &code);
    if (out->there)
        code = rows_read(db, a, &out->done);
    sqlite3_close(db);
    return code == SQLITE_DONE ? NULL : unreadable(a, path, sqlite3_errstr(code));
}
