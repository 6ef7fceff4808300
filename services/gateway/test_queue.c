/* test_queue.c - tokens of waiting rooms that nobody forges, turns that come no faster than they may, and draws that favour nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/random.h"
#include "services/gateway/queue_seen.h"
#include "services/gateway/queue_token.h"
#include "services/gateway/queue_turns.h"

#define NOW_MS INT64_C(1795000000000)

static arena *a;
static struct queue_key key;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    queue_key_make(&key, STR("the token of all services"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* --- tokens --- */

static const struct queue_token token = { .kind = QUEUE_PLACED, .showing_id = 7, .issued = { NOW_MS }, .from = { NOW_MS + 5000 },
                                          .until = { NOW_MS + 605000 }, .id = UINT64_C(0xfedcba9876543210) };

static void assert_unread(str text, const struct queue_key *with)
{
    struct queue_token out = { .showing_id = 99 };
    assert_false(queue_token_read(text, with, &out));
    assert_int_equal(out.showing_id, 99);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const struct queue_token edges[] = {
        { .kind = QUEUE_DRAWN, .showing_id = INT64_MAX, .issued = { 0 }, .from = { -1 }, .until = { INT64_MAX }, .id = UINT64_MAX },
        { .kind = QUEUE_PLACED, .showing_id = 1, .issued = { INT64_MIN }, .from = { 1 }, .until = { 2 }, .id = 0 },
    };
    struct queue_token out;
    str text = queue_token_write(a, &key, &token);
    assert_int_equal(text.len, QUEUE_TOKEN_CHARS);
    assert_true(queue_token_read(text, &key, &out));
    assert_true(out.kind == token.kind && out.showing_id == 7 && out.issued.ms == token.issued.ms && out.from.ms == token.from.ms &&
                out.until.ms == token.until.ms && out.id == token.id);
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        assert_true(queue_token_read(queue_token_write(a, &key, &edges[i]), &key, &out));
        assert_true(out.kind == edges[i].kind && out.showing_id == edges[i].showing_id && out.until.ms == edges[i].until.ms &&
                    out.issued.ms == edges[i].issued.ms && out.from.ms == edges[i].from.ms && out.id == edges[i].id);
    }
}

/* Every character another one, one after another. */
static void no_character_may_change(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .%\n";
    str text = queue_token_write(a, &key, &token);
    for (size_t i = 0; i < text.len; i++)
        for (size_t k = 0; k < sizeof alphabet - 1; k++) {
            char changed[QUEUE_TOKEN_CHARS];
            memcpy(changed, text.at, text.len);
            if (changed[i] == alphabet[k])
                continue;
            changed[i] = alphabet[k];
            assert_unread((str){ changed, text.len }, &key);
        }
}

static void no_part_of_it_is_one(void **state)
{
    (void)state;
    str text = queue_token_write(a, &key, &token);
    for (size_t len = 0; len < text.len; len++)
        assert_unread((str){ text.at, len }, &key);
    assert_unread((str){ NULL, 0 }, &key);
    assert_unread(arena_printf(a, "%.*sA", STR_ARG(text)), &key);
    assert_unread(arena_printf(a, "%.*s=", STR_ARG(text)), &key);
    assert_unread(arena_printf(a, " %.*s", (int)text.len - 1, text.at), &key);
}

static void only_the_house_reads_it(void **state)
{
    (void)state;
    struct queue_key same, other, none, none_too;
    struct queue_token out;
    str text = queue_token_write(a, &key, &token);
    queue_key_make(&same, STR("the token of all services"));
    queue_key_make(&other, STR("the token of all servicet"));
    queue_key_make(&none, STR(""));
    queue_key_make(&none_too, STR(""));
    assert_true(queue_token_read(text, &same, &out));
    assert_unread(text, &other);
    assert_unread(text, &none);
    assert_unread(queue_token_write(a, &none, &token), &none_too);
    assert_true(queue_number_of(&key, STR("lot 1")) == queue_number_of(&same, STR("lot 1")));
    assert_true(queue_number_of(&key, STR("lot 1")) != queue_number_of(&other, STR("lot 1")));
    assert_true(queue_number_of(&key, STR("lot 1")) != queue_number_of(&key, STR("lot 2")));
}

static void noise_is_no_token(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char noise[QUEUE_TOKEN_CHARS];
        random_bytes(noise, sizeof noise);
        if (i % 2)
            for (size_t k = 0; k < sizeof noise; k++)
                noise[k] = (char)('A' + (unsigned char)noise[k] % 26);
        assert_unread((str){ noise, sizeof noise }, &key);
    }
}

/* --- turns --- */

static void turns_keep_their_distance(void **state)
{
    (void)state;
    struct queue_pace pace = { .a_minute = 7, .gateways = 1 };
    int64_t interval = queue_interval_us(&pace), next = 0, last = 0;
    assert_true(interval * 7 >= 60000000 && interval * 7 < 60000000 + 7);
    for (int i = 0; i < 1000; i++) { /* who comes at random, more often than turns */
        int64_t now = NOW_MS * 1000 + (int64_t)random_below(60000000), turn = queue_turn_take(&next, now, interval);
        assert_true(turn >= now && (i == 0 || turn - last >= interval));
        last = turn;
    }
}

static void an_empty_queue_admits_at_once(void **state)
{
    (void)state;
    int64_t next = 0, now = NOW_MS * 1000;
    assert_int_equal(queue_turn_take(&next, now, 100000), now);
    assert_int_equal(queue_turn_take(&next, now, 100000), now + 100000);
    assert_int_equal(queue_turn_take(&next, now + 50000, 100000), now + 200000);
    assert_int_equal(queue_turn_take(&next, now + 7000000, 100000), now + 7000000);
}

static void gateways_share_the_pace(void **state)
{
    (void)state;
    struct queue_pace one = { 600, 1 }, three = { 600, 3 };
    assert_int_equal(queue_interval_us(&one), 100000);
    assert_int_equal(queue_interval_us(&three), 300000);
    assert_int_equal(queue_position(&one, (instant){ NOW_MS + 1000 }, (instant){ NOW_MS }), 10);
    assert_int_equal(queue_position(&three, (instant){ NOW_MS + 1001 }, (instant){ NOW_MS }), 11);
    assert_int_equal(queue_position(&one, (instant){ NOW_MS }, (instant){ NOW_MS }), 0);
    assert_int_equal(queue_position(&one, (instant){ NOW_MS }, (instant){ NOW_MS + 1 }), 0);
}

static void turns_given_before_a_restart_come_first(void **state)
{
    (void)state;
    int64_t next = 0;
    queue_turn_learn(&next, (instant){ NOW_MS + 9000 }, 100000);
    queue_turn_learn(&next, (instant){ NOW_MS + 4000 }, 100000);
    assert_int_equal(queue_turn_take(&next, NOW_MS * 1000, 100000), (NOW_MS + 9100) * 1000);
}

/* --- the draw --- */

#define OPENS ((instant){ NOW_MS })
#define LONG_AGO ((instant){ NOW_MS - 99999999 })

static void the_draw_lies_in_its_time(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t early = NOW_MS - 1 - (int64_t)random_below(3600000), late = NOW_MS + (int64_t)random_below(QUEUE_DRAW_MS);
        uint64_t lot = random_below(UINT64_MAX);
        instant drawn = queue_draw((instant){ early }, OPENS, LONG_AGO, lot);
        assert_true(drawn.ms >= NOW_MS && drawn.ms <= NOW_MS + QUEUE_DRAW_MS);
        drawn = queue_draw((instant){ late }, OPENS, LONG_AGO, lot);
        assert_true(drawn.ms >= late && drawn.ms <= NOW_MS + QUEUE_DRAW_MS);
    }
    instant after = { NOW_MS + QUEUE_DRAW_MS };
    assert_int_equal(queue_draw(after, OPENS, LONG_AGO, 12345).ms, after.ms);
    assert_int_equal(queue_draw(after, INSTANT_NONE, LONG_AGO, 12345).ms, after.ms);
    assert_int_equal(queue_draw(after, INSTANT_NONE, (instant){ after.ms + 800 }, 12345).ms, after.ms + 800);
}

/* The mean place of who came first of all and of who came last of all must not differ: 4,000 each, so 2 % is five deviations. */
static void who_comes_early_wins_nothing(void **state)
{
    (void)state;
    int64_t first = 0, last = 0, n = 4000;
    for (uint64_t i = 0; i < (uint64_t)n; i++) {
        first += queue_draw((instant){ NOW_MS - 3600000 }, OPENS, LONG_AGO, queue_number_of(&key, arena_printf(a, "lot %d", (int)i))).ms - NOW_MS;
        last += queue_draw((instant){ NOW_MS - 1 }, OPENS, LONG_AGO, queue_number_of(&key, arena_printf(a, "lot -%d", (int)i))).ms - NOW_MS;
    }
    assert_true(first / n > QUEUE_DRAW_MS * 48 / 100 && first / n < QUEUE_DRAW_MS * 52 / 100);
    assert_true(last / n > QUEUE_DRAW_MS * 48 / 100 && last / n < QUEUE_DRAW_MS * 52 / 100);
}

/* --- what was seen --- */

static void a_token_is_seen_again(void **state)
{
    (void)state;
    struct queue_seen_table t = { .sets = NULL };
    struct queue_seen *seen = queue_seen_of(&t, 5, (instant){ NOW_MS });
    assert_true(seen->turn.ms == TIME_NONE && seen->bookings == 0);
    seen->bookings = 2;
    seen->turn.ms = NOW_MS;
    assert_int_equal(queue_seen_of(&t, 6, (instant){ NOW_MS })->bookings, 0);
    seen = queue_seen_of(&t, 5, (instant){ NOW_MS + 1000 });
    assert_true(seen->bookings == 2 && seen->turn.ms == NOW_MS && seen->until.ms == NOW_MS + 1000);
    queue_seen_free(&t);
}

/* A flood of tokens that end sooner leaves those that end last. */
static void the_table_forgets_what_ends_first(void **state)
{
    (void)state;
    struct queue_seen_table t = { .sets = NULL };
    for (uint64_t id = 1; id <= 100; id++)
        queue_seen_of(&t, id, (instant){ NOW_MS + 600000 })->bookings = 3;
    for (uint64_t id = 1000; id < 1000 + UINT64_C(4) * QUEUE_SEEN_SETS * QUEUE_SEEN_WAYS; id++)
        (void)queue_seen_of(&t, id, (instant){ NOW_MS + (int64_t)(id % 1000) });
    for (uint64_t id = 1; id <= 100; id++)
        assert_int_equal(queue_seen_of(&t, id, (instant){ NOW_MS + 600000 })->bookings, 3);
    queue_seen_free(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(no_character_may_change, setup, teardown),
        cmocka_unit_test_setup_teardown(no_part_of_it_is_one, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_house_reads_it, setup, teardown),
        cmocka_unit_test_setup_teardown(noise_is_no_token, setup, teardown),
        cmocka_unit_test(turns_keep_their_distance),
        cmocka_unit_test(an_empty_queue_admits_at_once),
        cmocka_unit_test(gateways_share_the_pace),
        cmocka_unit_test(turns_given_before_a_restart_come_first),
        cmocka_unit_test(the_draw_lies_in_its_time),
        cmocka_unit_test_setup_teardown(who_comes_early_wins_nothing, setup, teardown),
        cmocka_unit_test(a_token_is_seen_again),
        cmocka_unit_test(the_table_forgets_what_ends_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
