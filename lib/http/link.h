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
    struct link *next;           /* idle */
    struct link *later, **among; /* of all that are open */
};

struct address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* A fiber in the queue for a connection. */
struct link_waiter {
    fiber *self;
    struct link *link; /* handed over */
    bool pays;         /* goes before those who do not */
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
    bool closed; /* no call begins any more, and those under way end */

    struct address addresses[ADDRESSES_MAX];
    size_t address_count; /* 0: to be resolved */
    bool numeric, resolving;

    struct link *links, *idle;
    size_t open; /* idle ones and those in use */
    struct link_waiter *first, **end;

    int under_way;          /* calls, those in line included */
    int patient;            /* of them: whose answer may take long */
    struct upstream *aside; /* the same service, for the question whether it lives */
    bool pulsing;
    fiber *pulse;           /* while it pauses */
    arena *pulse_memory;
};

/* pulse.c. Around a call whose answer may take long: meanwhile it is looked whether the service lives. */
void pulse_begin(struct upstream *u);
void pulse_end(struct upstream *u);

enum link_outcome {
    LINK_ANSWERED,
    LINK_REFUSED, /* no connection could be made */
    LINK_STALE,   /* a kept connection ended before a byte of the answer: nothing is wrong */
    LINK_BROKEN, /* ended or went wrong within the answer */
    LINK_LATE,
    LINK_STOPPED, /* who takes the pieces wants no more */
    LINK_CLOSED,  /* upstream_close */
};

/* A body that is handed on as it comes. */
struct taking {
    struct piece_taker *taker;
    int64_t wait_ms; /* for each next piece */
    bool begun;      /* a piece was handed on */
    const fault *problem; /* the taker's */
};

/* What goes out and where the answer comes in. */
struct link_talk {
    str head, body;
    bool to_head;        /* the method is HEAD */
    bool pays;           /* goes before who does not */
    bool careful;        /* may not be repeated: a kept connection is looked at first */
    bool fresh;          /* take no kept connection */
    int64_t deadline_ms; /* loop time */
    arena *arena;
    struct message *answer;
    struct taking *taking; /* NULL: the body is wanted whole */
};

/* link_talk.c: one try, which takes a connection, sends, reads, gives it back. */
enum link_outcome link_try(struct upstream *u, const struct link_talk *talk);

/* link.c. A connection to use; NULL with *late when none came in time, or when none can be made. */
struct link *link_take(struct upstream *u, const struct link_talk *talk, bool *late);
void link_keep(struct link *l); /* for the next */
void link_close(struct link *l);
/* Parks until something of `events` (or a hang-up) happened; false when it is late or the upstream was closed. */
bool link_await(struct link *l, uint32_t events, int64_t deadline_ms);
void links_end(struct upstream *u); /* it was closed: idle ones close, who waits is woken */

#endif
