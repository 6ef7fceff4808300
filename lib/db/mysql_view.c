/* mysql_view.c - a store's tables as they stood at one moment, page by page while others write on. */
#include "lib/db/mysql_tables.h"

#include "lib/db/mysql_internal.h"

#define ROWS_FIRST 8
#define ROWS_MOST 256
#define ROWS_BYTES_ENOUGH ((size_t)128 * 1024)
#define CLOSE_BYTES_MAX ((size_t)64 * 1024)

struct my_view {
    struct my db;
    int64_t until_ms; /* of the monotonic clock */
    const struct my_table *table;
    const struct shape *row;
    size_t key_offset;
    int64_t after, page;
    bool over;
};

/* The log's last, and not its counter: in a restore that is about to end the counter has not been told yet. */
static const fault *snapshot_take(struct my_view *v, arena *a, int64_t *position)
{
    int64_t numbers[TEXT_NUMBERS_MAX];
    size_t count;
    TRY(connection_text(v->db.on, a,
                        STR("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
                            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY; "
                            "SELECT CAST(COALESCE(MAX(position), 0) AS SIGNED) FROM log"),
                        STATEMENT_MS, numbers, &count));
    *position = count == 1 ? numbers[0] : 0;
    return NULL;
}

const fault *my_view_open(struct my_store *s, arena *a, struct my_view **out, int64_t *position)
{
    if (s->views >= MY_VIEWS_MAX) {
        fault *busy = fault_new(a, FAULT_UNAVAILABLE, "export_busy", "%d exports run already; try again when one has ended.",
                                MY_VIEWS_MAX);
        busy->retry_after_s = 5;
        return busy;
    }
    struct my_view *v = NEW(a, struct my_view);
    v->db = (struct my){ .store = s };
    v->until_ms = clock_mono_ms() + MY_VIEW_MS_MAX;
    v->over = true;
    TRY(pool_take(s, a, &v->db.on));
    s->views++;
    const fault *problem = snapshot_take(v, a, position);
    if (problem) {
        my_view_close(v);
        return problem;
    }
    *out = v;
    return NULL;
}

void my_view_begin(struct my_view *v, const struct my_table *t, const struct shape *row)
{
    v->table = t;
    v->row = row;
    v->after = INT64_MIN + 1;
    v->page = ROWS_FIRST;
    v->over = false;
    for (size_t i = 0; i < row->count; i++)
        if (str_equal(str_of(row->fields[i].column), str_of(t->key)))
            v->key_offset = row->fields[i].offset;
}

static const char *page_text(arena *a, const struct my_table *t, const struct shape *row)
{
    struct buf text = { .in = a };
    for (size_t i = 0; i < row->count; i++)
        buf_printf(&text, "%s`%s`", i ? ", " : "SELECT ", row->fields[i].column);
    buf_printf(&text, " FROM `%s` WHERE `%s` > ? ORDER BY `%s` LIMIT ?", t->name, t->key, t->key);
    return arena_cstr(a, buf_str(&text));
}

static const fault *late(arena *a)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "export_late", "The export took more than %d minutes and was ended.",
                               MY_VIEW_MS_MAX / 60000);
    problem->retry_after_s = 60;
    return problem;
}

/* Pages grow until they are long enough to be worth their way, and shrink when rows are long. */
static void page_fit(struct my_view *v, size_t bytes)
{
    if (bytes > ROWS_BYTES_ENOUGH && v->page > 1)
        v->page /= 2;
    else if (bytes < ROWS_BYTES_ENOUGH / 2 && v->page < ROWS_MOST)
        v->page *= 2;
}

const fault *my_view_rows(struct my_view *v, arena *a, int64_t limit, list *rows)
{
    *rows = (list){ NULL, 0 };
    if (v->over)
        return NULL;
    if (clock_mono_ms() > v->until_ms)
        return late(a);
    size_t used = arena_used_bytes(a);
    int64_t most = limit < v->page ? limit : v->page;
    TRY(my_list(&v->db, a, v->row, rows, page_text(a, v->table, v->row), MY_BIND(my_int(v->after), my_int(most))));
    page_fit(v, arena_used_bytes(a) - used);
    v->over = rows->count == 0;
    if (!v->over)
        v->after = *(const int64_t *)(const void *)((const char *)rows->at + (rows->count - 1) * v->row->size + v->key_offset);
    return NULL;
}

void my_view_close(struct my_view *v)
{
    arena *a = arena_new(CLOSE_BYTES_MAX);
    my_transaction_undo(&v->db, a);
    pool_give(v->db.store, v->db.on);
    v->db.store->views--;
    arena_free(a);
}
