/* head.c - the strict look at lines: one pass, one table, no allocation. */
#include "lib/http/head.h"

/* What a byte is: of a token (RFC 9110, 5.6.2), visible but not that, or one that ends, parts or
 * spoils. */
enum kind { TOKEN, OTHER, COLON, SPACE, TAB, CR, LF, FORBIDDEN };

static const unsigned char kinds[256] = {
    [0x00 ... 0x08] = FORBIDDEN, ['\t'] = TAB, ['\n'] = LF, [0x0B ... 0x0C] = FORBIDDEN,
    ['\r'] = CR, [0x0E ... 0x1F] = FORBIDDEN, [' '] = SPACE, [0x7F] = FORBIDDEN,
    [0x80 ... 0xFF] = OTHER, [':'] = COLON, ['"'] = OTHER, ['('] = OTHER, [')'] = OTHER,
    [','] = OTHER, ['/'] = OTHER, [';' ... '@'] = OTHER, ['[' ... ']'] = OTHER, ['{'] = OTHER,
    ['}'] = OTHER,
};

static bool carriage_return(struct lines *l)
{
    l->empty = l->at == LINES_START;
    l->at = LINES_AFTER_CR;
    return true;
}

static bool line_begins(struct lines *l, enum kind kind)
{
    if (kind == CR)
        return carriage_return(l);
    l->at = l->in_start_line ? LINES_INSIDE : LINES_NAME;
    return kind == TOKEN;
}

static bool inside_allowed(struct lines *l, enum kind kind)
{
    if (kind == CR)
        return carriage_return(l);
    if (kind == LF || kind == FORBIDDEN)
        return false;
    l->spaces += l->in_start_line && kind == SPACE;
    return kind != TAB || !l->in_start_line;
}

static bool line_ends(struct lines *l, enum kind kind)
{
    if (kind != LF || (l->in_start_line && l->of_request && l->spaces != 2))
        return false;
    l->at = LINES_START;
    l->in_start_line = false;
    l->ended = l->empty;
    return true;
}

static bool allowed(struct lines *l, enum kind kind)
{
    switch (l->at) {
    case LINES_START:
        return line_begins(l, kind);
    case LINES_NAME:
        if (kind == COLON)
            l->at = LINES_INSIDE;
        return kind == COLON || kind == TOKEN;
    case LINES_INSIDE:
        return inside_allowed(l, kind);
    case LINES_AFTER_CR:
        return line_ends(l, kind);
    }
    return false;
}

size_t lines_scan(struct lines *l, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        enum kind kind = kinds[(unsigned char)bytes[i]];
        if (l->at == LINES_INSIDE && kind <= COLON)
            continue; /* most of what there is */
        l->bad = !allowed(l, kind);
        if (l->bad)
            return i;
        if (l->ended)
            return i + 1;
    }
    return len;
}
