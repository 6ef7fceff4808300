/* postgres_rows.c - rows into structs by shape, from the texts that PostgreSQL sends. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/calendar.h"
#include "lib/db/postgres_internal.h"
#include "lib/json/read.h"

/* --- one value --- */

static str cell_text(arena *a, const PGresult *result, int row, int column)
{
    return arena_copy(a, (str){ PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column) });
}

static int64_t digits(const char **at, int most)
{
    int64_t n = 0;
    for (int i = 0; i < most && **at >= '0' && **at <= '9'; i++, ++*at)
        n = n * 10 + (**at - '0');
    return n;
}

/* "12.5", "-3": exact, rounded half away from zero when a column has more decimals than money. */
static int64_t cents_read(const char *text)
{
    bool negative = *text == '-';
    text += negative;
    int64_t cents = digits(&text, 16) * 100;
    if (*text == '.') {
        int place = 10;
        for (text++; *text >= '0' && *text <= '9' && place > 0; text++, place /= 10)
            cents += place * (*text - '0');
        cents += *text >= '5' && *text <= '9';
    }
    return negative ? -cents : cents;
}

static int64_t day_take(const char **at)
{
    struct date date = { .year = digits(at, 6) };
    *at += **at == '-';
    date.month = digits(at, 2);
    *at += **at == '-';
    date.day = digits(at, 2);
    return days_of_date(date);
}

/* "2026-08-23 03:55:00.123456+00": the session's zone is UTC. "infinity" is as good as none. */
static int64_t instant_ms(const char *text)
{
    if (*text < '0' || *text > '9')
        return TIME_NONE;
    int64_t s = day_take(&text) * DAY_S;
    text += *text == ' ';
    s += digits(&text, 2) * 3600;
    text += *text == ':';
    s += digits(&text, 2) * 60;
    text += *text == ':';
    s += digits(&text, 2);
    int64_t ms = 0;
    if (*text == '.') {
        text++;
        for (int64_t place = 100; *text >= '0' && *text <= '9' && place > 0; text++, place /= 10)
            ms += place * (*text - '0');
    }
    return s * 1000 + ms;
}

ids pg_numbers_read(arena *a, const char *text)
{
    size_t commas = 0;
    for (const char *c = text; *c; c++)
        commas += *c == ',';
    ids made = { NEW_ARRAY(a, int64_t, commas + 1), 0 };
    for (const char *at = text + (*text == '{'); *at && *at != '}' && made.count <= commas;) {
        char *after;
        made.at[made.count++] = strtoll(at, &after, 10);
        if (after == at)
            break;
        at = after + (*after == ',');
    }
    return made;
}

static unsigned choice_read(const struct field *f, const char *text)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (strcmp(f->choices[i], text) == 0)
            return i;
    return *text >= '0' && *text <= '9' ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void null_read(const struct field *f, void *member)
{
    if (f->kind == KIND_INTEGER || f->kind == KIND_MONEY)
        *(int64_t *)member = f->nullable ? INT64_MIN : 0;
    else if (f->kind == KIND_INSTANT || f->kind == KIND_WALL || f->kind == KIND_DAY)
        *(int64_t *)member = TIME_NONE;
    /* the others are zero already */
}

static const fault *json_cell_read(arena *a, const struct field *f, void *member, str text)
{
    if (f->kind == KIND_LIST)
        return json_restore_list(a, text, f->shape, member);
    void *object = arena_take(a, f->shape->size);
    TRY(json_restore(a, text, f->shape, object));
    *(void **)member = object;
    return NULL;
}

static const fault *value_read(arena *a, const struct field *f, void *member, const PGresult *result, int row, int column)
{
    const char *text = PQgetvalue(result, row, column);
    switch (f->kind) {
    case KIND_INTEGER:
        *(int64_t *)member = strtoll(text, NULL, 10);
        return NULL;
    case KIND_MONEY:
        ((money *)member)->cents = cents_read(text);
        return NULL;
    case KIND_INSTANT:
        ((instant *)member)->ms = instant_ms(text);
        return NULL;
    case KIND_WALL: {
        int64_t ms = instant_ms(text);
        ((wall *)member)->s = ms == TIME_NONE ? TIME_NONE : floor_div(ms, 1000);
        return NULL;
    }
    case KIND_DAY:
        ((day *)member)->days = day_take(&text);
        return NULL;
    case KIND_NUMBER:
        *(double *)member = strtod(text, NULL);
        return NULL;
    case KIND_BOOL:
        *(bool *)member = *text == 't' || *text == '1';
        return NULL;
    case KIND_TEXT:
        *(str *)member = cell_text(a, result, row, column);
        return NULL;
    case KIND_RAW:
        ((struct raw_json *)member)->text = cell_text(a, result, row, column);
        return NULL;
    case KIND_CHOICE:
        *(unsigned *)member = choice_read(f, text);
        return NULL;
    case KIND_IDS:
        *(ids *)member = pg_numbers_read(a, text);
        return NULL;
    case KIND_LIST:
    case KIND_OBJECT:
        return json_cell_read(a, f, member, cell_text(a, result, row, column));
    case KIND_TEXTS:
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "%s: lists of texts are not read from PostgreSQL", f->column);
    }
    return NULL;
}

/* --- rows --- */

static signed char place_of(const struct shape *s, const char *column)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->fields[i].column, column) == 0)
            return (signed char)i;
    return -1;
}

static void columns_place(const PGresult *result, struct pg_statement *st, const struct shape *s)
{
    if (st->placed_for == s)
        return;
    for (int i = 0; i < PQnfields(result) && i < (int)COUNT_OF(st->field_of); i++)
        st->field_of[i] = place_of(s, PQfname(result, i));
    st->placed_for = s;
}

/* Into zeroed memory. */
const fault *pg_row_take(arena *a, const PGresult *result, int row, struct pg_statement *st, const struct shape *s,
                      void *out)
{
    columns_place(result, st, s);
    for (int i = 0; i < PQnfields(result) && i < (int)COUNT_OF(st->field_of); i++) {
        if (st->field_of[i] < 0)
            continue;
        const struct field *f = &s->fields[st->field_of[i]];
        void *member = (char *)out + f->offset;
        if (PQgetisnull(result, row, i))
            null_read(f, member);
        else
            TRY(value_read(a, f, member, result, row, i));
    }
    return NULL;
}

const fault *pg_rows_take(arena *a, const PGresult *result, struct pg_statement *st, const struct shape *row, list *out)
{
    int count = PQntuples(result);
    list made = { arena_take(a, row->size * (size_t)(count > 0 ? count : 1)), (size_t)count };
    for (int i = 0; i < count; i++)
        TRY(pg_row_take(a, result, i, st, row, (char *)made.at + (size_t)i * row->size));
    *out = made;
    return NULL;
}

const fault *pg_list(struct pg_lane *lane, arena *a, const struct shape *row, list *out, const char *text,
                     struct pg_binds values)
{
    PGresult *found;
    struct pg_statement *st;
    TRY(pg_lane_ask(lane, a, text, values, &found, &st));
    const fault *problem = pg_rows_take(a, found, st, row, out);
    PQclear(found);
    return problem;
}

const fault *pg_one(struct pg_lane *lane, arena *a, const struct shape *s, void *out, bool *found, const char *text,
                    struct pg_binds values)
{
    PGresult *result;
    struct pg_statement *st;
    *found = false;
    TRY(pg_lane_ask(lane, a, text, values, &result, &st));
    const fault *problem = NULL;
    if (PQntuples(result) > 0) {
        memset(out, 0, s->size);
        problem = pg_row_take(a, result, 0, st, s, out);
        *found = !problem;
    }
    PQclear(result);
    return problem;
}

const fault *pg_number(struct pg_lane *lane, arena *a, int64_t *out, const char *text, struct pg_binds values)
{
    PGresult *found;
    struct pg_statement *st;
    TRY(pg_lane_ask(lane, a, text, values, &found, &st));
    if (PQntuples(found) > 0 && !PQgetisnull(found, 0, 0))
        *out = strtoll(PQgetvalue(found, 0, 0), NULL, 10);
    PQclear(found);
    return NULL;
}

const fault *pg_numbers(struct pg_lane *lane, arena *a, ids *out, const char *text, struct pg_binds values)
{
    PGresult *found;
    struct pg_statement *st;
    TRY(pg_lane_ask(lane, a, text, values, &found, &st));
    int count = PQntuples(found);
    ids made = { NEW_ARRAY(a, int64_t, count > 0 ? count : 1), (size_t)count };
    for (int i = 0; i < count; i++)
        made.at[i] = strtoll(PQgetvalue(found, i, 0), NULL, 10);
    PQclear(found);
    *out = made;
    return NULL;
}
