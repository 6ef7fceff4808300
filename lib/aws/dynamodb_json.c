/* dynamodb_json.c - DynamoDB's JSON: walked over where it is an answer, turned into plain JSON where it is an item for people. */
#include "lib/aws/dynamodb_internal.h"

#include <string.h>

/* --- parts of answers --- */

static struct walk walk_over(arena *a, str text)
{
    return (struct walk){ .r = { .a = a }, .at = text.at, .end = text.at + text.len };
}

/* The value that begins here, as it stands. */
static str value_here(struct walk *w)
{
    (void)walk_next(w);
    const char *from = w->at;
    walk_skip(w);
    return w->broken ? (str){ NULL, 0 } : (str){ from, (size_t)(w->at - from) };
}

bool dynamodb_part(arena *a, str object, const char *name, str *value)
{
    struct walk w = walk_over(a, object);
    bool first = true;
    *value = (str){ NULL, 0 };
    if (walk_next(&w) != '{' || !walk_enter(&w))
        return false;
    while (walk_goes_on(&w, '}', &first)) {
        bool wanted = str_equal(walk_name(&w), str_of(name));
        str here = value_here(&w);
        if (wanted && !w.broken)
            *value = here;
    }
    return !w.broken;
}

str dynamodb_text(arena *a, str object, const char *name)
{
    str value;
    if (!object.at || !dynamodb_part(a, object, name, &value) || value.len == 0 || value.at[0] != '"')
        return (str){ NULL, 0 };
    struct walk w = walk_over(a, value);
    return walk_string(&w);
}

int64_t dynamodb_int(arena *a, str object, const char *name)
{
    str value;
    int64_t n;
    return object.at && dynamodb_part(a, object, name, &value) && str_to_int(value, &n) ? n : 0;
}

bool dynamodb_entry(arena *a, str *rest, str *entry)
{
    struct walk w = walk_over(a, *rest);
    if (rest->len == 0 || (!walk_take(&w, '[') && !walk_take(&w, ',')) || walk_next(&w) == ']')
        return false;
    *entry = value_here(&w);
    *rest = (str){ w.at, (size_t)(w.end - w.at) };
    return !w.broken;
}

/* --- plain --- */

static void value_plain(struct walk *w, struct buf *out);

/* As it is in JSON: -12, 0.5, 1E+40; what has 38 digits stays exact. */
static bool is_json_number(str t)
{
    size_t at = t.len > 0 && t.at[0] == '-', digits[3] = { 0, 0, 0 }, part = 0;
    if (at + 1 < t.len && t.at[at] == '0' && t.at[at + 1] >= '0' && t.at[at + 1] <= '9')
        return false;
    for (; at < t.len; at++) {
        char c = t.at[at];
        if (c >= '0' && c <= '9') {
            digits[part]++;
        } else if (c == '.' && part == 0 && digits[0] > 0) {
            part = 1;
        } else if ((c == 'e' || c == 'E') && part < 2 && digits[part] > 0) {
            part = 2;
            if (at + 1 < t.len && (t.at[at + 1] == '+' || t.at[at + 1] == '-'))
                at++;
        } else {
            return false;
        }
    }
    return digits[part] > 0;
}

static void number_plain(struct walk *w, struct buf *out)
{
    str digits = walk_string(w);
    if (is_json_number(digits))
        buf_text(out, digits);
    else
        buf_quoted(out, digits);
}

/* Each entry of an array or, by `close` '}', each member of an object. */
static void entries_plain(struct walk *w, struct buf *out, char close, void (*one)(struct walk *w, struct buf *out))
{
    bool first = true;
    if (walk_next(w) != (close == '}' ? '{' : '[') || !walk_enter(w)) {
        w->broken = true;
        return;
    }
    buf_char(out, close == '}' ? '{' : '[');
    for (bool more = false; walk_goes_on(w, close, &first); more = true) {
        if (more)
            buf_char(out, ',');
        if (close == '}') {
            buf_quoted(out, walk_name(w));
            buf_char(out, ':');
        }
        one(w, out);
    }
    buf_char(out, close);
    w->depth--;
}

static void as_it_stands(struct walk *w, struct buf *out)
{
    buf_text(out, value_here(w));
}

/* {"S":"7"}: the kind, and what is of it. */
static void value_plain(struct walk *w, struct buf *out)
{
    if (walk_next(w) != '{' || !walk_enter(w)) {
        w->broken = true;
        return;
    }
    str kind = walk_name(w);
    if (str_equal(kind, STR("N"))) {
        number_plain(w, out);
    } else if (str_equal(kind, STR("M"))) {
        entries_plain(w, out, '}', value_plain);
    } else if (str_equal(kind, STR("L"))) {
        entries_plain(w, out, ']', value_plain);
    } else if (str_equal(kind, STR("NS"))) {
        entries_plain(w, out, ']', number_plain);
    } else if (str_equal(kind, STR("NULL"))) {
        walk_skip(w);
        buf_literal(out, "null");
    } else {
        as_it_stands(w, out); /* S, BOOL, B (base64), SS, BS */
    }
    walk_need(w, '}');
    w->depth--;
}

const fault *dynamodb_plain(arena *a, str item, str *json)
{
    struct walk w = walk_over(a, item);
    struct buf out = { .in = a };
    buf_reserve(&out, item.len);
    entries_plain(&w, &out, '}', value_plain);
    if (w.broken || walk_next(&w) != '\0')
        return fault_new(a, FAULT_UNAVAILABLE, "aws_strange", "DynamoDB gave an item that cannot be read.");
    *json = buf_str(&out);
    return NULL;
}
