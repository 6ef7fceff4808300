/* test_rate.c - leaky buckets, and whose address counts behind proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/ids.h"
#include "lib/http/peer.h"
#include "lib/http/rate.h"

static int arena_open(void **state)
{
    *state = arena_new(16 * 1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_minute_at_once_then_evenly(void **state)
{
    struct rate r;
    struct rate_state now;
    rate_open(&r, *state, 6);
    for (int64_t i = 0; i < 6; i++) {
        assert_true(rate_take(&r, "a", 1, 1000, &now));
        assert_int_equal(now.left, 5 - i);
        assert_int_equal(now.whole_s, 10 * (i + 1));
    }
    assert_false(rate_take(&r, "a", 1, 1000, &now));
    assert_int_equal(now.wait_s, 10);
    assert_int_equal(now.left, 0);
    assert_true(rate_take(&r, "b", 1, 1000, &now)); /* another's bucket */
    assert_false(rate_take(&r, "a", 1, 10999, &now));
    assert_int_equal(now.wait_s, 1); /* being refused costs nothing */
    assert_true(rate_take(&r, "a", 1, 11000, &now));
    assert_false(rate_take(&r, "a", 1, 11000, &now));
    for (int i = 0; i < 6; i++)
        assert_true(rate_take(&r, "a", 1, 200000, &now));
    assert_false(rate_take(&r, "a", 1, 200000, &now));
}

/* A million passers-by do not make who is limited free: each set forgets first who has used least. */
static void strangers_do_not_free_the_limited(void **state)
{
    struct rate r;
    struct rate_state now;
    rate_open(&r, *state, 60);
    while (rate_take(&r, "greedy", 6, 0, &now))
        ;
    int freed = 0;
    for (int i = 0; i < 1000000; i++) {
        assert_true(rate_take(&r, &i, sizeof i, 0, &now));
        freed += i % 1000 == 0 && rate_take(&r, "greedy", 6, 0, &now);
    }
    assert_int_equal(freed, 0);
}

static void odd_rates(void **state)
{
    struct rate r;
    struct rate_state now;
    rate_open(&r, *state, 1);
    assert_true(rate_take(&r, "", 0, 0, &now));
    assert_false(rate_take(&r, "", 0, 59999, &now));
    assert_true(rate_take(&r, "", 0, 60000, &now));
    rate_open(&r, *state, 7); /* does not divide a minute */
    for (int i = 0; i < 7; i++)
        assert_true(rate_take(&r, "x", 1, 0, &now));
    assert_false(rate_take(&r, "x", 1, 0, &now));
    rate_open(&r, *state, 0);
    assert_null(r.sets);
}

static struct peer peer_of(const char *text)
{
    struct peer p;
    assert_true(peer_read(str_of(text), &p));
    return p;
}

static void assert_peer(const struct peer *p, const char *text)
{
    struct peer wanted = peer_of(text);
    assert_memory_equal(p->at, wanted.at, sizeof wanted.at);
}

static void addresses_are_read(void **state)
{
    (void)state;
    struct peer p;
    static const char *const bad[] = { "", "unknown", "1.2.3", "1.2.3.4.5", "[::1", "_hidden", "1.2.3.4/8", "::g" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(peer_read(str_of(bad[i]), &p));
    p = peer_of("1.2.3.4:8080");
    assert_peer(&p, "1.2.3.4");
    assert_peer(&p, "::ffff:1.2.3.4");
    p = peer_of("[2001:db8::1]:80");
    assert_peer(&p, "2001:db8::1");
    p = peer_of("127.3.4.5");
    assert_true(peer_is_loopback(&p));
    p = peer_of("::1");
    assert_true(peer_is_loopback(&p));
    p = peer_of("::2");
    assert_false(peer_is_loopback(&p));
}

static struct networks networks_of(arena *a, const char *one, const char *other)
{
    struct networks made;
    str texts[] = { str_of(one), str_of(other) };
    assert_null(networks_read(a, &(strs){ texts, 2 }, "TRUSTED_PROXIES", &made));
    return made;
}

static void networks_hold_addresses(void **state)
{
    struct networks n = networks_of(*state, "10.128.0.0/9", " 2001:db8::/33");
    static const struct {
        const char *address;
        bool in;
    } rows[] = { { "10.128.0.1", true }, { "10.255.255.255", true }, { "10.127.255.255", false }, { "11.128.0.1", false },
                 { "2001:db8:7fff::1", true }, { "2001:db8:8000::1", false }, { "::10.128.0.1", false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct peer p = peer_of(rows[i].address);
        assert_int_equal(networks_have(&n, &p), rows[i].in);
    }
    static const char *const bad[] = { "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "/8", "proxy", "10.0.0.0/8/8" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        str text = str_of(bad[i]);
        assert_non_null(networks_read(*state, &(strs){ &text, 1 }, "TRUSTED_PROXIES", &n));
    }
}

static void assert_behind(arena *a, const char *connected, const char *first, const char *second, const char *wanted)
{
    struct networks trusted = networks_of(a, "127.0.0.0/8", "10.0.0.0/8");
    struct message *m = NEW(a, struct message);
    m->headers[0] = (struct header){ STR("x-forwarded-for"), str_of(first) };
    m->headers[1] = (struct header){ STR("Host"), STR("x") };
    m->headers[2] = (struct header){ STR("X-Forwarded-For"), str_of(second) };
    m->header_count = 3;
    struct peer from = peer_of(connected), who = peer_behind(m, &from, &trusted);
    assert_peer(&who, wanted);
}

/* What a client writes himself stands before what the proxy adds, and is never reached. */
static void proxies_are_believed_as_far_as_they_are_trusted(void **state)
{
    assert_behind(*state, "127.0.0.1", "", "5.6.7.8", "5.6.7.8");
    assert_behind(*state, "127.0.0.1", "", "1.1.1.1, 5.6.7.8", "5.6.7.8");
    assert_behind(*state, "127.0.0.1", "1.1.1.1", "5.6.7.8", "5.6.7.8");
    assert_behind(*state, "127.0.0.1", "5.6.7.8", "10.0.0.7", "5.6.7.8");
    assert_behind(*state, "127.0.0.1", "", "5.6.7.8 ,10.0.0.7,10.0.0.8", "5.6.7.8");
    assert_behind(*state, "9.9.9.9", "", "5.6.7.8", "9.9.9.9");
    assert_behind(*state, "127.0.0.1", "", "5.6.7.8, unknown", "127.0.0.1");
    assert_behind(*state, "127.0.0.1", "", "", "127.0.0.1");
    assert_behind(*state, "127.0.0.1", "", "10.0.0.1, 10.0.0.2", "10.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_at_once_then_evenly),
        cmocka_unit_test(strangers_do_not_free_the_limited),
        cmocka_unit_test(odd_rates),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(networks_hold_addresses),
        cmocka_unit_test(proxies_are_believed_as_far_as_they_are_trusted),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
