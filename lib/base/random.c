/* random.c - the kernel's generator; without it the process ends rather than be guessable. */
#include "lib/base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t count)
{
    char *at = out;
    while (count) {
        ssize_t got = getrandom(at, count, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            perror("taquilla: the kernel gives no random bytes");
            abort();
        }
        at += got;
        count -= (size_t)got;
    }
}

uint64_t random_below(uint64_t bound)
{
    if (bound < 2)
        return 0;
    uint64_t unfair =
        (0 - bound) % bound; /* 2^64 mod bound: the lowest values would come once too often */
    uint64_t n;
    do
        random_bytes(&n, sizeof n);
    while (n < unfair);
    return n % bound;
}

#define PAUSE_S_MAX 3600

int64_t random_pause_ms(int64_t first_s, int64_t tried)
{
    int64_t pause_s = first_s;
    for (int64_t i = 0; i < tried && pause_s < PAUSE_S_MAX; i++)
        pause_s *= 2;
    return pause_s * 1000 + (int64_t)random_below((uint64_t)pause_s * 500);
}

str random_hex(arena *a, size_t bytes)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char *raw = arena_take(a, bytes);
    random_bytes(raw, bytes);
    char *text = arena_take(a, 2 * bytes + 1);
    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = hex[raw[i] >> 4];
        text[2 * i + 1] = hex[raw[i] & 15];
    }
    return (str){ text, 2 * bytes };
}
