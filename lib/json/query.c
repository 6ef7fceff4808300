/* query.c - query strings and single texts, by the same tables and with the same sentences as
 * bodies. */
#include <string.h>

#include "lib/json/reading.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A text we can keep: JSON has no way to give a NUL back. */
static bool is_text(str text)
{
    return str_is_utf8(text) && (text.len == 0 || memchr(text.at, '\0', text.len) == NULL);
}

/* False for an escape that is none and for what is no text afterwards. */
static bool decode(arena *a, str coded, str *out)
{
    char *at = arena_take_raw(a, coded.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < coded.len; i++) {
        char c = coded.at[i];
        if (c == '%') {
            if (coded.len - i < 3)
                return false;
            int high = hex_digit(coded.at[i + 1]), low = hex_digit(coded.at[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        at[len++] = c;
    }
    *out = (str){ at, len };
    return is_text(*out);
}

static const fault *take_pair(struct reading *r, str pair, const struct shape *s, void *out,
                              uint64_t *seen)
{
    str name, value = STR("");
    str_cut(&pair, '=', &name);
    if (pair.at)
        value = pair;
    if (!decode(r->a, name, &name) || !decode(r->a, value, &value))
        return fault_new(r->a, FAULT_MALFORMED, "query_malformed",
                         "The query string has a %% escape that is not one, or is not UTF-8.");
    const struct field *f = shape_field(s, name);
    if (f == NULL || f->read_only || f->hidden)
        return NULL;
    uint64_t bit = UINT64_C(1) << (f - s->fields);
    if (*seen & bit)
        return NULL;
    *seen |= bit;
    if (value.len) {
        struct place at = { .name = str_of(f->name) };
        field_clear(f, (char *)out + f->offset); /* the fallback lies there */
        value_from_text(r, &at, f, value, (char *)out + f->offset);
    } else {
        *seen &=
            ~bit; /* an empty value is the default, and another of that name may still follow */
    }
    return NULL;
}

const fault *query_read(arena *a, str query, const struct shape *s, void *out)
{
    struct reading r = { .a = a };
    uint64_t seen = 0;
    memset(out, 0, s->size);
    for (size_t i = 0; i < s->count; i++) {
        field_clear(&s->fields[i], (char *)out + s->fields[i].offset);
        field_set_fallback(&r, &s->fields[i], (char *)out + s->fields[i].offset);
    }
    str pair;
    while (str_cut(&query, '&', &pair))
        TRY(take_pair(&r, pair, s, out, &seen));
    for (size_t i = 0; i < s->count; i++) {
        struct place at = { .name = str_of(s->fields[i].name) };
        if (!(seen >> i & 1) && !s->partial && field_is_required(&s->fields[i]))
            reading_blame(&r, &at, "required", "is required");
    }
    if (s->given)
        memcpy((char *)out + s->given, &seen, sizeof seen);
    if (s->check && r.blamed == 0)
        r.rule = s->check(a, out);
    return reading_end(&r);
}

const fault *text_read(arena *a, str text, const struct field *f, void *out)
{
    struct reading r = { .a = a };
    struct place at = { .name = str_of(f->name) };
    field_clear(f, out);
    if (is_text(text))
        value_from_text(&r, &at, f, arena_copy(a, text), out);
    else
        reading_blame(&r, &at, "type", "must be UTF-8 text");
    return reading_end(&r);
}
