/* wire.h - what both sides of HTTP put on the wire. */
#ifndef TAQUILLA_HTTP_WIRE_H
#define TAQUILLA_HTTP_WIRE_H

#include <sys/types.h>

#include "lib/http/message.h"

/* Sends what is left of head and body, in one system call. As send(2). */
ssize_t wire_send(int fd, str head, str body, size_t already);

/* Does it say where a message ends (Content-Length, Transfer-Encoding, Connection)? The sender's own to say. */
bool wire_framing(str name);

/* "Name: value" CRLF. Left out: what says where a message ends, and a text that would begin a line of somebody else's
 * making. */
void wire_header(struct buf *out, str name, str value);
void wire_header_trusted(struct buf *out, str name, str value); /* nothing of it is looked at */

/* A target as it may stand in a request line: what would end it is escaped. */
void wire_target(struct buf *out, str target);

#endif
