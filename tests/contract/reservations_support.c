/* reservations_support.c - a store on a loop of its own, and what the suite looks at again and again. */
#include "tests/contract/racing.h"
#include "tests/contract/reservations_store.h"

#include <stdio.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

arena *a;
struct store *store;
int64_t moved_to;

static void moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
}

void store_open(void)
{
    assert_null(place_open(a, &store, moved, NULL));
    while (store->check(store, a))
        fiber_sleep(2);
}

static void (*body)(void);
static bool opened;

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1);
    store = NULL;
    moved_to = 0;
    if (opened)
        store_open();
    body();
    if (store)
        store->close(store);
    loop_stop();
}

static void run(void (*test)(void), bool open)
{
    a = arena_new((size_t)256 << 20);
    place_new();
    loop_open();
    body = test;
    opened = open;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    place_drop();
    racing_over();
    arena_free(a);
}

void on_store(void (*test)(void))
{
    run(test, true);
}

void on_place(void (*test)(void))
{
    run(test, false);
}

void assert_refused(const fault *problem, const char *code)
{
    if (!problem)
        fail_msg("this should be refused: %s", code);
    if (strcmp(problem->code, code) != 0)
        fail_msg("%s (%.*s; %.*s) is not %s", problem->code, STR_ARG(problem->sentence), STR_ARG(problem->internal), code);
}

void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

int64_t user_make(const char *email)
{
    struct user made;
    struct user_input want = { .email = str_of(email), .name = STR("Ana \"La\" Ñ\x01"), .phone = { NULL, 0 } };
    assert_null(store->user_create(store, a, &want, NULL, &made));
    return made.id;
}

static const fault *book_listed(struct store *at, arena *with, int64_t user, int64_t hold_s, struct reservation *out,
                                va_list rest)
{
    ids seats = { NEW_ARRAY(with, int64_t, SEATS_PER_BOOKING_MAX), 0 };
    for (int id; (id = va_arg(rest, int)) != 0;)
        seats.at[seats.count++] = id;
    struct booking want = { .user_id = user, .schedule_id = 5, .movie_id = STR("507f1f77bcf86cd799439011"), .seat_ids = seats,
                            .hold = true, .total_amount = { 1250 * (int64_t)seats.count + 1 } };
    struct selling_rules rules = { .hold_s = hold_s, .unpaid_until_min = 30, .holds_per_user_max = 1000 };
    struct sale sale;
    TRY(sale_price_alone(with, &want, &rules, &sale));
    return at->reserve(at, with, &sale, NULL, out);
}

const fault *book(struct store *at, int64_t user, int64_t hold_s, struct reservation *out, ...)
{
    va_list seats;
    va_start(seats, out);
    const fault *problem = book_listed(at, a, user, hold_s, out, seats);
    va_end(seats);
    return problem;
}

const fault *book_racing(struct store *at, int64_t user, int64_t hold_s, struct reservation *out, ...)
{
    va_list seats;
    va_start(seats, out);
    const fault *problem = book_listed(at, racing_arena(), user, hold_s, out, seats);
    va_end(seats);
    return problem;
}

const char *events_after(int64_t after)
{
    struct buf types = { .in = a };
    struct event_page page;
    assert_null(store->feed_read(store, a, after, 10000, &page));
    for (size_t i = 0; i < page.events.count; i++)
        buf_printf(&types, "%s%.*s", i ? " " : "", STR_ARG(LIST_AT(&page.events, struct event, i)->type));
    buf_char(&types, '\0');
    return types.at;
}

/* --- the whole store --- */

#define CLAIMS_MAX 10000
struct claims_read {
    int64_t schedule_id;
    list found;
};

static void assert_fact(const struct event *e)
{
    const struct shape *s = str_starts(e->type, STR("reservation.")) ? &reservation_fact_shape
                            : str_starts(e->type, STR("payment."))   ? &payment_fact_shape
                            : str_starts(e->type, STR("checkin."))   ? &checkin_fact_shape
                                                                     : &user_fact_shape;
    struct buf again = { .in = a };
    void *fact = arena_take(a, s->size);
    assert_null(json_restore(a, e->data, s, fact));
    json_write(&again, s, fact);
    if (!str_equal(buf_str(&again), e->data))
        fail_msg("%.*s has %.*s and should have %.*s", STR_ARG(e->type), STR_ARG(e->data), STR_ARG(buf_str(&again)));
    char id[24];
    snprintf(id, sizeof id, "%lld", *(long long *)fact); /* the first member of each */
    assert_text(e->subject, id);
}

static const fault *claims_take(void *arg, const struct export_table *t, const list *rows)
{
    struct claims_read *read = arg;
    (void)t;
    for (size_t i = 0; i < rows->count; i++) {
        const struct claim_row *row = LIST_AT(rows, struct claim_row, i);
        if (row->schedule_id != read->schedule_id)
            continue;
        assert_true(read->found.count < CLAIMS_MAX);
        *LIST_AT(&read->found, struct claim_row, read->found.count++) = *row;
    }
    return NULL;
}

list claims_of(int64_t schedule_id)
{
    const struct exporter *x = store->exporter;
    const struct export_table *t;
    struct export_view *view;
    int64_t position, rows = 0;
    struct claims_read read = { schedule_id, { NEW_ARRAY(a, struct claim_row, CLAIMS_MAX), 0 } };
    assert_null(export_table_find(x, a, STR("seat_claims"), &t));
    assert_null(x->view_open(x->store, a, &view, &position));
    assert_null(export_table_read(x, view, a, t, claims_take, &read, &rows));
    x->view_close(view);
    return read.found;
}

static void assert_claimed(const struct claim_row *c, const list *live)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct reservation *r = LIST_AT(live, struct reservation, i);
        if (r->status != RESERVATION_PENDING && r->status != RESERVATION_CONFIRMED)
            continue;
        for (size_t k = 0; k < r->seat_ids.count; k++)
            if (r->seat_ids.at[k] == c->seat_id && (c->held_until.ms == TIME_NONE) == (r->status == RESERVATION_CONFIRMED))
                return;
    }
    fail_msg("seat %lld is claimed by nobody who has it", (long long)c->seat_id);
}

static void assert_seats(void)
{
    list all;
    size_t live = 0;
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .schedule_id = 5, .limit = 10000 }, &all));
    list claims = claims_of(5);
    for (size_t i = 0; i < all.count; i++) {
        const struct reservation *r = LIST_AT(&all, struct reservation, i);
        if (r->status == RESERVATION_PENDING || r->status == RESERVATION_CONFIRMED)
            live += r->seat_ids.count;
    }
    assert_int_equal(claims.count, live); /* no seat twice, and none held for nobody */
    for (size_t i = 0; i < claims.count; i++)
        assert_claimed(LIST_AT(&claims, struct claim_row, i), &all);
}

void assert_whole(void)
{
    struct event_page page;
    assert_null(store->feed_read(store, a, 0, 100000, &page));
    assert_int_equal(page.events.count, page.position);
    assert_int_equal(store->position(store), page.position);
    for (size_t i = 0; i < page.events.count; i++) {
        const struct event *e = LIST_AT(&page.events, struct event, i);
        assert_int_equal(e->position, i + 1);
        assert_fact(e);
    }
    assert_seats();
}
