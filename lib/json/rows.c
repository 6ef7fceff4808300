/* rows.c - finds where the rows of a JSON file begin and end. */
#include "lib/json/rows.h"

static bool blank(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static int next(struct json_rows *rows)
{
    int byte = source_next(rows->from);
    rows->line += byte == '\n';
    return byte;
}

/* The first byte that is not white space, which stays. */
static int skip_blank(struct json_rows *rows)
{
    while (blank(source_peek(rows->from)))
        next(rows);
    return source_peek(rows->from);
}

void json_rows_open(arena *a, struct json_rows *out, struct source *from)
{
    *out = (struct json_rows){ .from = from, .line = 1, .first = true, .text = arena_take_raw(a, JSON_ROW_BYTES_MAX) };
    source_skip_mark(from);
    out->array = skip_blank(out) == '[';
    if (out->array)
        next(out);
}

static void keep(struct json_rows *rows, int byte, struct json_row *out)
{
    if (rows->len == JSON_ROW_BYTES_MAX)
        out->too_long = true;
    else
        rows->text[rows->len++] = (char)byte;
}

static bool break_off(struct json_rows *rows, const char *why, size_t line)
{
    rows->broken = why;
    rows->broken_line = line;
    rows->over = true;
    return false;
}

/* One member, up to its comma or the list's bracket, which stay. False when the file ends within it. */
static bool member_read(struct json_rows *rows, struct json_row *out)
{
    size_t depth = 0;
    bool quoted = false;
    for (;;) {
        int byte = source_peek(rows->from);
        if (byte == SOURCE_END)
            return false;
        if (!quoted && depth == 0 && (byte == ',' || byte == ']'))
            return true;
        keep(rows, next(rows), out);
        if (quoted) {
            if (byte == '\\' && source_peek(rows->from) != SOURCE_END)
                keep(rows, next(rows), out);
            quoted = byte != '"';
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '[' || byte == '{') {
            depth++;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
    }
}

static bool array_next(struct json_rows *rows, struct json_row *out)
{
    int byte = skip_blank(rows);
    if (!rows->first && byte == ',') {
        next(rows);
        skip_blank(rows);
    } else if (byte == ']') {
        next(rows);
        rows->over = true;
        return skip_blank(rows) == SOURCE_END ? false : break_off(rows, "something follows the end of the list", rows->line);
    }
    rows->first = false;
    out->line = rows->line;
    if (!member_read(rows, out))
        return break_off(rows, "the list has no end", out->line);
    return true;
}

static bool lines_next(struct json_rows *rows, struct json_row *out)
{
    if (skip_blank(rows) == SOURCE_END) {
        rows->over = true;
        return false;
    }
    out->line = rows->line;
    for (int byte; (byte = next(rows)) != SOURCE_END && byte != '\n';)
        keep(rows, byte, out);
    return true;
}

bool json_rows_next(struct json_rows *rows, struct json_row *out)
{
    if (rows->over)
        return false;
    rows->len = 0;
    *out = (struct json_row){ 0 };
    if (!(rows->array ? array_next(rows, out) : lines_next(rows, out)))
        return false;
    out->text = str_trim((str){ rows->text, rows->len });
    return true;
}
