/* test_places.c - places against a plain walk through the array, while entries come, go and move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/places.h"

#define ENTRIES 3000
#define ROUNDS 20000

struct entry {
    int64_t id;
    int other;
};
static struct entry entries[ENTRIES];
static size_t count;
static struct places places;

static uint32_t walked(int64_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].id == id)
            return i;
    return PLACE_NONE;
}

static uint32_t found(int64_t id)
{
    return places_find(&places, entries, sizeof *entries, id);
}

static void add(int64_t id)
{
    entries[count] = (struct entry){ id, 0 };
    places_add(&places, entries, sizeof *entries, (uint32_t)count++);
}

/* The last takes the place of who goes. */
static void drop(uint32_t place)
{
    places_remove(&places, entries, sizeof *entries, entries[place].id);
    if (place == --count)
        return;
    entries[place] = entries[count];
    places_move(&places, entries, sizeof *entries, (uint32_t)count, place);
}

static uint64_t next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void every_entry_is_found_where_it_stands(void **state)
{
    (void)state;
    uint64_t dice = 7;
    count = 0;
    assert_int_equal(found(1), PLACE_NONE);
    places_remove(&places, entries, sizeof *entries, 1);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t id = (int64_t)(next_number(&dice) % (ENTRIES * 2)) - ENTRIES; /* close together, and below nothing too */
        uint32_t place = walked(id);
        assert_int_equal(found(id), place);
        if (place == PLACE_NONE && count < ENTRIES)
            add(id);
        else if (place != PLACE_NONE && next_number(&dice) % 2)
            drop(place);
        assert_int_equal(places.count, count);
    }
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(found(entries[i].id), i);
    places_free(&places);
    assert_int_equal(places.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_entry_is_found_where_it_stands) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
