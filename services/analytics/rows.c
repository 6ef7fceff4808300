/* rows.c - names and values are cut out one after the other; those that nobody wants are stepped over. */
#include "services/analytics/rows.h"

#include <string.h>

struct value {
    str text; /* without its quotes */
    bool quoted, plain;
};

/* Where a text's closing quote stands; at == the end when there is none. */
static const char *text_end(const char *at, const char *end, bool *escapes)
{
    for (; at < end && *at != '"'; at++) {
        if (*at == '\\') {
            *escapes = true;
            at++;
        }
    }
    return at < end ? at : end;
}

/* A list or an object, to its end: nobody wants what is in it. */
static const char *nest_end(const char *at, const char *end)
{
    bool escapes;
    for (int depth = 0; at < end; at++) {
        if (*at == '"')
            at = text_end(at + 1, end, &escapes);
        else if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
    }
    return end;
}

static bool value_cut(str *rest, struct value *out)
{
    const char *at = rest->at, *end = rest->at + rest->len, *stop;
    bool escapes = false;
    if (rest->len == 0)
        return false;
    *out = (struct value){ .quoted = *at == '"' };
    if (out->quoted) {
        stop = text_end(at + 1, end, &escapes);
        if (stop == end)
            return false;
        out->text = (str){ at + 1, (size_t)(stop - at - 1) };
        stop++;
    } else {
        bool nest = *at == '{' || *at == '[';
        for (stop = at; !nest && stop < end && *stop != ',' && *stop != '}'; stop++)
            ;
        if (nest)
            stop = nest_end(at, end);
        out->text = (str){ at, (size_t)(stop - at) };
        escapes = nest;
    }
    out->plain = !escapes;
    *rest = str_after(*rest, (size_t)(stop - at));
    return true;
}

/* "name": off the front. */
static bool name_cut(str *rest, str *name)
{
    if (rest->len == 0 || rest->at[0] != '"')
        return false;
    *rest = str_after(*rest, 1);
    if (!str_cut(rest, '"', name) || !rest->at || rest->len == 0 || rest->at[0] != ':')
        return false;
    *rest = str_after(*rest, 1);
    return memchr(name->at, '\\', name->len) == NULL;
}

static bool number_fits(str text)
{
    return text.len == 1 || (text.len > 1 && text.at[0] != '-' && (text.at[0] != '0' || text.at[1] == '.'));
}

/* 12, 12.5 and 12.50, exactly; more digits than money has are for lib/json. */
static bool money_cut(str text, money *out)
{
    str whole;
    int64_t units, cents = 0;
    if (!number_fits(text) || !str_cut(&text, '.', &whole) || whole.len > 8 || text.len > 2 ||
        !str_to_int(whole, &units))
        return false;
    if (text.at && (!str_to_int(text, &cents) || text.at[0] == '-'))
        return false;
    out->cents = units * 100 + (text.len == 1 ? cents * 10 : cents);
    return true;
}

static bool choice_find(const struct field *f, str text, unsigned *out)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (str_equal(text, str_of(f->choices[i]))) {
            *out = i;
            return true;
        }
    return false;
}

static bool text_fits(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20)
            return false;
    return str_is_utf8(text);
}

static bool field_take(const struct field *f, const struct value *v, void *member)
{
    bool zoned;
    if (!v->plain)
        return false;
    if (!v->quoted && str_equal(v->text, STR("null"))) {
        *(int64_t *)member = TIME_NONE;
        return f->nullable && f->kind == KIND_INSTANT;
    }
    switch ((int)f->kind) {
    case KIND_INTEGER:
        return !v->quoted && number_fits(v->text) && str_to_int(v->text, member) && *(int64_t *)member >= f->min;
    case KIND_MONEY:
        return !v->quoted && money_cut(v->text, member);
    case KIND_BOOL:
        *(bool *)member = str_equal(v->text, STR("true"));
        return !v->quoted && (*(bool *)member || str_equal(v->text, STR("false")));
    case KIND_TEXT:
        *(str *)member = v->text;
        return v->quoted && text_fits(v->text);
    case KIND_INSTANT:
        return v->quoted && instant_read(v->text, member);
    case KIND_WALL:
        return v->quoted && wall_read(v->text, member, &zoned);
    case KIND_CHOICE:
        return v->quoted && choice_find(f, v->text, member);
    default:
        return false;
    }
}

bool analytics_row_read(str row, const struct shape *s, void *out)
{
    uint64_t seen = 0;
    if (!str_starts(row, STR("{\"")))
        return false;
    memset(out, 0, s->size);
    for (str rest = str_after(row, 1), name;;) {
        struct value value;
        if (!name_cut(&rest, &name) || !value_cut(&rest, &value) || rest.len == 0)
            return false;
        const struct field *f = shape_field(s, name);
        uint64_t bit = f ? UINT64_C(1) << (f - s->fields) : 0;
        if ((seen & bit) || (f && !field_take(f, &value, (char *)out + f->offset)))
            return false;
        seen |= bit;
        if (str_equal(rest, STR("}")))
            return seen == (UINT64_C(1) << s->count) - 1;
        if (rest.at[0] != ',')
            return false;
        rest = str_after(rest, 1);
    }
}
