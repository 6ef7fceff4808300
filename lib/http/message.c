/* message.c - what both sides of HTTP ask of a parsed head. */
#include "lib/http/message.h"

str message_header(const struct message *m, const char *name)
{
    str wanted = str_of(name);
    for (size_t i = 0; i < m->header_count; i++)
        if (m->headers[i].name.len == wanted.len && str_equal_nocase(m->headers[i].name, wanted))
            return m->headers[i].value;
    return (str){ NULL, 0 };
}

const char *method_name(enum method m)
{
    static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS" };
    return (size_t)m < COUNT_OF(names) ? names[m] : "OTHER";
}
