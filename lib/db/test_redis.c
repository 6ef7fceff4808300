/* test_redis.c - a connection to Redis: addresses, every kind of answer, refusals, deadlines. Run by tests/harness/redis.py. */
#include "lib/db/redis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static arena *memory;

/* --- addresses --- */

static void an_address_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        struct redis_address is;
    } good[] = {
        { "redis://h", { "h", 6379, "", "", 0 } },
        { "redis://h/", { "h", 6379, "", "", 0 } },
        { "redis://h:7000/12", { "h", 7000, "", "", 12 } },
        { "redis://:secret@h", { "h", 6379, "", "secret", 0 } },
        { "redis://ana:p%40s%2f%3A@h:1/0", { "h", 1, "ana", "p@s/:", 0 } },
        { "redis://ana:p@s@h", { "h", 6379, "ana", "p@s", 0 } },
        { "redis://[::1]:6380/1", { "::1", 6380, "", "", 1 } },
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct redis_address found;
        assert_null(redis_address_read(memory, "REDIS_URL", str_of(good[i].url), &found));
        assert_string_equal(found.host, good[i].is.host);
        assert_int_equal(found.port, good[i].is.port);
        assert_string_equal(found.user, good[i].is.user);
        assert_string_equal(found.password, good[i].is.password);
        assert_int_equal(found.database, good[i].is.database);
    }
}

static void a_bad_address_is_refused_and_not_repeated(void **state)
{
    (void)state;
    const char *const bad[] = { "",
                                "redis",
                                "redis://",
                                "redis://:s3cret@",
                                "redis://:s3cret@h:0",
                                "redis://:s3cret@h:65536",
                                "redis://:s3cret@h/-1",
                                "redis://:s3cret@h/one",
                                "redis://:s3cret@h/65536",
                                "redis://:s3cret%4@h",
                                "redis://:s3cret%00@h",
                                "redis://s3cret@h",
                                "redis://ana:@h",
                                "redis://[::1]s3cret",
                                "rediss://:s3cret@h",
                                "unix:///s3cret" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct redis_address found;
        const fault *problem = redis_address_read(memory, "REDIS_URL", str_of(bad[i]), &found);
        assert_non_null(problem);
        const char *said = arena_cstr(memory, problem->sentence);
        assert_non_null(strstr(said, "REDIS_URL"));
        assert_null(strstr(said, "s3cret"));
    }
}

/* --- a server --- */

static struct redis_address server;

static int scene_open(void **state)
{
    (void)state;
    const char *url = getenv("TAQUILLA_TEST_REDIS");
    memory = arena_new((size_t)64 << 20);
    loop_open();
    assert_non_null(url);
    assert_null(redis_address_read(memory, "TAQUILLA_TEST_REDIS", str_of(url), &server));
    return 0;
}

static int scene_close(void **state)
{
    (void)state;
    loop_close();
    arena_free(memory);
    return 0;
}

static void (*scene)(struct redis *r);

static void scene_run(void *arg)
{
    scene(arg);
    redis_drop(arg);
    loop_stop();
}

static void in_a_fiber(void (*run)(struct redis *r))
{
    struct redis r = { .to = &server };
    scene = run;
    if (fiber_start("scene", scene_run, &r))
        loop_run();
    assert_int_equal(fiber_count(), 0);
}

static const struct redis_answer *told(struct redis *r, const str *words, size_t count)
{
    const struct redis_answer *answer;
    redis_ask(r, words, count);
    assert_null(redis_wait(r, memory, loop_now_ms() + 5000, &answer));
    return answer;
}
#define TOLD(r, ...) told(r, (str[]){ __VA_ARGS__ }, COUNT_OF(((str[]){ __VA_ARGS__ })))

static void every_kind(struct redis *r)
{
    assert_null(redis_open(r, memory, loop_now_ms() + 5000));
    assert_int_equal(TOLD(r, STR("FLUSHDB"))->kind, REDIS_TEXT);
    assert_int_equal(TOLD(r, STR("GET"), STR("k"))->kind, REDIS_NOTHING);
    str odd = STR("a\r\n\0b\xff");
    assert_true(str_equal(TOLD(r, STR("SET"), STR("k"), odd)->text, STR("OK")));
    assert_true(str_equal(TOLD(r, STR("GET"), STR("k"))->text, odd));
    assert_true(str_equal(TOLD(r, STR("SET"), STR("k"), STR(""))->text, STR("OK")));
    assert_int_equal(TOLD(r, STR("GET"), STR("k"))->text.len, 0);
    assert_int_equal(TOLD(r, STR("INCR"), STR("n"))->number, 1);
    assert_int_equal(TOLD(r, STR("INCR"), STR("k"))->kind, REDIS_REFUSAL);
    const struct redis_answer *both = TOLD(r, STR("MGET"), STR("n"), STR("none"));
    assert_int_equal(both->items.count, 2);
    assert_true(str_equal(LIST_AT(&both->items, struct redis_answer, 0)->text, STR("1")));
    assert_int_equal(LIST_AT(&both->items, struct redis_answer, 1)->kind, REDIS_NOTHING);
    assert_true(str_equal(TOLD(r, STR("CONFIG"), STR("GET"), STR("port"))->items.count ? STR("y") : STR("n"), STR("y")));
}

static void answers_of_every_kind_are_read(void **state)
{
    (void)state;
    in_a_fiber(every_kind);
}

#define LONG_BYTES ((size_t)3 * 1024 * 1024)

static void long_ones(struct redis *r)
{
    const struct redis_answer *answer;
    assert_null(redis_open(r, memory, loop_now_ms() + 5000));
    char *bytes = arena_take(memory, LONG_BYTES);
    memset(bytes, 'x', LONG_BYTES);
    for (int i = 0; i < 3; i++)
        redis_ask(r, (str[]){ STR("ECHO"), { bytes, LONG_BYTES - (size_t)i } }, 2);
    for (int i = 0; i < 3; i++) {
        assert_null(redis_wait(r, memory, loop_now_ms() + 10000, &answer));
        assert_int_equal(answer->text.len, LONG_BYTES - (size_t)i);
    }
}

static void long_texts_go_both_ways_in_order(void **state)
{
    (void)state;
    in_a_fiber(long_ones);
}

static void deadlines(struct redis *r)
{
    const struct redis_answer *answer;
    assert_null(redis_open(r, memory, loop_now_ms() + 5000));
    redis_ask(r, (str[]){ STR("BLPOP"), STR("nobody"), STR("5") }, 3);
    int64_t began = loop_now_ms();
    assert_null(redis_next(r, memory, began + 100, &answer));
    assert_null(answer);
    assert_in_range(loop_now_ms() - began, 100, 2000);
    assert_true(r->open); /* to wait again is no loss */
    assert_non_null(redis_wait(r, memory, loop_now_ms() + 50, &answer));
    assert_false(r->open);
    assert_null(redis_open(r, memory, loop_now_ms() + 5000));
    assert_int_equal(TOLD(r, STR("PING"))->kind, REDIS_TEXT); /* nothing of the old line's answers */
}

static void waits_have_an_end(void **state)
{
    (void)state;
    in_a_fiber(deadlines);
}

static void a_cut(struct redis *r)
{
    const struct redis_answer *answer;
    struct redis other = { .to = &server };
    assert_null(redis_open(r, memory, loop_now_ms() + 5000));
    assert_null(redis_open(&other, memory, loop_now_ms() + 5000));
    str id = arena_printf(memory, "%lld", (long long)TOLD(r, STR("CLIENT"), STR("ID"))->number);
    assert_int_equal(TOLD(&other, STR("CLIENT"), STR("KILL"), STR("ID"), id)->number, 1);
    redis_ask(r, (str[]){ STR("PING") }, 1);
    const fault *problem = redis_wait(r, memory, loop_now_ms() + 5000, &answer);
    assert_non_null(problem);
    assert_int_equal(problem->kind, FAULT_UNAVAILABLE);
    assert_false(r->open);
    redis_drop(&other);
}

static void a_cut_line_is_a_fault(void **state)
{
    (void)state;
    in_a_fiber(a_cut);
}

static void strangers(struct redis *r)
{
    struct redis_address wrong = server, nowhere = server;
    wrong.password = "not-this-one";
    nowhere.port = 1;
    r->to = &wrong;
    const fault *problem = redis_open(r, memory, loop_now_ms() + 5000);
    assert_non_null(problem);
    assert_null(strstr(arena_cstr(memory, problem->internal), "not-this-one"));
    r->to = &nowhere;
    assert_non_null(redis_open(r, memory, loop_now_ms() + 5000));
    assert_false(r->open);
    wrong = server;
    wrong.database = 99;
    r->to = &wrong;
    assert_non_null(redis_open(r, memory, loop_now_ms() + 5000));
}

static void who_is_not_let_in_hears_so(void **state)
{
    (void)state;
    in_a_fiber(strangers);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_address_is_read),
        SCENE(a_bad_address_is_refused_and_not_repeated),
        SCENE(answers_of_every_kind_are_read),
        SCENE(long_texts_go_both_ways_in_order),
        SCENE(waits_have_an_end),
        SCENE(a_cut_line_is_a_fault),
        SCENE(who_is_not_let_in_hears_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
