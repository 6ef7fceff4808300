/* rooms_store.c - what services/rooms/store.h promises, asked of every implementation: nothing here knows its database. */
#include "tests/contract/racing.h"
#include "tests/contract/rooms_store.h"
#include "tests/contract/archiving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/loop/fiber.h"

const struct house_rules house = { .cleaning_minutes = 15, .sales_close_minutes = 20 };
bool awaited;
arena *a;
struct store *store;
static const ids NO_IDS;
static wall began;

void store_open(void)
{
    assert_null(place_open(a, &store));
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1); /* the loop runs from here on, */
    fiber_sleep(1); /* and has ended a turn */
    body();
    if (store)
        store->close(store);
    loop_stop();
}

void on_place(void (*run)(void))
{
    a = arena_new((size_t)512 << 20);
    store = NULL;
    awaited = false;
    assert_null(clock_set_zone(a, "America/Lima"));
    began = clock_wall_now();
    place_new();
    loop_open();
    body = run;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    place_drop();
    racing_over();
    arena_free(a);
}

static void (*store_body)(void);

static void store_body_run(void)
{
    store_open();
    store_body();
}

/* Each test is a fiber with a fresh store. */
void on_store(void (*run)(void))
{
    store_body = run;
    on_place(store_body_run);
}

void assert_refused(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

/* --- makers --- */

struct room room_make(int64_t capacity)
{
    struct room made;
    struct room_new want = { .name = STR("Sala 1"),
                             .capacity = capacity,
                             .screen_type = SCREEN_3D };
    assert_null(store->room_create(store, a, NULL, &want, &made));
    return made;
}

static const fault *seats_make(int64_t room_id, int64_t per_row, list *out)
{
    struct seats_new want = { .auto_generate = true, .seats_per_row = per_row };
    return store->seats_create(store, a, NULL, room_id, &want, out);
}

/* Minutes from the test's begin, in whole minutes of the wall: the same however long it runs. */
static wall in_minutes(int64_t minutes)
{
    return (wall){ began.s / 60 * 60 + minutes * 60 };
}

const fault *showing_try(struct store *at, int64_t room_id, const char *movie_id, int64_t minutes,
                                struct showing *out)
{
    struct showing_new want = {
        .movie_id = str_of(movie_id),
        .room_id = room_id,
        .show_time = in_minutes(minutes),
        .price = { 1250 },
        .sales_open_at = INSTANT_NONE,
        .sales_close_at = INSTANT_NONE,
    };
    return at->showing_create(at, a, NULL, &want, 60, out);
}

struct showing showing_make(int64_t room_id, const char *movie_id, int64_t minutes)
{
    struct showing made;
    assert_null(showing_try(store, room_id, movie_id, minutes, &made));
    return made;
}

static struct showing_edit edit_of(const char *field)
{
    const struct shape *s = &rooms_showing_edit_shape;
    return (struct showing_edit){
        .given = UINT64_C(1) << (shape_field(s, str_of(field)) - s->fields),
        .sales_open_at = INSTANT_NONE,
        .sales_close_at = INSTANT_NONE,
    };
}

static struct event last_event(void)
{
    struct event_page page;
    int64_t position = store->position(store);
    assert_null(store->feed_read(store, a, position - 1, 1, &page));
    assert_int_equal(page.events.count, 1);
    return *LIST_AT(&page.events, struct event, 0);
}

/* --- rooms and seats --- */

static void rooms_and_seats(void)
{
    struct room room = room_make(25), found;
    assert_text(last_event().type, "room.changed");
    assert_null(store->room_find(store, a, room.id, &found));
    assert_text(found.name, "Sala 1");
    assert_int_equal(found.screen_type, SCREEN_3D);
    assert_refused(store->room_find(store, a, 99, &found), "room_unknown");

    list seats;
    assert_null(seats_make(room.id, 10, &seats));
    assert_int_equal(seats.count, 25);
    assert_text(last_event().type, "seats.changed");
    assert_refused(seats_make(room.id, 10, &seats), "seat_exists");
    assert_refused(seats_make(99, 10, &seats), "room_unknown");

    struct seat extra = { .row_number = STR("Z"), .seat_number = 1, .is_available = true };
    struct seats_new want = {
        .seats = {&extra, 1}
    };
    assert_refused(store->seats_create(store, a, NULL, room.id, &want, &seats),
                   "capacity_exceeded");
    extra.row_number = STR("a");
    assert_refused(store->seats_create(store, a, NULL, room.id, &want, &seats), "seat_exists");

    struct room_edit smaller = { .capacity = 24, .given = 1 << 1 };
    assert_refused(store->room_edit(store, a, room.id, &smaller, &NO_IDS, &found),
                   "capacity_exceeded");
    smaller.capacity = 30;
    assert_null(store->room_edit(store, a, room.id, &smaller, &NO_IDS, &found));
    assert_int_equal(found.capacity, 30);
    assert_text(found.name, "Sala 1");
}

static void seats_are_all_made_or_none(void)
{
    struct room room = room_make(100);
    struct seat rows[] = {
        {.row_number = STR("AA"), .seat_number = 2, .seat_type = SEAT_VIP },
        { .row_number = STR("B"),                      .seat_number = 1               },
        { .row_number = STR("AA"),                      .seat_number = 1},
        { .row_number = STR("B"),                      .seat_number = 1                }
    };
    struct seats_new want = {
        .seats = {rows, 4}
    };
    struct paging all = { .limit = LIMIT_NONE };
    list made, found;
    int64_t position = store->position(store);
    assert_refused(store->seats_create(store, a, NULL, room.id, &want, &made), "seat_exists");
    assert_null(store->seats_list(store, a, room.id, &all, &found));
    assert_int_equal(found.count, 0);
    assert_int_equal(store->position(store), position);
    want.seats.count = 3;
    assert_null(store->seats_create(store, a, NULL, room.id, &want, &made));
    assert_null(store->seats_list(store, a, room.id, &all, &found));
    static const char *const in_order[] = { "B", "AA", "AA" };
    for (size_t i = 0; i < 3; i++)
        assert_text(LIST_AT(&found, struct seat, i)->row_number, in_order[i]);
    assert_int_equal(LIST_AT(&found, struct seat, 2)->seat_type, SEAT_VIP);

    struct seat edited, *first = LIST_AT(&found, struct seat, 0);
    struct seat_edit closing = rooms_seat_closing();
    assert_null(store->seat_edit(store, a, room.id, first->id, &closing, &edited));
    assert_false(edited.is_available);
    assert_refused(store->seat_edit(store, a, room.id, 99, &closing, &edited), "seat_unknown");
    struct seat_edit twin = { .row_number = STR("aa"), .seat_number = 2, .given = 3 };
    assert_refused(store->seat_edit(store, a, room.id, first->id, &twin, &edited), "seat_exists");
}

/* The largest room there is, in one act. */
static void a_hall_of_ten_thousand(void)
{
    struct room hall = room_make(CAPACITY_MAX);
    list made, found;
    assert_null(seats_make(hall.id, 100, &made));
    assert_int_equal(made.count, CAPACITY_MAX);
    assert_null(store->seats_list(store, a, hall.id, &(struct paging){ .limit = LIMIT_NONE }, &found));
    for (size_t i = 0; i < CAPACITY_MAX; i++) {
        const struct seat *seat = LIST_AT(&found, struct seat, i), *told = LIST_AT(&made, struct seat, i);
        assert_int_equal(seat->seat_number, (int64_t)(i % 100) + 1);
        assert_int_equal(seat->id, told->id);
        assert_true(str_equal(seat->row_number, told->row_number));
    }
    assert_non_null(memmem(last_event().data.at, last_event().data.len, "\"CV\"", 4));
}

static void keys_give_the_same_answer(void)
{
    struct once once = { STR("POST /api/rooms/1/seats"), STR("key"), STR("hash") };
    struct room room = room_make(3);
    struct seats_new want = { .auto_generate = true, .seats_per_row = 2 };
    list first, again;
    assert_null(store->seats_create(store, a, &once, room.id, &want, &first));
    assert_null(store->seats_create(store, a, &once, room.id, &want, &again));
    assert_int_equal(again.count, 3);
    assert_int_equal(LIST_AT(&again, struct seat, 2)->id, LIST_AT(&first, struct seat, 2)->id);
    once.body_hash = STR("another");
    assert_refused(store->seats_create(store, a, &once, room.id, &want, &again),
                   "idempotency_key_reused");

    struct once showing_once = { STR("POST /api/schedules"), STR("key"), STR("hash") };
    struct showing_new showing = { .movie_id = STR("m"),
                                   .room_id = room.id,
                                   .show_time = in_minutes(60),
                                   .price = { 1 },
                                   .sales_open_at = INSTANT_NONE,
                                   .sales_close_at = INSTANT_NONE };
    struct showing made, recalled;
    bool seen;
    assert_null(store->showing_recall(store, a, &showing_once, &recalled, &seen));
    assert_false(seen);
    assert_null(store->showing_create(store, a, &showing_once, &showing, 60, &made));
    assert_null(store->showing_recall(store, a, &showing_once, &recalled, &seen));
    assert_true(seen);
    assert_int_equal(recalled.id, made.id);
    assert_int_equal(recalled.starts_at.ms, made.starts_at.ms);
    assert_int_equal(recalled.sales_close_at.ms, made.sales_close_at.ms);
}

/* --- showings --- */

static void showings_do_not_meet(void)
{
    struct room one = room_make(10), two = room_make(10);
    struct showing first = showing_make(one.id, "m", 600), other;
    assert_text(last_event().type, "showing.changed");
    assert_int_equal(first.ends_at.ms - first.starts_at.ms, 60 * 60000);
    assert_int_equal(first.sales_close_at.ms - first.starts_at.ms, 20 * 60000);

    const fault *problem = showing_try(store, one.id, "m", 674, &other);
    assert_refused(problem, "showing_overlaps");
    assert_int_equal(problem->named.count, 1);
    assert_int_equal(problem->named.at[0], first.id);
    assert_refused(showing_try(store, one.id, "m", 526, &other), "showing_overlaps");
    assert_refused(showing_try(store, 99, "m", 526, &other), "room_unknown");
    struct showing next = showing_make(one.id, "m", 675);
    showing_make(one.id, "m", 525);
    showing_make(two.id, "m", 600);

    struct showing_edit later = edit_of("show_time");
    later.show_time = in_minutes(610);
    assert_refused(store->showing_edit(store, a, &first, &later, 0, &other), "showing_overlaps");
    later.show_time = in_minutes(690);
    assert_null(store->showing_edit(store, a, &next, &later, 0, &next)); /* not with itself */
    later.show_time = in_minutes(605);
    assert_null(store->showing_edit(store, a, &first, &later, 0, &first));
    assert_int_equal(first.sales_close_at.ms - first.starts_at.ms,
                     20 * 60000); /* the default moved along */

    assert_null(store->showing_close(store, a, first.id, &other));
    assert_false(other.is_active);
    assert_null(store->showing_close(store, a, first.id, &other));
    showing_make(one.id, "m", 605); /* its time is free again */
    struct showing_edit reopen = edit_of("is_active");
    reopen.is_active = true;
    assert_null(store->showing_find(store, a, first.id, &first));
    assert_refused(store->showing_edit(store, a, &first, &reopen, 0, &other), "showing_overlaps");
}

static void edits_are_decided_on_what_is_there(void)
{
    struct room one = room_make(10), two = room_make(10);
    struct showing found = showing_make(one.id, "m", 600), made;
    struct showing_edit move = edit_of("room_id");
    move.room_id = two.id;
    assert_null(store->showing_edit(store, a, &found, &move, 0, &made));
    assert_int_equal(made.room_id, two.id);
    struct showing_edit cheaper = edit_of("price");
    cheaper.price.cents = 500;
    assert_refused(store->showing_edit(store, a, &found, &cheaper, 0, &made), "changed_meanwhile");
    assert_null(store->showing_edit(store, a, &made, &cheaper, 0, &made));
    assert_int_equal(made.price.cents, 500);

    struct showing_edit window = edit_of("sales_open_at");
    window.sales_open_at = made.ends_at;
    assert_refused(store->showing_edit(store, a, &made, &window, 0, &made), "validation_failed");
    window.sales_open_at.ms = made.starts_at.ms;
    assert_null(store->showing_edit(store, a, &made, &window, 90, &made));
    assert_int_equal(made.length_minutes, 90);
    assert_int_equal(made.ends_at.ms - made.starts_at.ms, 90 * 60000);
}

static void waiting_rooms_come_and_go(void)
{
    struct room room = room_make(10);
    struct showing_new want = { .movie_id = STR("m"), .room_id = room.id, .show_time = in_minutes(900), .price = { 1250 },
                                .sales_open_at = INSTANT_NONE, .sales_close_at = INSTANT_NONE, .waiting_room = true };
    struct showing plain = showing_make(room.id, "m", 600), made, found, off;
    assert_null(store->showing_create(store, a, NULL, &want, 60, &made));
    assert_true(made.waiting_room);
    assert_non_null(strstr(arena_cstr(a, last_event().data), "\"waiting_room\":true"));
    assert_null(store->showing_find(store, a, made.id, &found));
    assert_true(found.waiting_room);
    assert_null(store->showing_find(store, a, plain.id, &found));
    assert_false(found.waiting_room);

    struct showing_edit edit = edit_of("price"); /* what it does not name stays */
    edit.price.cents = 900;
    assert_null(store->showing_edit(store, a, &made, &edit, 0, &made));
    assert_true(made.waiting_room);
    edit = edit_of("waiting_room");
    assert_null(store->showing_edit(store, a, &made, &edit, 0, &off));
    assert_false(off.waiting_room);
    assert_non_null(strstr(arena_cstr(a, last_event().data), "\"waiting_room\":false"));
    edit.waiting_room = true;
    assert_null(store->showing_edit(store, a, &plain, &edit, 0, &plain));
    assert_null(store->showing_edit(store, a, &plain, &edit, 0, &plain)); /* once more changes nothing */
    assert_null(store->showing_find(store, a, plain.id, &found));
    assert_true(found.waiting_room);
}

static void rooms_close_with_their_showings(void)
{
    struct room room = room_make(10);
    showing_make(room.id, "m", -600); /* over */
    struct showing first = showing_make(room.id, "m", -30),
                   second = showing_make(room.id, "m", 600), found;
    ids to_come;
    assert_null(store->room_showings(store, a, room.id, &to_come));
    assert_int_equal(to_come.count, 2);
    assert_int_equal(to_come.at[0], first.id);

    struct room_edit closing = rooms_room_closing();
    ids too_few = { &first.id, 1 };
    assert_refused(store->room_edit(store, a, room.id, &closing, &too_few, &room),
                   "changed_meanwhile");
    assert_null(store->showing_find(store, a, first.id, &found));
    assert_true(found.is_active);
    assert_null(store->room_edit(store, a, room.id, &closing, &to_come, &room));
    assert_false(room.is_active);
    assert_null(store->showing_find(store, a, second.id, &found));
    assert_false(found.is_active);
    assert_refused(showing_try(store, room.id, "m", 900, &found), "room_inactive");
    list listed;
    assert_null(store->rooms_list(store, a, &(struct paging){ .limit = 10 }, &listed));
    assert_int_equal(listed.count, 0);
}

/* --- lists --- */

static void assert_listed(struct showing_filter want, size_t count,
                          const struct showing *const *wanted)
{
    list found;
    assert_null(store->showings_find(store, a, &want, &found));
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(LIST_AT(&found, struct showing, i)->id, wanted[i]->id);
}

#define LISTED(filter, ...)                                                                        \
    assert_listed(filter, COUNT_OF(((const struct showing *[]){ __VA_ARGS__ })),                   \
                  (const struct showing *[]){ __VA_ARGS__ })
#define PROGRAM(limit_max, ...)                                                                    \
    ((struct showing_filter){ ALWAYS, .active = true, .order = ORDER_SELLABLE_FIRST,               \
                              .limit = limit_max, __VA_ARGS__ })
#define BY_TIME(active_only, ...)                                                                  \
    ((struct showing_filter){ .active = active_only, .limit = 100, __VA_ARGS__ })
#define ALWAYS .from = WALL_NONE, .until = WALL_NONE

static void showings_are_listed_in_order(void)
{
    struct room one = room_make(10), two = room_make(10);
    struct showing tomorrow = showing_make(one.id, "m", 1440),
                   old = showing_make(one.id, "m", -4000);
    struct showing soon = showing_make(two.id, "n", 30), now = showing_make(one.id, "m", -30);
    struct showing ended = showing_make(two.id, "m", -90), closed = showing_make(two.id, "m", 300);
    assert_null(store->showing_close(store, a, closed.id, &closed));

    LISTED(PROGRAM(100, .offset = 0), &now, &soon, &tomorrow, &ended, &old);
    LISTED(PROGRAM(2, .offset = 0), &now, &soon);
    LISTED(PROGRAM(2, .offset = 2), &tomorrow, &ended);
    LISTED(PROGRAM(2, .offset = 4), &old);
    assert_listed(PROGRAM(2, .offset = 5), 0, NULL);
    assert_listed(PROGRAM(0, .offset = 0), 0, NULL);
    LISTED(PROGRAM(100, .movie_id = STR("m")), &now, &tomorrow, &ended, &old);
    LISTED(PROGRAM(100, .room_id = two.id), &soon, &ended);
    LISTED(PROGRAM(100, .movie_id = STR("m"), .room_id = two.id), &ended);
    struct showing_filter about_now = PROGRAM(100, .offset = 0);
    about_now.from = in_minutes(-100);
    about_now.until = in_minutes(100);
    LISTED(about_now, &now, &soon, &ended);
    LISTED(BY_TIME(true, ALWAYS), &old, &ended, &now, &soon, &tomorrow);
    LISTED(BY_TIME(true, ALWAYS, .not_over = true), &now, &soon, &tomorrow);
    LISTED(BY_TIME(false, ALWAYS, .not_over = true), &now, &soon, &closed, &tomorrow);
    int64_t wanted[] = { closed.id, old.id, 12345 };
    struct showing_filter named = BY_TIME(false, ALWAYS);
    named.ids = (ids){ wanted, 3 };
    LISTED(named, &old, &closed);
    named.active = true;
    LISTED(named, &old);
}

static void showings_come_with_their_room(void)
{
    struct room room = room_make(3);
    list listed;
    showing_make(room.id, "m", 60);
    assert_null(store->showings_with_rooms(store, a, &BY_TIME(true, ALWAYS), &listed));
    assert_int_equal(listed.count, 1);
    assert_int_equal(LIST_AT(&listed, struct showing, 0)->room->capacity, 3);
}

/* --- films that last longer --- */

#define FILM(id, length) (&(struct film_length){ STR(id), length })

static void assert_lasts(const struct showing *s, int64_t minutes)
{
    struct showing found;
    assert_null(store->showing_find(store, a, s->id, &found));
    assert_int_equal(found.length_minutes, minutes);
    assert_int_equal(found.ends_at.ms - found.starts_at.ms, minutes * 60000);
    assert_int_equal(found.starts_at.ms, s->starts_at.ms);
}

static void showings_to_come_last_as_long_as_their_film(void)
{
    struct room one = room_make(10), two = room_make(10);
    struct showing running = showing_make(one.id, "m", -30), first = showing_make(one.id, "m", 600),
                   next = showing_make(one.id, "m", 700), other = showing_make(one.id, "n", 900),
                   gone = showing_make(two.id, "m", 600);
    ids meeting;
    list lengths;
    assert_null(store->showing_close(store, a, gone.id, &gone));
    assert_null(store->film_lengths(store, a, &lengths));
    assert_int_equal(lengths.count, 2);
    assert_int_equal(LIST_AT(&lengths, struct film_length, 1)->minutes, 60);
    int64_t position = store->position(store);
    assert_null(store->film_lasts(store, a, FILM("m", 60), &meeting)); /* as they do */
    assert_int_equal(store->position(store), position);
    assert_null(store->film_lasts(store, a, FILM("m", 85), &meeting));
    assert_int_equal(meeting.count, 0);
    assert_int_equal(store->position(store), position + 3);
    assert_text(last_event().type, "showing.changed");
    assert_lasts(&first, 85);
    assert_lasts(&next, 85);
    assert_lasts(&gone, 85); /* it may be taken up again */
    assert_lasts(&running, 60);
    assert_lasts(&other, 60);

    assert_null(store->film_lasts(store, a, FILM("m", 86), &meeting)); /* fifteen minutes to clean are not left */
    assert_int_equal(meeting.count, 2);
    assert_int_equal(meeting.at[0], first.id);
    assert_int_equal(meeting.at[1], next.id);
    struct showing_edit cheaper = edit_of("price");
    cheaper.price.cents = 500;
    assert_null(store->showing_find(store, a, first.id, &first));
    assert_null(store->showing_edit(store, a, &first, &cheaper, 0, &first)); /* it stays where it is */
    assert_refused(showing_try(store, one.id, "m", 800, &other), "showing_overlaps"); /* by the new length */
    assert_null(store->film_lasts(store, a, FILM("m", 30), &meeting));
    assert_int_equal(meeting.count, 0);
    showing_make(one.id, "m", 745); /* next ends at 730 now */
}

static struct showing_new new_at(int64_t room_id, const char *wall_clock)
{
    struct showing_new want = { .movie_id = STR("m"), .room_id = room_id, .price = { 1250 },
                                .sales_open_at = INSTANT_NONE, .sales_close_at = INSTANT_NONE };
    bool zoned;
    assert_true(wall_read(str_of(wall_clock), &want.show_time, &zoned));
    return want;
}

static const fault *try_at(int64_t room_id, const char *wall_clock, int64_t minutes, struct showing *out)
{
    struct showing_new want = new_at(room_id, wall_clock);
    return store->showing_create(store, a, NULL, &want, minutes, out);
}

static void assert_meet(const char *first, int64_t minutes, const char *meets, const char *free)
{
    struct room room = room_make(10);
    struct showing made, other;
    assert_null(try_at(room.id, first, minutes, &made));
    assert_int_equal(made.ends_at.ms - made.starts_at.ms, minutes * 60000);
    assert_refused(try_at(room.id, meets, 30, &other), "showing_overlaps");
    assert_null(try_at(room.id, free, 30, &other));
    struct showing_edit edit = edit_of("show_time");
    edit.show_time = new_at(room.id, meets).show_time;
    assert_refused(store->showing_edit(store, a, &other, &edit, 0, &other), "showing_overlaps");
    edit.show_time.s = made.show_time.s + 60; /* into its own time, a minute later */
    assert_null(store->showing_find(store, a, other.id, &other));
    assert_null(store->showing_close(store, a, other.id, &other));
    assert_null(store->showing_edit(store, a, &made, &edit, 0, &made));
}

/* In Madrid 2030-03-31 has no hour from 2 to 3, and 2030-10-27 has it twice. */
static void nights_of_23_and_25_hours(void)
{
    assert_null(clock_set_zone(a, "Europe/Madrid"));
    assert_meet("2030-06-01T23:00:00", 120, "2030-06-02T01:14:00", "2030-06-02T01:15:00"); /* over midnight */
    assert_meet("2030-03-31T01:00:00", 90, "2030-03-31T03:44:00", "2030-03-31T03:45:00");
    assert_meet("2030-10-27T01:30:00", 120, "2030-10-27T02:59:00", "2030-10-27T03:00:00"); /* ends at the second 2:30 */
    struct room room = room_make(10);
    struct showing made;
    assert_null(try_at(room.id, "2030-10-27T01:00:00", 150, &made)); /* ends at the second 2:30, too */
    assert_refused(try_at(room.id, "2030-10-27T02:45:00", 30, &made), "showing_overlaps"); /* the first 2:45 */
    assert_null(try_at(room.id, "2030-10-27T03:00:00", 30, &made));
}

/* --- stopped sales, other zones --- */

static void stopped_sales_are_remembered(void)
{
    struct room room = room_make(10);
    struct showing one = showing_make(room.id, "m", 60), two = showing_make(room.id, "m", 600);
    int64_t both[] = { one.id, two.id };
    list stopped;
    assert_null(store->stops_begin(store, a, &(ids){ both, 2 }));
    assert_null(store->stops_begin(store, a, &(ids){ both, 1 }));
    assert_null(store->showing_close(store, a, two.id, &two));
    store->close(store);
    store_open();
    assert_null(store->stops_list(store, a, &stopped));
    assert_int_equal(stopped.count, 2);
    assert_true(LIST_AT(&stopped, struct stopped_sale, 0)->is_active);
    assert_false(LIST_AT(&stopped, struct stopped_sale, 1)->is_active);
    assert_null(store->stops_end(store, a, &(ids){ both, 2 }));
    assert_null(store->stops_list(store, a, &stopped));
    assert_int_equal(stopped.count, 0);
}

static void another_zone_keeps_the_wall_clock(void)
{
    struct room room = room_make(10);
    struct showing made = showing_make(room.id, "m", 600), found;
    store->close(store);
    store_open();
    int64_t position = store->position(store);
    store->close(store);
    assert_null(clock_set_zone(a, "Asia/Tokyo"));
    store_open();
    assert_int_equal(store->position(store), position + 1);
    assert_text(last_event().type, "showing.changed");
    assert_null(store->showing_find(store, a, made.id, &found));
    assert_int_equal(found.show_time.s, made.show_time.s);
    assert_int_equal(made.starts_at.ms - found.starts_at.ms, INT64_C(14) * 3600000);
    assert_int_equal(found.ends_at.ms - found.starts_at.ms, INT64_C(60) * 60000);
    store->close(store);
    store_open();
    assert_int_equal(store->position(store), position + 1);
}

/* --- many at once --- */

#define REPLICAS 4
#define WRITERS 32
static struct store *replicas[REPLICAS];

/* On one place; an implementation for one process alone is asked by all. */
static void replicas_open(void)
{
    replicas[0] = store;
    for (size_t i = 1; i < REPLICAS; i++) {
        replicas[i] = store;
        if (place_takes_replicas)
            assert_null(place_open(a, &replicas[i]));
    }
}

static void replicas_close(void)
{
    for (size_t i = 1; i < REPLICAS; i++)
        if (replicas[i] != store)
            replicas[i]->close(replicas[i]);
}

struct racer {
    struct store *at;
    int64_t room_id, minutes;
    const struct once *once;
    const fault *problem;
    struct showing made;
};

static void race(void *arg)
{
    struct racer *me = arg;
    struct showing_new want = { .movie_id = STR("m"), .room_id = me->room_id, .show_time = in_minutes(me->minutes),
                                .price = { 1250 }, .sales_open_at = INSTANT_NONE, .sales_close_at = INSTANT_NONE };
    me->problem = me->at->showing_create(me->at, racing_arena(), me->once, &want, 60, &me->made);
}

static void races_run(struct racer racers[WRITERS])
{
    struct group all = { 0 };
    for (size_t i = 0; i < WRITERS; i++)
        assert_true(group_start(&all, "racer", race, &racers[i]));
    group_wait(&all);
}

/* All want the same room within the same hour: one gets it, and the others are told who. */
static void one_of_many_gets_the_room(void)
{
    replicas_open();
    struct room room = room_make(10);
    struct racer racers[WRITERS] = { 0 };
    for (size_t i = 0; i < WRITERS; i++)
        racers[i] = (struct racer){ .at = replicas[i % REPLICAS], .room_id = room.id, .minutes = 600 + (int64_t)i };
    races_run(racers);
    int64_t winner = 0;
    for (size_t i = 0; i < WRITERS; i++)
        if (!racers[i].problem) {
            assert_int_equal(winner, 0);
            winner = racers[i].made.id;
        }
    assert_true(winner > 0);
    for (size_t i = 0; i < WRITERS; i++)
        if (racers[i].problem) {
            assert_refused(racers[i].problem, "showing_overlaps");
            assert_int_equal(racers[i].problem->named.at[0], winner);
        }
    replicas_close();
}

static void a_key_sent_to_many_is_done_once(void)
{
    replicas_open();
    struct room room = room_make(10);
    struct once once = { STR("POST /api/schedules"), STR("key"), STR("hash") };
    struct racer racers[WRITERS] = { 0 };
    for (size_t i = 0; i < WRITERS; i++)
        racers[i] = (struct racer){ .at = replicas[i % REPLICAS], .room_id = room.id, .minutes = 600, .once = &once };
    races_run(racers);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_null(racers[i].problem);
        assert_int_equal(racers[i].made.id, racers[0].made.id);
    }
    replicas_close();
}

/* --- the log, while many write --- */

#define ROOMS_EACH 8

struct watch_log {
    struct store *at;
    bool *ended;
    int64_t read, holes, back; /* events; positions that were not the next; times before the one before */
};

/* What a follower does: it must see each position in turn, whatever is being committed meanwhile. */
static void log_watch(void *arg)
{
    struct watch_log *me = arg;
    arena *own = arena_new((size_t)64 << 20);
    int64_t after = 0, time_ms = 0;
    for (bool last = false; !last;) {
        struct event_page page = { .position = 0 };
        last = *me->ended;
        do {
            assert_null(me->at->feed_read(me->at, own, after, 7, &page));
            for (size_t i = 0; i < page.events.count; i++) {
                const struct event *e = LIST_AT(&page.events, struct event, i);
                me->holes += e->position != after + 1;
                me->back += e->time.ms < time_ms;
                after = e->position;
                time_ms = e->time.ms;
                me->read++;
            }
        } while (page.events.count > 0);
        arena_reset(own);
        fiber_sleep(1);
    }
    arena_free(own);
}

static void rooms_write(void *arg)
{
    struct store *at = arg;
    arena *own = racing_arena();
    for (int i = 0; i < ROOMS_EACH; i++) {
        struct room made;
        struct room_new want = { .name = STR("Sala"), .capacity = 10, .screen_type = SCREEN_2D };
        assert_null(at->room_create(at, own, NULL, &want, &made));
    }
}

static struct watch_log log_under_writers(void)
{
    bool ended = false;
    struct watch_log watchers[2] = { { .at = replicas[0], .ended = &ended }, { .at = replicas[1], .ended = &ended } };
    struct group writers = { 0 }, readers = { 0 };
    for (size_t i = 0; i < COUNT_OF(watchers); i++)
        assert_true(group_start(&readers, "reader", log_watch, &watchers[i]));
    for (size_t i = 0; i < WRITERS; i++)
        assert_true(group_start(&writers, "writer", rooms_write, replicas[i % REPLICAS]));
    group_wait(&writers);
    ended = true;
    group_wait(&readers);
    watchers[0].holes += watchers[1].holes;
    watchers[0].back += watchers[1].back;
    return watchers[0];
}

static void positions_are_dense_in_commit_order(void)
{
    replicas_open();
    setenv("TAQUILLA_TEST_COMMIT_PAUSE_MS", "3", 1);
    struct watch_log seen = log_under_writers();
    unsetenv("TAQUILLA_TEST_COMMIT_PAUSE_MS");
    assert_int_equal(seen.holes, 0);
    assert_int_equal(seen.back, 0);
    assert_int_equal(seen.read, WRITERS * ROOMS_EACH);
    replicas_close();
}

#ifdef TAQUILLA_TEST_TWINS
/* The twin takes its positions from AUTO_INCREMENT and no lock: the same reader must find that out, or it would find nothing. */
static void bare_positions_are_found_out(void)
{
    if (!place_takes_replicas)
        return; /* its one writer has no twin */
    replicas_open();
    setenv("TAQUILLA_TEST_UNSAFE", "positions", 1);
    setenv("TAQUILLA_TEST_COMMIT_PAUSE_MS", "3", 1);
    struct watch_log seen = log_under_writers();
    unsetenv("TAQUILLA_TEST_COMMIT_PAUSE_MS");
    unsetenv("TAQUILLA_TEST_UNSAFE");
    assert_true(seen.holes > 0);
    replicas_close();
}
ON_STORE(bare_positions_are_found_out)
#endif

ON_STORE(rooms_and_seats)
ON_STORE(seats_are_all_made_or_none)
ON_STORE(a_hall_of_ten_thousand)
ON_STORE(keys_give_the_same_answer)
ON_STORE(showings_do_not_meet)
ON_STORE(edits_are_decided_on_what_is_there)
ON_STORE(waiting_rooms_come_and_go)
ON_STORE(rooms_close_with_their_showings)
ON_STORE(showings_are_listed_in_order)
ON_STORE(showings_come_with_their_room)
ON_STORE(showings_to_come_last_as_long_as_their_film)
ON_STORE(nights_of_23_and_25_hours)
ON_STORE(stopped_sales_are_remembered)
ON_STORE(another_zone_keeps_the_wall_clock)
ON_STORE(one_of_many_gets_the_room)
ON_STORE(a_key_sent_to_many_is_done_once)
ON_STORE(positions_are_dense_in_commit_order)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rooms_and_seats),
        cmocka_unit_test(test_seats_are_all_made_or_none),
        cmocka_unit_test(test_a_hall_of_ten_thousand),
        cmocka_unit_test(test_keys_give_the_same_answer),
        cmocka_unit_test(test_showings_do_not_meet),
        cmocka_unit_test(test_edits_are_decided_on_what_is_there),
        cmocka_unit_test(test_waiting_rooms_come_and_go),
        cmocka_unit_test(test_rooms_close_with_their_showings),
        cmocka_unit_test(test_showings_are_listed_in_order),
        cmocka_unit_test(test_showings_come_with_their_room),
        cmocka_unit_test(test_showings_to_come_last_as_long_as_their_film),
        cmocka_unit_test(test_nights_of_23_and_25_hours),
        cmocka_unit_test(test_stopped_sales_are_remembered),
        cmocka_unit_test(test_another_zone_keeps_the_wall_clock),
        cmocka_unit_test(test_one_of_many_gets_the_room),
        cmocka_unit_test(test_a_key_sent_to_many_is_done_once),
        cmocka_unit_test(test_positions_are_dense_in_commit_order),
#ifdef TAQUILLA_TEST_TWINS
        cmocka_unit_test(test_bare_positions_are_found_out),
#endif
    };
    return cmocka_run_group_tests_name("rooms' store", tests, NULL, NULL) + import_tests() + archive_tests() + place_tests();
}
