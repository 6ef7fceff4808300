/* loop.c - the epoll loop: one turn waits, calls back, rings, runs what was woken, and flushes. */
#include "lib/loop/parts.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define EVENTS_A_TURN 256
#define FIRSTS_A_TURN 16
#define PROBE_EVERY_MS 10
#define SIGNALS_MAX 8
#define HOOKS_MAX 8

struct hook {
    void (*call)(void *);
    void *arg;
    int signo;
};

/* What the kernel found ready; a watch that is stopped is taken out. */
struct ready {
    struct epoll_event events[EVENTS_A_TURN];
    int count, at;
};

static struct {
    int epoll;
    bool open, stopped, in_turn, crowded;
    int64_t now_ms;
    int64_t log_due_ms; /* lines wait until then */

    struct ready in_line; /* of this turn */

    /* A descriptor of epoll that holds those that go first, and stands in line itself: an idle loop
     * wakes for them. */
    struct watch firsts;
    struct ready first;

    struct watch probe; /* always readable, and asked for once */
    bool probe_waits;
    int64_t probe_sent_ms, late_ms;

    struct watch signals;
    sigset_t signal_set, signal_set_before;
    struct hook on_signal[SIGNALS_MAX];
    size_t on_signal_count;

    struct hook each_turn[HOOKS_MAX];
    size_t each_turn_count;
} loop;

/* What other threads touch. */
static struct {
    pthread_mutex_t lock;
    struct task *first, **end;
    struct watch bell; /* an eventfd, rung when the list was empty */
} posted = { .lock = PTHREAD_MUTEX_INITIALIZER };

void loop_refused(const char *what)
{
    fprintf(stderr, "taquilla: the system gives no %s: %s\n", what, strerror(errno));
    exit(1);
}

/* --- watches --- */

static int watch_control(int operation, struct watch *w, uint32_t events)
{
    /* Without events asked for, a peer that hung up would call back every turn: once is enough. */
    struct epoll_event asked = { .events = events ? events : EPOLLONESHOT, .data.ptr = w };
    return epoll_ctl(w->first ? loop.firsts.fd : loop.epoll, operation, w->fd, &asked) ? errno : 0;
}

int watch_add(struct watch *w, uint32_t events)
{
    int problem = watch_control(EPOLL_CTL_ADD, w, events);
    if (!problem)
        w->events = events;
    return problem;
}

const fault *watch_start(arena *a, struct watch *w, uint32_t events)
{
    int problem = watch_add(w, events);
    if (!problem)
        return NULL;
    return fault_internal(a, FAULT_INTERNAL, "watch_failed", "Something went wrong here.",
                          "epoll_ctl add fd %d: %s", w->fd, strerror(problem));
}

void watch_change(struct watch *w, uint32_t events)
{
    if (w->events == events)
        return;
    int problem = watch_control(EPOLL_CTL_MOD, w, events);
    if (problem)
        log_line("error", "watch_change_failed", "fd %d: %s", w->fd, strerror(problem));
    else
        w->events = events;
}

static void ready_forget(struct ready *r, const struct watch *w)
{
    for (int i = r->at; i < r->count; i++)
        if (r->events[i].data.ptr == w)
            r->events[i].data.ptr = NULL;
}

void watch_stop(struct watch *w)
{
    watch_control(EPOLL_CTL_DEL, w, 0);
    w->events = 0;
    ready_forget(w->first ? &loop.first : &loop.in_line, w);
}

static void ready_run(struct ready *r)
{
    for (r->at = 0; r->at < r->count;) {
        struct epoll_event *e = &r->events[r->at++];
        struct watch *w = e->data.ptr;
        if (w)
            w->ready(w, e->events);
    }
    r->at = r->count = 0;
}

/* --- those that go first --- */

static void firsts_run(struct watch *w, uint32_t events)
{
    (void)events;
    int count = epoll_wait(w->fd, loop.first.events, FIRSTS_A_TURN, 0);
    loop.first.count = count < 0 ? 0 : count;
    ready_run(&loop.first);
}

static void firsts_open(void)
{
    loop.firsts = (struct watch){ .ready = firsts_run };
    loop.firsts.fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop.firsts.fd < 0 || watch_add(&loop.firsts, EPOLLIN))
        loop_refused("epoll descriptor");
}

/* --- how late the loop is --- */

static void probe_send(void)
{
    /* A number that the kernel has and a descriptor that is there: it cannot fail. Would it,
     * nothing would be known of lateness. */
    if (watch_control(EPOLL_CTL_MOD, &loop.probe, EPOLLIN | EPOLLONESHOT))
        return;
    loop.probe_waits = true;
    loop.probe_sent_ms = clock_mono_ms();
}

/* Sent again at once while the loop is late: it then tells of those that came meanwhile. */
static void probe_back(struct watch *w, uint32_t events)
{
    (void)w;
    (void)events;
    loop.late_ms = clock_mono_ms() - loop.probe_sent_ms;
    loop.probe_waits = false;
    if (loop.late_ms >= PROBE_EVERY_MS)
        probe_send();
}

static void probe_open(void)
{
    loop.probe = (struct watch){ .ready = probe_back };
    loop.probe.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop.probe.fd < 0 || watch_add(&loop.probe, EPOLLIN | EPOLLONESHOT))
        loop_refused("event descriptor");
    loop.probe_waits = true;
    loop.probe_sent_ms = clock_mono_ms();
}

/* At the end of a turn. A loop in which nothing happens is not woken by it: its own coming back is
 * nothing. */
static void probe_if_due(int happened)
{
    if (happened > 0 && !loop.probe_waits && loop.now_ms - loop.probe_sent_ms >= PROBE_EVERY_MS)
        probe_send();
}

int64_t loop_late_ms(void)
{
    int64_t waits_ms = loop.probe_waits ? loop_now_ms() - loop.probe_sent_ms : 0;
    return waits_ms > loop.late_ms ? waits_ms : loop.late_ms;
}

bool loop_crowded(void)
{
    return loop.crowded;
}

/* --- tasks from other threads --- */

static void posted_ring(void)
{
    uint64_t one = 1;
    /* It can only fail when the counter is full, and then the bell is ringing already. */
    if (write(posted.bell.fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        loop_refused("wake-up of the loop");
}

void loop_post(struct task *t)
{
    t->next = NULL;
    pthread_mutex_lock(&posted.lock);
    bool was_empty = !posted.first;
    *posted.end = t;
    posted.end = &t->next;
    pthread_mutex_unlock(&posted.lock);
    if (was_empty)
        posted_ring();
}

static void posted_run(struct watch *w, uint32_t events)
{
    (void)events;
    uint64_t rings;
    if (read(w->fd, &rings, sizeof(rings)) < 0 && errno != EAGAIN && errno != EINTR)
        loop_refused("wake-up of the loop");
    pthread_mutex_lock(&posted.lock);
    struct task *t = posted.first;
    posted.first = NULL;
    posted.end = &posted.first;
    pthread_mutex_unlock(&posted.lock);
    while (t) {
        struct task *next = t->next; /* the task may be gone after it ran */
        t->run(t);
        t = next;
    }
}

/* --- signals --- */

static void signals_read(struct watch *w, uint32_t events)
{
    (void)events;
    struct signalfd_siginfo info;
    while (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        for (size_t i = 0; i < loop.on_signal_count; i++)
            if ((int)info.ssi_signo == loop.on_signal[i].signo)
                loop.on_signal[i].call(loop.on_signal[i].arg);
}

void loop_on_signal(int signo, void (*call)(void *), void *arg)
{
    assert(loop.on_signal_count < SIGNALS_MAX);
    loop.on_signal[loop.on_signal_count++] = (struct hook){ call, arg, signo };
    sigaddset(&loop.signal_set, signo);
    pthread_sigmask(SIG_BLOCK, &loop.signal_set, NULL);
    if (signalfd(loop.signals.fd, &loop.signal_set, 0) < 0)
        loop_refused("signal descriptor");
}

static void print_parked(void *arg)
{
    (void)arg;
    fiber_print_parked();
}

static void signals_open(void)
{
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, NULL, &loop.signal_set_before);
    sigemptyset(&loop.signal_set);
    loop.signals = (struct watch){ .ready = signals_read };
    loop.signals.fd = signalfd(-1, &loop.signal_set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop.signals.fd < 0 || watch_add(&loop.signals, EPOLLIN))
        loop_refused("signal descriptor");
    loop_on_signal(SIGUSR1, print_parked, NULL);
}

/* --- the loop --- */

void loop_each_turn(void (*call)(void *), void *arg)
{
    assert(loop.each_turn_count < HOOKS_MAX);
    loop.each_turn[loop.each_turn_count++] = (struct hook){ .call = call, .arg = arg };
}

int64_t loop_now_ms(void)
{
    if (!loop.in_turn) /* before the first turn no clock was read yet */
        loop.now_ms = clock_mono_ms();
    return loop.now_ms;
}

static void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void loop_open(void)
{
    assert(!loop.open);
    memset(&loop, 0, sizeof(loop));
    descriptors_raise();
    loop.open = true;
    loop.log_due_ms = INT64_MAX;
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop.epoll < 0)
        loop_refused("epoll descriptor");
    firsts_open();
    posted.first = NULL;
    posted.end = &posted.first;
    posted.bell = (struct watch){ .ready = posted_run,
                                  .first = true }; /* what was begun goes before what is new */
    posted.bell.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (posted.bell.fd < 0 || watch_add(&posted.bell, EPOLLIN))
        loop_refused("event descriptor");
    probe_open();
    signals_open();
}

/* How long this turn may sleep. The clock is read anew: the last turn may have taken a while. */
static int turn_sleep_ms(void)
{
    if (fibers_ready())
        return 0;
    int64_t next = timers_next_ms();
    if (loop.log_due_ms < next)
        next = loop.log_due_ms;
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - clock_mono_ms();
    return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void turn(void)
{
    int count = epoll_wait(loop.epoll, loop.in_line.events, EVENTS_A_TURN, turn_sleep_ms());
    if (count < 0 && errno != EINTR)
        loop_refused("events");
    loop.now_ms = clock_mono_ms();
    loop.in_turn = true;
    loop.in_line.count = count < 0 ? 0 : count;
    loop.crowded = count == EVENTS_A_TURN;
    if (loop.crowded)
        firsts_run(&loop.firsts, 0);
    bool only_probe = count == 1 && loop.in_line.events[0].data.ptr == &loop.probe;
    ready_run(&loop.in_line);
    timers_ring(loop.now_ms);
    fibers_run_ready();
    for (size_t i = 0; i < loop.each_turn_count; i++)
        loop.each_turn[i].call(loop.each_turn[i].arg);
    loop.log_due_ms = log_flush_gathered(loop.now_ms);
    probe_if_due(only_probe ? 0 : count);
    loop.in_turn = false;
}

void loop_run(void)
{
    while (!loop.stopped)
        turn();
    loop.stopped = false;
}

void loop_stop(void)
{
    loop.stopped = true;
}

void loop_close(void)
{
    assert(loop.open && !loop.in_turn);
    offload_close();
    fibers_close();
    timers_close();
    close(posted.bell.fd);
    close(loop.signals.fd);
    close(loop.probe.fd);
    close(loop.firsts.fd);
    close(loop.epoll);
    pthread_sigmask(SIG_SETMASK, &loop.signal_set_before, NULL);
    loop.open = false;
}
