/* sqlite_statement.c - prepared statements, kept per connection; values in, faults out. */
#include "lib/db/sqlite_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

#define FULL_RETRY_S 5
#define AWAY_RETRY_S 1

/* What SQLite said, in the store's words. The texts of SQLite are for the log. */
const fault *store_fault(arena *a, int code, const char *detail)
{
    fault *made;
    switch (code & 0xff) {
    case SQLITE_FULL:
        made = fault_new(a, FAULT_UNAVAILABLE, "storage_full",
                         "The store has no room left; nothing was changed.");
        made->retry_after_s = FULL_RETRY_S;
        break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_INTERNAL:
        made = fault_new(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.");
        break;
    default:
        made = fault_new(a, FAULT_UNAVAILABLE, "store_unavailable",
                         "The store cannot be reached at the moment; please try again.");
        made->retry_after_s = AWAY_RETRY_S;
    }
    made->internal = arena_printf(a, "sqlite %d: %s", code, detail);
    return made;
}

const fault *sql_fault(struct sql *db, arena *a, int code, const char *text)
{
    db->last_error = code;
    str detail = arena_printf(a, "%s in: %s", sqlite3_errmsg(db->handle), text);
    if ((code & 0xff) != SQLITE_CONSTRAINT)
        return store_fault(a, code, detail.at);

    bool unique = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                  code == SQLITE_CONSTRAINT_ROWID;
    fault *made = unique ? fault_new(a, FAULT_CONFLICT, "unique_broken", "This exists already.")
                         : fault_new(a, FAULT_INVALID, "constraint_broken",
                                     "A value is not possible here.");
    made->internal = arena_printf(a, "sqlite %d: %.*s", code, STR_ARG(detail));
    return made;
}

static void statement_drop(struct sql *db, struct statement *s)
{
    HASH_DEL(db->by_text, s);
    sqlite3_finalize(s->handle);
    free(s->text);
    free(s);
}

void statements_forget(struct sql *db)
{
    struct statement *s, *after;
    HASH_ITER(hh, db->by_text, s, after)
        statement_drop(db, s);
    memset(db->by_address, 0, sizeof(db->by_address));
}

/* Texts are literals, a few dozen per store. A text made anew each time would fill the table: then it starts
 * over, which costs speed and never memory. */
static const fault *statement_prepare(struct sql *db, arena *a, const char *text,
                                      struct statement **out)
{
    if (HASH_COUNT(db->by_text) >= STATEMENTS_MAX)
        statements_forget(db);
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    if (code != SQLITE_OK)
        return sql_fault(db, a, code, text);
    struct statement *made = calloc(1, sizeof(*made));
    char *copy = strdup(text);
    if (!made || !copy)
        abort();
    made->text = copy;
    made->handle = handle;
    made->bind_count = sqlite3_bind_parameter_count(handle);
    made->column_count = sqlite3_column_count(handle);
    HASH_ADD_KEYPTR(hh, db->by_text, made->text, strlen(made->text), made);
    *out = made;
    return NULL;
}

/* By address first: a literal is the same pointer each time. The comparison keeps a text that was built in reused
 * memory from getting another's statement. */
static const fault *statement_find(struct sql *db, arena *a, const char *text,
                                   struct statement **out)
{
    assert(pthread_equal(db->thread, pthread_self()));
    size_t slot = ((uintptr_t)text ^ ((uintptr_t)text >> 8)) % STATEMENT_SLOTS;
    struct statement *known = db->by_address[slot].found;
    if (known && db->by_address[slot].text == text && strcmp(known->text, text) == 0) {
        *out = known;
        return NULL;
    }
    HASH_FIND_STR(db->by_text, text, known);
    if (!known)
        TRY(statement_prepare(db, a, text, &known));
    db->by_address[slot].text = text;
    db->by_address[slot].found = known;
    *out = known;
    return NULL;
}

/* --- transactions --- */

static const char *const command_texts[COMMAND_COUNT] = {
    [COMMAND_BEGIN] = "BEGIN",      [COMMAND_WRITE] = "BEGIN IMMEDIATE", [COMMAND_COMMIT] = "COMMIT",
    [COMMAND_SAVE] = "SAVEPOINT act", [COMMAND_KEEP] = "RELEASE act",      [COMMAND_UNDO] = "ROLLBACK TO act",
};

const fault *commands_prepare(struct sql *db, arena *a)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        int code = sqlite3_prepare_v3(db->handle, command_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &db->commands[i], NULL);
        if (code != SQLITE_OK)
            return sql_fault(db, a, code, command_texts[i]);
    }
    return NULL;
}

void commands_drop(struct sql *db)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        sqlite3_finalize(db->commands[i]);
        db->commands[i] = NULL;
    }
}

int sql_command(struct sql *db, enum command which)
{
    sqlite3_step(db->commands[which]);
    int code = sqlite3_reset(db->commands[which]);
    if (code != SQLITE_OK)
        db->last_error = code;
    return code;
}

void reader_let_go(struct sql *db)
{
    if (db->handle && !sqlite3_get_autocommit(db->handle))
        sql_command(db, COMMAND_COMMIT);
}

/* A read takes and gives back two locks of the file, three system calls, six times the read itself. Only our writer
 * changes the file, so the reader keeps its snapshot until there is a newer one. While a checkpoint is due it does not:
 * the log of the file cannot start over under a reader. */
static void reader_refresh(struct sql *db)
{
    if (db->fixed)
        return;
    uint64_t commits = atomic_load(&db->store->batches);
    bool keeps = atomic_load(&db->store->wal_pages) < WAL_PAGES_MAX;
    if (db->commits_seen != commits || !keeps)
        reader_let_go(db);
    if (keeps && sqlite3_get_autocommit(db->handle) && sql_command(db, COMMAND_BEGIN) == SQLITE_OK)
        db->commits_seen = commits;
}

/* --- values and steps --- */

static int value_bind(sqlite3_stmt *handle, int place, const struct bind *value)
{
    switch (value->kind) {
    case BIND_NULL:
        return sqlite3_bind_null(handle, place);
    case BIND_INT:
        return sqlite3_bind_int64(handle, place, value->number);
    case BIND_REAL:
        return sqlite3_bind_double(handle, place, value->real);
    case BIND_TEXT:
        return sqlite3_bind_text64(handle, place, value->text.at, value->text.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    return SQLITE_MISUSE;
}

const fault *statement_begin(struct sql *db, arena *a, const char *text, struct binds values,
                             struct statement **out)
{
    struct statement *s;
    if (!db->writes)
        reader_refresh(db);
    TRY(statement_find(db, a, text, &s));
    if ((size_t)s->bind_count != values.count)
        return fault_internal(a, FAULT_INTERNAL, "internal_error",
                              "Something went wrong on our side.",
                              "%zu values for %d places in: %s", values.count, s->bind_count, text);
    for (size_t i = 0; i < values.count; i++) {
        int code = value_bind(s->handle, (int)i + 1, &values.at[i]);
        if (code != SQLITE_OK)
            return sql_fault(db, a, code, text);
    }
    *out = s;
    return NULL;
}

const fault *statement_step(struct sql *db, arena *a, struct statement *s, bool *row)
{
    int code = sqlite3_step(s->handle);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return NULL;
    const fault *problem = code == SQLITE_DONE ? NULL : sql_fault(db, a, code, s->text);
    sqlite3_reset(s->handle);
    return problem;
}

void statement_end(struct statement *s)
{
    sqlite3_reset(s->handle);
}

struct bind sql_int(int64_t n)
{
    return (struct bind){ .kind = n == INT64_MIN ? BIND_NULL : BIND_INT, .number = n };
}

struct bind sql_real(double n)
{
    return (struct bind){ .kind = BIND_REAL, .real = n };
}

struct bind sql_text(str text)
{
    return (struct bind){ .kind = text.at ? BIND_TEXT : BIND_NULL, .text = text };
}

struct bind sql_bool(bool b)
{
    return (struct bind){ .kind = BIND_INT, .number = b };
}

struct bind sql_money(money sum)
{
    return sql_int(sum.cents);
}

struct bind sql_instant(instant moment)
{
    return sql_int(moment.ms);
}

struct bind sql_wall(wall moment)
{
    return sql_int(moment.s);
}

struct bind sql_ids(arena *a, const ids *numbers)
{
    struct buf out = { .in = a };
    buf_char(&out, '[');
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        buf_int(&out, numbers->at[i]);
    }
    buf_char(&out, ']');
    return sql_text(buf_str(&out));
}

struct bind sql_json_texts(arena *a, const strs *texts)
{
    struct buf out = { .in = a };
    buf_char(&out, '[');
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        buf_quoted(&out, texts->at[i]);
    }
    buf_char(&out, ']');
    return sql_text(buf_str(&out));
}
