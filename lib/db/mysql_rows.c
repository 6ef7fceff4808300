/* mysql_rows.c - rows into structs, by shape. */
#include "lib/db/mysql_internal.h"

#include <string.h>

#include "lib/json/read.h"

#define FIRST_ROWS 16
#define DAY_MS INT64_C(86400000)

static str column_text(struct my_statement *s, arena *a, unsigned i)
{
    unsigned long length = s->columns[i].length;
    char *at = arena_take_raw(a, length + 1);
    my_bool null = 0, error = 0;
    MYSQL_BIND into = { .buffer_type = MYSQL_TYPE_STRING, .buffer = at, .buffer_length = length, .is_null = &null,
                        .error = &error };
    if (length > 0)
        mysql_stmt_fetch_column(s->handle, &into, i, 0);
    at[length] = '\0';
    return (str){ at, length };
}

/* A DECIMAL, exactly: digits beyond the second are none of ours. */
static int64_t cents_read(str text)
{
    bool negative = str_starts(text, STR("-"));
    int64_t cents = 0, decimals = -1;
    for (size_t i = negative; i < text.len && decimals < 2; i++) {
        if (text.at[i] == '.') {
            decimals = 0;
            continue;
        }
        cents = cents * 10 + (text.at[i] - '0');
        if (decimals >= 0)
            decimals++;
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 2; decimals++)
        cents *= 10;
    return negative ? -cents : cents;
}

static int64_t column_number(struct my_statement *s, arena *a, unsigned i)
{
    const struct my_column *column = &s->columns[i];
    int64_t n = 0;
    switch (column->kind) {
    case MY_INT:
        return column->number;
    case MY_REAL:
        return (int64_t)column->real;
    case MY_TIME:
        return ms_of_time(&column->time);
    case MY_TEXT: { /* a sum is a DECIMAL */
        str whole = column_text(s, a, i), piece;
        str_cut(&whole, '.', &piece);
        return str_to_int(piece, &n) ? n : 0;
    }
    case MY_NULL:
        break;
    }
    return 0;
}

/* A time is DATETIME or milliseconds; `unit_ms` is what the member counts. */
static int64_t time_read(struct my_statement *s, arena *a, unsigned i, int64_t unit_ms)
{
    int64_t n = column_number(s, a, i);
    return s->columns[i].kind != MY_TIME || n == TIME_NONE ? n : n / unit_ms - (n % unit_ms < 0);
}

static unsigned choice_read(const struct field *f, str text)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (str_equal(str_of(f->choices[i]), text))
            return i;
    return 0;
}

static void null_read(const struct field *f, void *member)
{
    switch (f->kind) {
    case KIND_INTEGER:
        *(int64_t *)member = f->nullable ? INT64_MIN : 0;
        break;
    case KIND_MONEY:
        ((money *)member)->cents = f->nullable ? INT64_MIN : 0;
        break;
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
        *(int64_t *)member = TIME_NONE;
        break;
    case KIND_NUMBER:
    case KIND_BOOL:
    case KIND_TEXT:
    case KIND_CHOICE:
    case KIND_IDS:
    case KIND_TEXTS:
    case KIND_LIST:
    case KIND_OBJECT:
    case KIND_RAW:
        break; /* zero already */
    }
}

/* The JSON reader takes members of objects: so a list becomes one. */
struct wrapped {
    ids numbers;
    strs texts;
};
static const struct field wrapped_fields[] = {
    FIELD(struct wrapped, numbers, "numbers", .optional = true),
    FIELD(struct wrapped, texts, "texts", .optional = true),
};
static const struct shape wrapped_shape = SHAPE(wrapped, wrapped_fields);

static const fault *json_read_column(arena *a, const struct field *f, void *member, str text)
{
    if (f->kind == KIND_LIST)
        return json_restore_list(a, text, f->shape, member);
    if (f->kind == KIND_OBJECT) {
        void *object = arena_take(a, f->shape->size);
        TRY(json_restore(a, text, f->shape, object));
        *(void **)member = object;
        return NULL;
    }
    struct wrapped found;
    bool numbers = f->kind == KIND_IDS;
    TRY(json_restore(a, arena_printf(a, "{\"%s\":%.*s}", numbers ? "numbers" : "texts", STR_ARG(text)), &wrapped_shape,
                     &found));
    if (numbers)
        *(ids *)member = found.numbers;
    else
        *(strs *)member = found.texts;
    return NULL;
}

static const fault *value_read(struct my_statement *s, arena *a, const struct field *f, void *member, unsigned i)
{
    if (s->columns[i].null) {
        null_read(f, member);
        return NULL;
    }
    switch (f->kind) {
    case KIND_INTEGER:
        *(int64_t *)member = column_number(s, a, i);
        return NULL;
    case KIND_MONEY:
        ((money *)member)->cents = cents_read(column_text(s, a, i));
        return NULL;
    case KIND_INSTANT:
        *(int64_t *)member = time_read(s, a, i, 1);
        return NULL;
    case KIND_WALL:
        *(int64_t *)member = time_read(s, a, i, 1000);
        return NULL;
    case KIND_DAY:
        *(int64_t *)member = time_read(s, a, i, DAY_MS);
        return NULL;
    case KIND_NUMBER:
        *(double *)member = s->columns[i].kind == MY_REAL ? s->columns[i].real : (double)column_number(s, a, i);
        return NULL;
    case KIND_BOOL:
        *(bool *)member = column_number(s, a, i) != 0;
        return NULL;
    case KIND_TEXT:
        *(str *)member = column_text(s, a, i);
        return NULL;
    case KIND_RAW:
        ((struct raw_json *)member)->text = column_text(s, a, i);
        return NULL;
    case KIND_CHOICE:
        *(unsigned *)member = choice_read(f, column_text(s, a, i));
        return NULL;
    case KIND_IDS:
    case KIND_TEXTS:
    case KIND_LIST:
    case KIND_OBJECT:
        return json_read_column(a, f, member, column_text(s, a, i));
    }
    return NULL;
}

static void columns_place(struct my_statement *s, const struct shape *shape)
{
    if (s->placed_for == shape)
        return;
    for (unsigned i = 0; i < s->column_count && i < SHAPE_COLUMNS_MAX; i++) {
        s->field_of[i] = -1;
        for (size_t f = 0; f < shape->count; f++)
            if (strcmp(shape->fields[f].column, s->handle->fields[i].name) == 0) {
                s->field_of[i] = (signed char)f;
                break;
            }
    }
    s->placed_for = shape;
}

/* Into zeroed memory. */
static const fault *row_read(struct my_statement *s, arena *a, const struct shape *shape, void *out)
{
    columns_place(s, shape);
    for (unsigned i = 0; i < s->column_count && i < SHAPE_COLUMNS_MAX; i++) {
        if (s->field_of[i] < 0)
            continue;
        const struct field *f = &shape->fields[s->field_of[i]];
        TRY(value_read(s, a, f, (char *)out + f->offset, i));
    }
    return NULL;
}

/* --- statements by what they give --- */

const fault *my_run(struct my *db, arena *a, const char *text, struct my_binds values)
{
    return statement_each(db, a, text, values, NULL, NULL);
}

int64_t my_last_id(struct my *db)
{
    return db->last_id;
}

int64_t my_changes(struct my *db)
{
    return db->changes;
}

struct one {
    const struct shape *shape;
    void *out;
    bool found;
};

static const fault *one_read(struct my_statement *s, arena *a, void *arg, bool *enough)
{
    struct one *one = arg;
    memset(one->out, 0, one->shape->size);
    TRY(row_read(s, a, one->shape, one->out));
    one->found = *enough = true;
    return NULL;
}

const fault *my_one(struct my *db, arena *a, const struct shape *s, void *out, bool *found, const char *text,
                    struct my_binds values)
{
    struct one one = { s, out, false };
    *found = false;
    TRY(statement_each(db, a, text, values, one_read, &one));
    *found = one.found;
    return NULL;
}

/* Rows of one size, as many as come. */
struct growing {
    const struct shape *shape;
    size_t size, room;
    list rows;
};

static void *growing_next(arena *a, struct growing *g)
{
    if (g->rows.count == g->room) {
        size_t more = g->room ? g->room * 2 : FIRST_ROWS;
        void *wider = arena_take(a, more * g->size);
        if (g->rows.count)
            memcpy(wider, g->rows.at, g->rows.count * g->size);
        g->rows.at = wider;
        g->room = more;
    }
    return (char *)g->rows.at + g->rows.count++ * g->size;
}

static const fault *list_read(struct my_statement *s, arena *a, void *arg, bool *enough)
{
    struct growing *g = arg;
    (void)enough;
    return row_read(s, a, g->shape, growing_next(a, g));
}

const fault *my_list(struct my *db, arena *a, const struct shape *row, list *out, const char *text,
                     struct my_binds values)
{
    struct growing g = { .shape = row, .size = row->size };
    TRY(statement_each(db, a, text, values, list_read, &g));
    *out = g.rows;
    return NULL;
}

static const fault *number_read(struct my_statement *s, arena *a, void *arg, bool *enough)
{
    if (!s->columns[0].null)
        *(int64_t *)arg = column_number(s, a, 0);
    *enough = true;
    return NULL;
}

const fault *my_number(struct my *db, arena *a, int64_t *out, const char *text, struct my_binds values)
{
    return statement_each(db, a, text, values, number_read, out);
}

static const fault *numbers_read(struct my_statement *s, arena *a, void *arg, bool *enough)
{
    (void)enough;
    *(int64_t *)growing_next(a, arg) = column_number(s, a, 0);
    return NULL;
}

const fault *my_numbers(struct my *db, arena *a, ids *out, const char *text, struct my_binds values)
{
    struct growing g = { .size = sizeof(int64_t) };
    TRY(statement_each(db, a, text, values, numbers_read, &g));
    *out = (ids){ g.rows.at, g.rows.count };
    return NULL;
}
