/* test_loop.c - the loop itself: timers in order, tasks from threads, watches stopped under way, signals. */
#include "lib/loop/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

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

static void run_ms(int64_t ms)
{
    struct timer end = { .ring = stop_on_ring };
    timer_set(&end, ms);
    loop_run();
}

/* --- timers --- */

#define TIMERS 500

struct ringing {
    struct timer timers[TIMERS];
    int64_t order[TIMERS];
    size_t rung, wanted;
};

static void note_ring(struct timer *t)
{
    struct ringing *r = t->owner;
    r->order[r->rung++] = t->due_ms;
    assert_true(loop_now_ms() >= t->due_ms);
    if (r->rung == r->wanted)
        loop_stop();
}

static void timers_ring_in_order(void **state)
{
    (void)state;
    static struct ringing r;
    r = (struct ringing){ 0 };
    unsigned seed = 7;
    for (size_t i = 0; i < TIMERS; i++) {
        r.timers[i] = (struct timer){ .ring = note_ring, .owner = &r };
        timer_set(&r.timers[i], rand_r(&seed) % 60);
    }
    for (size_t i = 0; i < TIMERS; i += 3) /* moved, earlier and later */
        timer_set(&r.timers[i], rand_r(&seed) % 90);
    size_t cleared = 0;
    for (size_t i = 1; i < TIMERS; i += 7, cleared++)
        timer_clear(&r.timers[i]);
    r.wanted = TIMERS - cleared;
    loop_run();
    assert_int_equal(r.rung, r.wanted);
    for (size_t i = 1; i < r.rung; i++)
        assert_true(r.order[i - 1] <= r.order[i]);
    for (size_t i = 0; i < TIMERS; i++)
        assert_int_equal(r.timers[i].heap_index, 0);
}

struct again {
    struct timer t;
    int rings;
};

static void ring_again(struct timer *t)
{
    struct again *a = t->owner;
    if (++a->rings < 1000)
        timer_set(t, 0);
}

static void a_timer_that_sets_itself_leaves_room_for_others(void **state)
{
    (void)state;
    struct again a = { .t = { .ring = ring_again, .owner = &a } };
    struct timer end = { .ring = stop_on_ring };
    timer_set(&a.t, 0);
    timer_set(&end, 0);
    loop_run();
    assert_in_range(a.rings, 1, 2);
    timer_clear(&a.t);
}

static void clear_both(struct timer *t)
{
    struct timer *other = t->owner;
    timer_clear(other);
    timer_clear(t); /* it is not set any more: nothing happens */
}

static void fail_on_ring(struct timer *t)
{
    (void)t;
    fail_msg("a cleared timer rang");
}

static void a_timer_may_clear_one_that_is_due_too(void **state)
{
    (void)state;
    struct timer second = { .ring = fail_on_ring };
    struct timer first = { .ring = clear_both, .owner = &second };
    struct timer end = { .ring = stop_on_ring };
    timer_set(&first, 1);
    timer_set(&second, 2);
    timer_set(&end, 5);
    usleep(10000);
    loop_run();
}

/* --- tasks --- */

#define POSTS 2000
#define POSTERS 4

struct poster {
    struct task tasks[POSTS];
    pthread_t thread;
    size_t run;
    size_t *all_run;
};

static void task_runs(struct task *t)
{
    struct poster *p = t->owner;
    assert_ptr_equal(t, &p->tasks[p->run]); /* in order of posting */
    p->run++;
    if (++*p->all_run == POSTS * POSTERS)
        loop_stop();
}

static void *post_all(void *arg)
{
    struct poster *p = arg;
    for (size_t i = 0; i < POSTS; i++) {
        p->tasks[i] = (struct task){ .run = task_runs, .owner = p };
        loop_post(&p->tasks[i]);
    }
    return NULL;
}

static void tasks_of_threads_all_run_in_order(void **state)
{
    (void)state;
    static struct poster posters[POSTERS];
    size_t all_run = 0;
    for (size_t i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){ .all_run = &all_run };
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    loop_run();
    for (size_t i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    assert_int_equal(all_run, POSTS * POSTERS);
}

/* --- watches --- */

struct pair {
    struct watch mine;
    int far;
    struct pair *other;
    int called;
};

static void pair_open(struct pair *p, void (*ready)(struct watch *, uint32_t))
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *p = (struct pair){ .mine = { .fd = fds[0], .ready = ready, .owner = p }, .far = fds[1] };
}

static void pair_close(struct pair *p)
{
    close(p->mine.fd);
    close(p->far);
}

static void stop_the_other(struct watch *w, uint32_t events)
{
    struct pair *p = w->owner;
    p->called++;
    assert_true(events & EPOLLIN);
    watch_stop(&p->other->mine);
    watch_stop(w);
}

static void a_watch_stopped_under_way_is_not_called(void **state)
{
    (void)state;
    arena *a = arena_new(65536);
    struct pair one, two;
    struct timer end = { .ring = stop_on_ring };
    pair_open(&one, stop_the_other);
    pair_open(&two, stop_the_other);
    one.other = &two;
    two.other = &one;
    assert_null(watch_start(a, &one.mine, EPOLLIN));
    assert_null(watch_start(a, &two.mine, EPOLLIN));
    assert_int_equal(write(one.far, "x", 1), 1);
    assert_int_equal(write(two.far, "x", 1), 1);
    timer_set(&end, 10);
    loop_run();
    assert_int_equal(one.called + two.called, 1);
    pair_close(&one);
    pair_close(&two);
    arena_free(a);
}

static void count_call(struct watch *w, uint32_t events)
{
    struct pair *p = w->owner;
    p->called++;
    if (events & EPOLLOUT)
        watch_change(w, EPOLLIN);
}

static void a_watch_changes_what_it_asks_for(void **state)
{
    (void)state;
    arena *a = arena_new(65536);
    struct pair p;
    struct timer end = { .ring = stop_on_ring };
    pair_open(&p, count_call);
    assert_null(watch_start(a, &p.mine, EPOLLIN | EPOLLOUT));
    timer_set(&end, 10);
    loop_run();
    assert_int_equal(p.called, 1); /* writable; after the change nothing is to be read */
    watch_change(&p.mine, 0);
    close(p.far); /* the peer hangs up while nothing is asked for */
    timer_set(&end, 10);
    loop_run();
    assert_int_equal(p.called, 2);
    watch_stop(&p.mine);
    close(p.mine.fd);
    arena_free(a);
}

static void a_bad_descriptor_is_a_fault(void **state)
{
    (void)state;
    arena *a = arena_new(65536);
    struct watch w = { .fd = -1 };
    const fault *problem = watch_start(a, &w, EPOLLIN);
    assert_non_null(problem);
    assert_string_equal(problem->code, "watch_failed");
    arena_free(a);
}

/* --- who stands in line, and for how long --- */

#define IN_LINE 600 /* more than one turn takes, twice */
#define TAKES_US 200 /* each, so that all of them take a tenth of a second */

struct crowd {
    struct pair pairs[IN_LINE];
    struct pair latest;
    int called, called_before_latest;
    bool ends_with_latest;
    int64_t late_ms;
};

static void take_a_while(struct watch *w, uint32_t events)
{
    (void)events;
    struct crowd *c = ((struct pair *)w->owner)->other->mine.owner;
    c->called++;
    usleep(TAKES_US);
}

static void note_latest(struct watch *w, uint32_t events)
{
    (void)events;
    struct crowd *c = w->owner;
    if (c->called_before_latest < 0)
        c->called_before_latest = c->called;
    watch_stop(w);
    if (c->ends_with_latest)
        loop_stop();
}

static void note_lateness(struct timer *t)
{
    ((struct crowd *)t->owner)->late_ms = loop_late_ms();
    loop_stop();
}

/* Runs a loop in which all of a crowd are ready all the time, and one that came last: until that one is called, or for so long. */
static void crowd_run(struct crowd *c, arena *a, bool first, bool ends_with_latest, int64_t ms)
{
    struct timer end = { .ring = note_lateness, .owner = c };
    *c = (struct crowd){ .called_before_latest = -1, .ends_with_latest = ends_with_latest };
    pair_open(&c->latest, note_latest);
    c->latest.mine.owner = c;
    c->latest.mine.first = first;
    for (size_t i = 0; i < IN_LINE; i++) {
        pair_open(&c->pairs[i], take_a_while);
        c->pairs[i].other = &c->latest;
        assert_null(watch_start(a, &c->pairs[i].mine, EPOLLIN));
        assert_int_equal(write(c->pairs[i].far, "x", 1), 1);
    }
    assert_null(watch_start(a, &c->latest.mine, EPOLLIN));
    assert_int_equal(write(c->latest.far, "x", 1), 1);
    timer_set(&end, ms);
    loop_run();
    timer_clear(&end);
    for (size_t i = 0; i < IN_LINE; i++) {
        watch_stop(&c->pairs[i].mine);
        pair_close(&c->pairs[i]);
    }
    pair_close(&c->latest);
}

static void who_goes_first_does_not_stand_in_line(void **state)
{
    (void)state;
    arena *a = arena_new(65536);
    static struct crowd c;
    crowd_run(&c, a, false, true, 20000);
    assert_int_equal(c.called_before_latest, IN_LINE);
    crowd_run(&c, a, true, true, 20000);
    assert_in_range(c.called_before_latest, 0, 256);
    arena_free(a);
}

static void lateness_is_how_long_the_line_takes(void **state)
{
    (void)state;
    arena *a = arena_new(65536);
    static struct crowd c;
    for (int tries = 0; tries < 100 && loop_late_ms() >= IN_LINE * TAKES_US / 1000; tries++)
        run_ms(30);
    assert_true(loop_late_ms() < IN_LINE * TAKES_US / 1000);
    crowd_run(&c, a, false, false, 500);
    assert_true(c.late_ms >= IN_LINE * TAKES_US / 1000);
    arena_free(a);
}

/* --- the turn, signals --- */

static void count_turn(void *arg)
{
    ++*(int *)arg;
}

static void each_turn_ends_with_its_hooks(void **state)
{
    (void)state;
    int turns = 0;
    struct timer end = { .ring = stop_on_ring };
    loop_each_turn(count_turn, &turns);
    timer_set(&end, 5);
    loop_run();
    assert_in_range(turns, 1, 20);
}

static void a_stop_before_the_run_counts_once(void **state)
{
    (void)state;
    int turns = 0;
    struct timer end = { .ring = stop_on_ring };
    loop_each_turn(count_turn, &turns);
    loop_stop();
    loop_run();
    assert_int_equal(turns, 0);
    timer_set(&end, 1);
    loop_run();
    assert_true(turns > 0);
}

static void got_signal(void *arg)
{
    ++*(int *)arg;
    loop_stop();
}

static void a_signal_calls_back_on_the_loop(void **state)
{
    (void)state;
    int got = 0;
    loop_on_signal(SIGTERM, got_signal, &got);
    loop_on_signal(SIGINT, got_signal, &got);
    kill(getpid(), SIGINT);
    loop_run();
    assert_int_equal(got, 1);
    kill(getpid(), SIGTERM);
    loop_run();
    assert_int_equal(got, 2);
}

#define IN_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LOOP(timers_ring_in_order),
        IN_LOOP(a_timer_that_sets_itself_leaves_room_for_others),
        IN_LOOP(a_timer_may_clear_one_that_is_due_too),
        IN_LOOP(tasks_of_threads_all_run_in_order),
        IN_LOOP(a_watch_stopped_under_way_is_not_called),
        IN_LOOP(a_watch_changes_what_it_asks_for),
        IN_LOOP(a_bad_descriptor_is_a_fault),
        IN_LOOP(who_goes_first_does_not_stand_in_line),
        IN_LOOP(lateness_is_how_long_the_line_takes),
        IN_LOOP(each_turn_ends_with_its_hooks),
        IN_LOOP(a_stop_before_the_run_counts_once),
        IN_LOOP(a_signal_calls_back_on_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
