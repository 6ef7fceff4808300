/* message.h - a request or response head after parsing: both sides of HTTP use it. */
#ifndef TAQUILLA_HTTP_MESSAGE_H
#define TAQUILLA_HTTP_MESSAGE_H

#include "lib/base/buf.h"

enum method { GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, METHOD_OTHER };
#define METHOD_COUNT 7

struct header {
    str name, value; /* value without white space at the ends */
};

#define HEADERS_MAX 100
#define HEAD_BYTES_MAX (16 * 1024)
#define BODY_BYTES_MAX (1024 * 1024)

struct message {
    enum method method;
    int status;      /* responses */
    str target;      /* as sent: path and query */
    str path;        /* percent-decoded, no NUL; one trailing slash removed */
    str query;       /* as sent, without '?' */
    struct header headers[HEADERS_MAX];
    size_t header_count;
    str body;        /* de-chunked */
    bool keep_alive;
};

str message_header(const struct message *m, const char *name); /* no text when absent */
const char *method_name(enum method m);

#endif
