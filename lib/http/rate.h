/* rate.h - so many a minute of each key, in a table whose size does not grow with the keys.
 *
 * A key has as much as a minute's worth at once, and gets it back evenly (a leaky bucket, kept as one moment: GCRA). When a part of the
 * table is full, the key that is nearest to its full worth is forgotten: it loses the least by it. */
#ifndef TAQUILLA_HTTP_RATE_H
#define TAQUILLA_HTTP_RATE_H

#include "lib/base/arena.h"

#define RATE_SETS 8192
#define RATE_WAYS 4

struct rate_entry {
    uint64_t key;     /* hash with a secret of this process; 0: free */
    int64_t empty_us; /* when its bucket will have run empty */
};
struct rate {
    int64_t a_minute; /* 0: any number */
    unsigned char secret[16];
    struct rate_entry (*sets)[RATE_WAYS]; /* 512 KiB; NULL as long as nothing is limited */
};

struct rate_state {
    int64_t left;    /* what the key may still do at once */
    int64_t whole_s; /* until it may do all again */
    int64_t wait_s;  /* refused: until it may do one; else 0 */
};

void rate_open(struct rate *r, arena *boot, int64_t a_minute);
/* True: one is taken. Only for who limits something (a_minute > 0). */
bool rate_take(struct rate *r, const void *key, size_t key_bytes, int64_t now_ms, struct rate_state *out);

#endif
