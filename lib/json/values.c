/* values.c - one value of each kind, out of JSON or out of text. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/reading.h"
#include "lib/json/write.h"

/* --- what a value must be --- */

static void put_choices(struct buf *b, const struct field *f)
{
    for (int64_t i = f->min; f->choices[i] && (f->max == 0 || i <= f->max); i++)
        buf_printf(b, "%s%s", b->len ? ", " : "", f->choices[i]);
}

static void blame_type(struct reading *r, const struct place *at, const struct field *f)
{
    static const char *const must_be[] = {
        [KIND_INTEGER] = "a whole number",
        [KIND_NUMBER] = "a number",
        [KIND_BOOL] = "true or false",
        [KIND_TEXT] = "a text",
        [KIND_MONEY] = "an amount of money",
        [KIND_INSTANT] = "an ISO date or date-time",
        [KIND_WALL] = "a date and time like 2026-11-25T10:00:00",
        [KIND_DAY] = "a date like 2026-11-25",
        [KIND_IDS] = "a list of whole numbers",
        [KIND_TEXTS] = "a list of texts",
        [KIND_LIST] = "a list of objects",
        [KIND_OBJECT] = "an object",
        [KIND_RAW] = "JSON",
    };
    if (f->kind == KIND_CHOICE) {
        struct buf names = { .in = r->a };
        put_choices(&names, f);
        reading_blame(r, at, "type", "must be one of %.*s", STR_ARG(buf_str(&names)));
    } else {
        reading_blame(r, at, "type", "must be %s", must_be[f->kind]);
    }
}

bool field_is_required(const struct field *f)
{
    return !(f->optional || f->nullable || f->fallback || f->read_only || f->hidden);
}

/* --- numbers --- */

/* A JSON number as text and nothing else: strtod alone takes hexadecimal, inf and nan too. */
static bool number_of_text(str text, double *out)
{
    char room[64];
    if (text.len == 0 || text.len >= sizeof room)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (memchr("0123456789+-.eE", text.at[i], 15) == NULL)
            return false;
    if (text.at[0] == '+' || text.at[0] == '.')
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = '\0';
    char *end;
    double n = strtod(room, &end);
    if (*end || !isfinite(n))
        return false;
    *out = n;
    return true;
}

/* 12.0 is twelve: old clients compute ids and minutes in floating point. */
static bool int_of_number(double n, int64_t *out)
{
    if (n != floor(n) || fabs(n) >= 9.2e18)
        return false;
    *out = (int64_t)n;
    return true;
}

static bool int_of_json(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    if (json_is_real(value))
        return int_of_number(json_real_value(value), out);
    return json_is_string(value) &&
           str_to_int((str){ json_string_value(value), json_string_length(value) }, out);
}

/* Half up as the client wrote it: 10.005 is a little less than that in binary, and its owner means 10.01. The shortest decimal
 * that gives the same double is what he wrote. */
static int64_t cents_rounded(double size)
{
    struct buf text = { 0 };
    char room[40];
    text.at = room;
    text.cap = sizeof room;
    json_write_number(&text, size);
    int64_t cents = 0, digits_after = -1;
    bool up = false;
    for (size_t i = 0; i < text.len && digits_after < 3; i++) {
        if (digits_after >= 0)
            digits_after++;
        if (room[i] == '.')
            digits_after = 0;
        else if (room[i] < '0' || room[i] > '9')
            return llround(size * 100); /* 1e-7: far from any half */
        else if (digits_after < 3)
            cents = cents * 10 + (room[i] - '0');
        else
            up = room[i] >= '5';
    }
    for (; digits_after < 2; digits_after++)
        if (digits_after >= 0)
            cents *= 10;
    return cents + up;
}

bool money_of_number(double number, money *out, bool *exact)
{
    double size = fabs(number);
    if (!(size <= (double)MONEY_MAX_CENTS / 100 + 1))
        return false;
    /* Both are whole numbers that a double holds, so the quotient is the double nearest to that decimal. */
    int64_t cents = llround(size * 100);
    *exact = (double)cents / 100 == size;
    if (!*exact)
        cents = cents_rounded(size);
    if (cents > MONEY_MAX_CENTS)
        return false;
    out->cents = number < 0 ? -cents : cents;
    return true;
}

static void money_take(struct reading *r, const struct place *at, const struct field *f, double number,
                       money *member)
{
    bool exact;
    if (!money_of_number(number, member, &exact))
        reading_blame(r, at, number < 0 ? "min" : "max", "must be between -99999999.99 and 99999999.99");
    else if (f->money_exact && !exact && !r->restoring)
        reading_blame(r, at, "type", "must have at most two decimals");
    else
        limits_check(r, at, f, member);
}

/* --- text, times, choices --- */

static void text_take(struct reading *r, const struct place *at, const struct field *f, str text,
                      str *member)
{
    if (r->restoring) {
        *member = text;
        return;
    }
    if (f->trim)
        text = str_trim(text);
    *member = text;
    if (f->blank_refused && str_blank(text))
        reading_blame(r, at, "required", "is required");
    else
        limits_check(r, at, f, member);
}

static void wall_take(struct reading *r, const struct place *at, const struct field *f, str text,
                      wall *member)
{
    bool zoned;
    if (wall_read(text, member, &zoned))
        return;
    if (zoned)
        reading_blame(r, at, "type", "is the time on the cinema's wall and takes no time zone");
    else
        blame_type(r, at, f);
}

static void choice_take(struct reading *r, const struct place *at, const struct field *f, str name,
                        unsigned *member)
{
    for (unsigned i = 0; f->choices[i]; i++) {
        bool allowed = r->restoring || ((int64_t)i >= f->min && (f->max == 0 || (int64_t)i <= f->max));
        if (allowed && str_equal(name, str_of(f->choices[i]))) {
            *member = i;
            return;
        }
    }
    blame_type(r, at, f);
}

static bool bool_of_text(str text, bool *out)
{
    *out = str_equal(text, STR("true"));
    return *out || str_equal(text, STR("false"));
}

/* --- lists --- */

static void ids_from_json(struct reading *r, const struct place *at, const struct field *f, json_t *array,
                          ids *member)
{
    size_t count = json_array_size(array);
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        if (!int_of_json(json_array_get(array, i), &member->at[i])) {
            blame_type(r, at, f);
            return;
        }
    }
    member->count = count;
}

static void texts_add(struct reading *r, const struct place *at, const struct field *f, str text,
                      strs *member)
{
    if (f->trim && !r->restoring)
        text = str_trim(text);
    if (f->blank_refused && !r->restoring && str_blank(text))
        reading_blame(r, at, "required", "must have no blank entry");
    else
        member->at[member->count++] = text;
}

static void texts_from_json(struct reading *r, const struct place *at, const struct field *f,
                            json_t *array, strs *member)
{
    size_t count = json_array_size(array), before = r->blamed;
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, str, count);
    for (size_t i = 0; i < count && r->blamed == before; i++) {
        json_t *one = json_array_get(array, i);
        str text = { json_string_value(one), json_string_length(one) };
        if (json_is_string(one))
            texts_add(r, at, f, arena_copy(r->a, text), member);
        else
            blame_type(r, at, f);
    }
}

static void one_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     strs *member)
{
    size_t count = str_blank(text) ? 0 : 1;
    member->at = NEW_ARRAY(r->a, str, 1);
    if (limits_allow_count(r, at, f, count) && count)
        texts_add(r, at, f, arena_copy(r->a, text), member);
}

static size_t pieces(str text)
{
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == ',';
    return count;
}

static void ids_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                          ids *member)
{
    size_t count = pieces(text);
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, int64_t, count);
    str piece;
    for (; member->count < count && str_cut(&text, ',', &piece); member->count++) {
        if (!str_to_int(str_trim(piece), &member->at[member->count])) {
            member->count = 0;
            blame_type(r, at, f);
            return;
        }
    }
}

static void texts_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                            strs *member)
{
    size_t count = pieces(text), before = r->blamed;
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, str, count);
    str piece;
    while (member->count < count && r->blamed == before && str_cut(&text, ',', &piece))
        texts_add(r, at, f, str_trim(piece), member);
}

/* --- JSON passed through: written anew, which leaves out white space and keeps order and values --- */

static void raw_put(struct buf *b, json_t *value)
{
    const char *key;
    json_t *inner;
    size_t i;
    char before = '{';
    if (json_is_object(value)) {
        json_object_foreach(value, key, inner)
        {
            buf_char(b, before);
            buf_quoted(b, str_of(key));
            buf_char(b, ':');
            raw_put(b, inner);
            before = ',';
        }
        buf_text(b, before == '{' ? STR("{}") : STR("}"));
    } else if (json_is_array(value)) {
        buf_char(b, '[');
        json_array_foreach(value, i, inner)
        {
            if (i)
                buf_char(b, ',');
            raw_put(b, inner);
        }
        buf_char(b, ']');
    } else if (json_is_string(value)) {
        buf_quoted(b, (str){ json_string_value(value), json_string_length(value) });
    } else if (json_is_integer(value)) {
        buf_int(b, json_integer_value(value));
    } else if (json_is_real(value)) {
        json_write_number(b, json_real_value(value));
    } else {
        buf_text(b, json_is_true(value) ? STR("true") : json_is_false(value) ? STR("false") : STR("null"));
    }
}

static struct raw_json raw_from_json(arena *a, json_t *value)
{
    struct buf b = { .in = a };
    raw_put(&b, value);
    return (struct raw_json){ buf_str(&b) };
}

/* --- by kind --- */

void field_clear(const struct field *f, void *member)
{
    switch (f->kind) {
    case KIND_INTEGER: *(int64_t *)member = f->nullable ? INTEGER_NONE : 0; break;
    case KIND_NUMBER: *(double *)member = f->nullable ? NAN : 0; break;
    case KIND_BOOL: *(bool *)member = false; break;
    case KIND_TEXT: *(str *)member = (str){ NULL, 0 }; break;
    case KIND_MONEY: *(money *)member = f->nullable ? MONEY_NONE : (money){ 0 }; break;
    case KIND_INSTANT: *(instant *)member = f->nullable ? INSTANT_NONE : (instant){ 0 }; break;
    case KIND_WALL: *(wall *)member = f->nullable ? WALL_NONE : (wall){ 0 }; break;
    case KIND_DAY: *(day *)member = f->nullable ? DAY_NONE : (day){ 0 }; break;
    case KIND_CHOICE: *(unsigned *)member = f->nullable ? CHOICE_NONE : 0; break;
    case KIND_IDS: *(ids *)member = (ids){ NULL, 0 }; break;
    case KIND_TEXTS: *(strs *)member = (strs){ NULL, 0 }; break;
    case KIND_LIST: *(list *)member = (list){ NULL, 0 }; break;
    case KIND_OBJECT: *(void **)member = NULL; break;
    case KIND_RAW: *(struct raw_json *)member = (struct raw_json){ { NULL, 0 } }; break;
    }
}

/* A fallback is ours: that it does not fit its own field is a bug. */
void field_set_fallback(struct reading *r, const struct field *f, void *member)
{
    if (f->fallback == NULL)
        return;
    struct reading own = { .a = r->a, .restoring = true };
    value_from_text(&own, NULL, f, str_of(f->fallback), member);
    assert(own.blamed == 0);
}

void value_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     void *member)
{
    int64_t n;
    double number;
    bool fits = true;
    if (text.len == 0 && f->nullable && f->kind != KIND_TEXT) {
        field_clear(f, member);
        return;
    }
    switch (f->kind) {
    case KIND_INTEGER:
        if ((fits = str_to_int(text, &n))) {
            *(int64_t *)member = n;
            limits_check(r, at, f, member);
        }
        break;
    case KIND_NUMBER:
        if ((fits = number_of_text(text, &number))) {
            *(double *)member = number;
            limits_check(r, at, f, member);
        }
        break;
    case KIND_MONEY:
        if ((fits = number_of_text(text, &number)))
            money_take(r, at, f, number, member);
        break;
    case KIND_BOOL: fits = bool_of_text(text, member); break;
    case KIND_TEXT: text_take(r, at, f, text, member); break;
    case KIND_INSTANT: fits = instant_read(text, member); break;
    case KIND_WALL: wall_take(r, at, f, text, member); break;
    case KIND_DAY: fits = day_read(text, member); break;
    case KIND_CHOICE: choice_take(r, at, f, text, member); break;
    case KIND_IDS: ids_from_text(r, at, f, text, member); break;
    case KIND_TEXTS: texts_from_text(r, at, f, text, member); break;
    case KIND_LIST:
    case KIND_OBJECT:
    case KIND_RAW: fits = text.len == 0; break; /* as a default: nothing */
    }
    if (!fits)
        blame_type(r, at, f);
}

static void number_from_json(struct reading *r, const struct place *at, const struct field *f,
                             const json_t *value, void *member)
{
    if (f->kind == KIND_MONEY) {
        money_take(r, at, f, json_number_value(value), member);
        return;
    }
    if (f->kind == KIND_NUMBER)
        *(double *)member = json_number_value(value);
    else if (!int_of_json(value, member)) {
        blame_type(r, at, f);
        return;
    }
    limits_check(r, at, f, member);
}

/* Milliseconds since 1970, within the years that have a text. */
static bool instant_of_epoch(const json_t *value, instant *out)
{
    char room[TIME_TEXT_MAX];
    int64_t ms;
    instant back;
    if (!int_of_json(value, &ms) || ms == TIME_NONE)
        return false;
    str text = instant_text(room, (instant){ ms }, TIME_Z_MS);
    *out = (instant){ ms };
    return instant_read(text, &back) && back.ms == ms;
}

static void list_from_json(struct reading *r, const struct place *at, const struct field *f,
                           json_t *array, void *member)
{
    if (f->kind == KIND_IDS)
        ids_from_json(r, at, f, array, member);
    else if (f->kind == KIND_TEXTS)
        texts_from_json(r, at, f, array, member);
    else if (limits_allow_count(r, at, f, json_array_size(array)))
        rows_read(r, at, f->shape, array, member);
}

static void string_from_json(struct reading *r, const struct place *at, const struct field *f,
                             const json_t *value, void *member)
{
    str text = { json_string_value(value), json_string_length(value) };
    if (f->kind == KIND_TEXTS && f->one_or_many)
        one_text(r, at, f, text, member);
    else if (f->kind >= KIND_IDS)
        blame_type(r, at, f);
    else if (text.len == 0 && f->kind != KIND_TEXT)
        blame_type(r, at, f); /* "" is no number, not even null: only null is */
    else
        value_from_text(r, at, f, f->kind == KIND_TEXT ? arena_copy(r->a, text) : text, member);
}

void value_from_json(struct reading *r, const struct place *at, const struct field *f, json_t *value,
                     void *member)
{
    bool is_list = f->kind == KIND_IDS || f->kind == KIND_TEXTS || f->kind == KIND_LIST;
    bool is_number = f->kind == KIND_INTEGER || f->kind == KIND_NUMBER || f->kind == KIND_MONEY;
    if (f->kind == KIND_RAW)
        *(struct raw_json *)member = raw_from_json(r->a, value);
    else if (json_is_string(value))
        string_from_json(r, at, f, value, member);
    else if (json_is_number(value) && is_number)
        number_from_json(r, at, f, value, member);
    else if (json_is_boolean(value) && f->kind == KIND_BOOL)
        *(bool *)member = json_is_true(value);
    else if (json_is_array(value) && is_list)
        list_from_json(r, at, f, value, member);
    else if (json_is_object(value) && f->kind == KIND_OBJECT) {
        *(void **)member = arena_take(r->a, f->shape->size);
        object_read(r, at, f->shape, value, *(void **)member);
    } else if (json_is_number(value) && f->kind == KIND_INSTANT && f->epoch_ms) {
        if (!instant_of_epoch(value, member))
            blame_type(r, at, f);
    } else {
        blame_type(r, at, f);
    }
}
