/* walk.c - tokens of JSON, judged as they are passed. */
#include "lib/json/walk.h"

#include <string.h>

/* --- between values --- */

static void space_skip(struct walk *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\n' || *w->at == '\t' || *w->at == '\r'))
        w->at++;
}

char walk_next(struct walk *w)
{
    space_skip(w);
    return w->at < w->end ? *w->at : '\0';
}

bool walk_take(struct walk *w, char wanted)
{
    if (w->broken || walk_next(w) != wanted || w->at == w->end)
        return false;
    w->at++;
    return true;
}

void walk_need(struct walk *w, char wanted)
{
    if (!walk_take(w, wanted))
        w->broken = true;
}

bool walk_enter(struct walk *w)
{
    if (w->depth >= JSON_DEPTH_MAX)
        w->too_deep = w->broken = true;
    if (w->broken)
        return false;
    w->at++;
    w->depth++;
    return true;
}

bool walk_goes_on(struct walk *w, char close, bool *first)
{
    if (w->broken || walk_take(w, close))
        return false;
    if (!*first)
        walk_need(w, ',');
    *first = false;
    return !w->broken;
}

/* --- strings --- */

static bool hex_four(const char *at, const char *end, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = at + i < end && at[i] ? strchr(digits, at[i]) : NULL;
        if (!digit)
            return false;
        *out = *out << 4 | (uint32_t)((digit - digits) % 16);
    }
    return true;
}

static char *utf8_put(char *to, uint32_t code)
{
    static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *to++ = (char)(lead[more] | code >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (code >> (6 * more) & 0x3F));
    return to;
}

/* Behind "\u": one code point, of one unit or two. NUL and half a pair are none. */
static bool units_take(const char **at, const char *end, char **to)
{
    uint32_t code, low;
    if (!hex_four(*at, end, &code) || code == 0 || (code >= 0xDC00 && code < 0xE000))
        return false;
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00) {
        if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' || !hex_four(*at + 2, end, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        *at += 6;
        code = 0x10000 + ((code - 0xD800) << 10 | (low - 0xDC00));
    }
    *to = utf8_put(*to, code);
    return true;
}

/* One escape from its backslash on; what it means is no longer than what it is. */
static bool escape_take(const char **at, const char *end, char **to)
{
    static const char said[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (end - *at < 2)
        return false;
    char kind = (*at)[1];
    const char *plain = kind ? strchr(said, kind) : NULL;
    *at += 2;
    if (!plain)
        return kind == 'u' && units_take(at, end, to);
    *(*to)++ = meant[plain - said];
    return true;
}

/* What stands between the quotes; *escaped when it has a backslash. */
static str string_raw(struct walk *w, bool *escaped)
{
    char meant[4];
    *escaped = false;
    walk_need(w, '"');
    const char *from = w->at;
    while (!w->broken && w->at < w->end && *w->at != '"') {
        char *to = meant;
        if (*w->at == '\\') {
            *escaped = true;
            w->broken = !escape_take(&w->at, w->end, &to);
        } else {
            w->broken = (unsigned char)*w->at++ < 0x20;
        }
    }
    str raw = { from, (size_t)(w->at - from) };
    if (w->at < w->end && !w->broken)
        w->at++;
    else
        w->broken = true;
    return raw;
}

static str unescape(struct walk *w, str raw)
{
    char *made = arena_take_raw(w->r.a, raw.len + 1), *to = made;
    const char *at = raw.at, *end = raw.at + raw.len;
    while (at < end)
        if (*at != '\\')
            *to++ = *at++;
        else if (!escape_take(&at, end, &to))
            break; /* it was judged before */
    *to = '\0';
    return (str){ made, (size_t)(to - made) };
}

str walk_string(struct walk *w)
{
    bool escaped;
    str raw = string_raw(w, &escaped);
    if (w->broken)
        return STR("");
    return escaped ? unescape(w, raw) : arena_copy(w->r.a, raw);
}

str walk_name(struct walk *w)
{
    bool escaped;
    str raw = string_raw(w, &escaped);
    if (escaped && !w->broken)
        raw = unescape(w, raw);
    walk_need(w, ':');
    return raw;
}

/* --- other values --- */

static size_t digits_at(str t, size_t from)
{
    size_t at = from;
    while (at < t.len && t.at[at] >= '0' && t.at[at] <= '9')
        at++;
    return at - from;
}

/* In JSON's grammar, and no more than an int64_t or a double holds. */
static bool is_number(str t)
{
    size_t at = t.len > 0 && t.at[0] == '-', whole = digits_at(t, at);
    if (whole == 0 || (whole > 1 && t.at[at] == '0'))
        return false;
    at += whole;
    bool integer = at == t.len;
    if (at < t.len && t.at[at] == '.') {
        size_t decimals = digits_at(t, at + 1);
        if (decimals == 0)
            return false;
        at += 1 + decimals;
    }
    if (at < t.len && (t.at[at] == 'e' || t.at[at] == 'E')) {
        at += at + 1 < t.len && (t.at[at + 1] == '+' || t.at[at + 1] == '-') ? 2 : 1;
        size_t power = digits_at(t, at);
        if (power == 0)
            return false;
        at += power;
    }
    int64_t n;
    double d;
    return at == t.len && (integer ? str_to_int(t, &n) : number_of_text(t, &d));
}

bool literal_is_number(str literal)
{
    return literal.len > 0 && literal.at[0] != 't' && literal.at[0] != 'f' && literal.at[0] != 'n';
}

str walk_literal(struct walk *w)
{
    space_skip(w);
    str t = { w->at, 0 };
    while (w->at < w->end && *w->at && !strchr(",]} \n\t\r", *w->at))
        w->at++;
    t.len = (size_t)(w->at - t.at);
    if (!str_equal(t, STR("true")) && !str_equal(t, STR("false")) && !str_equal(t, STR("null")) && !is_number(t))
        w->broken = true;
    return t;
}

void walk_skip(struct walk *w)
{
    bool first = true, escaped;
    char opens = walk_next(w);
    if (opens == '"') {
        (void)string_raw(w, &escaped);
    } else if (opens != '{' && opens != '[') {
        (void)walk_literal(w);
    } else if (walk_enter(w)) {
        while (walk_goes_on(w, opens == '{' ? '}' : ']', &first)) {
            if (opens == '{')
                (void)walk_name(w);
            walk_skip(w);
        }
        w->depth--;
    }
}
