/* call.h - one request as a handler sees it, and the ways to answer. */
#ifndef TAQUILLA_HTTP_CALL_H
#define TAQUILLA_HTTP_CALL_H

#include "lib/base/once.h"
#include "lib/http/message.h"
#include "lib/http/peer.h"
#include "lib/json/shape.h"

struct route;
struct site;
struct exchange;
struct shared_body;

#define PATH_VALUES_MAX 4
#define ANSWER_HEADERS_MAX 24 /* half of them are the site's: request id, CORS, ETag, position ... */

/* How far an answer of unknown length is: see stream_start. */
enum streaming {
    STREAM_NONE,
    STREAM_STARTED, /* nothing of it was sent */
    STREAM_FLOWING, /* its head is out: the status stands */
    STREAM_CUT,     /* a fault came after that */
};

struct call {
    void *service;             /* the service's own struct */
    struct site *site;
    arena *arena;              /* lives until the answer is sent */
    const struct route *route;
    const struct message *request;
    const void *body;          /* read by route->takes; NULL when it takes none */
    const void *query;         /* read by route->query */
    int64_t ids[PATH_VALUES_MAX]; /* {id} parts of the path, in order; >= 1 */
    str names[PATH_VALUES_MAX];   /* {*name} parts; a last {**rest} takes all that follows */
    const struct once *once;   /* POST with an Idempotency-Key; else NULL */
    bool admin;                /* holds ADMIN_TOKEN, or none is set */
    bool internal;             /* holds SERVICE_TOKEN */
    bool shed;                 /* refused unheard: too much is asked */
    bool local;                /* the client's connection comes from this machine; it may be a proxy's */
    struct peer peer;          /* the other end of that connection */
    str request_id;

    /* The answer. Handlers use the functions below. The server adds Date, Content-Type (when there is a body),
     * Content-Length and Connection; to HEAD it sends the head of the GET and leaves `out` away. */
    int status;
    struct buf out;            /* body */
    struct header headers[ANSWER_HEADERS_MAX];
    size_t header_count;
    const char *content_type;  /* NULL: application/json */
    bool packed;               /* the body is gzip's: Content-Encoding says so */
    struct shared_body *shared; /* whose text `out` is; the server lets go of it when all is sent */
    enum streaming streaming;
    struct exchange *exchange; /* the server's; NULL in tests of a site without one */
    str etag;                  /* with quotes; empty: made from the body of a GET (half a us per KiB: cache it) */
};

typedef const fault *handler(struct call *c);

/* Adds a header to the answer; one that says where a message ends is left out, that is the server's to say. */
void answer_header(struct call *c, const char *name, str value);
/* Location, from a format. */
void location(struct call *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* {"success":true,"data":...}. All return NULL, so that a handler ends with `return reply(...)`. */
const fault *reply(struct call *c, int status, const struct shape *s, const void *data);
const fault *reply_list(struct call *c, const struct shape *row, const list *rows);
const fault *reply_message(struct call *c, int status, const struct shape *s, const void *data,
                           const char *message);
const fault *reply_list_message(struct call *c, int status, const struct shape *row, const list *rows,
                                const char *message);
/* data is one text: "User deleted successfully". */
const fault *reply_sentence(struct call *c, const char *data);

struct page {
    int64_t page, limit, total;
};
/* With "pagination":{page,limit,total,pages}. */
const fault *reply_page(struct call *c, const struct shape *row, const list *rows, const struct page *page);
/* No envelope: a body as it is. */
const fault *reply_raw(struct call *c, int status, const char *content_type, str body);
/* The same with its tag, etag.c: not even copied for a client that has it already. */
const fault *reply_tagged(struct call *c, const char *content_type, str body, str etag);
str etag_of(arena *a, str body); /* what an answer with this body gets when it sets none */
/* No envelope, by shape. */
const fault *reply_plain(struct call *c, int status, const struct shape *s, const void *data);

/* --- a body of unknown length: chunked, or to HTTP/1.0 until the connection ends --- */

/* From now on what is in c->out leaves with each stream_flush. A handler that then returns NULL has ended the body; a
 * fault cuts the connection instead, so that nobody takes half of it for all (before the first flush it is answered as
 * ever). False to HEAD: return NULL at once, there is no body. Headers must be set before the first flush; there is no
 * ETag. What the handler takes from c->arena stays until the end: a long stream has an arena of its own for its rows. */
bool stream_start(struct call *c, int status, const char *content_type) MUST_CHECK;
/* Sends c->out as one piece, the head before the first, and empties it; parks while the client is slow, and lets other
 * fibers run when this turn of the loop took long. UNAVAILABLE client_gone: it left, or took nothing for
 * STREAM_STALL_MS; return it. Without a server (tests of a site) the pieces stay in c->out. */
#define STREAM_STALL_MS 30000
const fault *stream_flush(struct call *c) MUST_CHECK;
/* For a handler that streams news as they come (text/event-stream): shall it end? True when the client left or said that
 * it sends nothing more, and when the server drains. The fiber that flushed last is woken when that happens. */
bool stream_gone(const struct call *c);

#endif
