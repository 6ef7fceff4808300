/* queue_seen.c - tokens in sets of four. */
#include "services/gateway/queue_seen.h"

#include <sodium.h>
#include <stdlib.h>

#include "lib/base/heap.h"
#include "lib/base/random.h"

static struct queue_seen *entry_of(struct queue_seen *set, uint64_t key)
{
    struct queue_seen *first = set;
    for (size_t i = 0; i < QUEUE_SEEN_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].key == 0 || (first->key != 0 && set[i].until.ms < first->until.ms))
            first = &set[i];
    }
    *first = (struct queue_seen){ .key = key, .turn = INSTANT_NONE };
    return first;
}

struct queue_seen *queue_seen_of(struct queue_seen_table *t, uint64_t token_id, instant until)
{
    _Static_assert(sizeof t->secret == crypto_shorthash_KEYBYTES, "the hash takes it as its key");
    if (!t->sets) {
        t->sets = heap_take(QUEUE_SEEN_SETS * sizeof *t->sets);
        random_bytes(t->secret, sizeof t->secret);
    }
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)&token_id, sizeof token_id, t->secret);
    struct queue_seen *entry = entry_of(t->sets[hash % QUEUE_SEEN_SETS], hash | UINT64_C(1) << 63);
    if (until.ms > entry->until.ms)
        entry->until = until;
    return entry;
}

void queue_seen_free(struct queue_seen_table *t)
{
    free(t->sets);
    t->sets = NULL;
}
