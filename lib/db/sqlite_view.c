/* sqlite_view.c - a store's tables as they stood at one moment, read row by row while others write on. */
#include "lib/db/sqlite_tables.h"

#include "lib/db/sqlite_internal.h"

/* Small, and without a map of the file: who reads all of a large store once shall not fill the process with it. */
#define VIEW_SETUP                                                                                 \
    "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY;"
#define ROWS_BYTES_ENOUGH ((size_t)128 * 1024)

struct sqlite_view {
    struct sql db;
    int64_t until_ms; /* of the monotonic clock */
    struct statement *open; /* of the table begun; NULL: none, or it is over */
    const struct shape *row;
};

/* There is no second connection to what is in memory, so a view is a copy of it. */
static const fault *memory_copy(struct sqlite_view *v, arena *a)
{
    sqlite3_backup *copy = sqlite3_backup_init(v->db.handle, "main", v->db.store->writer.handle, "main");
    if (copy)
        sqlite3_backup_step(copy, -1);
    int code = copy ? sqlite3_backup_finish(copy) : sqlite3_errcode(v->db.handle);
    return code == SQLITE_OK ? NULL : sql_fault(&v->db, a, code, "backup");
}

static const fault *view_begin_reading(struct sqlite_view *v, arena *a, int64_t *position)
{
    TRY(sql_connect(v->db.store, a, &v->db, VIEW_SETUP));
    v->db.fixed = true;
    if (v->db.store->memory)
        TRY(memory_copy(v, a));
    if (sql_command(&v->db, COMMAND_BEGIN) != SQLITE_OK)
        return sql_fault(&v->db, a, v->db.last_error, "BEGIN");
    *position = 0; /* the first read takes the snapshot */
    return sql_number(&v->db, a, position, "SELECT max(position) FROM log", NO_BINDS);
}

const fault *sqlite_view_open(struct sqlite *s, arena *a, struct sqlite_view **out, int64_t *position)
{
    if (s->views >= SQLITE_VIEWS_MAX) {
        fault *busy = fault_new(a, FAULT_UNAVAILABLE, "export_busy", "%d exports run already; try again when one has ended.",
                                SQLITE_VIEWS_MAX);
        busy->retry_after_s = 5;
        return busy;
    }
    struct sqlite_view *v = NEW(a, struct sqlite_view);
    v->db.store = s;
    v->until_ms = clock_mono_ms() + SQLITE_VIEW_MS_MAX;
    s->views++;
    const fault *problem = view_begin_reading(v, a, position);
    if (problem) {
        sqlite_view_close(v);
        return problem;
    }
    *out = v;
    return NULL;
}

static const char *select_text(arena *a, const struct sqlite_table *t, const struct shape *row)
{
    struct buf text = { .in = a };
    for (size_t i = 0; i < row->count; i++)
        buf_printf(&text, "%s\"%s\"", i ? ", " : "SELECT ", row->fields[i].column);
    buf_printf(&text, " FROM %s ORDER BY %s", t->name, t->key);
    buf_char(&text, '\0');
    return text.at;
}

const fault *sqlite_view_begin(struct sqlite_view *v, arena *a, const struct sqlite_table *t, const struct shape *row)
{
    if (v->open)
        statement_end(v->open);
    v->open = NULL;
    v->row = row;
    return statement_begin(&v->db, a, select_text(a, t, row), NO_BINDS, &v->open);
}

static const fault *late(arena *a)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "export_late", "The export took more than %d minutes and was ended.",
                               SQLITE_VIEW_MS_MAX / 60000);
    problem->retry_after_s = 60;
    return problem;
}

const fault *sqlite_view_rows(struct sqlite_view *v, arena *a, int64_t limit, list *rows)
{
    size_t used = arena_used_bytes(a), size = v->row->size;
    *rows = (list){ .at = NEW_ARRAY(a, char, size * (size_t)limit) };
    if (clock_mono_ms() > v->until_ms)
        return late(a);
    while (v->open && (int64_t)rows->count < limit && arena_used_bytes(a) - used < ROWS_BYTES_ENOUGH) {
        bool found;
        const fault *problem = statement_step(&v->db, a, v->open, &found);
        if (problem || !found) { /* it is reset already */
            v->open = NULL;
            return problem;
        }
        TRY(statement_row(a, v->open, v->row, (char *)rows->at + rows->count * size));
        rows->count++;
    }
    return NULL;
}

void sqlite_view_close(struct sqlite_view *v)
{
    v->db.store->views--;
    if (v->db.handle)
        sql_disconnect(&v->db);
}
