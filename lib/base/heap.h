/* heap.h - memory for what comes and goes by itself: entries of tables that facts replace. All else lives in an arena. */
#ifndef TAQUILLA_BASE_HEAP_H
#define TAQUILLA_BASE_HEAP_H

#include <stddef.h>

/* Zeroed; free() gives it back. Never NULL: the process ends when the machine has none left. */
void *heap_take(size_t bytes);
/* Makes what heap_take gave longer or shorter, perhaps elsewhere; what is added is not zeroed. NULL: a new one. */
void *heap_again(void *before, size_t bytes);

#endif
