/* fiber.h - straight-line code that waits without blocking the loop.
 *
 * A fiber runs on the loop thread until it parks or ends. Stacks: 256 KiB of address space (twice that under
 * sanitizers) with a guard page, pooled. No lock is held over a park; a fiber never changes thread. */
#ifndef TAQUILLA_LOOP_FIBER_H
#define TAQUILLA_LOOP_FIBER_H

#include "lib/loop/loop.h"

typedef struct fiber fiber;

/* Runs run(arg) at once, on a stack of its own, until it first parks; from the loop or from another fiber.
 * `label` names it in the SIGUSR1 print and in the stack high-water marks; it must outlive the process (a literal
 * or a route's path). False when all stacks (FIBERS_MAX) are taken: answer 503. */
bool fiber_start(const char *label, void (*run)(void *), void *arg) MUST_CHECK;
#define FIBERS_MAX 16384

fiber *fiber_self(void); /* NULL outside a fiber */

/* A note for the SIGUSR1 print: the request id; memory of the caller, valid while the fiber runs. */
void fiber_set_request(str request_id);
void fiber_set_label(const char *label); /* once it is known what it does; as fiber_start's */

/* Parks until somebody wakes it or deadline_ms (loop_now_ms time; INT64_MAX: none) passes. False: the deadline
 * came first. `awaits` is a literal that says for what. A wake before the park is not lost; several are one. True
 * may also be an older wake that nobody took: look again at what you wait for, and park again. */
bool fiber_park(const char *awaits, int64_t deadline_ms);
void fiber_wake(fiber *f); /* loop thread; resumes it at the latest in the next turn. It must not have ended */
void fiber_sleep(int64_t ms);
/* For a fiber that has much to do without ever waiting: parks until the next turn when this one has lasted for
 * FIBER_TURN_MS already. Outside a fiber it does nothing. */
#define FIBER_TURN_MS 3
void fiber_give_way(void);

/* Parks until fd is ready for `events`; 0 when the deadline passed. The descriptor must not be watched otherwise. */
uint32_t await_fd(int fd, uint32_t events, int64_t deadline_ms);

/* Several fibers at once: start each, then wait for all. */
struct group {
    size_t running;
    fiber *waiting;
};
bool group_start(struct group *g, const char *label, void (*run)(void *), void *arg) MUST_CHECK;
void group_wait(struct group *g);

/* Runs work(arg) on the pool of threads (4; queue of 1024) and parks until it is done. False: the queue is full.
 * Fibers only; the threads take no signals. */
bool offload(const char *what, void (*work)(void *), void *arg) MUST_CHECK;

/* Writes every parked fiber to the log: label, request id, what it awaits, since when. SIGUSR1 does the same. */
void fiber_print_parked(void);

/* Stack depth per label, for tests: switched on, every ended fiber's resident stack is measured and given back.
 * `each` gets the label and its maximum in bytes. */
void fiber_measure_stacks(bool on);
void fiber_each_stack(void (*each)(const char *label, size_t bytes_max, void *arg), void *arg);
size_t fiber_stack_bytes(void); /* usable size of one stack */
size_t fiber_count(void);

#endif
