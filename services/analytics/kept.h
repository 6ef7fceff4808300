/* kept.h - figures kept until the facts they were made of, or the day, change: a table of fixed size, one entry a slot. */
#ifndef TAQUILLA_ANALYTICS_KEPT_H
#define TAQUILLA_ANALYTICS_KEPT_H

#include "lib/http/route.h"
#include "services/analytics/owners.h"

#define KEPT_SLOTS 128
#define KEPT_QUERY_BYTES_MAX 64
#define KEPT_BODY_BYTES_MAX ((size_t)256 * 1024)

/* Whose answer it is: all bytes of it count, so it is zeroed first. */
struct kept_key {
    const struct route *route;
    int64_t today;
    uint64_t serial[OWNER_COUNT];
    unsigned char query[KEPT_QUERY_BYTES_MAX]; /* as it was read: two spellings are one question */
};

struct kept_entry {
    struct kept_key key;
    struct buf body;
    char etag[20];
};

struct kept {
    struct kept_entry slots[KEPT_SLOTS];
    uint64_t serial[OWNER_COUNT]; /* the newest facts seen; what was made of older ones goes: it may name an erased user */
    uint64_t hits, misses;
};

void analytics_kept_key(struct kept_key *out, const struct call *c, const struct known *known, int64_t today);

/* Answers from what is kept; false when it is not. */
bool analytics_kept_reply(struct kept *k, const struct kept_key *key, struct call *c);
void analytics_kept_store(struct kept *k, const struct kept_key *key, struct call *c);
void analytics_kept_free(struct kept *k);

#endif
