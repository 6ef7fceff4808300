/* read.c - JSON bodies into structs: the bytes are judged first, then every field by its row in the
 * table. */
#include <string.h>

#include "lib/json/reading.h"

bool json_too_deep(str body)
{
    int64_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.at[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static const fault *not_json(arena *a, const json_error_t *error)
{
    if (json_error_code(error) == json_error_duplicate_key)
        return fault_new(a, FAULT_MALFORMED, "json_malformed",
                         "The body names the same key twice (line %d, column %d).", error->line,
                         error->column);
    if (json_error_code(error) == json_error_numeric_overflow)
        return fault_new(a, FAULT_MALFORMED, "json_malformed",
                         "The body has a number that is too large (line %d, column %d).",
                         error->line, error->column);
    return fault_new(a, FAULT_MALFORMED, "json_malformed",
                     "The body is not well-formed JSON (line %d, column %d).", error->line,
                     error->column);
}

static const fault *parse(arena *a, str body, json_type wanted, json_t **out)
{
    json_error_t error;
    if (str_blank(body))
        return fault_new(a, FAULT_MALFORMED, "json_malformed",
                         "The body is empty; JSON is wanted.");
    if (!str_is_utf8(body))
        return fault_new(a, FAULT_MALFORMED, "utf8_invalid", "The body is not valid UTF-8.");
    if (json_too_deep(body))
        return fault_new(a, FAULT_MALFORMED, "json_too_deep",
                         "The body is nested more than %d levels deep.", JSON_DEPTH_MAX);
    json_t *made = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (made == NULL)
        return not_json(a, &error);
    if (json_typeof(made) != wanted) {
        json_decref(made);
        return fault_new(a, FAULT_MALFORMED, "json_malformed", "The body must be a JSON %s.",
                         wanted == JSON_OBJECT ? "object" : "array");
    }
    *out = made;
    return NULL;
}

static void mark_given(const struct shape *s, void *out, size_t i)
{
    uint64_t given;
    if (s->given == 0)
        return;
    char *at = (char *)out + s->given;
    memcpy(&given, at, sizeof given);
    given |= UINT64_C(1) << i;
    memcpy(at, &given, sizeof given);
}

static void field_read(struct reading *r, const struct place *at, const struct shape *s,
                       const struct field *f, json_t *value, void *out)
{
    void *member = (char *)out + f->offset;
    field_clear(f, member);
    bool ours = f->read_only || f->hidden; /* not for a client to say */
    if (value == NULL || ours) {
        if (!s->partial && field_is_required(f))
            reading_blame(r, at, "required", "is required");
        else if (!s->partial)
            field_set_fallback(r, f, member);
        return;
    }
    mark_given(s, out, (size_t)(f - s->fields));
    if (!json_is_null(value))
        value_from_json(r, at, f, value, member);
    else if (f->nullable || f->kind == KIND_RAW)
        return;
    else if (field_is_required(f))
        reading_blame(r, at, "required", "is required");
    else
        field_set_fallback(r, f, member);
}

static void unknown_refuse(struct reading *r, const struct place *outer, const struct shape *s,
                           json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        struct place at = { .outer = outer, .name = str_of(key) };
        const struct field *known = shape_field(s, at.name);
        bool ignored = key[0] == '$' || strcmp(key, "_id") == 0;
        if (!ignored && (known == NULL || known->hidden))
            reading_blame(r, &at, "type", "is not a known field");
    }
}

void object_read(struct reading *r, const struct place *outer, const struct shape *s,
                 json_t *object, void *out)
{
    memset(out, 0, s->size);
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        struct place at = { .outer = outer, .name = str_of(f->name) };
        field_read(r, &at, s, f, f->whole ? object : json_object_get(object, f->name), out);
    }
    if (s->strict)
        unknown_refuse(r, outer, s, object);
    if (s->check && r->blamed == 0 && r->rule == NULL)
        r->rule = s->check(r->a, out);
}

void rows_read(struct reading *r, const struct place *outer, const struct shape *row, json_t *array,
               list *out)
{
    size_t count = json_array_size(array);
    char *rows = arena_take(r->a, row->size * count);
    for (size_t i = 0; i < count && r->blamed < FAULT_FIELDS_MAX; i++) {
        struct place at = { .outer = outer, .row = i };
        json_t *one = json_array_get(array, i);
        if (json_is_object(one))
            object_read(r, &at, row, one, rows + i * row->size);
        else
            reading_blame(r, &at, "type", "must be an object");
    }
    *out = (list){ .at = rows, .count = count };
}

const fault *json_read(arena *a, str body, const struct shape *s, void *out)
{
    struct reading r = { .a = a };
    json_auto_t *object = NULL;
    TRY(parse(a, body, JSON_OBJECT, &object));
    object_read(&r, NULL, s, object, out);
    return reading_end(&r);
}

const fault *json_read_list(arena *a, str body, const struct shape *row, list *out)
{
    struct reading r = { .a = a };
    json_auto_t *array = NULL;
    TRY(parse(a, body, JSON_ARRAY, &array));
    rows_read(&r, NULL, row, array, out);
    return reading_end(&r);
}
