/* test_bus.c - a relay and followers with a real Redis between them, and an owner's feed beside it. Run by tests/harness/redis.py. */
#include "lib/feed/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/feed/follower.h"
#include "lib/feed/relay.h"
#include "lib/json/read.h"

/* --- an owner: a log of made-up events, of one of several lives --- */

static struct owner {
    struct feed feed;
    int64_t end;
    int life;
    bool away;
    int told; /* events by way of the feed */
    struct site site;
} owner;

static const fault *read_log(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct owner *o = store;
    int64_t last = after + limit < o->end ? after + limit : o->end;
    out->position = o->end;
    out->events = (list){ NEW_ARRAY(a, struct event, limit + 1), 0 };
    for (int64_t n = after + 1; n <= last; n++)
        *LIST_AT(&out->events, struct event, out->events.count++) = (struct event){
            .position = n,
            .type = STR("room.changed"),
            .subject = STR("1"),
            .time = { INT64_C(1780000000123) },
            .data = arena_printf(a, "{\"life\":%d}", o->life),
        };
    return NULL;
}

static void owner_writes(int64_t events)
{
    owner.end += events;
    feed_moved(&owner.feed, owner.end);
}

/* Stands in for lib/http/client.c. */
const fault *upstream_call(struct upstream *u, arena *a, const struct outgoing *want, struct message *answer)
{
    (void)u;
    const struct shape *s = &feed_query_shape;
    void *values = arena_take(a, s->size);
    struct message plain = { .method = GET };
    struct wire_page_head {
        list events;
        int64_t position;
    } page;
    fiber_sleep(1);
    TRY(query_read(a, str_after(want->target, 6), s, values));
    struct call c = { .arena = a, .request = &plain, .query = values, .site = &owner.site };
    if (!owner.away)
        TRY(feed_answer(&owner.feed, &c));
    if (owner.away)
        return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "rooms is away.");
    answer->status = 200;
    answer->body = buf_str(&c.out);
    assert_null(json_read(a, answer->body, &wire_page_shape, &page));
    owner.told += (int)page.events.count;
    return NULL;
}

/* --- the scene --- */

static arena *memory;
static struct redis_address server;
static struct redis redis; /* the test's own line */

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

/* A busy machine may take its time; 10 s are the most. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        for (int tries = 0; tries < 10000 && !(condition); tries++)                                \
            run_loop_ms(1);                                                                        \
        assert_true(condition);                                                                    \
    } while (0)

struct asked {
    const str *words;
    size_t count;
    const struct redis_answer *answer;
};

static void ask_run(void *arg)
{
    struct asked *q = arg;
    if (!redis.open)
        assert_null(redis_open(&redis, memory, loop_now_ms() + 5000));
    redis_ask(&redis, q->words, q->count);
    assert_null(redis_wait(&redis, memory, loop_now_ms() + 5000, &q->answer));
}

static const struct redis_answer *ask(const str *words, size_t count)
{
    struct asked q = { words, count, NULL };
    assert_true(fiber_start("test", ask_run, &q));
    RUN_UNTIL(q.answer);
    return q.answer;
}
#define ASK(...) ask((str[]){ __VA_ARGS__ }, COUNT_OF(((str[]){ __VA_ARGS__ })))

static int scene_open(void **state)
{
    (void)state;
    const char *url = getenv("TAQUILLA_TEST_REDIS");
    loop_open();
    memory = arena_new((size_t)64 << 20);
    assert_non_null(url);
    assert_null(redis_address_read(memory, "TAQUILLA_TEST_REDIS", str_of(url), &server));
    bus_configure(&server, STR("token"));
    redis = (struct redis){ .to = &server };
    owner = (struct owner){ 0 };
    owner.feed = (struct feed){ .source = "taquilla/rooms", .store = &owner, .read = read_log };
    ASK(STR("FLUSHALL"));
    return 0;
}

static int scene_close(void **state)
{
    (void)state;
    redis_drop(&redis);
    feed_stop(&owner.feed);
    loop_close();
    arena_free(memory);
    return 0;
}

static int64_t stream_length(void)
{
    return ASK(STR("XLEN"), STR("taquilla:rooms"))->number;
}

static struct relay *relay_new(void)
{
    struct relay *made;
    assert_null(relay_open(memory, &owner.feed, &made));
    assert_non_null(made);
    return made;
}

static void close_run(void *arg)
{
    relay_close(*(struct relay **)arg);
    *(struct relay **)arg = NULL;
}

static void relay_end(struct relay *r)
{
    assert_true(fiber_start("close", close_run, &r));
    RUN_UNTIL(!r);
}

static struct seen {
    int64_t last;
    int64_t count, strange; /* events; of them of an older life */
    int lost;
} seen;

static void see(void *arg, const struct event *e)
{
    struct seen *s = arg;
    assert_int_equal(e->position, s->last + 1);
    s->last = e->position;
    s->count++;
    s->strange += !str_equal(e->data, arena_printf(memory, "{\"life\":%d}", owner.life));
}

static void see_loss(void *arg)
{
    ((struct seen *)arg)->lost++;
}

static struct follower follower_new(int64_t position)
{
    seen = (struct seen){ .last = position };
    return (struct follower){ .owner = "rooms", .apply = see, .lost = see_loss, .arg = &seen, .position = position };
}

static void all_end(struct follower *f, struct relay *r)
{
    if (f)
        follower_stop(f);
    feed_stop(&owner.feed);
    relay_end(r);
    RUN_UNTIL(fiber_count() == 0);
}

/* --- density --- */

static void an_entry_is_known_or_next_or_beyond_a_hole(void **state)
{
    (void)state;
    assert_int_equal(bus_step(0, 1), BUS_NEXT);
    assert_int_equal(bus_step(7, 8), BUS_NEXT);
    assert_int_equal(bus_step(7, 7), BUS_KNOWN);
    assert_int_equal(bus_step(7, 1), BUS_KNOWN);
    assert_int_equal(bus_step(7, 9), BUS_HOLE);
    assert_int_equal(bus_step(0, 2), BUS_HOLE);
    assert_int_equal(bus_step(INT64_MAX - 1, INT64_MAX), BUS_NEXT);
    setenv("TAQUILLA_TEST_UNSAFE", "density", 1);
#ifdef TAQUILLA_TEST_TWINS
    assert_int_equal(bus_step(7, 9), BUS_NEXT);
#else
    assert_int_equal(bus_step(7, 9), BUS_HOLE);
#endif
    unsetenv("TAQUILLA_TEST_UNSAFE");
}

static void a_seal_is_of_one_text_and_one_token(void **state)
{
    (void)state;
    str one = bus_seal(memory, STR("x"));
    assert_int_equal(one.len, BUS_SEAL_BYTES);
    assert_true(str_equal(one, bus_seal(memory, STR("x"))));
    assert_false(str_equal(one, bus_seal(memory, STR("y"))));
    bus_configure(&server, STR("another"));
    assert_false(str_equal(one, bus_seal(memory, STR("x"))));
    bus_configure(&server, (str){ NULL, 0 });
    assert_false(str_equal(one, bus_seal(memory, STR("x"))));
}

/* --- relays --- */

static void a_relay_tells_the_log_and_goes_on_where_its_stream_ends(void **state)
{
    (void)state;
    owner_writes(300);
    struct relay *r = relay_new();
    RUN_UNTIL(stream_length() == 300);
    owner_writes(1);
    RUN_UNTIL(stream_length() == 301);
    relay_end(r);
    owner_writes(2);
    run_loop_ms(50);
    assert_int_equal(stream_length(), 301);
    r = relay_new();
    RUN_UNTIL(stream_length() == 303);
    const struct redis_answer *all = ASK(STR("XRANGE"), STR("taquilla:rooms"), STR("-"), STR("+"));
    for (size_t i = 0; i < all->items.count; i++) {
        const struct redis_answer *entry = LIST_AT(&all->items, struct redis_answer, i), *id = entry->items.at;
        assert_true(str_equal(id->text, arena_printf(memory, "%zu-0", i + 1)));
    }
    all_end(NULL, r);
}

static void several_relays_tell_everything_once(void **state)
{
    (void)state;
    struct relay *r[3] = { relay_new(), relay_new(), relay_new() };
    for (int i = 0; i < 40; i++) {
        owner_writes(1 + i % 7);
        run_loop_ms(i % 3);
    }
    RUN_UNTIL(stream_length() == owner.end);
    relay_end(r[0]);
    owner_writes(5);
    RUN_UNTIL(stream_length() == owner.end);
    relay_end(r[1]);
    all_end(NULL, r[2]);
}

static void a_long_log_is_not_told_from_its_beginning(void **state)
{
    (void)state;
    owner_writes(50000);
    struct relay *r = relay_new();
    RUN_UNTIL(stream_length() > 0);
    owner_writes(20000); /* at once: the stream is kept short */
    const struct redis_answer *last;
    do {
        run_loop_ms(20);
        last = ASK(STR("XREVRANGE"), STR("taquilla:rooms"), STR("+"), STR("-"), STR("COUNT"), STR("1"));
    } while (!str_equal(((const struct redis_answer *)LIST_AT(&last->items, struct redis_answer, 0)->items.at)->text, STR("70000-0")));
    assert_in_range(stream_length(), 9000, 12000);
    all_end(NULL, r);
}

static void an_emptied_redis_is_told_again(void **state)
{
    (void)state;
    owner_writes(20);
    struct relay *r = relay_new();
    RUN_UNTIL(stream_length() == 20);
    ASK(STR("FLUSHALL"));
    RUN_UNTIL(stream_length() == 20); /* it looks now and then */
    ASK(STR("FLUSHALL"));
    owner_writes(1);
    RUN_UNTIL(stream_length() > 0);
    all_end(NULL, r);
}

/* --- followers --- */

static void events_come_by_the_bus(void **state)
{
    (void)state;
    owner_writes(40);
    struct relay *r = relay_new();
    struct follower f = follower_new(38);
    follower_start(&f);
    RUN_UNTIL(f.position == 40);
    run_loop_ms(100);
    int told = owner.told;
    for (int i = 0; i < 100; i++) {
        owner_writes(3);
        RUN_UNTIL(f.position == owner.end);
    }
    assert_int_equal(f.applied_total, 302);
    assert_in_range(owner.told - told, 0, 20); /* a look may come before the bus */
    all_end(&f, r);
}

static void what_the_stream_lost_comes_by_the_feed(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(5);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.position == 5);
    for (int i = 0; i < 20; i++) {
        int64_t holes = i + 2;
        owner.end += holes; /* without a word to the relay */
        str id = arena_printf(memory, "%lld-0", (long long)owner.end);
        ASK(STR("XADD"), STR("taquilla:rooms"), id, STR("event"), STR("{}"), STR("seal"), STR("none"));
        feed_moved(&owner.feed, owner.end);
        RUN_UNTIL(f.position == owner.end);
    }
    assert_false(f.stopped);
    all_end(&f, r);
}

static void a_dead_relay_costs_a_second(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(5);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.position == 5);
    relay_end(r);
    run_loop_ms(200);
    owner_writes(1);
    int64_t began = loop_now_ms();
    RUN_UNTIL(f.position == 6);
    assert_in_range(loop_now_ms() - began, 0, 3000);
    assert_int_equal(seen.lost, 0);
    all_end(&f, relay_new());
}

struct reaching {
    struct follower *f;
    bool caught_up, done;
    int64_t took_ms;
};

static void catch_up_run(void *arg)
{
    struct reaching *r = arg;
    int64_t began = loop_now_ms();
    r->caught_up = follower_catch_up(r->f, 300);
    r->took_ms = loop_now_ms() - began;
    r->done = true;
}

static void who_waits_does_not_wait_for_the_bus(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(5);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.position == 5);
    relay_end(r);
    for (int i = 0; i < 10; i++) {
        run_loop_ms(37);
        owner_writes(1);
        struct reaching now = { .f = &f };
        assert_true(fiber_start("catch up", catch_up_run, &now));
        RUN_UNTIL(now.done);
        assert_true(now.caught_up);
        assert_int_equal(f.position, owner.end);
    }
    all_end(&f, relay_new());
}

static void an_owner_away_is_a_loss_although_redis_is_there(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(5);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.position == 5 && f.in_touch);
    owner.away = true;
    RUN_UNTIL(!f.in_touch);
    assert_int_equal(seen.lost, 1);
    owner_writes(1);
    run_loop_ms(100);
    assert_int_equal(f.position, 5);
    owner.away = false;
    RUN_UNTIL(f.in_touch && f.position == 6);
    all_end(&f, r);
}

/* The stream holds 6 to 9 of the life before, and the log has come to 12 in this one. */
static void a_stream_of_an_older_life_is_not_believed(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(9);
    RUN_UNTIL(stream_length() == 9);
    relay_end(r);
    owner.life = 1;
    owner.end = owner.feed.position = 6;
    struct follower f = follower_new(5);
    follower_start(&f);
    RUN_UNTIL(f.position == 6);
    run_loop_ms(1500);
    assert_int_equal(f.position, 6); /* the log ends there, whatever the stream says */
    owner_writes(6);
    RUN_UNTIL(f.position == 12);
    r = relay_new();
    RUN_UNTIL(stream_length() == 12);
    owner_writes(2);
    RUN_UNTIL(f.position == 14);
    assert_int_equal(seen.strange, 0);
    follower_stop(&f);
    struct seen before = seen;
    struct follower late = follower_new(5);
    follower_start(&late);
    RUN_UNTIL(late.position == 14);
    assert_int_equal(seen.strange + before.strange, 0);
    all_end(&late, r);
}

/* What Redis sent while the owner was away may be of a life that is over. */
static void what_came_out_of_touch_is_not_believed(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(5);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.position == 5);
    run_loop_ms(50); /* it has asked for more */
    owner.away = true;
    RUN_UNTIL(!f.in_touch);
    owner_writes(4);
    RUN_UNTIL(stream_length() == 9);
    relay_end(r);
    owner.life = 1;
    owner.end = owner.feed.position = 7;
    owner.away = false;
    RUN_UNTIL(f.in_touch);
    run_loop_ms(500);
    assert_int_equal(f.position, 7);
    assert_int_equal(seen.strange, 0);
    all_end(&f, relay_new());
}

static void a_relay_drops_the_stream_of_a_longer_log(void **state)
{
    (void)state;
    struct relay *r = relay_new();
    owner_writes(9);
    RUN_UNTIL(stream_length() == 9);
    owner.life = 1;
    feed_restart(&owner.feed);
    owner.end = 0;
    owner_writes(4);
    RUN_UNTIL(stream_length() == 4);
    struct follower f = follower_new(2);
    follower_start(&f);
    RUN_UNTIL(f.position == 4);
    assert_int_equal(seen.strange, 0);
    all_end(&f, r);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_entry_is_known_or_next_or_beyond_a_hole),
        SCENE(a_seal_is_of_one_text_and_one_token),
        SCENE(a_relay_tells_the_log_and_goes_on_where_its_stream_ends),
        SCENE(several_relays_tell_everything_once),
        SCENE(a_long_log_is_not_told_from_its_beginning),
        SCENE(an_emptied_redis_is_told_again),
        SCENE(events_come_by_the_bus),
        SCENE(what_the_stream_lost_comes_by_the_feed),
        SCENE(a_dead_relay_costs_a_second),
        SCENE(who_waits_does_not_wait_for_the_bus),
        SCENE(an_owner_away_is_a_loss_although_redis_is_there),
        SCENE(a_stream_of_an_older_life_is_not_believed),
        SCENE(what_came_out_of_touch_is_not_believed),
        SCENE(a_relay_drops_the_stream_of_a_longer_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
