/* parts.h - what the files of lib/loop tell each other and nobody else. */
#ifndef TAQUILLA_LOOP_PARTS_H
#define TAQUILLA_LOOP_PARTS_H

#include "lib/loop/fiber.h"
#include "lib/loop/loop.h"

/* timer.c */
void timer_set_at(struct timer *t, int64_t due_ms);
int64_t timers_next_ms(void); /* INT64_MAX when none is set */
void timers_ring(int64_t now_ms);
void timers_close(void);

/* loop.c: 0 or the error number. */
int watch_add(struct watch *w, uint32_t events);

/* fiber.c */
bool fibers_ready(void);
void fibers_run_ready(void);
void fibers_close(void);

/* gcc has a macro for each sanitizer, clang a question. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* stack.c: memory of a stack, lowest usable byte first; the guard page lies below. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)512 * 1024)
#else
#define STACK_BYTES ((size_t)256 * 1024)
#endif
char *stack_map(void); /* NULL when the kernel has none left */
void stack_unmap(char *low);
void stack_paint(char *low, const char *end);
const char *stack_touched(const char *low, const char *end); /* lowest byte that is not paint any more */
void stack_note_depth(const char *label, size_t bytes);

/* offload.c */
void offload_close(void);

/* Ends the process with a sentence: the kernel refused what no program can do without. */
void loop_refused(const char *what) __attribute__((noreturn));

#endif
