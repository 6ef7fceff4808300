/* kept.h - answers kept until what they were made of changes: a table of fixed size, one entry a slot. */
#ifndef TAQUILLA_GATEWAY_KEPT_H
#define TAQUILLA_GATEWAY_KEPT_H

#include "lib/http/shared.h"
#include "services/gateway/owners.h"

#define KEPT_SLOTS 512
#define KEPT_KEY_BYTES_MAX 256
#define KEPT_BODY_BYTES_MAX (256 * 1024)

/* The generations that an answer was made under; schedule_id 0: no claims in it. */
struct stamp {
    uint64_t movies, rooms, claims;
    int64_t schedule_id;
};

struct kept_entry {
    char key[KEPT_KEY_BYTES_MAX];
    size_t key_len;
    struct shared_body *body, *packed; /* packed: its gzip twin; NULL until somebody takes it so */
    char etag[20], packed_etag[24];
    struct stamp stamp;
    int64_t until_ms; /* loop time: "not yet over" changes without an event */
};

struct kept {
    struct kept_entry slots[KEPT_SLOTS];
    uint64_t hits, misses;
};

/* Taken before the answer is made. */
struct stamp stamp_now(const struct owners *o, int64_t schedule_id);

/* Answers from what is kept; false when nothing is, or it may be stale. */
bool kept_reply(struct kept *k, const struct owners *o, struct call *c);
/* Keeps c's answer, and gives it as the client takes it, for `keep_ms` at most, when the stamp is still good. */
void kept_store(struct kept *k, const struct owners *o, struct call *c, const struct stamp *made_under,
                int64_t keep_ms);
void kept_free(struct kept *k);

#endif
