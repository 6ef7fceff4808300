/* queue.h - the waiting room of showings that rooms marks: buyers are admitted in a fair order, so many a minute.
 *
 * A buyer's place is a signed token that he keeps (queue_token.h), so a gateway remembers of a whole queue when its next free turn is.
 * Every gateway of the house takes the tokens of the others, and those of its own former life. */
#ifndef TAQUILLA_GATEWAY_QUEUE_H
#define TAQUILLA_GATEWAY_QUEUE_H

#include <uthash.h>

#include "lib/http/call.h"
#include "lib/loop/fiber.h"
#include "services/gateway/model.h"
#include "services/gateway/queue_seen.h"
#include "services/gateway/queue_token.h"
#include "services/gateway/queue_turns.h"

#define QUEUE_HEADER "Taquilla-Queue" /* in which a buyer shows his token */

struct gateway;

/* Lies on the stack of its fiber. */
struct queue_listener {
    fiber *who;
    struct queue_listener *next;
};

/* The queue of one showing; kept only while somebody waits in it. */
struct queue_room {
    int64_t schedule_id;
    int64_t next_us; /* since 1970: the next free turn */
    struct gateway *of;
    struct queue_listener *listeners;
    size_t listener_count;
    fiber *teller;     /* while there are listeners */
    struct buf front;  /* the event that all of them get */
    uint64_t fronts;   /* so many were written */
    bool opened;       /* the showing has no waiting room any more */
    UT_hash_handle hh;
};

struct queue {
    struct queue_key key;
    struct queue_pace pace;
    int64_t good_ms; /* an admission */
    instant settled; /* from then on this gateway gives places */
    struct queue_room *rooms; /* a hash table, by schedule_id */
    struct queue_seen_table seen;
    size_t listener_count;
    uint64_t places, admitted, refused; /* places given; bookings let through, and not */
};

enum queue_state { QUEUE_STATE_OUTSIDE, QUEUE_STATE_DRAWN, QUEUE_STATE_WAITING, QUEUE_STATE_ADMITTED };

/* Where somebody stands, as he is told. */
struct queue_standing {
    unsigned state; /* enum queue_state */
    str token;      /* the one to go on with; no text: he has none */
    int64_t position, wait_s, per_minute;
    instant issued, from, until, now;
};
struct queue_query {
    str token;
};
extern const struct shape queue_standing_shape, queue_query_shape;
extern const struct shape queue_booked_shape; /* what is read of a booking's body */

void queue_open(struct queue *q, str service_token);
void queue_free(struct queue *q);
void queue_metrics(const struct queue *q, struct buf *out);

handler gateway_queue_join, gateway_queue_look;
handler gateway_queue_stream; /* queue_stream.c */

/* Runs `book` for who may book seats of that showing: it has no waiting room, or his turn has come, or he sells at the counter.
 * TOO_MANY queue_required, queue_waiting; FORBIDDEN queue_token_invalid. */
const fault *queue_pass(struct call *c, int64_t showing_id, handler *book) MUST_CHECK;
/* The showing that a booking's body names; 0: none, or it cannot be read: its owner says what is wrong with it. */
int64_t queue_showing_booked(const struct call *c);

/* --- for queue_stream.c --- */

/* A showing with a waiting room. NOT_FOUND showing_unknown, queue_unknown. */
const fault *queue_showing(struct call *c, struct showing *out) MUST_CHECK;
/* The token that a buyer shows. FORBIDDEN queue_token_invalid; TOO_MANY queue_required: it has run out. */
const fault *queue_token_of(struct call *c, str text, struct queue_token *out) MUST_CHECK;
/* Takes the place of a token that was drawn, when its moment has come. CONFLICT queue_full. */
const fault *queue_go_on(struct gateway *gw, arena *a, const struct showing *s, struct queue_token *t) MUST_CHECK;
struct queue_standing queue_standing_of(const struct queue *q, arena *a, const struct queue_token *t);
struct queue_room *queue_room_of(struct gateway *gw, int64_t schedule_id);
int64_t queue_length(const struct queue *q, const struct queue_room *room, instant now); /* turns of the house to come */

#endif
