/* csv.c - reads and writes rows of cells. */
#include "lib/base/csv.h"

#include <string.h>

/* --- which separator --- */

static size_t outside_quotes(str row, char wanted)
{
    size_t count = 0;
    bool quoted = false;
    for (size_t i = 0; i < row.len; i++) {
        if (row.at[i] == '"')
            quoted = !quoted;
        else if (!quoted && (row.at[i] == '\n' || row.at[i] == '\r'))
            break;
        else if (!quoted)
            count += row.at[i] == wanted;
    }
    return count;
}

static int separator_find(str ahead)
{
    static const char known[] = ",;\t";
    int found = ',';
    size_t most = 0;
    for (size_t i = 0; known[i]; i++) {
        size_t count = outside_quotes(ahead, known[i]);
        if (count > most) {
            most = count;
            found = known[i];
        }
    }
    return found;
}

/* "sep=;" and the end of its line: how Excel is told. Its bytes; 0 when it is not there. */
static size_t separator_said(str ahead)
{
    if (!str_starts(ahead, STR("sep=")) || ahead.len < 6 || strchr("\"\r\n", ahead.at[4]))
        return 0;
    if (ahead.at[5] == '\n')
        return 6;
    return ahead.at[5] != '\r' ? 0 : ahead.len > 6 && ahead.at[6] == '\n' ? 7 : 6;
}

void csv_open(arena *a, struct csv *out, struct source *from)
{
    *out = (struct csv){ .from = from, .line = 1 };
    out->text = arena_take_raw(a, CSV_ROW_BYTES_MAX);
    out->cells = NEW_ARRAY(a, str, CSV_CELLS_MAX);
    source_skip_mark(from);
    str ahead = source_ahead(from);
    size_t said = separator_said(ahead);
    out->separator = said ? (unsigned char)ahead.at[4] : separator_find(ahead); /* never SOURCE_END */
    from->at += said;
    out->line += said > 0;
}

/* --- rows --- */

static void blame(struct csv *c, enum csv_flaw flaw)
{
    if (c->row.flaw == CSV_FINE)
        c->row.flaw = flaw;
}

static void keep(struct csv *c, int byte)
{
    if (byte == '\0')
        blame(c, CSV_NUL);
    if (c->len == CSV_ROW_BYTES_MAX)
        blame(c, CSV_LONG);
    else
        c->text[c->len++] = (char)byte;
}

/* Takes the second half of CRLF; what is left is one line end. */
static int line_end(struct csv *c, int byte)
{
    if (byte == '\r' && source_peek(c->from) == '\n')
        source_next(c->from);
    c->line++;
    return '\n';
}

/* The rest of a cell, which begins with `byte`; what ended it. */
static int bare_rest(struct csv *c, int byte)
{
    for (;; byte = source_next(c->from)) {
        if (byte == SOURCE_END || byte == c->separator)
            return byte;
        if (byte == '\n' || byte == '\r')
            return line_end(c, byte);
        keep(c, byte);
    }
}

/* The rest of a cell whose quote is open; what ended it. */
static int quoted_rest(struct csv *c)
{
    size_t opened = c->line;
    for (;;) {
        int byte = source_next(c->from);
        if (byte == SOURCE_END) {
            c->unclosed_line = opened;
            return byte;
        }
        if (byte == '"') {
            if (source_peek(c->from) != '"')
                break;
            source_next(c->from);
        }
        c->line += byte == '\n' || (byte == '\r' && source_peek(c->from) != '\n');
        keep(c, byte);
    }
    size_t whole = c->len;
    int end = bare_rest(c, source_next(c->from));
    for (size_t i = whole; i < c->len; i++)
        if (c->text[i] != ' ')
            blame(c, CSV_TAIL);
    c->len = whole;
    return end;
}

/* One row as it stands, perhaps of nothing; false at the end. */
static bool row_read(struct csv *c, bool *blank)
{
    c->row = (struct csv_row){ .line = c->line, .cells = c->cells };
    c->len = 0;
    *blank = true;
    for (int end = c->separator; end == c->separator;) {
        size_t from = c->len;
        int byte = source_next(c->from);
        if (byte == SOURCE_END && c->row.count == 0)
            return false;
        *blank &= byte == '\n' || byte == '\r';
        end = byte == '"' ? quoted_rest(c) : bare_rest(c, byte);
        if (c->row.count == CSV_CELLS_MAX)
            blame(c, CSV_WIDE);
        else
            c->cells[c->row.count++] = (str){ c->text + from, c->len - from };
    }
    return c->unclosed_line == 0;
}

bool csv_next(struct csv *c, struct csv_row *out)
{
    bool blank = true, found = true;
    while (found && blank)
        found = row_read(c, &blank);
    if (found)
        *out = c->row;
    return found;
}

/* --- formulas --- */

/* Behind any apostrophes. The last four are what Japanese and Chinese keyboards have for = + - @. */
static bool computes(str text)
{
    static const char *const first[] = { "=", "+", "-", "@", "\t", "\r", "\n",
                                         "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };
    while (text.len && text.at[0] == '\'')
        text = str_after(text, 1);
    for (size_t i = 0; i < COUNT_OF(first); i++)
        if (str_starts(text, str_of(first[i])))
            return true;
    return false;
}

str csv_plain(str cell)
{
    return cell.len && cell.at[0] == '\'' && computes(cell) ? str_after(cell, 1) : cell;
}

void csv_write_row(struct buf *out, const str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_char(out, ',');
        buf_char(out, '"');
        if (computes(cells[i]))
            buf_char(out, '\'');
        for (str rest = cells[i], piece; str_cut(&rest, '"', &piece);) {
            buf_text(out, piece);
            if (rest.at)
                buf_literal(out, "\"\"");
        }
        buf_char(out, '"');
    }
    buf_literal(out, "\r\n");
}
