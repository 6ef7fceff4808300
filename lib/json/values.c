/* values.c - one value of each kind, out of JSON or out of text. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "lib/json/reading.h"
#include "lib/json/write.h"

/* --- what a value must be --- */

static void put_choices(struct buf *b, const struct field *f)
{
    for (int64_t i = f->min; f->choices[i] && (f->max == 0 || i <= f->max); i++)
        buf_printf(b, "%s%s", b->len ? ", " : "", f->choices[i]);
}

void reading_blame_type(struct reading *r, const struct place *at, const struct field *f)
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

static void money_take(struct reading *r, const struct place *at, const struct field *f,
                       double number, money *member)
{
    bool exact;
    if (!money_of_number(number, member, &exact))
        reading_blame(r, at, number < 0 ? "min" : "max",
                      "must be between -99999999.99 and 99999999.99");
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
        reading_blame_type(r, at, f);
}

static void choice_take(struct reading *r, const struct place *at, const struct field *f, str name,
                        unsigned *member)
{
    for (unsigned i = 0; f->choices[i]; i++) {
        bool allowed =
            r->restoring || ((int64_t)i >= f->min && (f->max == 0 || (int64_t)i <= f->max));
        if (allowed && str_equal(name, str_of(f->choices[i]))) {
            *member = i;
            return;
        }
    }
    reading_blame_type(r, at, f);
}

static bool bool_of_text(str text, bool *out)
{
    *out = str_equal(text, STR("true"));
    return *out || str_equal(text, STR("false"));
}

/* --- by kind --- */

void field_clear(const struct field *f, void *member)
{
    static const size_t size_of[] = {
        [KIND_INTEGER] = sizeof(int64_t), [KIND_NUMBER] = sizeof(double),
        [KIND_BOOL] = sizeof(bool),       [KIND_TEXT] = sizeof(str),
        [KIND_MONEY] = sizeof(money),     [KIND_INSTANT] = sizeof(instant),
        [KIND_WALL] = sizeof(wall),       [KIND_DAY] = sizeof(day),
        [KIND_CHOICE] = sizeof(unsigned), [KIND_IDS] = sizeof(ids),
        [KIND_TEXTS] = sizeof(strs),      [KIND_LIST] = sizeof(list),
        [KIND_OBJECT] = sizeof(void *),   [KIND_RAW] = sizeof(struct raw_json),
    };
    memset(member, 0, size_of[f->kind]);
    if (f->kind == KIND_INSTANT || f->kind == KIND_WALL || f->kind == KIND_DAY)
        *(int64_t *)member = TIME_NONE; /* nullable or not: 1970 is no way to say "none" */
    if (!f->nullable)
        return;
    if (f->kind == KIND_INTEGER)
        *(int64_t *)member = INTEGER_NONE;
    else if (f->kind == KIND_NUMBER)
        *(double *)member = NAN;
    else if (f->kind == KIND_MONEY)
        *(money *)member = MONEY_NONE;
    else if (f->kind == KIND_CHOICE)
        *(unsigned *)member = CHOICE_NONE;
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

static bool number_from_text(struct reading *r, const struct place *at, const struct field *f,
                             str text, void *member)
{
    double number;
    if (f->kind == KIND_INTEGER ? !str_to_int(text, member) : !number_of_text(text, &number))
        return false;
    if (f->kind == KIND_MONEY) {
        money_take(r, at, f, number, member);
        return true;
    }
    if (f->kind == KIND_NUMBER)
        *(double *)member = number;
    limits_check(r, at, f, member);
    return true;
}

void value_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     void *member)
{
    bool fits = true;
    if (text.len == 0 && f->nullable && f->kind != KIND_TEXT) {
        field_clear(f, member);
        return;
    }
    switch (f->kind) {
    case KIND_INTEGER:
    case KIND_NUMBER:
    case KIND_MONEY:
        fits = number_from_text(r, at, f, text, member);
        break;
    case KIND_BOOL:
        fits = bool_of_text(text, member);
        break;
    case KIND_TEXT:
        text_take(r, at, f, text, member);
        break;
    case KIND_INSTANT:
        fits = instant_read(text, member);
        break;
    case KIND_WALL:
        wall_take(r, at, f, text, member);
        break;
    case KIND_DAY:
        fits = day_read(text, member);
        break;
    case KIND_CHOICE:
        choice_take(r, at, f, text, member);
        break;
    case KIND_IDS:
        ids_from_text(r, at, f, text, member);
        break;
    case KIND_TEXTS:
        texts_from_text(r, at, f, text, member);
        break;
    case KIND_LIST:
    case KIND_OBJECT:
    case KIND_RAW: /* as a default: nothing */
        fits = text.len == 0;
        break;
    }
    if (!fits)
        reading_blame_type(r, at, f);
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
        reading_blame_type(r, at, f);
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
        texts_from_one(r, at, f, text, member);
    else if (f->kind >= KIND_IDS)
        reading_blame_type(r, at, f);
    else if (text.len == 0 && f->kind != KIND_TEXT)
        reading_blame_type(r, at, f); /* "" is no number, not even null: only null is */
    else
        value_from_text(r, at, f, f->kind == KIND_TEXT ? arena_copy(r->a, text) : text, member);
}

void value_from_json(struct reading *r, const struct place *at, const struct field *f,
                     json_t *value, void *member)
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
            reading_blame_type(r, at, f);
    } else {
        reading_blame_type(r, at, f);
    }
}
