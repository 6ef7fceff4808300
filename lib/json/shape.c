/* shape.c - looking into a field table, and at two structs by it. */
#include "lib/json/shape.h"

#include <string.h>

const struct field *shape_field(const struct shape *s, str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(str_of(s->fields[i].name), name))
            return &s->fields[i];
    return NULL;
}

bool shape_given(const struct shape *s, const void *value, const char *name)
{
    const struct field *f = shape_field(s, str_of(name));
    if (f == NULL || s->given == 0)
        return false;
    uint64_t given;
    memcpy(&given, (const char *)value + s->given, sizeof given);
    return given >> (f - s->fields) & 1;
}

/* --- two structs of one shape --- */

static bool texts_differ(const strs *one, const strs *other)
{
    bool differ = one->count != other->count;
    for (size_t i = 0; i < one->count && !differ; i++)
        differ = !str_equal(one->at[i], other->at[i]);
    return differ;
}

static bool member_differs(const struct field *f, const void *one, const void *other)
{
    const ids *numbers = one, *others = other;
    switch (f->kind) {
    case KIND_TEXT:
        return !str_equal(*(const str *)one, *(const str *)other) ||
               !((const str *)one)->at != !((const str *)other)->at;
    case KIND_TEXTS:
        return texts_differ(one, other);
    case KIND_IDS:
        return numbers->count != others->count ||
               (numbers->count && memcmp(numbers->at, others->at, numbers->count * sizeof(int64_t)) != 0);
    case KIND_INTEGER:
    case KIND_NUMBER:
    case KIND_MONEY:
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
        return memcmp(one, other, sizeof(int64_t)) != 0;
    case KIND_BOOL:
        return *(const bool *)one != *(const bool *)other;
    case KIND_CHOICE:
        return *(const unsigned *)one != *(const unsigned *)other;
    case KIND_LIST:
    case KIND_OBJECT:
    case KIND_RAW:
        break;
    }
    return false;
}

strs shape_differences(arena *a, const struct shape *s, const void *one, const void *other)
{
    strs found = { NEW_ARRAY(a, str, s->count), 0 };
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        if (member_differs(f, (const char *)one + f->offset, (const char *)other + f->offset))
            found.at[found.count++] = str_of(f->name);
    }
    return found;
}
