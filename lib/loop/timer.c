/* timer.c - the timers of the loop in a binary heap, the next one on top. */
#include "lib/loop/parts.h"

#include <stdlib.h>

static struct timer **heap; /* heap[1] rings first; heap[0] is unused so that index 0 can mean "not set" */
static size_t heap_count, heap_room;

static void place(struct timer *t, size_t i)
{
    heap[i] = t;
    t->heap_index = i;
}

static void sift_up(struct timer *t, size_t i)
{
    while (i > 1 && heap[i / 2]->due_ms > t->due_ms) {
        place(heap[i / 2], i);
        i /= 2;
    }
    place(t, i);
}

static void sift_down(struct timer *t, size_t i)
{
    for (size_t child = 2 * i; child <= heap_count; child = 2 * i) {
        if (child < heap_count && heap[child + 1]->due_ms < heap[child]->due_ms)
            child++;
        if (heap[child]->due_ms >= t->due_ms)
            break;
        place(heap[child], i);
        i = child;
    }
    place(t, i);
}

static void heap_grow(void)
{
    size_t room = heap_room ? heap_room * 2 : 64;
    struct timer **moved = realloc(heap, room * sizeof(*moved));
    if (!moved)
        loop_refused("memory for timers");
    heap = moved;
    heap_room = room;
}

void timer_set_at(struct timer *t, int64_t due_ms)
{
    timer_clear(t);
    if (heap_count + 1 >= heap_room)
        heap_grow();
    t->due_ms = due_ms;
    sift_up(t, ++heap_count);
}

void timer_set(struct timer *t, int64_t after_ms)
{
    timer_set_at(t, loop_now_ms() + (after_ms > 0 ? after_ms : 0));
}

void timer_clear(struct timer *t)
{
    size_t i = t->heap_index;
    if (!i)
        return;
    t->heap_index = 0;
    struct timer *last = heap[heap_count--];
    if (last == t)
        return;
    if (i > 1 && heap[i / 2]->due_ms > last->due_ms)
        sift_up(last, i);
    else
        sift_down(last, i);
}

int64_t timers_next_ms(void)
{
    return heap_count ? heap[1]->due_ms : INT64_MAX;
}

void timers_ring(int64_t now_ms)
{
    /* No more than there were: one that sets itself again for now waits for the next turn. */
    for (size_t left = heap_count; left && heap_count && heap[1]->due_ms <= now_ms; left--) {
        struct timer *t = heap[1];
        timer_clear(t);
        t->ring(t);
    }
}

void timers_close(void)
{
    for (size_t i = 1; i <= heap_count; i++)
        heap[i]->heap_index = 0;
    free(heap);
    heap = NULL;
    heap_count = heap_room = 0;
}
