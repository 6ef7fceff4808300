/* shape.c - looking into a field table. */
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
