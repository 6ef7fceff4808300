/* pulse.c - is the other service there at all while its answer takes long? One that says nothing to anybody is asked, beside the
 * calls under way and on a connection of its own. When that is not answered either, they all end: nobody waits for who has hung. */
#include <sys/socket.h>

#include "lib/base/log.h"
#include "lib/http/link.h"

#define LOOK_EVERY_MS 100
#define SILENCE_MS 700 /* with ANSWER_MS less than two seconds */
#define ANSWER_MS 1000
#define CUT_EVERY_MS 20

/* Ends early when the upstream is closed. */
static void look_pause(struct upstream *u, int64_t ms)
{
    u->pulse = fiber_self();
    (void)fiber_park("signs of life of an upstream", loop_now_ms() + ms);
    u->pulse = NULL;
}

static bool is_alive(struct upstream *u)
{
    arena *a = u->pulse_memory = arena_new((size_t)1024 * 1024); /* not on the stack alone, if the process ends meanwhile */
    struct message *answer = NEW(a, struct message);
    struct link_talk talk = {
        .head = arena_printf(a, "GET /health/live HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n",
                             STR_ARG(u->host)),
        .fresh = true,
        .arena = a,
        .answer = answer,
        .deadline_ms = loop_now_ms() + ANSWER_MS,
    };
    int64_t heard_ms = u->heard_ms;
    bool alive = link_try(u->aside, &talk) == LINK_ANSWERED || u->heard_ms != heard_ms || u->closed;
    arena_free(a);
    u->pulse_memory = NULL;
    return alive;
}

/* Their fibers are woken, and find the connection at its end. */
static void links_cut(struct upstream *u)
{
    for (struct link *l = u->links; l; l = l->later)
        if (l->watch.fd >= 0)
            (void)shutdown(l->watch.fd, SHUT_RDWR);
}

/* Who waited in line for a connection takes one now, although nobody is let in any more: so it is cut until all have gone. */
static void calls_end(struct upstream *u)
{
    log_line("warn", "upstream_hangs", "%s says nothing, nor that it lives: %d calls end", u->name, u->under_way);
    breaker_trip(&u->breaker, loop_now_ms());
    while (u->patient > 0 && u->breaker.state == BREAKER_OPEN && !u->closed) {
        links_cut(u);
        look_pause(u, CUT_EVERY_MS);
    }
}

static void pulse_run(void *arg)
{
    struct upstream *u = arg;
    int64_t since_ms = loop_now_ms();
    while (u->patient > 0 && !u->closed) {
        look_pause(u, LOOK_EVERY_MS);
        if (u->heard_ms > since_ms)
            since_ms = u->heard_ms;
        if (u->patient == 0 || loop_now_ms() - since_ms < SILENCE_MS)
            continue;
        since_ms = loop_now_ms();
        if (!is_alive(u))
            calls_end(u);
    }
    u->pulsing = false;
}

void pulse_begin(struct upstream *u)
{
    u->patient++;
    if (!u->pulsing) /* without a fiber for it, the deadlines remain */
        u->pulsing = fiber_start("pulse of an upstream", pulse_run, u);
}

void pulse_end(struct upstream *u)
{
    u->patient--;
}
