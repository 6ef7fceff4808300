/* write.c - structs into JSON; every list of showings passes here, so nothing common goes through
 * printf. */
#include "lib/json/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct manner {
    bool all;   /* hidden fields too */
    bool to_ms; /* instants with milliseconds, whatever their form */
};

static void put_object(struct buf *out, const struct shape *s, const void *value,
                       struct manner how);

void json_write_text(struct buf *out, str text)
{
    if (text.at)
        buf_quoted(out, text);
    else
        buf_literal(out, "null");
}

void json_write_money(struct buf *out, money sum)
{
    int64_t cents = sum.cents % 100;
    if (sum.cents < 0) {
        buf_char(out, '-');
        cents = -cents;
    }
    int64_t whole = sum.cents / 100;
    buf_int(out, whole < 0 ? -whole : whole);
    if (cents == 0)
        return;
    buf_char(out, '.');
    buf_char(out, (char)('0' + cents / 10));
    if (cents % 10)
        buf_char(out, (char)('0' + cents % 10));
}

void json_write_number(struct buf *out, double number)
{
    char room[40];
    if (!isfinite(number)) {
        buf_literal(out, "null");
        return;
    }
    if (number == floor(number) && fabs(number) < 1e15) {
        buf_int(out, (int64_t)number);
        return;
    }
    int64_t cents = fabs(number) < 1e13 ? llround(number * 100) : 0;
    if (cents &&
        (double)cents / 100 == number) { /* ratings, percents, amounts: two decimals say it all */
        json_write_money(out, (money){ cents });
        return;
    }
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(room, sizeof room, "%.*g", digits, number);
        if (strtod(room, NULL) == number)
            break;
    }
    buf_put(out, room, (size_t)len);
}

/* Times have no character that needs an escape. */
static void put_time(struct buf *out, str text)
{
    if (text.at == NULL) {
        buf_literal(out, "null");
        return;
    }
    buf_char(out, '"');
    buf_text(out, text);
    buf_char(out, '"');
}

static void put_ids(struct buf *out, const ids *numbers)
{
    buf_char(out, '[');
    for (size_t i = 0; i < numbers->count; i++) {
        if (i)
            buf_char(out, ',');
        buf_int(out, numbers->at[i]);
    }
    buf_char(out, ']');
}

static void put_texts(struct buf *out, const strs *texts)
{
    buf_char(out, '[');
    for (size_t i = 0; i < texts->count; i++) {
        if (i)
            buf_char(out, ',');
        buf_quoted(out, texts->at[i]);
    }
    buf_char(out, ']');
}

static void put_rows(struct buf *out, const struct shape *row, const list *rows, struct manner how)
{
    buf_char(out, '[');
    for (size_t i = 0; i < rows->count; i++) {
        if (i)
            buf_char(out, ',');
        put_object(out, row, (const char *)rows->at + i * row->size, how);
    }
    buf_char(out, ']');
}

static void put_choice(struct buf *out, const struct field *f, unsigned value)
{
    for (unsigned i = 0; f->choices[i]; i++) {
        if (i == value) {
            buf_quoted(out, str_of(f->choices[i]));
            return;
        }
    }
    buf_literal(out, "null");
}

/* Is it the value that stands for null? Only nullable fields have one; objects and raw JSON always
 * do. */
static bool is_null(const struct field *f, const void *member)
{
    if (f->kind == KIND_OBJECT)
        return *(void *const *)member == NULL;
    if (f->kind == KIND_RAW)
        return ((const struct raw_json *)member)->text.at == NULL;
    if (!f->nullable)
        return false;
    switch (f->kind) {
    case KIND_INTEGER:
        return *(const int64_t *)member == INTEGER_NONE;
    case KIND_TEXT:
        return ((const str *)member)->at == NULL;
    case KIND_MONEY:
        return ((const money *)member)->cents < 0;
    case KIND_IDS:
        return ((const ids *)member)->at == NULL;
    case KIND_TEXTS:
        return ((const strs *)member)->at == NULL;
    case KIND_LIST:
        return ((const list *)member)->at == NULL;
    case KIND_NUMBER:
    case KIND_BOOL:
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
    case KIND_CHOICE:
    case KIND_OBJECT:
    case KIND_RAW:
        return false; /* those that write their own null */
    }
    return false;
}

static void put_value(struct buf *out, const struct field *f, const void *member, struct manner how)
{
    char room[TIME_TEXT_MAX];
    if (is_null(f, member)) {
        buf_literal(out, "null");
        return;
    }
    switch (f->kind) {
    case KIND_INTEGER:
        buf_int(out, *(const int64_t *)member);
        break;
    case KIND_NUMBER:
        json_write_number(out, *(const double *)member);
        break;
    case KIND_BOOL:
        buf_text(out, *(const bool *)member ? STR("true") : STR("false"));
        break;
    case KIND_TEXT:
        buf_quoted(out, *(const str *)member);
        break;
    case KIND_MONEY:
        json_write_money(out, *(const money *)member);
        break;
    case KIND_INSTANT:
        put_time(out,
                 instant_text(room, *(const instant *)member, how.to_ms ? TIME_Z_MS : f->form));
        break;
    case KIND_WALL:
        put_time(out, wall_text(room, *(const wall *)member));
        break;
    case KIND_DAY:
        put_time(out, day_text(room, *(const day *)member));
        break;
    case KIND_CHOICE:
        put_choice(out, f, *(const unsigned *)member);
        break;
    case KIND_IDS:
        put_ids(out, member);
        break;
    case KIND_TEXTS:
        put_texts(out, member);
        break;
    case KIND_LIST:
        put_rows(out, f->shape, member, how);
        break;
    case KIND_OBJECT:
        put_object(out, f->shape, *(void *const *)member, how);
        break;
    case KIND_RAW:
        buf_text(out, ((const struct raw_json *)member)->text);
        break;
    }
}

static void put_object(struct buf *out, const struct shape *s, const void *value, struct manner how)
{
    char before = '{';
    if (s->count == 1 && s->fields[0].whole) {
        put_value(out, &s->fields[0], (const char *)value + s->fields[0].offset, how);
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        if (f->hidden && !how.all)
            continue;
        size_t name_len = strlen(f->name);
        buf_reserve(out, name_len + 4);
        char *at = out->at + out->len;
        *at++ = before;
        *at++ = '"';
        memcpy(at, f->name, name_len);
        at += name_len;
        *at++ = '"';
        *at++ = ':';
        out->len += name_len + 4;
        before = ',';
        put_value(out, f, (const char *)value + f->offset, how);
    }
    buf_text(out, before == '{' ? STR("{}") : STR("}"));
}

void json_write(struct buf *out, const struct shape *s, const void *value)
{
    put_object(out, s, value, (struct manner){ 0 });
}

void json_store(struct buf *out, const struct shape *s, const void *value)
{
    put_object(out, s, value, (struct manner){ .all = true, .to_ms = true });
}

void json_write_list(struct buf *out, const struct shape *row, const list *rows)
{
    put_rows(out, row, rows, (struct manner){ 0 });
}
