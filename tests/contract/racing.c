/* racing.c - keeps the arenas of the fibers that raced until the race is judged. */
#include "tests/contract/racing.h"

#include <assert.h>
#include <stddef.h>

#define RACERS_MAX 1024

static arena *given[RACERS_MAX];
static size_t count;

arena *racing_arena(void)
{
    assert(count < RACERS_MAX);
    given[count] = arena_new((size_t)16 << 20);
    return given[count++];
}

void racing_over(void)
{
    while (count > 0)
        arena_free(given[--count]);
}
