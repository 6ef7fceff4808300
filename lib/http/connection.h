/* connection.h - what server.c and connection.c share: one server's state, one client's connection.
 *
 * An idle connection is a few hundred bytes; what a request needs (arena, parser, call) is an
 * `exchange` of a pool, held from the request's first byte until its answer is sent. */
#ifndef TAQUILLA_HTTP_CONNECTION_H
#define TAQUILLA_HTTP_CONNECTION_H

#include "lib/http/answer.h"
#include "lib/http/parse.h"
#include "lib/http/server.h"
#include "lib/loop/fiber.h"

struct connection;

/* server.h says what they are; tests shorten them. */
struct server_limits {
    int64_t request_ms, idle_ms, send_ms, linger_ms;
    size_t connections_max;
    int64_t stall_ms; /* call.h: STREAM_STALL_MS */
};

struct exchange {
    struct connection *of;
    arena *arena;
    struct parser parser;
    struct message message;
    struct call call;
    struct buf head; /* of the answer; on the heap, kept for the next */
    size_t sent;     /* of head and body together */
    str body;        /* of the answer */
    bool starting;   /* its fiber was started and has not parked */
    bool answered;
    fiber *streamer; /* started a stream: woken when the client takes more of it, and when it leaves */
    bool chunked;    /* ... whose pieces are chunks */
    struct exchange *next_spare;
};

struct server {
    struct site *site;
    struct server_limits limits;
    struct watch listener;     /* fd -1: closed */
    struct timer accept_again; /* after the process ran out of descriptors */
    struct connection *first;  /* of the connections that are open */
    size_t open;
    size_t held; /* connections whose client left and whose fiber still runs */
    struct exchange *spare;
    size_t spare_count;
    struct date_cache date;
    char scratch[32 * 1024]; /* where connections read; what was not taken moves to `pending` */

    struct timer drain_timer;
    void (*drained)(void *);
    void *drained_arg;
    bool draining, closed;
};

enum connection_state {
    CONNECTION_IDLE,      /* between requests */
    CONNECTION_READING,   /* a request's first byte came, its last did not */
    CONNECTION_RUNNING,   /* a fiber makes the answer */
    CONNECTION_SENDING,   /* the client takes the answer slower than we make it */
    CONNECTION_LINGERING, /* all is said; what the client still sends is thrown away */
};

struct connection {
    struct server *server;
    struct watch watch;
    struct timer timer;
    int64_t deadline_ms; /* what the timer checks when it rings; INT64_MAX: none */
    enum connection_state state;
    bool interim; /* what is being sent is "100 Continue" */
    bool last;    /* the connection ends with this answer */
    bool refused; /* ... because nothing after it can be trusted */
    bool local;   /* the client is on this machine */
    struct peer peer;
    bool gone;    /* the client left; the fiber's end frees the rest */
    bool hushed;  /* while an answer was streamed the client said that it sends no more */
    struct exchange *exchange;
    struct buf pending; /* read and not taken yet, from `taken` on */
    size_t taken;
    size_t thrown_away;
    struct connection *previous, *next;
};

/* Takes over fd. NULL when the kernel or the memory refuse; fd is closed then. */
struct connection *connection_open(struct server *s, int fd);
void connection_close(struct connection *c); /* also while its fiber runs */
void connection_refuse(struct connection *c, const struct refusal *why);
/* While many are ready: what came with it is read now. A newcomer has waited in line for being let in already, and who asks whether
 * we live is one. */
void connection_greet(struct connection *c);
/* For a drain: a request that is there already is answered. */
void connection_leave_if_idle(struct connection *c);

/* exchange.c */
void exchange_begin(struct exchange *x); /* its call, for site_answer */
/* Decides whether the connection goes on after this answer, and writes the answer's head. */
void exchange_head(struct exchange *x, enum body_end end);
void exchange_answer(struct exchange *x);
/* The answers that no handler makes. They are in the log and in the figures as others are. */
void exchange_refuse(struct exchange *x, const struct refusal *why);

/* stream.c, for the connection whose fiber streams. */
void stream_ready(struct connection *c, uint32_t events);
void stream_wake(const struct exchange *x); /* its fiber: the client left, or the server drains */
enum body_end stream_body_end(const struct exchange *x);
void stream_end_write(struct exchange *x); /* what is left, and the end of the body */
void stream_reset_on_close(int fd);

/* server.c */
void server_left(struct server *s); /* a connection or a held fiber is gone */
struct exchange *server_exchange(struct server *s);
void server_exchange_back(struct server *s, struct exchange *x);
void server_set_limits(struct server *s, const struct server_limits *limits);

#endif
