/* raw.c - JSON passed through: written anew, which leaves out white space and keeps order and
 * values. */
#include "lib/json/reading.h"
#include "lib/json/write.h"

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
        buf_text(b, json_is_true(value)    ? STR("true")
                    : json_is_false(value) ? STR("false")
                                           : STR("null"));
    }
}

struct raw_json raw_from_json(arena *a, json_t *value)
{
    struct buf b = { .in = a };
    raw_put(&b, value);
    return (struct raw_json){ buf_str(&b) };
}
