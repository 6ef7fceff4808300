/* owners.h - movies, rooms and reservations as the gateway reaches them: commands down, their facts up.
 *
 * Each owner has a generation that moves with every event of its feed. What was made of its facts is right as long as the generation
 * stands still. Facts stay when an owner is away: they are as old as the last word from it. */
#ifndef TAQUILLA_GATEWAY_OWNERS_H
#define TAQUILLA_GATEWAY_OWNERS_H

#include "lib/feed/follower.h"
#include "lib/http/client.h"
#include "services/gateway/programme.h"
#include "services/gateway/sales.h"

enum owner_name { MOVIES, ROOMS, RESERVATIONS, OWNER_COUNT };

#define SHOWING_SLOTS 1024

struct owner {
    struct owners *all;
    struct upstream *upstream;
    struct follower follower;
    uint64_t generation;
};

struct owners {
    struct owner of[OWNER_COUNT];
    struct programme programme; /* of movies and rooms */
    struct sales sales;         /* of reservations */
    /* Changes of claims, by schedule id modulo SHOWING_SLOTS: two showings in one slot cost one map too many. */
    uint64_t claims_generation[SHOWING_SLOTS];
    void (*seats_moved)(void *arg, int64_t schedule_id); /* told of every change of claims, and with 0 of rooms' facts */
    void *arg;
};

void owners_follow(struct owners *o);
void owners_stop(struct owners *o);
void owners_free(struct owners *o);

/* The seats of a showing, each with its state now. Lives in the arena. */
void owners_seat_map(const struct owners *o, arena *a, const struct showing *s, struct seat_map *out);

/* Waits a moment for an owner whose facts have not all come yet. UNAVAILABLE upstream_away. Fibers only. */
const fault *owner_known(struct owners *o, arena *a, enum owner_name which) MUST_CHECK;
/* For who did not find: brings the facts up to what the owner knows now. UNAVAILABLE upstream_away: it cannot be asked, so nobody
 * can say that there is nothing. Fibers only. */
const fault *owner_caught_up(struct owners *o, arena *a, enum owner_name which) MUST_CHECK;

/* A question to an owner as the gateway itself. 200 alone is a success: *missing tells a 404; else UNAVAILABLE upstream_away. */
struct question {
    struct owners *owners;
    enum owner_name to;
    str target;
    const struct shape *shape; /* of the answer */
    void *answer;
    bool missing;
    arena *arena;
};
const fault *owner_ask(struct question *q) MUST_CHECK;

#endif
