/* mongo_bson.c - documents out of structs and into them, by shape. */
#include "lib/db/mongo_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"

#define HEX_ID_LENGTH 24
#define KEY_TEXT_MAX 16

static bool is_hex_id(str text)
{
    return text.len == HEX_ID_LENGTH && bson_oid_is_valid(text.at, text.len);
}

static void id_append(bson_t *to, const char *key, str hex)
{
    char text[HEX_ID_LENGTH + 1];
    bson_oid_t id;
    memcpy(text, hex.at, HEX_ID_LENGTH);
    text[HEX_ID_LENGTH] = '\0';
    bson_oid_init_from_string(&id, text);
    bson_append_oid(to, key, -1, &id);
}

/* --- out --- */

static void text_append(bson_t *to, const char *key, str text)
{
    if (text.at)
        bson_append_utf8(to, key, -1, text.at, (int)text.len);
}

static void time_append(bson_t *to, const char *key, int64_t number, int64_t ms)
{
    if (number != TIME_NONE)
        bson_append_date_time(to, key, -1, number * ms);
}

static void texts_append(bson_t *to, const char *key, const strs *texts)
{
    bson_t array;
    bson_append_array_begin(to, key, -1, &array);
    for (size_t i = 0; i < texts->count; i++) {
        char room[KEY_TEXT_MAX];
        const char *place;
        bson_uint32_to_string((uint32_t)i, &place, room, sizeof room);
        text_append(&array, place, texts->at[i]);
    }
    bson_append_array_end(to, &array);
}

static void numbers_append(bson_t *to, const char *key, const ids *numbers)
{
    bson_t array;
    bson_append_array_begin(to, key, -1, &array);
    for (size_t i = 0; i < numbers->count; i++) {
        char room[KEY_TEXT_MAX];
        const char *place;
        bson_uint32_to_string((uint32_t)i, &place, room, sizeof room);
        bson_append_int64(&array, place, -1, numbers->at[i]);
    }
    bson_append_array_end(to, &array);
}

static void list_append(arena *a, bson_t *to, const struct field *f, const list *rows)
{
    bson_t array, row;
    bson_append_array_begin(to, f->name, -1, &array);
    for (size_t i = 0; i < rows->count; i++) {
        char room[KEY_TEXT_MAX];
        const char *place;
        bson_uint32_to_string((uint32_t)i, &place, room, sizeof room);
        bson_append_document_begin(&array, place, -1, &row);
        mongo_document_write(a, &row, f->shape, (const char *)rows->at + i * f->shape->size, true);
        bson_append_document_end(&array, &row);
    }
    bson_append_array_end(to, &array);
}

static void object_append(arena *a, bson_t *to, const struct field *f, const void *object)
{
    bson_t inner;
    if (!object)
        return;
    bson_append_document_begin(to, f->name, -1, &inner);
    mongo_document_write(a, &inner, f->shape, object, true);
    bson_append_document_end(to, &inner);
}

static void choice_append(bson_t *to, const struct field *f, unsigned value)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (i == value)
            text_append(to, f->name, str_of(f->choices[i]));
}

static void member_append(arena *a, bson_t *to, const struct field *f, const void *member)
{
    switch (f->kind) {
    case KIND_INTEGER:
        if (*(const int64_t *)member != INTEGER_NONE)
            bson_append_int64(to, f->name, -1, *(const int64_t *)member);
        break;
    case KIND_MONEY:
        if (((const money *)member)->cents >= 0 || !f->nullable)
            bson_append_int64(to, f->name, -1, ((const money *)member)->cents);
        break;
    case KIND_NUMBER:
        if (!isnan(*(const double *)member))
            bson_append_double(to, f->name, -1, *(const double *)member);
        break;
    case KIND_BOOL:
        bson_append_bool(to, f->name, -1, *(const bool *)member);
        break;
    case KIND_TEXT:
        if (strcmp(f->name, "_id") == 0 && is_hex_id(*(const str *)member))
            id_append(to, f->name, *(const str *)member);
        else
            text_append(to, f->name, *(const str *)member);
        break;
    case KIND_RAW:
        text_append(to, f->name, ((const struct raw_json *)member)->text);
        break;
    case KIND_INSTANT:
        time_append(to, f->name, ((const instant *)member)->ms, 1);
        break;
    case KIND_WALL:
        time_append(to, f->name, ((const wall *)member)->s, 1000);
        break;
    case KIND_DAY:
        time_append(to, f->name, ((const day *)member)->days, INT64_C(86400000));
        break;
    case KIND_CHOICE:
        choice_append(to, f, *(const unsigned *)member);
        break;
    case KIND_IDS:
        numbers_append(to, f->name, member);
        break;
    case KIND_TEXTS:
        texts_append(to, f->name, member);
        break;
    case KIND_LIST:
        list_append(a, to, f, member);
        break;
    case KIND_OBJECT:
        object_append(a, to, f, *(void *const *)member);
        break;
    }
}

void mongo_document_write(arena *a, bson_t *to, const struct shape *s, const void *value, bool with_id)
{
    for (size_t i = 0; i < s->count; i++)
        if (with_id || strcmp(s->fields[i].name, "_id") != 0)
            member_append(a, to, &s->fields[i], (const char *)value + s->fields[i].offset);
}

void mongo_filter_write(bson_t *to, struct mongo_filter filter)
{
    for (size_t i = 0; i < filter.count; i++) {
        const struct mongo_match *m = &filter.at[i];
        bson_t test;
        if (m->test == MONGO_IS && m->id && is_hex_id(m->text)) {
            id_append(to, m->field, m->text);
        } else if (m->test == MONGO_IS && m->text.at) {
            text_append(to, m->field, m->text);
        } else if (m->test == MONGO_IS) {
            bson_append_int64(to, m->field, -1, m->number);
        } else {
            bson_append_document_begin(to, m->field, -1, &test);
            if (m->test == MONGO_BELOW)
                bson_append_int64(&test, "$lt", -1, m->number);
            else
                bson_append_bool(&test, "$exists", -1, false);
            bson_append_document_end(to, &test);
        }
    }
}

/* --- in --- */

static str text_of(arena *a, const bson_iter_t *it)
{
    uint32_t length = 0;
    char hex[HEX_ID_LENGTH + 1];
    if (bson_iter_type(it) == BSON_TYPE_OID) {
        bson_oid_to_string(bson_iter_oid(it), hex);
        return arena_copy(a, str_of(hex));
    }
    if (bson_iter_type(it) != BSON_TYPE_UTF8)
        return (str){ NULL, 0 };
    const char *at = bson_iter_utf8(it, &length);
    str text = { at, length };
    return str_is_utf8(text) ? arena_copy(a, text) : (str){ NULL, 0 };
}

/* NaN: it cannot be taken for a number. */
static double number_of(arena *a, const bson_iter_t *it)
{
    char decimal[BSON_DECIMAL128_STRING];
    bson_decimal128_t value;
    str text = { NULL, 0 };
    if (BSON_ITER_HOLDS_NUMBER(it) || BSON_ITER_HOLDS_BOOL(it))
        return bson_iter_as_double(it);
    if (BSON_ITER_HOLDS_DECIMAL128(it) && bson_iter_decimal128(it, &value)) {
        bson_decimal128_to_string(&value, decimal);
        text = str_of(decimal);
    } else {
        text = str_trim(text_of(a, it));
    }
    if (text.len == 0)
        return NAN;
    char *end;
    const char *whole = arena_cstr(a, text);
    double number = strtod(whole, &end);
    return *end == '\0' ? number : NAN;
}

static int64_t integer_of(arena *a, const bson_iter_t *it, int64_t none)
{
    if (BSON_ITER_HOLDS_INT64(it) || BSON_ITER_HOLDS_INT32(it))
        return bson_iter_as_int64(it);
    double number = number_of(a, it);
    return number >= -9e15 && number <= 9e15 ? (int64_t)number : none; /* false for NaN */
}

static int64_t time_of(arena *a, const bson_iter_t *it, int64_t ms)
{
    instant read;
    if (BSON_ITER_HOLDS_DATE_TIME(it))
        return bson_iter_date_time(it) / ms;
    if (BSON_ITER_HOLDS_UTF8(it))
        return instant_read(str_trim(text_of(a, it)), &read) ? read.ms / ms : TIME_NONE;
    int64_t number = integer_of(a, it, TIME_NONE);
    return number == TIME_NONE ? TIME_NONE : number / ms;
}

static strs texts_of(arena *a, const bson_iter_t *it)
{
    bson_iter_t inner;
    strs made = { NULL, 0 };
    str one = text_of(a, it);
    if (one.at) { /* one stands for a list of it */
        made.at = NEW_ARRAY(a, str, 1);
        made.at[made.count++] = one;
        return made;
    }
    size_t room = 0;
    for (bool more = BSON_ITER_HOLDS_ARRAY(it) && bson_iter_recurse(it, &inner); more && bson_iter_next(&inner);)
        room++;
    if (room == 0 || !bson_iter_recurse(it, &inner))
        return made;
    made.at = NEW_ARRAY(a, str, room);
    while (bson_iter_next(&inner)) {
        str text = text_of(a, &inner);
        if (text.at)
            made.at[made.count++] = text;
    }
    return made;
}

static ids numbers_of(arena *a, const bson_iter_t *it)
{
    bson_iter_t inner;
    ids made = { NULL, 0 };
    size_t room = 0;
    for (bool more = BSON_ITER_HOLDS_ARRAY(it) && bson_iter_recurse(it, &inner); more && bson_iter_next(&inner);)
        room++;
    if (room == 0 || !bson_iter_recurse(it, &inner))
        return made;
    made.at = NEW_ARRAY(a, int64_t, room);
    while (bson_iter_next(&inner))
        made.at[made.count++] = integer_of(a, &inner, 0);
    return made;
}

static const fault *object_of(arena *a, const bson_iter_t *it, const struct shape *s, void *out)
{
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    bson_t document;
    bool text_id;
    if (!BSON_ITER_HOLDS_DOCUMENT(it))
        return NULL;
    bson_iter_document(it, &length, &bytes);
    if (!bson_init_static(&document, bytes, length))
        return NULL;
    return mongo_document_read(a, &document, s, out, &text_id);
}

static const fault *list_of(arena *a, const bson_iter_t *it, const struct shape *s, list *out)
{
    bson_iter_t inner;
    size_t room = 0;
    *out = (list){ NULL, 0 };
    for (bool more = BSON_ITER_HOLDS_ARRAY(it) && bson_iter_recurse(it, &inner); more && bson_iter_next(&inner);)
        room++;
    if (room == 0 || !bson_iter_recurse(it, &inner))
        return NULL;
    out->at = arena_take(a, room * s->size);
    while (bson_iter_next(&inner)) {
        TRY(object_of(a, &inner, s, (char *)out->at + out->count * s->size));
        out->count++;
    }
    return NULL;
}

static unsigned choice_of(arena *a, const bson_iter_t *it, const struct field *f)
{
    str text = text_of(a, it);
    for (unsigned i = 0; text.at && f->choices[i]; i++)
        if (str_equal(text, str_of(f->choices[i])))
            return i;
    return f->nullable ? CHOICE_NONE : 0;
}

static const fault *member_read(arena *a, const bson_iter_t *it, const struct field *f, void *member)
{
    switch (f->kind) {
    case KIND_INTEGER:
        *(int64_t *)member = integer_of(a, it, f->nullable ? INTEGER_NONE : 0);
        return NULL;
    case KIND_MONEY:
        ((money *)member)->cents = integer_of(a, it, f->nullable ? -1 : 0);
        return NULL;
    case KIND_NUMBER: {
        double number = number_of(a, it);
        *(double *)member = isnan(number) && !f->nullable ? 0 : number;
        return NULL;
    }
    case KIND_BOOL:
        *(bool *)member = bson_iter_as_bool(it);
        return NULL;
    case KIND_TEXT:
        *(str *)member = text_of(a, it);
        return NULL;
    case KIND_RAW:
        ((struct raw_json *)member)->text = text_of(a, it);
        return NULL;
    case KIND_INSTANT:
        ((instant *)member)->ms = time_of(a, it, 1);
        return NULL;
    case KIND_WALL:
        ((wall *)member)->s = time_of(a, it, 1000);
        return NULL;
    case KIND_DAY:
        ((day *)member)->days = time_of(a, it, INT64_C(86400000));
        return NULL;
    case KIND_CHOICE:
        *(unsigned *)member = choice_of(a, it, f);
        return NULL;
    case KIND_IDS:
        *(ids *)member = numbers_of(a, it);
        return NULL;
    case KIND_TEXTS:
        *(strs *)member = texts_of(a, it);
        return NULL;
    case KIND_LIST:
        return list_of(a, it, f->shape, member);
    case KIND_OBJECT:
        *(void **)member = NULL;
        if (BSON_ITER_HOLDS_DOCUMENT(it)) {
            *(void **)member = arena_take(a, f->shape->size);
            return object_of(a, it, f->shape, *(void **)member);
        }
        return NULL;
    }
    return NULL;
}

/* What a document does not say. */
static void member_clear(const struct field *f, void *member)
{
    if (f->kind == KIND_INSTANT || f->kind == KIND_WALL || f->kind == KIND_DAY)
        *(int64_t *)member = TIME_NONE;
    else if (f->kind == KIND_INTEGER && f->nullable)
        *(int64_t *)member = INTEGER_NONE;
    else if (f->kind == KIND_MONEY && f->nullable)
        *(money *)member = MONEY_NONE;
    else if (f->kind == KIND_NUMBER && f->nullable)
        *(double *)member = NAN;
    else if (f->kind == KIND_CHOICE && f->nullable)
        *(unsigned *)member = CHOICE_NONE;
}

const fault *mongo_document_read(arena *a, const bson_t *from, const struct shape *s, void *out, bool *text_id)
{
    bson_iter_t it;
    memset(out, 0, s->size);
    for (size_t i = 0; i < s->count; i++)
        member_clear(&s->fields[i], (char *)out + s->fields[i].offset);
    *text_id = false;
    if (!bson_iter_init(&it, from))
        return fault_internal(a, FAULT_UNAVAILABLE, "store_unavailable",
                              "The store cannot be reached at the moment; please try again.", "a document is not BSON");
    while (bson_iter_next(&it)) {
        const struct field *f = shape_field(s, str_of(bson_iter_key(&it)));
        if (strcmp(bson_iter_key(&it), "_id") == 0)
            *text_id = BSON_ITER_HOLDS_UTF8(&it);
        if (f && !BSON_ITER_HOLDS_NULL(&it))
            TRY(member_read(a, &it, f, (char *)out + f->offset));
    }
    return NULL;
}
