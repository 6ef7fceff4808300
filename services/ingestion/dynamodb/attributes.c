/* attributes.c - writes attributes as DynamoDB's JSON. */
#include "services/ingestion/dynamodb/attributes.h"

#include <assert.h>

#include "lib/json/write.h"

static struct attribute *add(struct attributes *of, const char *name)
{
    assert(of->count < ATTRIBUTES_MAX);
    of->at[of->count] = (struct attribute){ .name = name };
    return &of->at[of->count++];
}

static void text_write(struct buf *out, str text)
{
    buf_literal(out, "{\"S\":");
    json_write_text(out, text);
    buf_char(out, '}');
}

void attribute_none(struct attributes *of, const char *name)
{
    add(of, name);
}

void attribute_named(struct attributes *of, const char *name)
{
    add(of, name)->named = true;
}

void attribute_text(struct attributes *of, const char *name, str value)
{
    struct attribute *made = add(of, name);
    if (!value.at)
        return;
    struct buf out = { .in = of->in };
    text_write(&out, value);
    made->value = buf_str(&out);
}

void attribute_key_text(struct attributes *of, const char *name, str value)
{
    attribute_text(of, name, value.len > 0 ? value : (str){ NULL, 0 });
}

void attribute_number(struct attributes *of, const char *name, int64_t value)
{
    struct attribute *made = add(of, name);
    if (value != INTEGER_NONE)
        made->value = arena_printf(of->in, "{\"N\":\"%lld\"}", (long long)value);
}

void attribute_real(struct attributes *of, const char *name, double value)
{
    struct attribute *made = add(of, name);
    struct buf out = { .in = of->in };
    buf_literal(&out, "{\"N\":\"");
    size_t empty = out.len;
    json_write_number(&out, value);
    if (out.at[empty] == 'n') /* null: not finite */
        return;
    buf_literal(&out, "\"}");
    made->value = buf_str(&out);
}

void attribute_bool(struct attributes *of, const char *name, bool value)
{
    add(of, name)->value = value ? STR("{\"BOOL\":true}") : STR("{\"BOOL\":false}");
}

void attribute_cents(struct attributes *of, const char *name, money value)
{
    attribute_number(of, name, value.cents);
}

void attribute_moment(struct attributes *of, const char *name, instant value, enum time_form form)
{
    char room[TIME_TEXT_MAX];
    attribute_text(of, name, value.ms == TIME_NONE ? (str){ NULL, 0 } : instant_text(room, value, form));
}

void attribute_wall(struct attributes *of, const char *name, wall value)
{
    char room[TIME_TEXT_MAX];
    attribute_text(of, name, value.s == TIME_NONE ? (str){ NULL, 0 } : wall_text(room, value));
}

void attribute_texts(struct attributes *of, const char *name, const strs *values, size_t count)
{
    struct attribute *made = add(of, name);
    struct buf out = { .in = of->in };
    buf_literal(&out, "{\"L\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        text_write(&out, values->at[i]);
    }
    buf_literal(&out, "]}");
    made->value = buf_str(&out);
}

static void members_write(struct buf *out, const struct attributes *of)
{
    bool first = true;
    buf_char(out, '{');
    for (size_t i = 0; i < of->count; i++) {
        if (!of->at[i].value.at)
            continue;
        buf_printf(out, "%s\"%s\":", first ? "" : ",", of->at[i].name);
        buf_text(out, of->at[i].value);
        first = false;
    }
    buf_char(out, '}');
}

void attribute_map_put(struct buf *maps, const struct attributes *map)
{
    buf_text(maps, maps->len > 0 ? STR(",{\"M\":") : STR("{\"M\":"));
    members_write(maps, map);
    buf_char(maps, '}');
}

void attribute_maps(struct attributes *of, const char *name, const struct buf *maps)
{
    add(of, name)->value = arena_printf(of->in, "{\"L\":[%.*s]}", (int)maps->len, maps->at ? maps->at : "");
}

str attributes_item(const struct attributes *of)
{
    struct buf out = { .in = of->in };
    members_write(&out, of);
    return buf_str(&out);
}

struct attributes_change attributes_change(const struct attributes *of)
{
    struct buf set = { .in = of->in }, gone = { .in = of->in }, names = { .in = of->in }, values = { .in = of->in };
    buf_char(&names, '{');
    buf_char(&values, '{');
    for (size_t i = 0; i < of->count; i++) {
        const struct attribute *a = &of->at[i];
        buf_printf(&names, "%s\"#%s\":\"%s\"", i > 0 ? "," : "", a->name, a->name);
        if (a->named)
            continue;
        if (!a->value.at) {
            buf_printf(&gone, "%s#%s", gone.len > 0 ? "," : " REMOVE ", a->name);
            continue;
        }
        buf_printf(&set, "%s#%s = :%s", set.len > 0 ? ", " : "SET ", a->name, a->name);
        buf_printf(&values, "%s\":%s\":", values.len > 1 ? "," : "", a->name);
        buf_text(&values, a->value);
    }
    buf_char(&names, '}');
    buf_char(&values, '}');
    buf_text(&set, buf_str(&gone));
    return (struct attributes_change){ buf_str(&set), buf_str(&names), buf_str(&values) };
}
