/* test_owners.c - owners that are asked, read, shared, away and back; their answers are made here, without a socket. */
#include "services/analytics/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/loop/fiber.h"

/* --- the owners: reservations with as many users as its position says --- */

static struct {
    int64_t position;
    bool away, refuses, cuts, stalls;
    int asked, read, names_asked;
    int64_t call_ms, piece_ms;
} there;

static const fault *away(arena *a)
{
    return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "It is away.");
}

const fault *upstream_call(struct upstream *u, arena *a, const struct outgoing *want, struct message *answer)
{
    (void)u;
    assert_true(want->internal);
    bool names = str_starts(want->target, STR("/internal/users?ids="));
    there.asked += !names;
    there.names_asked += names;
    int64_t position = there.position;
    fiber_sleep(there.call_ms);
    if (there.away)
        return away(a);
    answer->status = there.refuses ? 403 : 200;
    if (names)
        answer->body = STR("{\"success\":true,\"data\":[{\"id\":2,\"email\":\"b@example.com\",\"name\":\"Bea\"},"
                           "{\"id\":3,\"email\":null,\"name\":null}]}");
    else
        answer->body = arena_printf(a, "{\"events\":[],\"position\":%lld}", (long long)position);
    return NULL;
}

const fault *upstream_stream(struct upstream *u, arena *a, const struct outgoing *want, struct piece_taker *taker,
                             struct message *answer)
{
    (void)u;
    there.read++;
    if (str_ends(want->target, STR("=users,reservations,reserved_seats")) == false)
        fail_msg("asked for %.*s", STR_ARG(want->target));
    if (there.away)
        return away(a);
    answer->status = there.refuses ? 503 : 200;
    if (there.refuses)
        return NULL;
    int64_t position = there.position;
    for (int64_t id = 1; id <= position; id++) {
        str line = arena_printf(a, "{\"table\":\"users\",\"row\":{\"id\":%lld,\"erased_at\":null}}\n", (long long)id);
        TRY(taker->piece(taker, line));
    }
    do
        fiber_sleep(there.piece_ms);
    while (there.stalls);
    TRY(taker->piece(taker, STR(""))); /* somebody who stops says so here */
    if (there.cuts)
        return away(a);
    return taker->piece(taker, arena_printf(a, "{\"end\":true,\"position\":%lld,\"rows\":%lld}\n", (long long)position,
                                            (long long)position));
}

void upstream_close(struct upstream *u)
{
    (void)u;
}

/* --- the scene --- */

static struct owners owners;
static arena *memory;

static struct owner *box_office(void)
{
    return &owners.of[RESERVATIONS];
}

static int scene_open(void **state)
{
    (void)state;
    loop_open();
    memory = arena_new(64 << 20);
    memset(&there, 0, sizeof there);
    there.call_ms = there.piece_ms = 1;
    there.position = 5;
    owners = (struct owners){ .of = { [MOVIES] = { .name = "movies", .which = MOVIES },
                                      [ROOMS] = { .name = "rooms", .which = ROOMS },
                                      [RESERVATIONS] = { .name = "reservations", .which = RESERVATIONS } } };
    return 0;
}

static int scene_close(void **state)
{
    (void)state;
    analytics_owners_close(&owners);
    loop_close();
    arena_free(memory);
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

/* A busy machine may take its time; 5 s are the most. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        for (int tries = 0; tries < 5000 && !(condition); tries++)                                 \
            run_loop_ms(1);                                                                        \
        assert_true(condition);                                                                    \
    } while (0)

/* One request. */
struct client {
    bool done;
    const char *code; /* NULL: it got its figures */
    size_t people;
    int64_t position, at_least;
};

static void client_run(void *arg)
{
    struct client *c = arg;
    struct known known;
    c->at_least = there.position;
    const fault *problem = analytics_refresh(&owners, memory, WANT(RESERVATIONS), &known);
    c->code = problem ? problem->code : NULL;
    if (!problem) {
        c->people = known.of[RESERVATIONS]->sold.people.count;
        c->position = known.of[RESERVATIONS]->position;
    }
    c->done = true;
}

static void start(struct client *c)
{
    *c = (struct client){ .done = false };
    assert_true(fiber_start("client", client_run, c));
}

static struct client answered(void)
{
    struct client c;
    start(&c);
    RUN_UNTIL(c.done);
    return c;
}

/* --- what is kept and when it is read again --- */

static void facts_are_read_once_as_long_as_nothing_moves(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct client c = answered();
        assert_null(c.code);
        assert_int_equal(c.people, 5);
    }
    assert_int_equal(there.read, 1);
    assert_int_equal(there.asked, 3);
    there.position = 6;
    assert_int_equal(answered().people, 6);
    assert_int_equal(answered().people, 6);
    assert_int_equal(there.read, 2);
    assert_int_equal(box_office()->serial, 2);
}

static void an_empty_owner_is_known_too(void **state)
{
    (void)state;
    there.position = 0;
    struct client c = answered();
    assert_null(c.code);
    assert_int_equal(c.people, 0);
    answered();
    assert_int_equal(there.read, 1);
}

static void a_log_that_became_shorter_is_read_again(void **state)
{
    (void)state;
    answered();
    there.position = 3;
    assert_int_equal(answered().people, 3);
    assert_int_equal(there.read, 2);
}

static void many_share_a_question_and_a_reading(void **state)
{
    (void)state;
    struct client clients[100];
    there.piece_ms = 20;
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        start(&clients[i]);
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        RUN_UNTIL(clients[i].done);
        assert_null(clients[i].code);
        assert_int_equal(clients[i].people, 5);
    }
    assert_int_equal(there.read, 1);
    assert_int_equal(there.asked, 2); /* the first one's, and one for those who came while it was under way */
}

static void who_comes_within_a_reading_is_answered_from_no_older_facts(void **state)
{
    (void)state;
    struct client first, second;
    there.piece_ms = 30;
    start(&first);
    RUN_UNTIL(there.read == 1);
    there.position = 9; /* the reading under way does not hold it */
    start(&second);
    RUN_UNTIL(first.done && second.done);
    assert_int_equal(first.people, 5);
    assert_int_equal(second.people, 9);
    assert_int_equal(there.read, 2);
}

static void under_steady_sales_nobody_sees_less_than_there_was(void **state)
{
    (void)state;
    struct client clients[40];
    there.piece_ms = 3;
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        start(&clients[i]);
        run_loop_ms(1);
        there.position++;
    }
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        RUN_UNTIL(clients[i].done);
        assert_null(clients[i].code);
        assert_true(clients[i].position >= clients[i].at_least);
        assert_int_equal(clients[i].people, clients[i].position);
    }
    assert_true(there.read < (int)COUNT_OF(clients));
}

/* --- away --- */

static void an_owner_that_is_away_and_unknown_is_said(void **state)
{
    (void)state;
    there.away = true;
    assert_string_equal(answered().code, "upstream_away");
    assert_true(box_office()->away);
    there.away = false;
    assert_int_equal(answered().people, 5);
    assert_false(box_office()->away);
}

static void an_owner_that_is_away_is_answered_from_what_is_kept(void **state)
{
    (void)state;
    answered();
    there.away = true;
    there.position = 8;
    struct client c = answered();
    assert_null(c.code);
    assert_int_equal(c.people, 5);
    assert_true(box_office()->away);
    there.away = false;
    assert_int_equal(answered().people, 8);
}

static void an_export_that_breaks_off_changes_nothing(void **state)
{
    (void)state;
    there.cuts = true;
    assert_string_equal(answered().code, "upstream_away");
    there.cuts = false;
    answered();
    there.cuts = true;
    there.position = 8;
    assert_int_equal(answered().people, 5);
    assert_int_equal(box_office()->failures_total, 2);
    assert_int_equal(box_office()->readings_total, 1);
}

static void one_failure_is_shared_too(void **state)
{
    (void)state;
    struct client clients[20];
    there.cuts = true;
    there.piece_ms = 20;
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        start(&clients[i]);
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        RUN_UNTIL(clients[i].done);
        assert_string_equal(clients[i].code, "upstream_away");
    }
    assert_true(there.read <= 2);
}

static void an_owner_that_refuses_is_away(void **state)
{
    (void)state;
    there.refuses = true;
    assert_string_equal(answered().code, "upstream_away");
    there.refuses = false;
    answered();
    there.refuses = true;
    assert_int_equal(answered().people, 5);
}

static void more_than_may_wait_are_refused(void **state)
{
    (void)state;
    static struct client clients[WAITERS_MAX + 11];
    there.call_ms = 50;
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        start(&clients[i]);
    size_t busy = 0;
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        RUN_UNTIL(clients[i].done);
        busy += clients[i].code && strcmp(clients[i].code, "overloaded") == 0;
    }
    assert_int_equal(busy, 10); /* one asks, WAITERS_MAX wait */
}

static void who_stops_waits_for_nobody(void **state)
{
    (void)state;
    struct client first, second;
    there.stalls = true;
    start(&first);
    RUN_UNTIL(there.read == 1);
    start(&second);
    run_loop_ms(10);
    assert_false(second.done);
    analytics_owners_stop(&owners);
    RUN_UNTIL(second.done);
    assert_string_equal(second.code, "upstream_away");
    there.stalls = false;
    RUN_UNTIL(first.done);
    assert_string_equal(first.code, "upstream_away");
}

/* --- names --- */

static struct top_user users[] = { { .user_id = 2 }, { .user_id = 3 }, { .user_id = 4 } };
static bool named;

static void names_run(void *arg)
{
    named = analytics_names_ask(&owners, memory, arg);
}

static void names_are_asked_for(void **state)
{
    (void)state;
    list wanted = { users, COUNT_OF(users) };
    assert_true(fiber_start("names", names_run, &wanted));
    RUN_UNTIL(named);
    assert_true(str_equal(users[0].user_name, STR("Bea")));
    assert_null(users[1].user_name.at);
    assert_null(users[2].user_name.at);
    there.away = true;
    users[0].user_name = (str){ NULL, 0 };
    assert_true(fiber_start("names", names_run, &wanted));
    RUN_UNTIL(!named);
    assert_null(users[0].user_name.at);
    int before = there.names_asked;
    assert_true(fiber_start("names", names_run, &(list){ NULL, 0 }));
    assert_true(named); /* nobody to ask for */
    assert_int_equal(there.names_asked, before);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(facts_are_read_once_as_long_as_nothing_moves),
        SCENE(an_empty_owner_is_known_too),
        SCENE(a_log_that_became_shorter_is_read_again),
        SCENE(many_share_a_question_and_a_reading),
        SCENE(who_comes_within_a_reading_is_answered_from_no_older_facts),
        SCENE(under_steady_sales_nobody_sees_less_than_there_was),
        SCENE(an_owner_that_is_away_and_unknown_is_said),
        SCENE(an_owner_that_is_away_is_answered_from_what_is_kept),
        SCENE(an_export_that_breaks_off_changes_nothing),
        SCENE(one_failure_is_shared_too),
        SCENE(an_owner_that_refuses_is_away),
        SCENE(more_than_may_wait_are_refused),
        SCENE(who_stops_waits_for_nobody),
        SCENE(names_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
