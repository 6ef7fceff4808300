/* rate.c - leaky buckets in sets of four. */
#include "lib/http/rate.h"

#include <sodium.h>
#include <string.h>

#define MINUTE_US INT64_C(60000000)

void rate_open(struct rate *r, arena *boot, int64_t a_minute)
{
    _Static_assert(sizeof r->secret == crypto_shorthash_KEYBYTES, "the hash takes it as its key");
    *r = (struct rate){ .a_minute = a_minute };
    if (a_minute == 0)
        return;
    r->sets = arena_take(boot, RATE_SETS * sizeof *r->sets);
    randombytes_buf(r->secret, sizeof r->secret);
}

/* The key's entry, else the one of its set that is missed least. */
static struct rate_entry *entry_of(struct rate *r, uint64_t key)
{
    struct rate_entry *set = r->sets[key % RATE_SETS], *least = set;
    for (size_t i = 0; i < RATE_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].empty_us < least->empty_us)
            least = &set[i];
    }
    *least = (struct rate_entry){ .key = key };
    return least;
}

static int64_t seconds_up(int64_t us)
{
    return (us + 999999) / 1000000;
}

bool rate_take(struct rate *r, const void *key, size_t key_bytes, int64_t now_ms, struct rate_state *out)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, key, key_bytes, r->secret);
    struct rate_entry *entry = entry_of(r, hash | 1);
    int64_t now_us = now_ms * 1000, each_us = MINUTE_US / r->a_minute, most_us = each_us * r->a_minute;
    int64_t filled_us = entry->empty_us > now_us ? entry->empty_us - now_us : 0;
    bool taken = filled_us + each_us <= most_us;
    if (taken)
        filled_us += each_us;
    entry->empty_us = now_us + filled_us;
    *out = (struct rate_state){ .left = (most_us - filled_us) / each_us,
                                .whole_s = seconds_up(filled_us),
                                .wait_s = taken ? 0 : seconds_up(filled_us + each_us - most_us) };
    return taken;
}
