/* target.c - reads the target of a request line: the one place that decodes a path, once. */
#include "lib/http/target.h"

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of an escape that begins at i; -1 when it is none. */
static int escape_at(str text, size_t i)
{
    if (text.len - i < 3)
        return -1;
    int high = hex_value(text.at[i + 1]), low = hex_value(text.at[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* False on a bad escape, a NUL, and what is not UTF-8: a path goes into answers and logs. */
static bool path_decode(str raw, arena *a, str *out)
{
    if (!raw.len || !memchr(raw.at, '%', raw.len)) {
        *out = raw;
        return str_is_utf8(raw);
    }
    char *made = NEW_ARRAY(a, char, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int byte = (unsigned char)raw.at[i];
        if (byte == '%') {
            byte = escape_at(raw, i);
            if (byte <= 0)
                return false;
            i += 2;
        }
        made[len++] = (char)byte;
    }
    *out = (str){ made, len };
    return str_is_utf8(*out);
}

bool host_well_formed(str host)
{
    static const char others[] = "-._~!$&'()*+;=:[]%";
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !memchr(others, c, sizeof(others) - 1))
            return false;
    }
    return true;
}

static size_t length_until(str text, char stop)
{
    const char *found = text.len ? memchr(text.at, stop, text.len) : NULL;
    return found ? (size_t)(found - text.at) : text.len;
}

/* "http://host/path" to "/path": proxies and some libraries send it so. */
static bool target_without_origin(struct message *m, str host, arena *a)
{
    str rest = m->target;
    if (str_equal_nocase((str){ rest.at, rest.len < 7 ? rest.len : 7 }, STR("http://")))
        rest = str_after(rest, 7);
    else if (str_equal_nocase((str){ rest.at, rest.len < 8 ? rest.len : 8 }, STR("https://")))
        rest = str_after(rest, 8);
    else
        return false;
    str authority = { rest.at, length_until((str){ rest.at, length_until(rest, '?') }, '/') };
    if (!authority.len || !host_well_formed(authority) ||
        (host.at && !str_equal_nocase(authority, host)))
        return false;
    rest = str_after(rest, authority.len);
    m->target = rest.len && rest.at[0] == '/' ? rest : arena_printf(a, "/%.*s", STR_ARG(rest));
    return true;
}

bool target_read(struct message *m, str host, arena *a)
{
    if (m->method == OPTIONS && str_equal(m->target, STR("*"))) {
        m->path = m->target;
        m->query = STR("");
        return true;
    }
    if (!m->target.len || length_until(m->target, '#') < m->target.len)
        return false;
    if (m->target.at[0] != '/' && !target_without_origin(m, host, a))
        return false;
    str raw = { m->target.at, length_until(m->target, '?') };
    m->query = str_after(m->target, raw.len + 1);
    if (!path_decode(raw, a, &m->path))
        return false;
    if (m->path.len > 1 && m->path.at[m->path.len - 1] == '/')
        m->path.len--;
    return true;
}
