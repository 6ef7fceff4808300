/* sqlite_rows.c - runs statements, and reads rows into structs by shape. */
#include "lib/db/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/read.h"

#define FIRST_ROWS 16

static str column_text(arena *a, sqlite3_stmt *handle, int column)
{
    const char *at = (const char *)sqlite3_column_text(handle, column);
    if (!at)
        return (str){ NULL, 0 };
    return arena_copy(a, (str){ at, (size_t)sqlite3_column_bytes(handle, column) });
}

/* --- lists of texts, as sql_json_texts wrote them --- */

static uint32_t hex4_read(const char *at)
{
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 0;
        n = n * 16 + digit;
    }
    return n;
}

/* The writer escapes control characters only, so no surrogates come here. */
static char *utf8_put(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3f));
    } else {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    }
    return to;
}

static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

/* Unescapes in place from the opening quote on; returns what follows the closing one, or NULL at the text's end. */
static char *text_take(char *at, const char *end, str *out)
{
    char *from = at + 1, *to = from;
    *out = (str){ from, 0 };
    while (from < end && *from != '"') {
        if (*from != '\\') {
            *to++ = *from++;
        } else if (from + 5 < end && from[1] == 'u') {
            to = utf8_put(to, hex4_read(from + 2));
            from += 6;
        } else if (from + 1 < end) {
            *to++ = unescaped(from[1]);
            from += 2;
        } else {
            return NULL;
        }
    }
    out->len = (size_t)(to - out->at);
    return from < end ? from + 1 : NULL;
}

static strs texts_read(arena *a, const char *json, size_t len)
{
    strs made = { NULL, 0 };
    size_t quotes = 0;
    for (size_t i = 0; i < len; i++)
        quotes += json[i] == '"';
    if (quotes < 2)
        return made;
    char *at = arena_take(a, len + 1), *end = at + len;
    memcpy(at, json, len);
    made.at = NEW_ARRAY(a, str, quotes / 2);
    while (at && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        str text;
        at = text_take(at, end, &text);
        if (at)
            made.at[made.count++] = text;
    }
    return made;
}

static ids numbers_read(arena *a, const char *json, size_t len)
{
    size_t commas = 0;
    for (size_t i = 0; i < len; i++)
        commas += json[i] == ',';
    ids made = { NEW_ARRAY(a, int64_t, commas + 1), 0 };
    const char *at = json + (len > 0), *end = json + len;
    while (at < end && *at != ']') {
        char *after;
        int64_t n = strtoll(at, &after, 10);
        if (after == at || made.count > commas)
            break;
        made.at[made.count++] = n;
        at = after + (*after == ',');
    }
    return made;
}

/* --- one value --- */

static unsigned choice_read(const struct field *f, sqlite3_stmt *handle, int column)
{
    if (sqlite3_column_type(handle, column) == SQLITE_INTEGER)
        return (unsigned)sqlite3_column_int64(handle, column);
    const char *text = (const char *)sqlite3_column_text(handle, column);
    for (unsigned i = 0; text && f->choices[i]; i++)
        if (strcmp(f->choices[i], text) == 0)
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

/* A list or an object of a shape is JSON in its column. */
static const fault *json_column_read(arena *a, const struct field *f, void *member, str text)
{
    if (f->kind == KIND_LIST)
        return json_restore_list(a, text, f->shape, member);
    void *object = arena_take(a, f->shape->size);
    TRY(json_restore(a, text, f->shape, object));
    *(void **)member = object;
    return NULL;
}

static const fault *value_read(arena *a, const struct field *f, void *member, sqlite3_stmt *handle,
                               int column)
{
    if (sqlite3_column_type(handle, column) == SQLITE_NULL) {
        null_read(f, member);
        return NULL;
    }
    switch (f->kind) {
    case KIND_INTEGER:
    case KIND_MONEY:
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
        *(int64_t *)member = sqlite3_column_int64(handle, column);
        return NULL;
    case KIND_NUMBER:
        *(double *)member = sqlite3_column_double(handle, column);
        return NULL;
    case KIND_BOOL:
        *(bool *)member = sqlite3_column_int64(handle, column) != 0;
        return NULL;
    case KIND_TEXT:
        *(str *)member = column_text(a, handle, column);
        return NULL;
    case KIND_RAW:
        ((struct raw_json *)member)->text = column_text(a, handle, column);
        return NULL;
    case KIND_CHOICE:
        *(unsigned *)member = choice_read(f, handle, column);
        return NULL;
    case KIND_TEXTS:
    case KIND_IDS: {
        const char *json = (const char *)sqlite3_column_text(handle, column);
        size_t len = (size_t)sqlite3_column_bytes(handle, column);
        if (f->kind == KIND_TEXTS)
            *(strs *)member = texts_read(a, json, len);
        else
            *(ids *)member = numbers_read(a, json, len);
        return NULL;
    }
    case KIND_LIST:
    case KIND_OBJECT:
        return json_column_read(a, f, member, column_text(a, handle, column));
    }
    return NULL;
}

/* --- rows --- */

static const struct field *column_field(const struct shape *s, const char *column, signed char *place)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->fields[i].column, column) == 0) {
            *place = (signed char)i;
            return &s->fields[i];
        }
    *place = -1;
    return NULL;
}

static void columns_place(struct statement *st, const struct shape *s)
{
    if (st->placed_for == s)
        return;
    for (int i = 0; i < st->column_count && i < SHAPE_FIELDS_MAX; i++)
        column_field(s, sqlite3_column_name(st->handle, i), &st->field_of[i]);
    st->placed_for = s;
}

/* Into zeroed memory. */
static const fault *row_read(arena *a, struct statement *st, const struct shape *s, void *out)
{
    for (int i = 0; i < st->column_count && i < SHAPE_FIELDS_MAX; i++) {
        if (st->field_of[i] < 0)
            continue;
        const struct field *f = &s->fields[st->field_of[i]];
        TRY(value_read(a, f, (char *)out + f->offset, st->handle, i));
    }
    return NULL;
}

const fault *statement_row(arena *a, struct statement *st, const struct shape *s, void *out)
{
    columns_place(st, s);
    return row_read(a, st, s, out);
}

const fault *sql_run(struct sql *db, arena *a, const char *text, struct binds values)
{
    struct statement *st;
    TRY(statement_begin(db, a, text, values, &st));
    for (bool row = true; row;)
        TRY(statement_step(db, a, st, &row));
    return NULL;
}

int64_t sql_last_id(struct sql *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t sql_changes(struct sql *db)
{
    return sqlite3_changes64(db->handle);
}

const fault *sql_one(struct sql *db, arena *a, const struct shape *s, void *out, bool *found,
                     const char *text, struct binds values)
{
    struct statement *st;
    *found = false;
    TRY(statement_begin(db, a, text, values, &st));
    bool row;
    TRY(statement_step(db, a, st, &row));
    if (!row)
        return NULL;
    columns_place(st, s);
    memset(out, 0, s->size);
    const fault *problem = row_read(a, st, s, out);
    statement_end(st);
    *found = !problem;
    return problem;
}

/* Doubles the room of a list that is full. */
static void room_make(arena *a, void **at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return;
    size_t more = *room ? *room * 2 : FIRST_ROWS;
    void *wider = arena_take(a, more * size);
    if (count)
        memcpy(wider, *at, count * size);
    *at = wider;
    *room = more;
}

const fault *sql_list(struct sql *db, arena *a, const struct shape *s, list *out, const char *text,
                      struct binds values)
{
    struct statement *st;
    TRY(statement_begin(db, a, text, values, &st));
    columns_place(st, s);
    list made = { NULL, 0 };
    size_t room = 0;
    for (;;) {
        bool row;
        TRY(statement_step(db, a, st, &row));
        if (!row)
            break;
        room_make(a, &made.at, made.count, &room, s->size);
        const fault *problem = row_read(a, st, s, (char *)made.at + made.count * s->size);
        if (problem) {
            statement_end(st);
            return problem;
        }
        made.count++;
    }
    *out = made;
    return NULL;
}

const fault *sql_number(struct sql *db, arena *a, int64_t *out, const char *text, struct binds values)
{
    struct statement *st;
    TRY(statement_begin(db, a, text, values, &st));
    bool row;
    TRY(statement_step(db, a, st, &row));
    if (!row)
        return NULL;
    if (sqlite3_column_type(st->handle, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(st->handle, 0);
    statement_end(st);
    return NULL;
}

const fault *sql_numbers(struct sql *db, arena *a, ids *out, const char *text, struct binds values)
{
    struct statement *st;
    TRY(statement_begin(db, a, text, values, &st));
    ids made = { NULL, 0 };
    size_t room = 0;
    for (;;) {
        bool row;
        TRY(statement_step(db, a, st, &row));
        if (!row)
            break;
        void *at = made.at;
        room_make(a, &at, made.count, &room, sizeof(int64_t));
        made.at = at;
        made.at[made.count++] = sqlite3_column_int64(st->handle, 0);
    }
    *out = made;
    return NULL;
}
