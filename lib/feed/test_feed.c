/* test_feed.c - a feed and its follower face to face: pages, long polls, losses, holes. No socket between them. */
#include "lib/feed/feed.h"
#include "lib/feed/follower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/loop/fiber.h"

/* --- an owner: a log of made-up events --- */

static struct owner {
    struct feed feed;
    int64_t end;      /* the log's last position */
    int64_t archived; /* the log begins after it */
    int64_t passed;   /* by the reader, as the store heard */
    int64_t missing;  /* a position that the log has lost; 0: none */
    bool away, refuses, garbles;
    int calls, reads;
    int64_t life; /* is in each event: of another life of the log it is another */
    size_t long_bytes; /* of its last event's name */
    struct site site;
} owner;

static const fault *read_log(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct owner *o = store;
    o->reads++;
    out->archived = after < o->archived && limit > 0 ? o->archived : 0;
    int64_t last = o->end - after > limit ? after + limit : o->end;
    out->position = o->end;
    out->events = (list){ NEW_ARRAY(a, struct event, limit + 1), 0 };
    for (int64_t n = after + 1; n <= last; n++) {
        if (n == o->missing)
            continue;
        *LIST_AT(&out->events, struct event, out->events.count++) = (struct event){
            .position = n,
            .type = STR("room.changed"),
            .subject = arena_printf(a, "%lld", (long long)n * 10),
            .time = { INT64_C(1780000000123) },
            .data = arena_printf(a, "{\"id\":%lld,\"name\":\"Sala \\\"%lld\\\"%*s\"}", (long long)n * 10, (long long)n + o->life,
                                 (int)(n == o->end ? o->long_bytes : 0), ""),
        };
    }
    return NULL;
}

static void owner_writes(int64_t events)
{
    owner.end += events;
    feed_moved(&owner.feed, owner.end);
}

/* One GET /feed as the site would make it. */
static const fault *get_feed(arena *a, str query, str *body)
{
    const struct shape *s = &feed_query_shape;
    void *values = arena_take(a, s->size);
    TRY(query_read(a, query, s, values));
    struct message plain = { .method = GET };
    struct call c = { .arena = a, .request = &plain, .query = values, .site = &owner.site };
    TRY(feed_answer(&owner.feed, &c));
    assert_int_equal(c.status, 200);
    *body = buf_str(&c.out);
    return NULL;
}

/* Stands in for lib/http/client.c. */
const fault *upstream_call(struct upstream *u, arena *a, const struct outgoing *want, struct message *answer)
{
    (void)u;
    owner.calls++;
    assert_true(want->internal);
    assert_true(str_starts(want->target, STR("/feed?")));
    fiber_sleep(1);
    if (owner.away)
        return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "rooms is away.");
    const fault *problem = get_feed(a, str_after(want->target, 6), &answer->body);
    if (problem && problem->kind == FAULT_GONE) {
        answer->status = 410;
        return NULL;
    }
    TRY(problem);
    if (owner.away)
        return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "rooms went away.");
    answer->status = owner.refuses ? 401 : 200;
    if (owner.garbles)
        answer->body = STR("<html>a proxy</html>");
    return NULL;
}

/* --- the scene --- */

static arena *memory;

static int scene_open(void **state)
{
    (void)state;
    loop_open();
    memory = arena_new(64 << 20);
    owner = (struct owner){ 0 };
    owner.feed = (struct feed){ .source = "taquilla/rooms", .store = &owner, .read = read_log };
    return 0;
}

static int scene_close(void **state)
{
    (void)state;
    feed_stop(&owner.feed);
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

/* --- the feed --- */

static str page_at(const char *query)
{
    str body;
    assert_null(get_feed(memory, str_of(query), &body));
    return body;
}

static void assert_page(const char *query, const char *wanted)
{
    str body = page_at(query);
    assert_string_equal(arena_cstr(memory, body), wanted);
}

#define EVENT_1 "{\"specversion\":\"1.0\",\"id\":\"rooms-1\",\"source\":\"taquilla/rooms\",\"type\":\"room.changed\"," \
    "\"subject\":\"10\",\"time\":\"2026-05-28T20:26:40.123Z\",\"datacontenttype\":\"application/json\"," \
    "\"schemaversion\":1,\"position\":1,\"data\":{\"id\":10,\"name\":\"Sala \\\"1\\\"\"}}"

static void a_page_holds_events_and_the_position(void **state)
{
    (void)state;
    assert_page("", "{\"events\":[],\"position\":0}");
    owner_writes(1);
    assert_page("after=0&limit=5", "{\"events\":[" EVENT_1 "],\"position\":1}");
    owner_writes(4);
    assert_page("limit=1", "{\"events\":[" EVENT_1 "],\"position\":5}");
    assert_page("limit=0", "{\"events\":[],\"position\":5}");
    assert_page("limit=0&wait=30", "{\"events\":[],\"position\":5}");
    assert_page("after=5", "{\"events\":[],\"position\":5}");
}

static void a_reader_ahead_of_the_log_hears_so_at_once(void **state)
{
    (void)state;
    owner_writes(3);
    assert_page("after=8&wait=30", "{\"events\":[],\"position\":3}");
    assert_page("after=9223372036854775807&limit=5", "{\"events\":[],\"position\":3}");
}

struct page_head {
    list events;
    int64_t position;
};

static void pages_are_dense_and_limited(void **state)
{
    (void)state;
    owner_writes(2500);
    int64_t last = 0;
    size_t pages = 0;
    while (last < 2500) {
        struct page_head page;
        str body = page_at(arena_printf(memory, "after=%lld", (long long)last).at);
        assert_null(json_read(memory, body, &wire_page_shape, &page));
        assert_int_equal(page.position, 2500);
        assert_int_equal(page.events.count, last < 2000 ? 1000 : 500);
        last += (int64_t)page.events.count;
        pages++;
    }
    assert_int_equal(pages, 3);
}

static str page_read(int reads, const char *query)
{
    int before = owner.reads;
    str body = page_at(query);
    assert_int_equal(owner.reads - before, reads);
    return body;
}

/* What was read for one reader the next one gets as well, for a second; nothing of a log's former life. */
static void the_newest_events_are_read_once(void **state)
{
    (void)state;
    owner_writes(10);
    str first = page_read(1, "after=4");
    assert_true(str_equal(page_read(0, "after=4"), first));
    assert_true(str_equal(page_read(0, "after=6&limit=2"), page_read(0, "after=6&limit=2")));
    owner_writes(1);
    assert_true(str_ends(page_read(1, "after=8"), STR("\"position\":11}")));
    assert_true(str_ends(page_read(0, "after=7"), STR("\"position\":11}")));
    page_read(1, "after=3"); /* the one that nobody asked for, and on from there */
    page_read(1, "after=11");
    feed_restart(&owner.feed);
    owner.life = 70;
    owner_writes(0);
    assert_false(str_equal(page_read(1, "after=4"), first));
    owner.long_bytes = 5000;
    owner_writes(1);
    page_read(1, "after=11");
    page_read(1, "after=11");
    for (int64_t until_ms = loop_now_ms() + 1100; loop_now_ms() < until_ms;)
        run_loop_ms(20);
    page_read(1, "after=10");
    feed_stop(&owner.feed);
    page_read(1, "after=10");
    page_read(1, "after=10");
}

static void bad_queries_are_refused(void **state)
{
    (void)state;
    str body;
    const char *const bad[] = { "limit=1001", "limit=-1", "wait=31", "after=-1", "after=x" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_non_null(get_feed(memory, str_of(bad[i]), &body));
}

struct reader {
    const char *query;
    str body;
    const fault *problem;
    bool done;
    int64_t took_ms;
};

static void read_feed(void *arg)
{
    struct reader *r = arg;
    int64_t began = loop_now_ms();
    r->problem = get_feed(memory, str_of(r->query), &r->body);
    r->took_ms = loop_now_ms() - began;
    r->done = true;
}

static void a_long_poll_ends_with_news(void **state)
{
    (void)state;
    struct reader r = { .query = "after=0&wait=30" };
    assert_true(fiber_start("reader", read_feed, &r));
    run_loop_ms(20);
    assert_false(r.done);
    assert_int_equal(owner.feed.readers, 1);
    owner_writes(1);
    RUN_UNTIL(r.done);
    assert_string_equal(arena_cstr(memory, r.body), "{\"events\":[" EVENT_1 "],\"position\":1}");
    assert_int_equal(owner.feed.readers, 0);
    assert_null(owner.feed.waiting);
}

static void a_long_poll_ends_with_its_time(void **state)
{
    (void)state;
    struct reader r = { .query = "after=0&wait=1" };
    assert_true(fiber_start("reader", read_feed, &r));
    RUN_UNTIL(r.done);
    assert_in_range(r.took_ms, 1000, 3000);
    assert_string_equal(arena_cstr(memory, r.body), "{\"events\":[],\"position\":0}");
}

static void waiters_are_bounded_and_a_stop_answers_them(void **state)
{
    (void)state;
    static struct reader readers[FEED_READERS_MAX + 1];
    memset(readers, 0, sizeof(readers));
    for (size_t i = 0; i <= FEED_READERS_MAX; i++) {
        readers[i].query = "wait=30";
        assert_true(fiber_start("reader", read_feed, &readers[i]));
    }
    const struct reader *last = &readers[FEED_READERS_MAX];
    assert_true(last->done);
    assert_string_equal(last->problem->code, "feed_busy");
    assert_int_equal(last->problem->kind, FAULT_UNAVAILABLE);
    assert_true(last->problem->retry_after_s > 0);
    assert_page("", "{\"events\":[],\"position\":0}"); /* who does not wait is answered */
    feed_stop(&owner.feed);
    RUN_UNTIL(owner.feed.readers == 0);
    for (size_t i = 0; i < FEED_READERS_MAX; i++)
        assert_true(readers[i].done && !readers[i].problem);
    assert_page("wait=30", "{\"events\":[],\"position\":0}"); /* nobody waits any more */
}

static void a_draining_server_lets_nobody_wait(void **state)
{
    (void)state;
    struct reader r = { .query = "wait=30" };
    assert_true(fiber_start("reader", read_feed, &r));
    run_loop_ms(10);
    assert_false(r.done);
    owner.site.draining = true;
    RUN_UNTIL(r.done);
    assert_null(r.problem);
    assert_in_range(r.took_ms, 10, 3000);
}

static void a_restart_is_told_to_who_waits(void **state)
{
    (void)state;
    struct reader r = { .query = "after=0&wait=30" }, later = { .query = "after=0&wait=30" };
    assert_true(fiber_start("reader", read_feed, &r));
    run_loop_ms(5);
    assert_false(r.done);
    feed_restart(&owner.feed);
    owner_writes(3); /* the restore is over before the reader runs */
    RUN_UNTIL(r.done);
    assert_string_equal(r.problem->code, "restore_running");
    assert_int_equal(r.problem->kind, FAULT_UNAVAILABLE);
    assert_int_equal(owner.feed.readers, 0);
    assert_true(fiber_start("reader", read_feed, &later));
    assert_true(later.done && !later.problem);
}

/* --- the follower --- */

static struct seen {
    int64_t positions[4096];
    size_t count;
    int lost;
    bool texts_wrong;
} seen;

static void see(void *arg, const struct event *e)
{
    struct seen *s = arg;
    str data = arena_printf(memory, "{\"id\":%lld,\"name\":\"Sala \\\"%lld\\\"\"}", (long long)e->position * 10,
                            (long long)e->position);
    if (!str_equal(e->type, STR("room.changed")) || e->time.ms != INT64_C(1780000000123) ||
        !str_equal(e->data, data))
        s->texts_wrong = true;
    s->positions[s->count++] = e->position;
}

static void see_loss(void *arg)
{
    ((struct seen *)arg)->lost++;
}

static struct follower follower_new(int64_t position)
{
    seen = (struct seen){ 0 };
    return (struct follower){ .owner = "rooms", .apply = see, .lost = see_loss, .arg = &seen, .position = position };
}

static void follower_end(struct follower *f)
{
    follower_stop(f);
    feed_stop(&owner.feed);
    RUN_UNTIL(fiber_count() == 0);
    assert_false(f->in_touch);
}

static void it_starts_at_the_present_end_and_goes_on(void **state)
{
    (void)state;
    owner_writes(40);
    struct follower f = follower_new(0);
    follower_start(&f);
    RUN_UNTIL(f.in_touch);
    assert_int_equal(f.position, 40);
    assert_int_equal(seen.count, 0);
    owner_writes(1500);
    RUN_UNTIL(f.position == 1540);
    assert_int_equal(seen.count, 1500);
    assert_int_equal(f.applied_total, 1500);
    for (size_t i = 0; i < seen.count; i++)
        assert_int_equal(seen.positions[i], 41 + i);
    assert_false(seen.texts_wrong);
    assert_int_equal(seen.lost, 0);
    RUN_UNTIL(owner.feed.readers == 1);
    int calls = owner.calls;
    run_loop_ms(50);
    assert_int_equal(owner.calls, calls); /* it waits in one long poll */
    follower_end(&f);
}

static void it_resumes_from_a_position(void **state)
{
    (void)state;
    owner_writes(10);
    struct follower f = follower_new(7);
    follower_start(&f);
    RUN_UNTIL(f.position == 10);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.positions[0], 8);
    follower_end(&f);
}

static void a_loss_is_told_once_and_what_was_missed_is_read(void **state)
{
    (void)state;
    owner_writes(5);
    struct follower f = follower_new(0);
    follower_start(&f);
    RUN_UNTIL(owner.feed.readers == 1);
    owner.away = true;
    feed_moved(&owner.feed, 6); /* the poll under way breaks */
    RUN_UNTIL(!f.in_touch);
    run_loop_ms(400);
    assert_int_equal(seen.lost, 1);
    assert_in_range(owner.calls, 3, 12); /* it tries again, ever more rarely */
    owner.end = 9;
    owner.away = false;
    RUN_UNTIL(f.in_touch);
    assert_int_equal(f.position, 9);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.lost, 1);
    follower_end(&f);
}

static void other_answers_are_losses_too(void **state)
{
    (void)state;
    owner.refuses = true;
    struct follower f = follower_new(0);
    follower_start(&f);
    run_loop_ms(100);
    assert_false(f.in_touch);
    assert_int_equal(seen.lost, 0); /* nothing was there to lose */
    owner.refuses = false;
    RUN_UNTIL(f.in_touch);
    owner.garbles = true;
    owner_writes(1);
    RUN_UNTIL(!f.in_touch);
    assert_int_equal(seen.lost, 1);
    follower_end(&f);
}

static void a_shorter_log_is_a_fresh_start(void **state)
{
    (void)state;
    owner_writes(50);
    struct follower f = follower_new(48);
    follower_start(&f);
    RUN_UNTIL(owner.feed.readers == 1);
    assert_int_equal(f.position, 50);
    owner.away = true;
    feed_moved(&owner.feed, 51);
    RUN_UNTIL(!f.in_touch);
    owner.away = false;
    owner.end = owner.feed.position = 4; /* the store was emptied */
    RUN_UNTIL(f.in_touch);
    assert_false(f.stopped);
    assert_int_equal(f.position, 4);
    assert_int_equal(seen.lost, 2);
    owner_writes(1);
    RUN_UNTIL(f.position == 5);
    assert_int_equal(seen.positions[seen.count - 1], 5);
    follower_end(&f);
}

static void stops_at_hole(int64_t end, int64_t missing, int64_t reached)
{
    owner.missing = missing;
    owner_writes(end);
    struct follower f = follower_new(1);
    follower_start(&f);
    RUN_UNTIL(f.stopped);
    assert_false(f.in_touch);
    assert_int_equal(f.position, reached);
    assert_int_equal(seen.lost, 1);
    RUN_UNTIL(fiber_count() == 0);
}

static void a_hole_stops_it(void **state)
{
    (void)state;
    stops_at_hole(10, 6, 5);
}

static void a_hole_at_the_end_stops_it(void **state)
{
    (void)state;
    stops_at_hole(6, 6, 5);
}

static const fault *reader_passed(void *store, arena *a, str reader, int64_t position)
{
    (void)a;
    assert_true(str_starts(reader, STR("gateway-")));
    ((struct owner *)store)->passed = position;
    return NULL;
}

static void what_is_archived_stops_who_has_no_snapshot(void **state)
{
    (void)state;
    owner.feed.passed = reader_passed;
    owner.archived = 5;
    owner_writes(10);
    struct follower f = follower_new(4);
    f.reader = "gateway";
    follower_start(&f);
    RUN_UNTIL(f.stopped);
    assert_int_equal(f.position, 4);
    assert_int_equal(owner.passed, 4);
    RUN_UNTIL(fiber_count() == 0);
}

/* --- those who wait for a position --- */

struct reaching {
    struct follower *f;
    int64_t position, wait_ms, took_ms;
    bool done, reached;
};

static void reach(void *arg)
{
    struct reaching *r = arg;
    int64_t began = loop_now_ms();
    r->reached = follower_reach(r->f, r->position, r->wait_ms);
    r->took_ms = loop_now_ms() - began;
    r->done = true;
}

static void a_position_is_reached_or_not(void **state)
{
    (void)state;
    owner_writes(5);
    struct follower f = follower_new(0);
    follower_start(&f);
    RUN_UNTIL(f.position == 5);
    struct reaching had = { .f = &f, .position = 5, .wait_ms = 1000 };
    struct reaching soon = { .f = &f, .position = 8, .wait_ms = 1000 };
    struct reaching late = { .f = &f, .position = 9, .wait_ms = 150 };
    struct reaching ended = { .f = &f, .position = 99, .wait_ms = 100000 };
    struct reaching *all[] = { &had, &soon, &late, &ended };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_true(fiber_start("reach", reach, all[i]));
    assert_true(had.done && had.reached);
    assert_false(soon.done);
    owner_writes(3);
    RUN_UNTIL(soon.done);
    assert_true(soon.reached);
    RUN_UNTIL(late.done);
    assert_false(late.reached);
    assert_in_range(late.took_ms, 150, 3000);
    assert_false(ended.done);
    follower_end(&f);
    assert_true(ended.done && !ended.reached);
    assert_null(f.waiting);
}

/* A store that was empty is filled by a restore: its past is not played to who knew of nothing. */
static void a_restored_log_is_read_from_its_end(void **state)
{
    (void)state;
    struct follower f = follower_new(0);
    follower_start(&f);
    RUN_UNTIL(f.in_touch && owner.feed.readers == 1);
    feed_restart(&owner.feed);
    owner_writes(50);
    RUN_UNTIL(f.position == 50 && f.in_touch);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.lost, 1);
    owner_writes(2);
    RUN_UNTIL(f.position == 52);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.positions[0], 51);
    follower_end(&f);
}

/* --- what it is told is kept in a store --- */

static struct kept {
    int64_t position;
    size_t pages, refused;
    bool full;
} kept;

static const fault *keep_begin(void *arg, arena *a)
{
    (void)arg;
    return fault_new(a, FAULT_INTERNAL, "internal_error", "There is no snapshot here.");
}

static const fault *keep_page(void *arg, arena *a, const struct follower_page *page)
{
    struct kept *k = arg;
    fiber_sleep(1);
    k->refused += k->full;
    if (k->full)
        return fault_new(a, FAULT_UNAVAILABLE, "storage_full", "No room.");
    assert_int_equal(page->position, k->position + (int64_t)page->events.count);
    assert_int_equal(LIST_AT(&page->events, struct event, 0)->position, k->position + 1);
    k->position = page->position;
    k->pages++;
    return NULL;
}

static void what_cannot_be_kept_is_told_again(void **state)
{
    (void)state;
    static const struct follower_keeper keeper = { keep_begin, keep_page };
    kept = (struct kept){ .position = 7, .full = true };
    owner_writes(2500);
    struct follower f = { .owner = "rooms", .keeper = &keeper, .arg = &kept, .position = 7 };
    follower_start(&f);
    RUN_UNTIL(kept.refused >= 2);
    assert_int_equal(f.position, 7);
    assert_false(f.in_touch);
    kept.full = false;
    RUN_UNTIL(f.in_touch && f.position == 2500);
    assert_int_equal(kept.position, 2500);
    assert_int_equal(kept.pages, 3);
    follower_end(&f);
}

/* Commits that follow each other quickly make few pages; who waits for the last one is not kept waiting, of ten at least once. */
static void events_gather_until_somebody_waits(void **state)
{
    (void)state;
    static const struct follower_keeper keeper = { keep_begin, keep_page };
    kept = (struct kept){ .position = 1 };
    owner_writes(1);
    struct follower f = { .owner = "rooms", .keeper = &keeper, .arg = &kept, .position = 1, .gathers = true };
    follower_start(&f);
    RUN_UNTIL(f.in_touch && owner.feed.readers == 1);
    int64_t began_ms = loop_now_ms(), soonest_ms = INT64_MAX;
    for (int i = 0; i < 50; i++) {
        owner_writes(1);
        run_loop_ms(1);
    }
    RUN_UNTIL(f.position == 51);
    assert_in_range(kept.pages, 2, 3 + (loop_now_ms() - began_ms) / FOLLOWER_GATHER_MS);
    for (int i = 0; i < 10; i++) {
        struct reaching r = { .f = &f, .position = owner.end + 2, .wait_ms = 5000 };
        owner_writes(1);
        RUN_UNTIL(f.position == owner.end); /* and it gathers again */
        owner_writes(1);
        assert_true(fiber_start("reach", reach, &r));
        RUN_UNTIL(r.done);
        assert_true(r.reached);
        soonest_ms = r.took_ms < soonest_ms ? r.took_ms : soonest_ms;
    }
    assert_true(soonest_ms < FOLLOWER_GATHER_MS / 2);
    follower_end(&f);
}

/* --- who asks where the feed ends --- */

struct asker {
    struct follower *f;
    bool done, known;
    int64_t position; /* of the follower when it was answered */
};

static void ask_end(void *arg)
{
    struct asker *asker = arg;
    asker->known = follower_catch_up(asker->f, 2000);
    asker->position = asker->f->position;
    asker->done = true;
}

/* What happens between one's question and another's is in the other's answer. */
static void no_question_is_answered_by_one_that_was_put_before(void **state)
{
    (void)state;
    struct follower f = follower_new(0);
    follower_start(&f);
    RUN_UNTIL(f.in_touch && owner.feed.readers == 1);
    struct asker first = { .f = &f }, second = { .f = &f }, third = { .f = &f };
    int calls = owner.calls;
    assert_true(fiber_start("first", ask_end, &first));
    owner_writes(3);
    assert_true(fiber_start("second", ask_end, &second));
    assert_true(fiber_start("third", ask_end, &third));
    RUN_UNTIL(first.done && second.done && third.done);
    assert_true(first.known && second.known && third.known);
    assert_int_equal(second.position, 3);
    assert_int_equal(third.position, 3);
    RUN_UNTIL(owner.feed.readers == 1);
    assert_int_equal(owner.calls - calls, 3); /* two questions, and the next long poll */
    follower_end(&f);
}

static void positions_are_read_out_of_the_header(void **state)
{
    (void)state;
    struct follower f = follower_new(0);
    assert_int_equal(follower_position_of(&f, STR("rooms/42")), 42);
    assert_int_equal(follower_position_of(&f, STR("movies/42")), 0);
    assert_int_equal(follower_position_of(&f, STR("rooms/x")), 0);
    assert_int_equal(follower_position_of(&f, STR("rooms/-1")), 0);
    assert_int_equal(follower_position_of(&f, STR("rooms")), 0);
    assert_int_equal(follower_position_of(&f, (str){ NULL, 0 }), 0);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_page_holds_events_and_the_position),
        SCENE(a_reader_ahead_of_the_log_hears_so_at_once),
        SCENE(pages_are_dense_and_limited),
        SCENE(the_newest_events_are_read_once),
        SCENE(bad_queries_are_refused),
        SCENE(a_long_poll_ends_with_news),
        SCENE(a_long_poll_ends_with_its_time),
        SCENE(waiters_are_bounded_and_a_stop_answers_them),
        SCENE(a_draining_server_lets_nobody_wait),
        SCENE(a_restart_is_told_to_who_waits),
        SCENE(it_starts_at_the_present_end_and_goes_on),
        SCENE(it_resumes_from_a_position),
        SCENE(a_loss_is_told_once_and_what_was_missed_is_read),
        SCENE(other_answers_are_losses_too),
        SCENE(a_shorter_log_is_a_fresh_start),
        SCENE(a_hole_stops_it),
        SCENE(what_is_archived_stops_who_has_no_snapshot),
        SCENE(a_hole_at_the_end_stops_it),
        SCENE(a_position_is_reached_or_not),
        SCENE(a_restored_log_is_read_from_its_end),
        SCENE(what_cannot_be_kept_is_told_again),
        SCENE(events_gather_until_somebody_waits),
        SCENE(no_question_is_answered_by_one_that_was_put_before),
        SCENE(positions_are_read_out_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
