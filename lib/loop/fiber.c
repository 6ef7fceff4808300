/* fiber.c - fibers over Boost.Context: start, park, wake, and what is built of these. */
#include "lib/loop/parts.h"

#include <assert.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

#define FIBERS_WARM 64        /* ended ones that keep their stacks for the next start */
#define RESUMES_A_TURN 1024   /* so that fibers waking each other leave room for the descriptors */

/* Boost.Context's C symbols; it has no C header. */
struct transfer {
    void *context; /* of who jumped here, as he left it */
    void *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t bytes, void (*run)(struct transfer));

enum fiber_state { FIBER_IDLE, FIBER_RUNNING, FIBER_PARKED, FIBER_READY, FIBER_ENDED };

/* Lies at the top of its own stack. An ended fiber's body waits in its loop for the next run. */
struct fiber {
    enum fiber_state state;
    void *context;        /* where it stands while it does not run */
    void *back;           /* who resumed it last, and gets the processor when it parks */
    char *stack_low;
    const char *label;
    void (*run)(void *);
    void *arg;
    struct group *group;
    str request_id;
    const char *awaits;
    int64_t parked_since_ms;
    struct timer deadline;
    bool woken;           /* by a wake that came before the park */
    bool late;            /* the deadline made it ready */
    bool leaves;          /* its stack is given back after this run */
    bool painted;
    struct fiber *previous, *next; /* among the living */
    struct fiber *next_in_queue;   /* ready, or idle */
#if defined(__SANITIZE_ADDRESS__)
    void *fake_stack;
    const void *back_stack;
    size_t back_stack_bytes;
#endif
#if defined(__SANITIZE_THREAD__)
    void *tsan, *tsan_back;
#endif
};

static fiber *current;
static fiber *living;
static size_t living_count;
static fiber *idle;
static size_t idle_count;
static fiber *ready_first, **ready_end = &ready_first;
static bool measuring;

/* --- switching --- */

static char *stack_top(fiber *f)
{
    return (char *)f;
}

static void switch_in(fiber *f)
{
    fiber *before = current;
    current = f;
    f->state = FIBER_RUNNING;
#if defined(__SANITIZE_ADDRESS__)
    void *fake_stack;
    __sanitizer_start_switch_fiber(&fake_stack, f->stack_low, (size_t)(stack_top(f) - f->stack_low));
#endif
#if defined(__SANITIZE_THREAD__)
    f->tsan_back = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan, 0);
#endif
    struct transfer from = jump_fcontext(f->context, f);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
#endif
    f->context = from.context;
    current = before;
}

/* On the fiber's side, after somebody jumped to it. */
static void arrived(fiber *f, struct transfer from)
{
    f->back = from.context;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(f->fake_stack, &f->back_stack, &f->back_stack_bytes);
#endif
}

static void switch_out(fiber *f)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(f->leaves ? NULL : &f->fake_stack, f->back_stack, f->back_stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(f->tsan_back, 0);
#endif
    arrived(f, jump_fcontext(f->back, NULL));
}

static void body(struct transfer from)
{
    fiber *f = from.data;
    arrived(f, from);
    for (;;) {
        f->run(f->arg);
        f->state = FIBER_ENDED;
        f->leaves = idle_count >= FIBERS_WARM;
        switch_out(f);
    }
}

/* --- birth and end --- */

static fiber *fiber_build(void)
{
    char *low = stack_map();
    if (!low)
        return NULL;
    size_t block = (sizeof(fiber) + 63) & ~(size_t)63;
    fiber *f = (fiber *)(void *)(low + STACK_BYTES - block); /* mapped memory is zero */
    f->stack_low = low;
    f->context = make_fcontext(stack_top(f), (size_t)(stack_top(f) - low), body);
#if defined(__SANITIZE_THREAD__)
    f->tsan = __tsan_create_fiber(0);
#endif
    return f;
}

static void fiber_destroy(fiber *f)
{
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(f->tsan);
#endif
    stack_unmap(f->stack_low);
}

static fiber *fiber_take(void)
{
    fiber *f = idle;
    if (!f)
        return fiber_build();
    idle = f->next_in_queue;
    idle_count--;
    return f;
}

static void fiber_paint(fiber *f)
{
    if (!f->painted)
        stack_paint(f->stack_low, f->context);
    f->painted = true;
}

static void fiber_measure(fiber *f)
{
    const char *touched = stack_touched(f->stack_low, f->context);
    stack_note_depth(f->label, (size_t)(stack_top(f) - touched));
    stack_paint(f->stack_low + (touched - f->stack_low), f->context);
}

static void living_add(fiber *f)
{
    f->previous = NULL;
    f->next = living;
    if (living)
        living->previous = f;
    living = f;
    living_count++;
}

static void living_remove(fiber *f)
{
    *(f->previous ? &f->previous->next : &living) = f->next;
    if (f->next)
        f->next->previous = f->previous;
    living_count--;
}

static void fiber_end(fiber *f)
{
    struct group *g = f->group;
    living_remove(f);
    if (f->painted && measuring)
        fiber_measure(f);
    else
        f->painted = false;
    f->state = FIBER_IDLE;
    if (f->leaves) {
        fiber_destroy(f);
    } else {
        f->next_in_queue = idle;
        idle = f;
        idle_count++;
    }
    if (g && --g->running == 0 && g->waiting)
        fiber_wake(g->waiting);
}

static void fiber_resume(fiber *f)
{
    switch_in(f);
    if (f->state == FIBER_ENDED)
        fiber_end(f);
}

static bool start(const char *label, void (*run)(void *), void *arg, struct group *g)
{
    fiber *f = living_count < FIBERS_MAX ? fiber_take() : NULL;
    if (!f)
        return false;
    f->label = label;
    f->run = run;
    f->arg = arg;
    f->group = g;
    f->request_id = (str){ NULL, 0 };
    f->woken = f->late = f->leaves = false;
    if (measuring)
        fiber_paint(f);
    living_add(f);
    if (g)
        g->running++;
    fiber_resume(f);
    return true;
}

bool fiber_start(const char *label, void (*run)(void *), void *arg)
{
    return start(label, run, arg, NULL);
}

fiber *fiber_self(void)
{
    return current;
}

void fiber_set_request(str request_id)
{
    if (current)
        current->request_id = request_id;
}

void fiber_set_label(const char *label)
{
    if (current)
        current->label = label;
}

size_t fiber_count(void)
{
    return living_count;
}

size_t fiber_stack_bytes(void)
{
    return STACK_BYTES - ((sizeof(fiber) + 63) & ~(size_t)63);
}

void fiber_measure_stacks(bool on)
{
    measuring = on;
}

/* --- parking --- */

static void make_ready(fiber *f)
{
    f->state = FIBER_READY;
    f->next_in_queue = NULL;
    *ready_end = f;
    ready_end = &f->next_in_queue;
}

static void deadline_came(struct timer *t)
{
    fiber *f = t->owner;
    f->late = true;
    make_ready(f);
}

bool fiber_park(const char *awaits, int64_t deadline_ms)
{
    fiber *f = current;
    assert(f);
    if (f->woken) {
        f->woken = false;
        return true;
    }
    int64_t now = loop_now_ms();
    if (deadline_ms <= now)
        return false;
    f->awaits = awaits;
    f->parked_since_ms = now;
    f->late = false;
    f->state = FIBER_PARKED;
    if (deadline_ms != INT64_MAX) {
        f->deadline.ring = deadline_came;
        f->deadline.owner = f;
        timer_set_at(&f->deadline, deadline_ms);
    }
    switch_out(f);
    timer_clear(&f->deadline);
    return !f->late;
}

void fiber_wake(fiber *f)
{
    assert(f->state != FIBER_IDLE && f->state != FIBER_ENDED);
    f->late = false; /* the wake is there before the fiber could see that it is late */
    if (f->state == FIBER_PARKED) {
        timer_clear(&f->deadline);
        make_ready(f);
    } else if (f->state == FIBER_RUNNING) {
        f->woken = true;
    }
}

bool fibers_ready(void)
{
    return ready_first != NULL;
}

void fibers_run_ready(void)
{
    for (int left = RESUMES_A_TURN; ready_first && left; left--) {
        fiber *f = ready_first;
        ready_first = f->next_in_queue;
        if (!ready_first)
            ready_end = &ready_first;
        fiber_resume(f);
    }
}

void fiber_sleep(int64_t ms)
{
    int64_t until = loop_now_ms() + ms;
    while (fiber_park("sleep", until))
        ; /* woken for something else: sleep on */
}

void fiber_give_way(void)
{
    if (current && clock_mono_ms() - loop_now_ms() >= FIBER_TURN_MS)
        fiber_sleep(1); /* over by now: it waits for what is ready, and not for the time */
}

/* --- descriptors --- */

struct awaited {
    fiber *who;
    uint32_t events;
};

static void awaited_ready(struct watch *w, uint32_t events)
{
    struct awaited *wait = w->owner;
    wait->events = events;
    watch_stop(w);
    fiber_wake(wait->who);
}

uint32_t await_fd(int fd, uint32_t events, int64_t deadline_ms)
{
    struct awaited wait = { .who = current };
    struct watch w = { .fd = fd, .ready = awaited_ready, .owner = &wait };
    if (watch_add(&w, events))
        return EPOLLERR;
    while (!wait.events && fiber_park("descriptor", deadline_ms))
        ;
    if (!wait.events)
        watch_stop(&w);
    return wait.events;
}

/* --- groups --- */

bool group_start(struct group *g, const char *label, void (*run)(void *), void *arg)
{
    return start(label, run, arg, g);
}

void group_wait(struct group *g)
{
    g->waiting = current;
    while (g->running)
        fiber_park("group", INT64_MAX);
    g->waiting = NULL;
}

/* --- the print, and the end of all --- */

void fiber_print_parked(void)
{
    int64_t now = loop_now_ms();
    for (fiber *f = living; f; f = f->next) {
        if (f->state != FIBER_PARKED)
            continue;
        struct buf *line = log_begin("info", "fiber_parked");
        log_member_text(line, "label", str_of(f->label));
        log_member_text(line, "request_id", f->request_id);
        log_member_text(line, "awaits", str_of(f->awaits));
        log_member_int(line, "since_ms", now - f->parked_since_ms);
        log_end(line);
    }
}

/* A fiber that will never run on. What it holds on the heap is no leak: a thread would still hold it too. */
static void fiber_abandon(fiber *f)
{
    living_remove(f);
    timer_clear(&f->deadline);
#if defined(__SANITIZE_ADDRESS__)
    __lsan_register_root_region(f->context, (size_t)(f->stack_low + STACK_BYTES - (char *)f->context));
#else
    fiber_destroy(f);
#endif
}

void fibers_close(void)
{
    if (living)
        log_line("info", "fibers_left", "%zu fibers had not ended when the loop closed; one is %s, which awaits: %s",
                 living_count, living->label, living->awaits ? living->awaits : "nothing");
    while (living)
        fiber_abandon(living);
    while (idle) {
        fiber *f = idle;
        idle = f->next_in_queue;
        fiber_destroy(f);
    }
    idle_count = 0;
    ready_first = NULL;
    ready_end = &ready_first;
}
