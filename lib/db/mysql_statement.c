/* mysql_statement.c - prepared statements, kept per connection; values in, rows out to whoever reads them. */
#include "lib/db/mysql_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/write.h"

/* --- the cache --- */

static void statement_drop(struct my_connection *c, struct my_statement *s)
{
    HASH_DEL(c->by_text, s);
    mysql_stmt_close(s->handle);
    free(s->columns);
    free(s->results);
    free(s->text);
    free(s);
}

void statements_drop(struct my_connection *c)
{
    struct my_statement *s, *after;
    HASH_ITER(hh, c->by_text, s, after)
        statement_drop(c, s);
}

static const fault *statement_fault(struct my_connection *c, arena *a, MYSQL_STMT *handle, const char *text)
{
    return connection_fault(c, a, mysql_stmt_errno(handle), mysql_stmt_error(handle), text);
}

static const fault *text_prepare(struct my_connection *c, arena *a, const char *text, MYSQL_STMT **out)
{
    MYSQL_STMT *handle = mysql_stmt_init(c->handle);
    if (!handle)
        abort();
    int64_t deadline_ms = loop_now_ms() + STATEMENT_MS;
    int code = 0, status = mysql_stmt_prepare_start(&code, handle, text, strlen(text));
    while (status)
        status = mysql_stmt_prepare_cont(&code, handle, connection_await(c, status, deadline_ms));
    if (code == 0) {
        *out = handle;
        return NULL;
    }
    const fault *problem = statement_fault(c, a, handle, text);
    mysql_stmt_close(handle);
    return problem;
}

/* Texts are literals, a few dozen per store; the bound is for one that is made anew each time. */
static const fault *statement_find(struct my_connection *c, arena *a, const char *text, struct my_statement **out)
{
    struct my_statement *known;
    HASH_FIND_STR(c->by_text, text, known);
    if (known) {
        *out = known;
        return NULL;
    }
    if (HASH_COUNT(c->by_text) >= STATEMENTS_PER_CONNECTION_MAX)
        statements_drop(c);
    MYSQL_STMT *handle = NULL; /* gcc cannot see that a fault ends this */
    TRY(text_prepare(c, a, text, &handle));
    struct my_statement *made = calloc(1, sizeof *made);
    if (!made || !(made->text = strdup(text)))
        abort();
    made->handle = handle;
    made->bind_count = (unsigned)mysql_stmt_param_count(handle);
    HASH_ADD_KEYPTR(hh, c->by_text, made->text, strlen(made->text), made);
    *out = made;
    return NULL;
}

/* --- values --- */

/* libmariadb takes what it only reads as if it wrote there. */
static void *readable(const void *at)
{
    return (void *)(uintptr_t)at;
}

static MYSQL_BIND value_bind(arena *a, const struct my_bind *value)
{
    MYSQL_BIND bound = { 0 };
    switch (value->kind) {
    case MY_NULL:
        bound.buffer_type = MYSQL_TYPE_NULL;
        break;
    case MY_INT:
        bound.buffer_type = MYSQL_TYPE_LONGLONG;
        bound.buffer = readable(&value->number);
        break;
    case MY_REAL:
        bound.buffer_type = MYSQL_TYPE_DOUBLE;
        bound.buffer = readable(&value->real);
        break;
    case MY_TEXT:
        bound.buffer_type = MYSQL_TYPE_STRING;
        bound.buffer = readable(value->text.at);
        bound.buffer_length = value->text.len;
        break;
    case MY_TIME: {
        MYSQL_TIME *time = NEW(a, MYSQL_TIME);
        *time = time_of_ms(value->number);
        bound.buffer_type = MYSQL_TYPE_DATETIME;
        bound.buffer = time;
        break;
    }
    }
    return bound;
}

static const fault *values_bind(struct my_statement *s, arena *a, struct my_binds values)
{
    if (s->bind_count != values.count)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "%zu values for %u places in: %s", values.count, s->bind_count, s->text);
    if (values.count == 0)
        return NULL;
    MYSQL_BIND *bound = NEW_ARRAY(a, MYSQL_BIND, values.count);
    for (size_t i = 0; i < values.count; i++)
        bound[i] = value_bind(a, &values.at[i]);
    mysql_stmt_bind_param(s->handle, bound);
    return NULL;
}

/* --- rows --- */

static enum my_bind_kind kind_of_column(enum enum_field_types type)
{
    if (type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_LONG ||
        type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR)
        return MY_INT;
    if (type == MYSQL_TYPE_FLOAT || type == MYSQL_TYPE_DOUBLE)
        return MY_REAL;
    if (type == MYSQL_TYPE_DATETIME || type == MYSQL_TYPE_TIMESTAMP || type == MYSQL_TYPE_DATE)
        return MY_TIME;
    return MY_TEXT;
}

/* A text's length alone is taken with its row: the text is fetched when its place is known. */
static void column_bind(struct my_column *column, MYSQL_BIND *result)
{
    static char nowhere[1];
    *result = (MYSQL_BIND){ .is_null = &column->null, .length = &column->length };
    switch (column->kind) {
    case MY_INT:
        result->buffer_type = MYSQL_TYPE_LONGLONG;
        result->buffer = &column->number;
        break;
    case MY_REAL:
        result->buffer_type = MYSQL_TYPE_DOUBLE;
        result->buffer = &column->real;
        break;
    case MY_TIME:
        result->buffer_type = MYSQL_TYPE_DATETIME;
        result->buffer = &column->time;
        result->buffer_length = sizeof column->time;
        break;
    case MY_TEXT:
    case MY_NULL:
        result->buffer_type = MYSQL_TYPE_STRING;
        result->buffer = nowhere;
        break;
    }
}

/* A server may answer in other types than it announced, after somebody altered the table. */
static void columns_bind(struct my_statement *s)
{
    unsigned count = mysql_stmt_field_count(s->handle);
    if (count != s->column_count || !s->columns) {
        free(s->columns);
        free(s->results);
        s->columns = calloc(count, sizeof *s->columns);
        s->results = calloc(count, sizeof *s->results);
        if (!s->columns || !s->results)
            abort();
        s->column_count = count;
        s->placed_for = NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        s->columns[i].kind = kind_of_column(s->handle->fields[i].type);
        column_bind(&s->columns[i], &s->results[i]);
    }
    mysql_stmt_bind_result(s->handle, s->results);
}

static const fault *statement_send(struct my_connection *c, arena *a, struct my_statement *s)
{
    int64_t deadline_ms = loop_now_ms() + STATEMENT_MS;
    int code = 0, status = mysql_stmt_execute_start(&code, s->handle);
    while (status)
        status = mysql_stmt_execute_cont(&code, s->handle, connection_await(c, status, deadline_ms));
    if (code == 0 && mysql_stmt_field_count(s->handle) > 0) {
        columns_bind(s);
        status = mysql_stmt_store_result_start(&code, s->handle);
        while (status)
            status = mysql_stmt_store_result_cont(&code, s->handle, connection_await(c, status, deadline_ms));
    }
    return code == 0 ? NULL : statement_fault(c, a, s->handle, s->text);
}

static const fault *rows_read(struct my_statement *s, arena *a, my_row *each, void *arg)
{
    const fault *problem = NULL;
    bool enough = false;
    while (!problem && !enough) {
        int code = mysql_stmt_fetch(s->handle);
        if (code != 0 && code != MYSQL_DATA_TRUNCATED)
            break;
        problem = each(s, a, arg, &enough);
    }
    return problem;
}

static const fault *statement_on(struct my *db, struct my_connection *c, arena *a, const char *text,
                                 struct my_binds values, my_row *each, void *arg)
{
    struct my_statement *s;
    TRY(statement_find(c, a, text, &s));
    TRY(values_bind(s, a, values));
    const fault *problem = statement_send(c, a, s);
    if (!problem && each && s->columns)
        problem = rows_read(s, a, each, arg);
    if (!problem && !each) {
        db->last_id = (int64_t)mysql_stmt_insert_id(s->handle);
        db->changes = (int64_t)mysql_stmt_affected_rows(s->handle);
    }
    if (!c->broken && mysql_stmt_field_count(s->handle) > 0)
        mysql_stmt_free_result(s->handle);
    return problem;
}

const fault *statement_each(struct my *db, arena *a, const char *text, struct my_binds values, my_row *each, void *arg)
{
    if (db->on)
        return statement_on(db, db->on, a, text, values, each, arg);
    for (int tries = 1;; tries++) {
        struct my_connection *c;
        TRY(pool_take(db->store, a, &c));
        const fault *problem = statement_on(db, c, a, text, values, each, arg);
        bool again = c->broken && !c->late && tries < 2;
        pool_give(db->store, c);
        if (!problem || !again)
            return problem;
    }
}

/* --- values to be --- */

struct my_bind my_int(int64_t n)
{
    return (struct my_bind){ .kind = n == INT64_MIN ? MY_NULL : MY_INT, .number = n };
}

struct my_bind my_real(double n)
{
    return (struct my_bind){ .kind = MY_REAL, .real = n };
}

struct my_bind my_text(str text)
{
    return (struct my_bind){ .kind = text.at ? MY_TEXT : MY_NULL, .text = text };
}

struct my_bind my_flag(bool b)
{
    return (struct my_bind){ .kind = MY_INT, .number = b };
}

struct my_bind my_money(arena *a, money sum)
{
    long long cents = sum.cents < 0 ? -(long long)sum.cents : (long long)sum.cents;
    return my_text(arena_printf(a, "%s%lld.%02lld", sum.cents < 0 ? "-" : "", cents / 100, cents % 100));
}

struct my_bind my_instant(instant moment)
{
    return (struct my_bind){ .kind = moment.ms == TIME_NONE ? MY_NULL : MY_TIME, .number = moment.ms };
}

struct my_bind my_wall(wall moment)
{
    return my_instant((instant){ moment.s == TIME_NONE ? TIME_NONE : moment.s * 1000 });
}

struct my_bind my_ids(arena *a, const ids *numbers)
{
    struct buf out = { .in = a };
    buf_char(&out, '[');
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        buf_int(&out, numbers->at[i]);
    }
    buf_char(&out, ']');
    return my_text(buf_str(&out));
}

struct my_bind my_json_list(arena *a, const struct shape *row, const list *rows)
{
    struct buf out = { .in = a };
    json_write_list(&out, row, rows);
    return my_text(buf_str(&out));
}
