/* follower_waiting.c - those who wait for a follower to reach a position. */
#include "lib/feed/bus.h"
#include "lib/feed/follower_internal.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"

#define HURRY_MS 20 /* what somebody waits for may take so long by the bus */
#define END_BYTES_MAX ((size_t)1024 * 1024)

struct follower_waiter {
    fiber *who;
    struct follower_waiter *next, **link;
};

void follower_wake_waiters(struct follower *f)
{
    for (struct follower_waiter *w = f->waiting; w; w = w->next)
        fiber_wake(w->who);
}

/* Parks among those who are woken by every change of the follower. False: the deadline came first. */
static bool change_await(struct follower *f, const char *awaits, int64_t deadline_ms)
{
    struct follower_waiter w = { .who = fiber_self(), .next = f->waiting, .link = &f->waiting };
    if (w.next)
        w.next->link = &w.next;
    f->waiting = &w;
    bool woken = fiber_park(awaits, deadline_ms);
    *w.link = w.next;
    if (w.next)
        w.next->link = w.link;
    return woken;
}

bool follower_reach(struct follower *f, int64_t position, int64_t wait_ms)
{
    int64_t deadline_ms = loop_now_ms() + wait_ms;
    if (f->position < position)
        follower_hurry(f);
    while (f->position < position && !f->stopped && loop_now_ms() < deadline_ms) {
        int64_t soon_ms = bus_configured() ? loop_now_ms() + HURRY_MS : deadline_ms;
        if (!change_await(f, "position of a feed", soon_ms < deadline_ms ? soon_ms : deadline_ms))
            follower_look(f);
    }
    return f->position >= position;
}

bool follower_whole(struct follower *f, int64_t wait_ms)
{
    int64_t deadline_ms = loop_now_ms() + wait_ms;
    while (!f->whole && !f->stopped && change_await(f, "another service's facts", deadline_ms))
        ;
    return f->whole;
}

static void end_ask(struct follower *f, int64_t wait_ms)
{
    arena *a = arena_new(END_BYTES_MAX);
    struct message *answer = NEW(a, struct message);
    struct outgoing want = { .method = GET, .target = STR("/feed?limit=0"), .deadline_ms = wait_ms, .internal = true };
    struct wire_page page = { .position = 0 };
    f->end.asking = true;
    f->end.begun++;
    f->end.known = !upstream_call(f->upstream, a, &want, answer) && answer->status == 200 &&
                   !json_read_fact(a, answer->body, &wire_page_shape, &page);
    f->end.position = page.position;
    f->end.asking = false;
    f->end.ended = f->end.begun;
    arena_free(a);
    follower_wake_waiters(f);
}

/* A question that was put before may have been answered before what is asked about happened. */
bool follower_catch_up(struct follower *f, int64_t wait_ms)
{
    int64_t deadline_ms = loop_now_ms() + wait_ms;
    uint64_t wanted = f->end.begun + 1;
    while (f->end.ended < wanted) {
        if (!f->end.asking)
            end_ask(f, deadline_ms - loop_now_ms());
        else if (!change_await(f, "another's question for a feed's end", deadline_ms))
            return false;
    }
    return f->end.known && follower_reach(f, f->end.position, deadline_ms - loop_now_ms());
}

int64_t follower_position_of(const struct follower *f, str taquilla_position)
{
    str owner;
    int64_t position;
    if (!str_cut(&taquilla_position, '/', &owner) || !str_equal(owner, str_of(f->owner)))
        return 0;
    return str_to_int(taquilla_position, &position) && position > 0 ? position : 0;
}
