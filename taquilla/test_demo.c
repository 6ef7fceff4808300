/* test_demo.c - the demo's plan: facts that can be facts, no two showings in one room, no seat for two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "taquilla/demo.h"

#define SEEDS 200
#define TODAY ((day){ 20781 }) /* 2026-11-24 */

static arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void films_can_be_true(void **state)
{
    (void)state;
    day released, before = { INT64_MIN };
    assert_in_range(demo_film_count, 60, 128);
    for (size_t i = 0; i < demo_film_count; i++) {
        const struct demo_film *f = &demo_films[i];
        assert_true(day_read(str_of(f->released), &released));
        assert_true(released.days >= before.days); /* by date: one out of place is a typing error */
        before = released;
        assert_in_range(f->minutes, 60, 240);
        assert_true(f->rating > 5 && f->rating < 10);
        assert_true(f->genres[0] != NO_GENRE && f->cast[2] != NULL);
        assert_true(strlen(f->about) > 20 && strlen(f->about_es) > 20);
        assert_true(f->about[strlen(f->about) - 1] == '.' && f->about_es[strlen(f->about_es) - 1] == '.');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(f->title, demo_films[k].title);
    }
}

static void no_two_showings_meet(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        list plan = demo_plan(a, seed, (day){ TODAY.days + (int64_t)seed });
        assert_in_range(plan.count, 120, 320);
        for (size_t i = 1; i < plan.count; i++) {
            const struct planned_showing *s = LIST_AT(&plan, struct planned_showing, i), *last = s - 1;
            assert_in_range(s->film, 0, demo_film_count - 1);
            assert_true(s->price.cents > 0);
            if (s->room == last->room)
                assert_true(s->start.s >= last->start.s + (demo_films[last->film].minutes + 15) * 60);
            for (size_t k = 0; k < i; k++)
                if (LIST_AT(&plan, struct planned_showing, k)->film == s->film)
                    assert_int_equal(LIST_AT(&plan, struct planned_showing, k)->room, s->room);
        }
        arena_reset(a);
    }
}

static void days_are_those_around_today(void **state)
{
    (void)state;
    bool seen[DEMO_DAYS_BEFORE + 1 + DEMO_DAYS_AFTER] = { false };
    list plan = demo_plan(a, 1, TODAY);
    for (size_t i = 0; i < plan.count; i++) {
        int64_t off = day_of(LIST_AT(&plan, struct planned_showing, i)->start).days - TODAY.days + DEMO_DAYS_BEFORE;
        assert_in_range(off, 0, COUNT_OF(seen) - 1);
        seen[off] = true;
    }
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        assert_true(seen[i]);
}

static void no_seat_is_asked_for_twice(void **state)
{
    (void)state;
    size_t bookings = 0, fates[FATE_REFUNDED + 1] = { 0 };
    list plan = demo_plan(a, 1, TODAY);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned_showing *s = LIST_AT(&plan, struct planned_showing, i);
        list groups = demo_bookings(a, 1, i, s, (wall){ TODAY.days * 86400 }, DEMO_USER_COUNT);
        bool taken[16][32] = { { false } };
        for (size_t k = 0; k < groups.count; k++) {
            const struct planned_booking *b = LIST_AT(&groups, struct planned_booking, k);
            size_t seats = 0;
            for (const char *at = demo_rooms[s->room].rows[b->row]; *at; at++)
                seats += *at != '.';
            assert_true(b->count >= 1 && b->first + b->count <= seats);
            assert_true(b->user < DEMO_USER_COUNT);
            for (size_t n = b->first; n < b->first + b->count; n++) {
                assert_false(taken[b->row][n]);
                taken[b->row][n] = b->fate != FATE_CANCELLED && b->fate != FATE_REFUNDED;
            }
            fates[b->fate]++;
        }
        bookings += groups.count;
    }
    assert_in_range(bookings, 250, 900);
    for (size_t i = 0; i < COUNT_OF(fates); i++)
        assert_true(fates[i] > 0);
}

static void a_seed_gives_the_same_again(void **state)
{
    (void)state;
    list first = demo_plan(a, 7, TODAY), again = demo_plan(a, 7, TODAY), other = demo_plan(a, 8, TODAY);
    assert_int_equal(first.count, again.count);
    assert_memory_equal(first.at, again.at, first.count * sizeof(struct planned_showing));
    assert_true(first.count != other.count ||
                memcmp(first.at, other.at, first.count * sizeof(struct planned_showing)) != 0);
}

static void users_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEMO_USER_COUNT; i++) {
        struct demo_user u = demo_user_of(a, i);
        assert_true(str_ends(u.email, STR("@example.com")));
        for (size_t n = 0; n < u.email.len; n++)
            assert_true(u.email.at[n] > ' ' && u.email.at[n] < 127);
        for (size_t k = 0; k < i; k++)
            assert_false(str_equal(u.email, demo_user_of(a, k).email) || str_equal(u.name, demo_user_of(a, k).name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_can_be_true),
        cmocka_unit_test(no_two_showings_meet),
        cmocka_unit_test(days_are_those_around_today),
        cmocka_unit_test(no_seat_is_asked_for_twice),
        cmocka_unit_test(a_seed_gives_the_same_again),
        cmocka_unit_test(users_differ),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
