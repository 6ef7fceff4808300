/* import_values.c - reads texts, numbers and lists as people and programs write them. */
#include "taquilla/import_values.h"

#include <math.h>
#include <string.h>

#include "lib/json/reading.h"
#include "lib/json/write.h"

#define WHOLE_MAX 9007199254740992.0 /* 2^53: beyond it not every whole number is a double */
#define AROUND_BYTES_MAX 8           /* of a currency before a number, or a unit after it */

static bool is_nothing(str text)
{
    return str_blank(text) || str_equal(text, STR("\\N")) || str_equal(text, STR("N/A"));
}

struct value value_of_json(const json_t *json)
{
    if (json_is_null(json))
        json = NULL;
    if (json_is_string(json) && is_nothing((str){ json_string_value(json), json_string_length(json) }))
        json = NULL;
    return (struct value){ .json = json };
}

struct value value_of_cell(str cell)
{
    return (struct value){ .cell = is_nothing(cell) ? (str){ NULL, 0 } : str_trim(cell) };
}

bool value_given(const struct value *v)
{
    return v->json || v->cell.at;
}

str value_text(const struct value *v)
{
    if (v->cell.at)
        return v->cell;
    if (!json_is_string(v->json))
        return (str){ NULL, 0 };
    return str_trim((str){ json_string_value(v->json), json_string_length(v->json) });
}

str value_text_or_number(arena *a, const struct value *v, bool *was_number)
{
    *was_number = json_is_integer(v->json);
    if (*was_number)
        return arena_printf(a, "%lld", (long long)json_integer_value(v->json));
    return value_text(v);
}

/* --- numbers --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Cuts off what stands before the first digit or sign and behind the last digit; false when it is more than a currency or
 * a unit can be. */
static bool number_bare(str text, str *out)
{
    size_t from = 0, until = text.len;
    while (from < until && !is_digit(text.at[from]) && text.at[from] != '-')
        from++;
    while (until > from && !is_digit(text.at[until - 1]))
        until--;
    *out = (str){ text.at + from, until - from };
    return until > from && from <= AROUND_BYTES_MAX && text.len - until <= AROUND_BYTES_MAX;
}

/* Which of '.' and ',' begins the decimals: the last one, unless it is a comma that parts thousands. */
static const char *decimal_point(str number)
{
    const char *point = memrchr(number.at, '.', number.len), *comma = memrchr(number.at, ',', number.len);
    size_t behind = comma ? (size_t)(number.at + number.len - comma) - 1 : 0;
    if (point && comma)
        return point > comma ? point : comma;
    if (point)
        return memchr(number.at, '.', number.len) == point ? point : NULL;
    return comma && behind != 3 && memchr(number.at, ',', number.len) == comma ? comma : NULL;
}

static bool is_parting(char c)
{
    return c == '.' || c == ',' || c == ' ' || c == '\'';
}

/* What parts thousands is the same every time, and has three digits behind it. */
static bool thousands_fit(str whole)
{
    char parting = '\0';
    size_t digits = 0;
    for (size_t i = 0; i < whole.len; i++) {
        if (!is_parting(whole.at[i])) {
            digits++;
            continue;
        }
        if (parting && (whole.at[i] != parting || digits != 3))
            return false;
        parting = whole.at[i];
        digits = 0;
    }
    return !parting || digits == 3;
}

static bool text_number(str text, double *out)
{
    char plain[64];
    size_t len = 0;
    str bare;
    if (!number_bare(text, &bare) || bare.len >= sizeof(plain))
        return false;
    const char *point = decimal_point(bare);
    if (!thousands_fit((str){ bare.at, point ? (size_t)(point - bare.at) : bare.len }))
        return false;
    for (size_t i = 0; i < bare.len; i++) {
        char c = bare.at[i];
        if (&bare.at[i] == point)
            plain[len++] = '.';
        else if (is_digit(c) || (c == '-' && i == 0))
            plain[len++] = c;
        else if (!is_parting(c) || (point && &bare.at[i] > point))
            return false;
    }
    return number_of_text((str){ plain, len }, out);
}

bool value_number(const struct value *v, double *out)
{
    if (json_is_number(v->json)) {
        *out = json_number_value(v->json);
        return true;
    }
    str text = value_text(v);
    return text.at && text_number(text, out);
}

bool value_integer(const struct value *v, int64_t *out)
{
    double number;
    if (!value_number(v, &number) || number != floor(number) || fabs(number) > WHOLE_MAX)
        return false;
    *out = (int64_t)number;
    return true;
}

bool value_flag(const struct value *v, bool *out)
{
    static const char *const yes[] = { "true", "1", "yes", "y", "si", "s\xc3\xad", "x" };
    static const char *const no[] = { "false", "0", "no", "n" };
    bool was_number;
    if (json_is_boolean(v->json)) {
        *out = json_is_true(v->json);
        return true;
    }
    if (json_is_integer(v->json) && (json_integer_value(v->json) | 1) == 1) {
        *out = json_integer_value(v->json) == 1;
        return true;
    }
    str text = value_text_or_number(NULL, &(struct value){ .json = json_is_string(v->json) ? v->json : NULL, .cell = v->cell },
                                    &was_number);
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (str_equal_nocase(text, str_of(yes[i]))) {
            *out = true;
            return true;
        }
    *out = false;
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (str_equal_nocase(text, str_of(no[i])))
            return true;
    return false;
}

/* --- lists --- */

static void texts_add(strs *texts, str text, size_t bytes_max)
{
    text = str_trim(text);
    if (text.len > 0 && text.len <= bytes_max)
        texts->at[texts->count++] = text;
}

static strs text_parts(arena *a, str text, size_t bytes_max)
{
    char apart = memchr(text.at, '|', text.len) ? '|' : memchr(text.at, ';', text.len) ? ';' : ',';
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == apart;
    strs texts = { NEW_ARRAY(a, str, count), 0 };
    for (str piece; str_cut(&text, apart, &piece);)
        texts_add(&texts, piece, bytes_max);
    return texts;
}

strs value_texts(arena *a, const struct value *v, size_t bytes_max)
{
    str text = value_text(v);
    if (text.at)
        return text_parts(a, text, bytes_max);
    strs texts = { NEW_ARRAY(a, str, json_array_size(v->json) + 1), 0 };
    for (size_t i = 0; i < json_array_size(v->json); i++) {
        struct value one = value_of_json(json_array_get(v->json, i));
        texts_add(&texts, value_text(&one), bytes_max);
    }
    return texts;
}

/* --- members --- */

void member_name(struct buf *out, const char *name)
{
    if (out->at[out->len - 1] != '{')
        buf_char(out, ',');
    buf_quoted(out, str_of(name));
    buf_char(out, ':');
}

void member_text(struct buf *out, const char *name, str text)
{
    if (!text.at)
        return;
    member_name(out, name);
    json_write_text(out, text);
}

void member_int(struct buf *out, const char *name, int64_t n)
{
    member_name(out, name);
    buf_int(out, n);
}

void member_number(struct buf *out, const char *name, double n)
{
    member_name(out, name);
    json_write_number(out, n);
}

void member_flag(struct buf *out, const char *name, bool flag)
{
    member_name(out, name);
    buf_text(out, flag ? STR("true") : STR("false"));
}

void member_texts(struct buf *out, const char *name, const strs *texts)
{
    member_name(out, name);
    buf_char(out, '[');
    for (size_t i = 0; i < texts->count; i++) {
        if (i)
            buf_char(out, ',');
        json_write_text(out, texts->at[i]);
    }
    buf_char(out, ']');
}
