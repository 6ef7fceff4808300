/* handlers_internal.c - what the other services ask: showings with their room; and a backup put back. */
#include "services/rooms/handlers.h"

/* What is answered is at least as new as this: a reader that keeps it knows which events it holds
 * already. */
static void position_say(struct call *c)
{
    struct rooms *svc = c->service;
    answer_header(
        c, "Taquilla-Position",
        arena_printf(c->arena, "rooms/%lld", (long long)svc->store->position(svc->store)));
}

const fault *rooms_internal_showings(struct call *c)
{
    struct rooms *svc = c->service;
    list found;
    position_say(c);
    TRY(svc->store->showings_with_rooms(svc->store, c->arena, c->query, &found));
    return reply_list(c, &rooms_showing_listed_shape, &found);
}

const fault *rooms_restore_finish(struct call *c)
{
    struct rooms *svc = c->service;
    TRY(owner_restore_finish(c));
    if (svc->programme)
        rooms_programme_compare(svc->programme);
    return NULL;
}
