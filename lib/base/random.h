/* random.h - bytes from the kernel's generator. */
#ifndef TAQUILLA_BASE_RANDOM_H
#define TAQUILLA_BASE_RANDOM_H

#include "lib/base/arena.h"

void random_bytes(void *out, size_t count);
uint64_t random_below(uint64_t bound); /* 0 .. bound-1; for jitter and choices */
str random_hex(arena *a, size_t bytes); /* 2 * bytes lower-case hex digits */

#endif
