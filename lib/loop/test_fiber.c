/* test_fiber.c - fibers: many of them, wakes against deadlines, groups, offload, stacks. */
#include "lib/loop/fiber.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"

#if defined(__SANITIZE_THREAD__)
#define MANY 2000 /* to ThreadSanitizer each fiber is a thread, and it knows 8,000 */
#else
#define MANY 10000
#endif

static int open_loop(void **state)
{
    (void)state;
    loop_open();
    return 0;
}

static int close_loop(void **state)
{
    (void)state;
    loop_close();
    return 0;
}

static void stop_on_ring(struct timer *t)
{
    (void)t;
    loop_stop();
}

static void run_loop_ms(int64_t ms)
{
    struct timer end = { .ring = stop_on_ring };
    timer_set(&end, ms);
    loop_run();
}

/* --- start and park --- */

static char trail[64];

static void inner(void *arg)
{
    (void)arg;
    strcat(trail, "b");
    fiber_park("test", INT64_MAX);
    strcat(trail, "d");
}

static void outer(void *arg)
{
    fiber *self = fiber_self();
    strcat(trail, "a");
    assert_true(fiber_start("inner", inner, arg));
    assert_ptr_equal(fiber_self(), self);
    strcat(trail, "c");
    *(fiber **)arg = self;
    fiber_park("test", INT64_MAX);
    strcat(trail, "e");
    loop_stop();
}

static fiber *parked_inner;

static void inner_named(void *arg)
{
    parked_inner = fiber_self();
    inner(arg);
}

static void outer_named(void *arg)
{
    (void)arg;
    strcat(trail, "a");
    assert_true(fiber_start("inner", inner_named, NULL));
    strcat(trail, "c");
    fiber_wake(parked_inner);
    fiber_sleep(2);
    strcat(trail, "e");
    loop_stop();
}

static void a_fiber_started_by_a_fiber_runs_at_once_and_comes_back(void **state)
{
    (void)state;
    trail[0] = 0;
    assert_true(fiber_start("outer", outer_named, NULL));
    assert_string_equal(trail, "abc");
    assert_null(fiber_self());
    loop_run();
    assert_string_equal(trail, "abcde");
    assert_int_equal(fiber_count(), 0);
}

static void fibers_still_parked_are_given_back_at_the_end(void **state)
{
    (void)state;
    fiber *self = NULL;
    trail[0] = 0;
    assert_true(fiber_start("outer", outer, &self));
    assert_non_null(self);
    assert_int_equal(fiber_count(), 2); /* loop_close takes them down; the leak check watches */
}

struct crowd {
    fiber *all[MANY];
    size_t parked, done;
};

static void join_crowd(void *arg)
{
    struct crowd *c = arg;
    size_t me = c->parked++;
    char mine[512];
    memset(mine, (int)(me % 251), sizeof(mine));
    c->all[me] = fiber_self();
    assert_true(fiber_park("crowd", INT64_MAX));
    for (size_t i = 0; i < sizeof(mine); i++)
        assert_int_equal((unsigned char)mine[i], me % 251);
    if (++c->done == MANY)
        loop_stop();
}

static void many_fibers_park_and_all_come_back(void **state)
{
    (void)state;
    static struct crowd c;
    c.parked = c.done = 0;
    for (size_t i = 0; i < MANY; i++)
        assert_true(fiber_start("crowd", join_crowd, &c));
    assert_int_equal(fiber_count(), MANY);
    for (size_t i = MANY; i-- > 0;)
        fiber_wake(c.all[i]);
    loop_run();
    assert_int_equal(c.done, MANY);
    assert_int_equal(fiber_count(), 0);
}

#if !defined(__SANITIZE_THREAD__)
static fiber *most[FIBERS_MAX];

static void join_the_most(void *arg)
{
    most[fiber_count() - 1] = fiber_self();
    assert_int_equal(fiber_park("the most", INT64_MAX), true);
    *(size_t *)arg += 1;
}

static void there_is_a_most(void **state)
{
    (void)state;
    size_t ended = 0;
    for (size_t i = 0; i < FIBERS_MAX; i++)
        assert_true(fiber_start("most", join_the_most, &ended));
    assert_false(fiber_start("most", join_the_most, &ended));
    for (size_t i = 0; i < FIBERS_MAX; i++)
        fiber_wake(most[i]);
    while (fiber_count())
        run_loop_ms(1);
    assert_int_equal(ended, FIBERS_MAX);
}
#endif

/* --- wakes and deadlines --- */

struct waiter {
    fiber *who;
    int64_t deadline_ms;
    bool result, second;
    struct timer alarm;
};

static void wake_on_ring(struct timer *t)
{
    struct waiter *w = t->owner;
    fiber_wake(w->who);
}

static void wait_once(void *arg)
{
    struct waiter *w = arg;
    w->who = fiber_self();
    w->result = fiber_park("test", w->deadline_ms);
    w->who = NULL;
}

static void a_deadline_ends_a_park(void **state)
{
    (void)state;
    struct waiter w = { .deadline_ms = loop_now_ms() + 5, .result = true };
    int64_t began = loop_now_ms();
    assert_true(fiber_start("late", wait_once, &w));
    assert_non_null(w.who);
    run_loop_ms(30);
    assert_null(w.who);
    assert_false(w.result);
    assert_true(loop_now_ms() - began >= 5);
}

static void a_deadline_that_has_passed_does_not_park(void **state)
{
    (void)state;
    struct waiter w = { .deadline_ms = loop_now_ms(), .result = true };
    assert_true(fiber_start("late", wait_once, &w));
    assert_null(w.who);
    assert_false(w.result);
}

static void wait_twice(void *arg)
{
    struct waiter *w = arg;
    w->who = fiber_self();
    w->result = fiber_park("first", w->deadline_ms);
    w->second = fiber_park("second", loop_now_ms() + 3);
    w->who = NULL;
}

/* The alarm and the deadline come in the same turn, in this order and in that. */
static void a_wake_and_a_deadline_of_one_turn(void **state)
{
    (void)state;
    for (int after = 4; after <= 6; after++) {
        struct waiter w = { .deadline_ms = loop_now_ms() + 5, .second = true };
        w.alarm = (struct timer){ .ring = wake_on_ring, .owner = &w };
        assert_true(fiber_start("race", wait_twice, &w));
        timer_set(&w.alarm, after);
        usleep(20000); /* both are due when the loop looks */
        run_loop_ms(30);
        assert_null(w.who);
        assert_true(w.result);  /* it was woken, late or not */
        assert_false(w.second); /* and no wake is left over for the next park */
    }
}

static void wake_self_then_park(void *arg)
{
    struct waiter *w = arg;
    fiber_wake(fiber_self());
    fiber_wake(fiber_self());
    w->result = fiber_park("first", INT64_MAX);
    w->second = fiber_park("second", loop_now_ms() + 2);
    loop_stop();
}

static void a_wake_before_the_park_is_kept_once(void **state)
{
    (void)state;
    struct waiter w = { .second = true };
    assert_true(fiber_start("early", wake_self_then_park, &w));
    loop_run();
    assert_true(w.result);
    assert_false(w.second);
}

static void sleeper(void *arg)
{
    fiber **self = arg;
    int64_t began = loop_now_ms();
    *self = fiber_self();
    fiber_sleep(10);
    assert_true(loop_now_ms() - began >= 10);
    *self = NULL;
    loop_stop();
}

static void a_wake_does_not_shorten_a_sleep(void **state)
{
    (void)state;
    fiber *who = NULL;
    assert_true(fiber_start("sleeper", sleeper, &who));
    fiber_wake(who);
    loop_run();
    assert_null(who);
}

static bool somebody_else_ran;

static void run_once(struct timer *t)
{
    (void)t;
    somebody_else_ran = true;
}

/* Works without ever waiting, until a timer rang: within 10 s, or the test fails. */
static void hard_worker(void *arg)
{
    bool *good = arg;
    int64_t until_ms = clock_mono_ms() + 10000;
    while (!somebody_else_ran && clock_mono_ms() < until_ms)
        fiber_give_way();
    *good = somebody_else_ran;
    loop_stop();
}

static void start_hard_worker(struct timer *t)
{
    assert_true(fiber_start("hard worker", hard_worker, t->owner));
}

static void who_works_long_gives_way(void **state)
{
    (void)state;
    bool good = false;
    struct timer t = { .ring = run_once };
    somebody_else_ran = false;
    timer_set(&t, 20);
    fiber_give_way(); /* nothing, outside a fiber */
    struct timer start = { .ring = start_hard_worker, .owner = &good }; /* within a turn: there it counts */
    timer_set(&start, 0);
    loop_run();
    assert_true(good);
}

/* --- descriptors --- */

struct line {
    int near, far;
    uint32_t events;
    bool done;
};

static void await_line(void *arg)
{
    struct line *l = arg;
    l->events = await_fd(l->near, EPOLLIN, loop_now_ms() + 5);
    assert_int_equal(l->events, 0);
    l->events = await_fd(l->near, EPOLLIN, loop_now_ms() + 1000);
    l->done = true;
    loop_stop();
}

static void write_line(void *arg)
{
    struct line *l = arg;
    fiber_sleep(15);
    assert_int_equal(write(l->far, "x", 1), 1);
}

static void a_descriptor_is_awaited(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct line l = { .near = fds[0], .far = fds[1] };
    assert_true(fiber_start("reader", await_line, &l));
    assert_true(fiber_start("writer", write_line, &l));
    loop_run();
    assert_true(l.done);
    assert_int_equal(l.events, EPOLLIN);
    close(fds[0]);
    close(fds[1]);
}

/* --- groups and offload --- */

static void member(void *arg)
{
    int *ended = arg;
    if (*ended % 2 == 0)
        fiber_sleep(1 + *ended % 5);
    ++*ended;
}

static void gather(void *arg)
{
    int *ended = arg;
    struct group none = { 0 };
    group_wait(&none); /* nobody to wait for */
    struct group g = { 0 };
    for (int i = 0; i < 10; i++)
        assert_true(group_start(&g, "member", member, ended));
    group_wait(&g);
    assert_int_equal(*ended, 10);
    loop_stop();
}

static void a_group_ends_with_its_last_member(void **state)
{
    (void)state;
    int ended = 0;
    assert_true(fiber_start("gather", gather, &ended));
    loop_run();
    assert_int_equal(ended, 10);
}

struct labour {
    int64_t given, result;
};

static void square(void *arg)
{
    struct labour *l = arg;
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    l->result = sigismember(&blocked, SIGHUP) ? l->given * l->given : -1;
    if (l->given % 50 == 0)
        usleep(1000);
}

static size_t laboured, refused;

static void do_labour(void *arg)
{
    struct labour l = { .given = *(int *)arg };
    for (int i = 0; i < 3; i++) {
        l.given++;
        if (!offload("square", square, &l)) {
            refused++;
            break;
        }
        assert_int_equal(l.result, l.given * l.given);
    }
    laboured++;
}

static void many_fibers_offload(void **state)
{
    (void)state;
    static int numbers[1000];
    laboured = refused = 0;
    for (int i = 0; i < 1000; i++) {
        numbers[i] = i;
        assert_true(fiber_start("labour", do_labour, &numbers[i]));
    }
    while (laboured < 1000)
        run_loop_ms(5);
    assert_int_equal(refused, 0);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pass_gate(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void offload_pass_gate(void *arg)
{
    if (!offload("gate", pass_gate, arg))
        refused++;
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    refused = 0;
    pthread_mutex_lock(&gate);
    for (int i = 0; i < 1100; i++)
        assert_true(fiber_start("gate", offload_pass_gate, NULL));
    assert_in_range(refused, 1100 - 1024 - 4, 1100 - 1024);
    assert_int_equal(fiber_count(), 1100 - refused);
    pthread_mutex_unlock(&gate);
    while (fiber_count())
        run_loop_ms(5);
}

/* --- stacks, the print --- */

static void use_stack(void *arg)
{
    volatile char deep[100 * 1024];
    for (size_t i = 0; i < sizeof(deep); i += 64)
        deep[i] = 1;
    *(int *)arg = deep[0];
}

static void use_little(void *arg)
{
    *(int *)arg = 1;
}

static size_t deep_bytes, shallow_bytes;

static void note_stack(const char *label, size_t bytes_max, void *arg)
{
    (void)arg;
    if (strcmp(label, "deep") == 0)
        deep_bytes = bytes_max;
    if (strcmp(label, "shallow") == 0)
        shallow_bytes = bytes_max;
}

static void stacks_are_measured(void **state)
{
    (void)state;
    int used = 0;
    fiber_measure_stacks(true);
    assert_true(fiber_start("deep", use_stack, &used));
    assert_true(fiber_start("shallow", use_little, &used));
    assert_true(fiber_start("deep", use_stack, &used));
    fiber_measure_stacks(false);
    fiber_each_stack(note_stack, NULL);
    assert_in_range(deep_bytes, 100 * 1024, 110 * 1024);
    assert_in_range(shallow_bytes, 1, 8 * 1024);
    assert_true(fiber_stack_bytes() > 250 * 1024);
}

static void named_wait(void *arg)
{
    fiber_set_request(STR("req-17"));
    wait_once(arg);
}

static void the_parked_are_printed(void **state)
{
    (void)state;
    struct waiter w = { .deadline_ms = loop_now_ms() + 30 };
    char said[4096] = "";
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    dup2(pipe_ends[1], STDOUT_FILENO);
    assert_true(fiber_start("a-label", named_wait, &w));
    kill(getpid(), SIGUSR1);
    run_loop_ms(50);
    dup2(before, STDOUT_FILENO);
    close(pipe_ends[1]);
    assert_true(read(pipe_ends[0], said, sizeof(said) - 1) > 0);
    close(pipe_ends[0]);
    close(before);
    assert_non_null(strstr(said, "a-label"));
    assert_non_null(strstr(said, "req-17"));
    assert_non_null(strstr(said, "since_ms"));
}

#define IN_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(a_fiber_started_by_a_fiber_runs_at_once_and_comes_back),
        IN_LOOP(fibers_still_parked_are_given_back_at_the_end),
        IN_LOOP(many_fibers_park_and_all_come_back),
#if !defined(__SANITIZE_THREAD__)
        IN_LOOP(there_is_a_most),
#endif
        IN_LOOP(a_deadline_ends_a_park),
        IN_LOOP(a_deadline_that_has_passed_does_not_park),
        IN_LOOP(a_wake_and_a_deadline_of_one_turn),
        IN_LOOP(a_wake_before_the_park_is_kept_once),
        IN_LOOP(a_wake_does_not_shorten_a_sleep),
        IN_LOOP(who_works_long_gives_way),
        IN_LOOP(a_descriptor_is_awaited),
        IN_LOOP(a_group_ends_with_its_last_member),
        IN_LOOP(many_fibers_offload),
        IN_LOOP(a_full_queue_refuses),
        IN_LOOP(stacks_are_measured),
        IN_LOOP(the_parked_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
