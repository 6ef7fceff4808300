/* parse.h - one message out of bytes as they arrive, request or response. Pure: no socket, no
 * clock.
 *
 * The strict look of head.h goes over a head before llhttp does; bodies are read without llhttp.
 * The message lives in the arena given; the bytes may be reused as soon as they were taken. */
#ifndef TAQUILLA_HTTP_PARSE_H
#define TAQUILLA_HTTP_PARSE_H

#include <llhttp.h>

#include "lib/base/fault.h"
#include "lib/http/chunks.h"
#include "lib/http/message.h"

#define EMPTY_LINES_MAX 8 /* before a request: some old clients send one after a body */

/* Why a message is not taken; what a client is told. */
struct refusal {
    int status;
    enum fault_kind kind;
    const char *code, *sentence;
};

enum parse_stage {
    PARSE_HEAD, /* nothing is taken until the head is whole, but empty lines before it */
    PARSE_BODY,
    PARSE_DONE,
    PARSE_REFUSED, /* for good: see `refused`; nothing after it can be trusted */
};

struct parser {
    enum parse_stage stage;
    const struct refusal *refused;
    struct message *message;
    bool expects_continue; /* the client waits for "100 Continue" before it sends the body */
    bool until_close;      /* a response whose body ends with the connection */
    int minor;             /* of HTTP/1.minor */
    bool hands_on;         /* asked for after parser_await_response: see parser_piece */

    /* The rest is the parser's own. */
    llhttp_t http;
    arena *arena;
    bool of_response, without_body, chunked;
    struct lines lines;
    size_t looked; /* how much of the head was looked at */
    int empty_lines;
    uint64_t left; /* of a body whose length was said */
    struct chunks chunks;
    struct buf body;
    size_t body_bytes_max;
    bool in_pieces;
};

void parser_await_request(struct parser *p, struct message *into, arena *a);
void parser_await_response(struct parser *p, struct message *into, arena *a, bool to_head,
                           size_t body_bytes_max);

/* Takes from the front of `bytes`; returns how many. What it left must come again, followed by
 * more. At PARSE_DONE what is left belongs to the next message. */
size_t parser_feed(struct parser *p, const char *bytes, size_t len);

/* The body of a 200 that is not to be kept whole: what came of it since the last call, valid until
 * the next feed. Its length has no limit then. Empty for all others. */
str parser_piece(struct parser *p);

/* The peer sends no more: true when that completes the message. */
bool parser_finish(struct parser *p);

#endif
