/* postgres_alone.c - one after the other, in the order in which they came: those who read, reckon and write what follows. */
#include "lib/db/postgres_internal.h"

struct pg_turn {
    fiber *waiter;
    struct pg_turn *next;
};

static void turn_wait(struct postgres *p, struct pg_turn *mine)
{
    *mine = (struct pg_turn){ fiber_self(), NULL };
    struct pg_turn **last = &p->alone;
    while (*last)
        last = &(*last)->next;
    *last = mine;
    while (p->alone != mine)
        fiber_park("its turn at the store", INT64_MAX);
}

const fault *postgres_alone(struct postgres *p, arena *a, const fault *(*work)(void *arg, arena *a), void *arg)
{
    struct pg_turn mine;
    turn_wait(p, &mine);
    const fault *problem = work(arg, a);
    p->alone = mine.next;
    if (p->alone)
        fiber_wake(p->alone->waiter);
    return problem;
}
