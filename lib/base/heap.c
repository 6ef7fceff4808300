/* heap.c - calloc that need not be asked whether it worked. */
#include "lib/base/heap.h"

#include <stdio.h>
#include <stdlib.h>

void *heap_take(size_t bytes)
{
    void *made = calloc(1, bytes > 0 ? bytes : 1);
    if (made)
        return made;
    fprintf(stderr, "taquilla: the machine has no memory left (%zu bytes)\n", bytes);
    abort();
}
