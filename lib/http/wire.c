/* wire.c - what both sides of HTTP put on the wire. */
#include "lib/http/wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

ssize_t wire_send(int fd, str head, str body, size_t already)
{
    size_t of_head = already < head.len ? already : head.len;
    str head_left = str_after(head, of_head), body_left = str_after(body, already - of_head);
    if (!body_left.len)
        return send(fd, head_left.at, head_left.len, MSG_NOSIGNAL);
    struct iovec parts[2] = {
        { (void *)(uintptr_t)head_left.at, head_left.len },
        { (void *)(uintptr_t)body_left.at, body_left.len },
    };
    struct msghdr both = { .msg_iov = parts, .msg_iovlen = 2 };
    return sendmsg(fd, &both, MSG_NOSIGNAL);
}

bool wire_framing(str name)
{
    return str_equal_nocase(name, STR("Connection")) ||
           str_equal_nocase(name, STR("Content-Length")) ||
           str_equal_nocase(name, STR("Transfer-Encoding"));
}

static bool has_control_byte(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') || text.at[i] == 0x7F)
            return true;
    return false;
}

void wire_header(struct buf *out, str name, str value)
{
    if (name.len && !wire_framing(name) && !has_control_byte(name) && !has_control_byte(value))
        wire_header_trusted(out, name, value);
}

void wire_header_trusted(struct buf *out, str name, str value)
{
    buf_reserve(out, name.len + value.len + 4);
    buf_text(out, name);
    buf_literal(out, ": ");
    buf_text(out, value);
    buf_literal(out, "\r\n");
}

void wire_target(struct buf *out, str target)
{
    static const char hex[] = "0123456789ABCDEF";
    if (!target.len || target.at[0] != '/')
        buf_char(out, '/');
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.at[i];
        if (c > ' ' && c != 0x7F && c != '#') {
            buf_char(out, (char)c);
            continue;
        }
        char escape[3] = { '%', hex[c >> 4], hex[c & 15] };
        buf_put(out, escape, sizeof(escape));
    }
}
