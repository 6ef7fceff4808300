/* loop.h - the one epoll loop of a process: watched descriptors, timers, signals, and tasks from other threads.
 *
 * Everything here but loop_post belongs to the loop's own thread. */
#ifndef TAQUILLA_LOOP_LOOP_H
#define TAQUILLA_LOOP_LOOP_H

#include "lib/base/fault.h"

/* Once, before all else; ends the process when the kernel refuses. Raises RLIMIT_NOFILE to its hard limit, ignores
 * SIGPIPE, and makes SIGUSR1 print the parked fibers. */
void loop_open(void);
void loop_run(void);   /* until loop_stop */
void loop_stop(void);  /* at the end of this turn; before loop_run: it then returns at once */
void loop_close(void); /* gives back descriptors, threads and stacks: leak checks stay honest */
int64_t loop_now_ms(void); /* monotonic, read once a turn */

/* How long a descriptor that is ready waits until it is called back, in milliseconds: a probe stands in line as all others do, every
 * 10 ms while there is something to do. Its last wait, or how long it has been waiting now when that is longer. */
int64_t loop_late_ms(void);
bool loop_crowded(void); /* more was ready than one turn takes */

/* A descriptor whose readiness calls back on the loop. The caller owns the memory and the descriptor;
 * edge-triggered is not used: ready is called again while the condition holds. With events 0 only a hang-up
 * or an error is told, once. */
struct watch {
    int fd;
    void (*ready)(struct watch *, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
    void *owner;
    uint32_t events; /* what is asked for now */
    bool first;      /* set before watch_start: it does not stand in line behind the others, but is looked at every turn */
};
const fault *watch_start(arena *a, struct watch *w, uint32_t events) MUST_CHECK; /* INTERNAL watch_failed */
void watch_change(struct watch *w, uint32_t events); /* no system call when nothing changes */
void watch_stop(struct watch *w); /* before fd is closed; events of this turn that wait for it are dropped too */

/* One shot. Setting a set timer moves it. */
struct timer {
    int64_t due_ms; /* in loop_now_ms time */
    void (*ring)(struct timer *);
    void *owner;
    size_t heap_index; /* 0: not set */
};
void timer_set(struct timer *t, int64_t after_ms);
void timer_clear(struct timer *t);

/* Runs work(task) on the loop thread, in order of posting. From any thread; the task's memory is the caller's. */
struct task {
    void (*run)(struct task *);
    void *owner;
    struct task *next;
};
void loop_post(struct task *t);

/* Calls back on the loop when the process gets that signal, instead of what it would do. At most 8 signals. Set it before
 * other threads are started: they inherit the block. */
void loop_on_signal(int signo, void (*call)(void *), void *arg);

/* Called once at the end of every turn, after all callbacks (flush the log, send what gathered). At most 8. */
void loop_each_turn(void (*call)(void *), void *arg);

#endif
