/* test_seating.c - the best seats, in rooms drawn by hand and in thousands made by dice, against an oracle that tries everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/reservations/seating.h"

/* --- rooms as text: a row a line from the screen, its seats by number: . free, x claimed, v vip, a accessible, h the house's,
 *     o out of service, space no seat --- */

#define SEATS_MAX 400

struct hall {
    struct seat seats[SEATS_MAX];
    int64_t taken[SEATS_MAX];
    char names[SEATS_MAX][2];
    list all;
    ids claimed;
};

static void seat_draw(struct hall *h, char c, char row, int64_t number)
{
    size_t i = h->all.count++;
    h->names[i][0] = row;
    h->seats[i] = (struct seat){ .id = (int64_t)i + 1, .row_number = { h->names[i], 1 }, .seat_number = number,
                                 .seat_type = c == 'v' ? SEAT_VIP : SEAT_REGULAR, .accessible = c == 'a',
                                 .is_available = c != 'o', .house = c == 'h' };
    if (c == 'x')
        h->taken[h->claimed.count++] = (int64_t)i + 1;
}

static void hall_draw(struct hall *h, const char *text)
{
    *h = (struct hall){ .all = { h->seats, 0 }, .claimed = { h->taken, 0 } };
    char row = 'A';
    for (int64_t number = 1; *text; text++, number++) {
        if (*text == '\n') {
            row++;
            number = 0;
        } else if (*text != ' ') {
            seat_draw(h, *text, row, number);
        }
    }
}

/* Seats as people name them: "B3 B4". */
static const char *named(const struct hall *h, const ids *seats)
{
    static char text[SEATS_PER_BOOKING_MAX * 8];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < seats->count; i++) {
        const struct seat *s = &h->seats[seats->at[i] - 1];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%c%lld", i ? " " : "", s->row_number.at[0], (long long)s->seat_number);
    }
    return text;
}

static struct seat_wish wish_of(int64_t count)
{
    return (struct seat_wish){ .count = count, .seat_type = CHOICE_NONE, .together = true };
}

static struct hall hall;

static struct seating chosen(arena *a, const char *text, struct seat_wish wish)
{
    struct seating found;
    hall_draw(&hall, text);
    seating_choose(a, &hall.all, &hall.claimed, &wish, false, &found);
    return found;
}

static void assert_seats(arena *a, const char *text, struct seat_wish wish, const char *wanted)
{
    struct seating found = chosen(a, text, wish);
    assert_int_equal(found.end, SEATING_FOUND);
    assert_string_equal(named(&hall, &found.seats), wanted);
}

static void assert_none(arena *a, const char *text, struct seat_wish wish, enum seating_end end, int64_t left, int64_t beside)
{
    struct seating found = chosen(a, text, wish);
    assert_int_equal(found.end, end);
    assert_int_equal(found.left, left);
    if (end == SEATING_NOT_TOGETHER)
        assert_int_equal(found.beside, beside);
    assert_int_equal(found.seats.count, 0);
}

static int arena_open(void **state)
{
    *state = arena_new(64 * 1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

/* --- by hand --- */

static void two_thirds_back_and_in_the_middle(void **state)
{
    assert_seats(*state, "........\n........\n........\n........", wish_of(2), "C4 C5");
    assert_seats(*state, ".....\n.....\n.....\n.....\n.....\n.....\n.....", wish_of(1), "E3");
    assert_seats(*state, "..", wish_of(2), "A1 A2");
}

/* Sold seats belong to the row: its middle stays where the screen's is. */
static void the_middle_is_of_the_whole_row(void **state)
{
    assert_seats(*state, "xxxx......", wish_of(2), "A5 A6");
    assert_seats(*state, "xxxxx.....", wish_of(3), "A6 A7 A8");
}

static void no_single_seat_is_left_alone(void **state)
{
    assert_seats(*state, "xx.....xx", wish_of(2), "A3 A4"); /* A4 A5 would leave A3 alone */
    assert_seats(*state, "x.xx..x", wish_of(1), "A2");
    assert_seats(*state, ".....", wish_of(4), "A1 A2 A3 A4"); /* nor at the price of a booking */
    assert_seats(*state, ".......\nxx...xx", wish_of(2), "A3 A4");
}

static void an_aisle_parts_neighbours(void **state)
{
    assert_none(*state, ".. ..", wish_of(3), SEATING_NOT_TOGETHER, 4, 2);
    assert_seats(*state, ".. ...", wish_of(3), "A4 A5 A6");
}

static void kinds_of_seats(void **state)
{
    struct seat_wish vip = wish_of(2);
    vip.seat_type = SEAT_VIP;
    assert_seats(*state, "....\n.vv.\n....", vip, "B2 B3");
    assert_none(*state, "....\n.v..", vip, SEATING_TOO_FEW, 1, 0);
    assert_none(*state, "....", vip, SEATING_SOLD_OUT, 0, 0);
    assert_none(*state, "hhoo\nxx", wish_of(1), SEATING_SOLD_OUT, 0, 0);
    struct seating found;
    struct seat_wish two = wish_of(2);
    hall_draw(&hall, "hhoo\nxx");
    seating_choose(*state, &hall.all, &hall.claimed, &two, true, &found);
    assert_string_equal(named(&hall, &found.seats), "A1 A2");
}

static void accessible_seats_are_left_to_who_needs_them(void **state)
{
    struct seat_wish wheels = wish_of(2);
    wheels.accessible = true;
    assert_seats(*state, "a.....a\n.......", wish_of(7), "B1 B2 B3 B4 B5 B6 B7");
    assert_seats(*state, "..aa..", wish_of(2), "A1 A2");
    assert_seats(*state, "xxaaxx", wish_of(2), "A3 A4");
    assert_seats(*state, "a.....a\n.......", wheels, "A1 A2");
    assert_none(*state, ".......\n.x.", wheels, SEATING_SOLD_OUT, 0, 0);
    assert_none(*state, "ax...", wheels, SEATING_NOT_TOGETHER, 4, 1);
    wheels.together = false;
    assert_seats(*state, "ax...", wheels, "A1 A3");
}

static void apart_in_the_fewest_places(void **state)
{
    struct seat_wish five = wish_of(5);
    five.together = false;
    assert_none(*state, "...x...", wish_of(5), SEATING_NOT_TOGETHER, 6, 3);
    assert_seats(*state, "....x....\n....x....", (struct seat_wish){ .count = 4, .seat_type = CHOICE_NONE }, "B1 B2 B3 B4");
    assert_seats(*state, "x.x.x.x.x.\nxxxxxxxxxx\n...xxxxxxx\nx...xxxxxx", five, "C1 C2 C3 D3 D4");
    assert_seats(*state, "....xx.x", five, "A1 A2 A3 A4 A7");
    assert_seats(*state, "....xx..", five, "A2 A3 A4 A7 A8"); /* nobody sits alone */
    assert_seats(*state, ".\nx\nx\n.", (struct seat_wish){ .count = 2, .seat_type = CHOICE_NONE }, "A1 D1");
}

static void odd_rooms(void **state)
{
    assert_none(*state, "", wish_of(1), SEATING_SOLD_OUT, 0, 0);
    struct seat far[3] = { { .id = 1, .row_number = STR("A"), .seat_number = INT64_MIN, .is_available = true },
                           { .id = 2, .row_number = STR("A"), .seat_number = INT64_MAX, .is_available = true },
                           { .id = 3, .row_number = STR(""), .seat_number = 0, .is_available = true } };
    struct seat_wish one = wish_of(1), two = wish_of(2);
    struct seating found;
    seating_choose(*state, &(list){ far, 3 }, &(ids){ NULL, 0 }, &one, false, &found);
    assert_int_equal(found.end, SEATING_FOUND);
    seating_choose(*state, &(list){ far, 3 }, &(ids){ NULL, 0 }, &two, false, &found);
    assert_int_equal(found.end, SEATING_NOT_TOGETHER);
    two.together = false;
    seating_choose(*state, &(list){ far, 3 }, &(ids){ NULL, 0 }, &two, false, &found);
    assert_int_equal(found.seats.count, 2);
}

/* --- by dice --- */

static uint64_t dice = 88172645463325252ULL;

static int64_t roll(int64_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)sides);
}

static void hall_roll(struct hall *h)
{
    static char text[SEATS_MAX];
    static const char kinds[] = "....x...v.a.h.o ";
    size_t len = 0;
    int64_t rows = 1 + roll(6), row_seats = 1 + roll(14), full = roll(100);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t n = 0; n < row_seats; n++)
            text[len++] = roll(100) < full ? 'x' : kinds[roll((int64_t)sizeof kinds - 1)];
        text[len++] = '\n';
    }
    text[len] = '\0';
    hall_draw(h, text);
}

static const struct seat *seat_at(const struct hall *h, char row, int64_t number)
{
    for (size_t i = 0; i < h->all.count; i++)
        if (h->seats[i].row_number.at[0] == row && h->seats[i].seat_number == number)
            return &h->seats[i];
    return NULL;
}

static bool sellable(const struct hall *h, const struct seat *s)
{
    return s && s->is_available && !s->house && !ids_contain_sorted(&h->claimed, s->id);
}

static bool suits(const struct hall *h, const struct seat *s, const struct seat_wish *w)
{
    return sellable(h, s) && (w->seat_type == CHOICE_NONE || s->seat_type == w->seat_type);
}

/* What is left alone: a sellable seat beside the window whose other neighbour cannot be sold. */
static int64_t orphans_of(const struct hall *h, char row, int64_t first, int64_t last)
{
    int64_t left = sellable(h, seat_at(h, row, first - 1)) && !sellable(h, seat_at(h, row, first - 2));
    int64_t right = sellable(h, seat_at(h, row, last + 1)) && !sellable(h, seat_at(h, row, last + 2));
    return left + right;
}

static int64_t cost_of(const struct hall *h, const struct seat *s)
{
    int64_t low = INT64_MAX, high = 0, y, rows = 0;
    char before = 0, order = 0;
    for (size_t i = 0; i < h->all.count; i++) {
        const struct seat *other = &h->seats[i];
        if (other->row_number.at[0] != before)
            rows++;
        before = other->row_number.at[0];
        if (before != s->row_number.at[0])
            continue;
        order = (char)(rows - 1);
        low = other->seat_number < low ? other->seat_number : low;
        high = other->seat_number > high ? other->seat_number : high;
    }
    y = 3 * order - 2 * (rows - 1);
    return 9 * (2 * s->seat_number - low - high) * (2 * s->seat_number - low - high) + 16 * y * y;
}

/* How good a window is as one number, so that the oracle compares no better than it must; -1: it is none. */
static int64_t badness(const struct hall *h, char row, int64_t first, const struct seat_wish *w)
{
    int64_t such = 0, cost = 0;
    for (int64_t n = first; n < first + w->count; n++) {
        const struct seat *s = seat_at(h, row, n);
        if (!suits(h, s, w))
            return -1;
        such += s->accessible;
        cost += cost_of(h, s);
    }
    if (w->accessible && such == 0)
        return -1;
    return ((such - (w->accessible ? 1 : 0)) * 3 + orphans_of(h, row, first, first + w->count - 1)) * 100000000 + cost;
}

static int64_t oracle(const struct hall *h, const struct seat_wish *w)
{
    int64_t best = -1;
    for (char row = 'A'; row < 'G'; row++)
        for (int64_t first = 1; first <= 14; first++) {
            int64_t one = badness(h, row, first, w);
            if (one >= 0 && (best < 0 || one < best))
                best = one;
        }
    return best;
}

static void check_each(const struct hall *h, const struct seat_wish *w, const struct seating *found)
{
    bool such = false;
    assert_int_equal(found->seats.count, w->count);
    for (size_t i = 0; i < found->seats.count; i++) {
        assert_true(suits(h, &h->seats[found->seats.at[i] - 1], w));
        assert_true(i == 0 || found->seats.at[i] > found->seats.at[i - 1]);
        such |= h->seats[found->seats.at[i] - 1].accessible;
    }
    assert_true(such || !w->accessible);
}

static int64_t suiting(const struct hall *h, const struct seat_wish *w)
{
    int64_t count = 0;
    bool such = false;
    for (size_t i = 0; i < h->all.count; i++)
        if (suits(h, &h->seats[i], w)) {
            such |= h->seats[i].accessible;
            count++;
        }
    return w->accessible && !such ? 0 : count;
}

static void check_choice(arena *a, const struct hall *h, const struct seat_wish *w)
{
    struct seating found;
    seating_choose(a, &h->all, &h->claimed, w, false, &found);
    int64_t best = oracle(h, w), left = suiting(h, w);
    assert_int_equal(found.left, left);
    if (left < w->count) {
        assert_int_equal(found.end, left == 0 ? SEATING_SOLD_OUT : SEATING_TOO_FEW);
    } else if (best < 0 && w->together) {
        assert_int_equal(found.end, SEATING_NOT_TOGETHER);
        assert_true(found.beside < w->count);
    } else {
        assert_int_equal(found.end, SEATING_FOUND);
        check_each(h, w, &found);
    }
    if (found.end == SEATING_FOUND && best >= 0) { /* beside one another whenever a row has it, and no window is better */
        const struct seat *first = &h->seats[found.seats.at[0] - 1];
        assert_int_equal(badness(h, first->row_number.at[0], first->seat_number, w), best);
    }
}

static void as_good_as_trying_everything(void **state)
{
    for (int round = 0; round < 20000; round++) {
        struct seat_wish w = { .count = 1 + roll(round % 4 ? 5 : 20), .seat_type = roll(5) ? CHOICE_NONE : (unsigned)roll(3),
                               .accessible = roll(6) == 0, .together = roll(2) == 0 };
        hall_roll(&hall);
        check_choice(*state, &hall, &w);
        arena_reset(*state);
    }
}

/* Buyer after buyer until one is refused: then no row has what he wanted. Nothing is given twice. */
static void a_room_sells_to_its_end(void **state)
{
    for (int round = 0; round < 300; round++) {
        hall_roll(&hall);
        for (int64_t buyers = 0; buyers < SEATS_MAX; buyers++) {
            struct seat_wish w = wish_of(1 + roll(4));
            struct seating found;
            seating_choose(*state, &hall.all, &hall.claimed, &w, false, &found);
            assert_int_equal(found.end != SEATING_FOUND, oracle(&hall, &w) < 0);
            for (size_t i = 0; i < found.seats.count; i++)
                hall.taken[hall.claimed.count++] = found.seats.at[i];
            ids_sort(&hall.claimed);
            arena_reset(*state);
        }
        struct seat_wish one = wish_of(1);
        assert_int_equal(suiting(&hall, &one), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_thirds_back_and_in_the_middle),
        cmocka_unit_test(the_middle_is_of_the_whole_row),
        cmocka_unit_test(no_single_seat_is_left_alone),
        cmocka_unit_test(an_aisle_parts_neighbours),
        cmocka_unit_test(kinds_of_seats),
        cmocka_unit_test(accessible_seats_are_left_to_who_needs_them),
        cmocka_unit_test(apart_in_the_fewest_places),
        cmocka_unit_test(odd_rooms),
        cmocka_unit_test(as_good_as_trying_everything),
        cmocka_unit_test(a_room_sells_to_its_end),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
