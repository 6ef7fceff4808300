/* wire.h - one HTTP exchange with the world outside: libcurl, driven by the loop. Parks the fiber that asks, blocks nobody.
 *
 * TLS with the machine's authorities, HTTP/1.1, keep-alive, no redirects, the proxy of the environment unless `direct`. At most
 * WIRE_CALLS_MAX are under way; WIRE_WAITING_MAX more wait in order, within their deadline. */
#ifndef TAQUILLA_AWS_WIRE_H
#define TAQUILLA_AWS_WIRE_H

#include "lib/base/fault.h"
#include "lib/http/message.h"

#define WIRE_CALLS_MAX 64
#define WIRE_WAITING_MAX 1024
#define WIRE_HEADERS_MAX 40
#define WIRE_HEAD_BYTES_MAX ((size_t)64 * 1024)

struct wire;

/* ca_file: a PEM file of authorities instead of the machine's; empty: those. INTERNAL internal_error: libcurl does not start. */
const fault *wire_open(arena *a, struct wire **out, str ca_file) MUST_CHECK;
void wire_close(struct wire *w); /* no exchange may be under way */

struct wire_request {
    enum method method;
    str url;                    /* sent as it is */
    struct header headers[WIRE_HEADERS_MAX];
    size_t header_count;
    str body;                   /* stays the caller's */
    int64_t connect_ms;         /* name, TCP and TLS; 0: 5000 */
    int64_t deadline_ms;        /* of all of it, the wait for its turn included; with `piece` that wait, and every silence after it */
    size_t body_bytes_max;      /* of an answer that is not handed on in pieces */
    bool direct;                /* past any proxy */
    bool fresh;                 /* on a new connection: on a kept one that just broke libcurl sends it again by itself */
    const fault *(*piece)(void *arg, str bytes); /* of a 200 or 206; on the loop, not on the fiber */
    void *piece_arg;
};

enum wire_end {
    WIRE_WHOLE,   /* an answer of any status */
    WIRE_BUSY,    /* too many wait */
    WIRE_UNFIT,   /* a header has a character that none may have */
    WIRE_AWAY,    /* no whole answer: no such name, refused, TLS, lost, late, too slow */
    WIRE_TOO_BIG, /* the answer is longer than it may be */
    WIRE_REFUSED, /* `piece` did */
};

struct wire_answer {
    enum wire_end end;
    const char *why;       /* for a person: how it ended when not WHOLE; holds nothing of the request */
    const fault *problem;  /* of `piece` */
    bool pieces;           /* some were handed on */
    int status;
    struct buf head, body; /* on the heap */
    uint64_t bytes_sent, bytes_received;
};

/* Fibers only. The answer needs wire_answer_free in any case. */
void wire_ask(struct wire *w, const struct wire_request *r, struct wire_answer *answer);
void wire_answer_free(struct wire_answer *answer);

/* A header's value, in the answer; no text when absent. */
str wire_answer_header(const struct wire_answer *answer, str name);
/* Takes the next header off *rest (at first: the head); false at the end. */
bool wire_next_header(str *rest, struct header *out);

#endif
