/* owners.h - movies, rooms and reservations as the gateway reaches them: commands down, their feeds up.
 *
 * Each owner has a generation that moves with every event of its feed. What was made of its answers is right as long as
 * the generation stands still and the feed is in touch. */
#ifndef TAQUILLA_GATEWAY_OWNERS_H
#define TAQUILLA_GATEWAY_OWNERS_H

#include "lib/feed/follower.h"
#include "lib/http/client.h"

enum owner_name { MOVIES, ROOMS, RESERVATIONS, OWNER_COUNT };

#define SHOWING_SLOTS 1024

struct owner {
    struct upstream *upstream;
    struct follower follower;
    uint64_t generation;
};

struct owners {
    struct owner of[OWNER_COUNT];
    /* Changes of claims, by schedule id modulo SHOWING_SLOTS: two showings in one slot cost a question too many. */
    uint64_t claims_generation[SHOWING_SLOTS];
};

void owners_follow(struct owners *o);
void owners_stop(struct owners *o);

/* A question to an owner as the gateway itself. 200 alone is a success: *missing tells a 404; else UNAVAILABLE upstream_away. */
struct question {
    struct owners *owners;
    enum owner_name to;
    str target;
    const struct shape *shape; /* of the answer */
    void *answer;
    bool missing;
    const fault *problem;
    arena *arena;
};
const fault *owner_ask(struct question *q) MUST_CHECK;
/* All at once; the first problem is given back. */
const fault *owners_ask(struct question *questions, size_t count) MUST_CHECK;

#endif
