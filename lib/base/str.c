/* str.c - what can be asked of a text without owning it. */
#include "lib/base/str.h"

bool str_equal(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_equal_nocase(str a, str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool str_starts(str text, str prefix)
{
    return text.len >= prefix.len && str_equal((str){ text.at, prefix.len }, prefix);
}

bool str_ends(str text, str suffix)
{
    return text.len >= suffix.len && str_equal(str_after(text, text.len - suffix.len), suffix);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str text)
{
    while (text.len && is_space(text.at[0]))
        text.at++, text.len--;
    while (text.len && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool str_blank(str text)
{
    return str_trim(text).len == 0;
}

str str_after(str text, size_t n)
{
    if (text.at == NULL)
        return text;
    size_t skip = n < text.len ? n : text.len;
    return (str){ text.at + skip, text.len - skip };
}

bool str_cut(str *rest, char separator, str *piece)
{
    if (rest->at == NULL)
        return false;
    const char *found = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (found == NULL) {
        *piece = *rest;
        *rest = (str){ NULL, 0 };
        return true;
    }
    *piece = (str){ rest->at, (size_t)(found - rest->at) };
    *rest = str_after(*rest, piece->len + 1);
    return true;
}

bool str_to_int(str text, int64_t *out)
{
    bool negative = text.len && text.at[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == text.len)
        return false;
    int64_t n = 0; /* gathered below zero, where there is room for INT64_MIN too */
    for (; i < text.len; i++) {
        int digit = text.at[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    if (!negative && n == INT64_MIN)
        return false;
    *out = negative ? n : -n;
    return true;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t str_utf8_step(str text)
{
    const unsigned char *c = (const unsigned char *)text.at;
    if (text.len == 0)
        return 0;
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4)
        return 0;
    if (c[0] < 0xE0)
        return text.len >= 2 && is_tail(c[1]) ? 2 : 0;
    if (c[0] < 0xF0) {
        if (text.len < 3 || !is_tail(c[1]) || !is_tail(c[2]))
            return 0;
        if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F))
            return 0;
        return 3;
    }
    if (text.len < 4 || !is_tail(c[1]) || !is_tail(c[2]) || !is_tail(c[3]))
        return 0;
    if ((c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
        return 0;
    return 4;
}

size_t str_code_points(str utf8)
{
    size_t count = 0;
    for (size_t i = 0; i < utf8.len; i++)
        count += !is_tail((unsigned char)utf8.at[i]);
    return count;
}

/* How many bytes at its front are ASCII; looked at by eight, since most of what we read is nothing else. */
static size_t ascii_front(str text)
{
    uint64_t eight;
    size_t i = 0;
    for (; text.len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, text.at + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < text.len && !(text.at[i] & 0x80))
        i++;
    return i;
}

bool str_is_ascii(str text)
{
    return ascii_front(text) == text.len;
}

bool str_is_utf8(str text)
{
    for (;;) {
        text = str_after(text, ascii_front(text));
        if (text.len == 0)
            return true;
        size_t step = str_utf8_step(text);
        if (step == 0)
            return false;
        text = str_after(text, step);
    }
}
