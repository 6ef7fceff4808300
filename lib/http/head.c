/* head.c - the strict look at lines: one pass, one table, no allocation. */
#include "lib/http/head.h"

enum kind { PLAIN, SPACE, TAB, COLON, CR, LF, FORBIDDEN };

static const unsigned char kinds[256] = {
    [0x00 ... 0x08] = FORBIDDEN, ['\t'] = TAB, ['\n'] = LF, [0x0B ... 0x0C] = FORBIDDEN, ['\r'] = CR,
    [0x0E ... 0x1F] = FORBIDDEN, [' '] = SPACE, [':'] = COLON, [0x7F] = FORBIDDEN,
};

static bool blank_allowed(struct lines *l, enum kind kind)
{
    if (l->at == LINES_START)
        return false;
    if (!l->in_start_line)
        return true;
    l->spaces++;
    return kind == SPACE;
}

/* The byte after a CR. */
static bool line_ends_well(struct lines *l, enum kind kind)
{
    if (kind != LF || (l->in_start_line && l->of_request && l->spaces != 2))
        return false;
    l->at = LINES_START;
    l->in_start_line = false;
    l->ended = l->empty;
    return true;
}

static bool special_allowed(struct lines *l, enum kind kind)
{
    if (l->at == LINES_AFTER_CR)
        return line_ends_well(l, kind);
    if (kind == SPACE || kind == TAB)
        return blank_allowed(l, kind);
    if (kind == COLON)
        return l->at == LINES_INSIDE; /* llhttp takes a header without name for the one before it */
    l->empty = l->at == LINES_START;
    l->at = LINES_AFTER_CR;
    return kind == CR;
}

size_t lines_scan(struct lines *l, const char *bytes, size_t len)
{
    l->ended = false;
    for (size_t i = 0; i < len; i++) {
        enum kind kind = kinds[(unsigned char)bytes[i]];
        if (kind == PLAIN && l->at != LINES_AFTER_CR) {
            l->at = LINES_INSIDE;
            continue;
        }
        l->bad = !special_allowed(l, kind);
        if (l->bad)
            return i;
        if (l->ended)
            return i + 1;
    }
    return len;
}

bool is_token(str name)
{
    static const bool allowed[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#' ... '\''] = true,
        ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true, ['^' ... '`'] = true, ['|'] = true, ['~'] = true,
    };
    for (size_t i = 0; i < name.len; i++)
        if (!allowed[(unsigned char)name.at[i]])
            return false;
    return name.len > 0;
}
