/* heap.c - calloc and realloc that need not be asked whether they worked. */
#include "lib/base/heap.h"

#include <stdio.h>
#include <stdlib.h>

static void *made_or_ended(void *made, size_t bytes)
{
    if (made)
        return made;
    fprintf(stderr, "taquilla: the machine has no memory left (%zu bytes)\n", bytes);
    abort();
}

void *heap_take(size_t bytes)
{
    return made_or_ended(calloc(1, bytes > 0 ? bytes : 1), bytes);
}

void *heap_again(void *before, size_t bytes)
{
    return made_or_ended(realloc(before, bytes > 0 ? bytes : 1), bytes);
}
