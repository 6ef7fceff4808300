/* openapi_print.c - the description as it stands under api/: a member a line, so that a change of the
 * API reads as one. */
#include <stdio.h>

#include "lib/frame/service.h"

#define INDENT 2

static void line_begin(struct buf *out, int depth)
{
    buf_char(out, '\n');
    for (int i = 0; i < depth * INDENT; i++)
        buf_char(out, ' ');
}

/* A string, from its first quote to its last; what is in it stays as it is. */
static size_t string_copy(struct buf *out, str json, size_t i)
{
    size_t start = i++;
    while (json.at[i] != '"')
        i += json.at[i] == '\\' ? 2 : 1;
    buf_put(out, json.at + start, i - start + 1);
    return i;
}

static bool is_empty(str json, size_t i)
{
    return json.at[i + 1] == '}' || json.at[i + 1] == ']';
}

/* `json` is well-formed and without white space, as openapi_write leaves it. */
static void lines_write(struct buf *out, str json)
{
    int depth = 0;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.at[i];
        if (c == '"') {
            i = string_copy(out, json, i);
        } else if ((c == '{' || c == '[') && is_empty(json, i)) {
            buf_put(out, json.at + i++, 2);
        } else if (c == '{' || c == '[' || c == ',') {
            buf_char(out, c);
            depth += c == ',' ? 0 : 1;
            line_begin(out, depth);
        } else if (c == '}' || c == ']') {
            line_begin(out, --depth);
            buf_char(out, c);
        } else {
            buf_char(out, c);
            if (c == ':')
                buf_char(out, ' ');
        }
    }
    buf_char(out, '\n');
}

int openapi_print(const struct service *s)
{
    struct buf json = { 0 }, lines = { 0 };
    openapi_write(s, &json);
    lines_write(&lines, buf_str(&json));
    fwrite(lines.at, 1, lines.len, stdout);
    buf_free(&json);
    buf_free(&lines);
    return 0;
}
