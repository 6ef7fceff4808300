/* random.h - bytes from the kernel's generator. */
#ifndef TAQUILLA_BASE_RANDOM_H
#define TAQUILLA_BASE_RANDOM_H

#include "lib/base/arena.h"

void random_bytes(void *out, size_t count);
uint64_t random_below(uint64_t bound); /* 0 .. bound-1; for jitter and choices */
/* How long to wait before another try, after so many: doubled each time up to an hour, and up to half as long again, so that what
 * fails for many does not come back for all at once. */
int64_t random_pause_ms(int64_t first_s, int64_t tried);
str random_hex(arena *a, size_t bytes); /* 2 * bytes lower-case hex digits */

#endif
