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

static enum kind kind_of(char byte)
{
    return kinds[(unsigned char)byte];
}

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

/* How many bytes at the front leave all as it is: most of what there is. */
static size_t unchanging(enum lines_at at, const char *bytes, size_t len)
{
    size_t i = 0;
    if (at == LINES_INSIDE)
        while (i < len && kind_of(bytes[i]) <= COLON)
            i++;
    else if (at == LINES_NAME)
        while (i < len && kind_of(bytes[i]) == TOKEN)
            i++;
    return i;
}

size_t lines_scan(struct lines *l, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        i += unchanging(l->at, bytes + i, len - i);
        if (i == len)
            break;
        l->bad = !allowed(l, kind_of(bytes[i]));
        if (l->bad)
            return i;
        if (l->ended)
            return i + 1;
    }
    return len;
}
