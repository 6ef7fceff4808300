/* link.h - the client's connections to one other service: a pool, and one exchange on each. */
#ifndef TAQUILLA_HTTP_LINK_H
#define TAQUILLA_HTTP_LINK_H

#include <sys/socket.h>

#include "lib/http/client.h"
#include "lib/http/parse.h"
#include "lib/loop/fiber.h"

#define ADDRESSES_MAX 8

struct link {
    struct upstream *of;
    struct watch watch;
    fiber *waiting;     /* NULL: idle, and whatever comes ends it */
    uint32_t seen;      /* events since the last wait */
    bool used;          /* it has carried an answer: the other side may close it at any time */
    struct buf pending; /* the begin of a head that is not whole */
    struct link *next;
};

struct address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* A fiber in the queue for a connection. */
struct link_waiter {
    fiber *self;
    struct link *link; /* handed over */
    bool may_open;     /* a place became free instead */
    struct link_waiter *next;
};

struct upstream {
    const char *name;
    const char *node, *port; /* of the URL */
    str host;                /* as the Host header says it */
    str service_token;
    struct breaker breaker;
    int64_t heard_ms;
    bool closed;

    struct address addresses[ADDRESSES_MAX];
    size_t address_count; /* 0: to be resolved */
    bool numeric, resolving;

    struct link *idle;
    size_t open; /* idle ones and those in use */
    struct link_waiter *first, **end;
};

enum link_outcome {
    LINK_ANSWERED,
    LINK_REFUSED, /* no connection could be made */
    LINK_STALE,   /* a kept connection ended before a byte of the answer: nothing is wrong */
    LINK_BROKEN, /* ended or went wrong within the answer */
    LINK_LATE,
};

/* What goes out and where the answer comes in. */
struct link_talk {
    str head, body;
    bool to_head;        /* the method is HEAD */
    bool careful;        /* may not be repeated: a kept connection is looked at first */
    bool fresh;          /* take no kept connection */
    int64_t deadline_ms; /* loop time */
    arena *arena;
    struct message *answer;
};

/* One try: takes a connection, sends, reads, gives it back. */
enum link_outcome link_try(struct upstream *u, const struct link_talk *talk);
void links_close_idle(struct upstream *u);

#endif
