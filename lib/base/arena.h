/* arena.h - memory with one end: a request takes from its arena and never gives back; the reply resets it. */
#ifndef TAQUILLA_BASE_ARENA_H
#define TAQUILLA_BASE_ARENA_H

#include "lib/base/str.h"

typedef struct arena arena;

/* Grows by chunks up to cap_bytes; taking more than that ends the process: inputs are bounded so that
 * no client can reach it. */
arena *arena_new(size_t cap_bytes);
void arena_reset(arena *a); /* keeps the first chunk for the next user */
void arena_free(arena *a);
size_t arena_used_bytes(const arena *a);

void *arena_take(arena *a, size_t bytes) MUST_CHECK; /* zeroed, aligned for any type */
void *arena_take_raw(arena *a, size_t bytes) MUST_CHECK; /* the same, not zeroed: for who fills it at once */
/* Makes what was taken last longer where it lies; false when it was not the last or its chunk is full. */
bool arena_extend(arena *a, const void *last, size_t bytes, size_t more_bytes) MUST_CHECK;
str arena_copy(arena *a, str text) MUST_CHECK;       /* the copy is NUL-terminated too */
str arena_printf(arena *a, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
const char *arena_cstr(arena *a, str text) MUST_CHECK; /* for foreign libraries */

#define NEW(a, type) ((type *)arena_take((a), sizeof(type)))
#define NEW_ARRAY(a, type, count) ((type *)arena_take((a), sizeof(type) * (size_t)(count)))

#endif
