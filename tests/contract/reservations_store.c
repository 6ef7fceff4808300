/* reservations_store.c - what store.h promises, asked of each implementation: nothing here knows its database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feed/testing.h"
#include "tests/contract/racing.h"
#include "tests/contract/reservations_store.h"
#include "tests/contract/archiving.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/loop/fiber.h"

static const struct once key_1 = { STR("POST /a"), STR("k1"), STR("h1") };
static const struct once key_1_other = { STR("POST /a"), STR("k1"), STR("h2") };

/* --- users --- */

static void users(void)
{
    struct user made, other, found;
    struct user_input ana = { STR("Ana@Example.com"), STR("Ana 'O\\'"), STR("123") };
    assert_null(store->user_create(store, a, &ana, NULL, &made));
    assert_text(made.email, "Ana@Example.com");
    assert_refused(store->user_create(store, a, &(struct user_input){ STR("aNA@example.COM"), STR("x"), { NULL, 0 } }, NULL, &other),
                   "email_taken");
    assert_null(store->user_find_or_create(store, a, &(struct user_input){ STR("ana@example.com"), STR("y"), { NULL, 0 } }, &found));
    assert_int_equal(found.id, made.id);
    assert_text(found.name, "Ana 'O\\'");
    assert_null(store->user_find_or_create(store, a, &(struct user_input){ STR("bo@x"), STR("Bo"), { NULL, 0 } }, &other));
    assert_true(other.id > made.id);
    assert_refused(store->user_change(store, a, other.id, &ana, &found), "email_taken");
    assert_refused(store->user_change(store, a, 99, &ana, &found), "user_unknown");
    assert_null(store->user_change(store, a, other.id, &(struct user_input){ STR("Bo@x"), STR("Bo 2"), STR("9") }, &found));
    assert_null(store->user_show(store, a, other.id, &found));
    assert_text(found.name, "Bo 2");
    assert_text(found.phone, "9");
    assert_true(found.created_at.ms <= found.updated_at.ms && found.created_at.ms == other.created_at.ms);
    list all;
    assert_null(store->user_list(store, a, 10, 1, &all));
    assert_int_equal(all.count, 1);
    assert_int_equal(LIST_AT(&all, struct user, 0)->id, other.id);
    assert_null(store->user_names(store, a, &(ids){ (int64_t[]){ 99, other.id, made.id }, 3 }, &all));
    assert_int_equal(all.count, 2);
    assert_refused(store->user_show(store, a, 99, &found), "user_unknown");
    assert_string_equal(events_after(0), "user.changed user.changed user.changed");
    assert_whole();
}

static void users_are_erased(void)
{
    struct reservation held, paid;
    struct user found;
    int64_t ana = user_make("ana@x"), bo = user_make("bo@x");
    assert_null(book(store, ana, 600, &held, 1, 2, 0));
    assert_null(store->user_erase(store, a, ana));
    assert_refused(store->user_show(store, a, ana, &found), "user_unknown");
    assert_refused(store->user_erase(store, a, ana), "user_unknown");
    assert_null(store->reservation_show(store, a, held.id, &held));
    assert_int_equal(held.status, RESERVATION_CANCELLED);
    assert_int_equal(held.user->id, ana);
    assert_null(held.user->email.at);
    assert_true(user_make("ANA@x") > bo);
    assert_null(book(store, bo, 600, &paid, 1, 0));
    struct payment p;
    bool begun;
    struct payment_order order = { paid.id, paid.total_amount, STR("cash") };
    assert_null(store->payment_begin(store, a, &order, 90, 30, NULL, &p, &begun));
    assert_refused(store->user_erase(store, a, bo), "payment_in_progress");
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_refused(store->user_erase(store, a, bo), "user_has_tickets");
    assert_whole();
}

static void keys_are_done_once(void)
{
    struct user made, again;
    struct user_input ana = { STR("ana@x"), STR("Ana"), { NULL, 0 } };
    assert_null(store->user_create(store, a, &ana, &key_1, &made));
    assert_null(store->user_create(store, a, &ana, &key_1, &again));
    assert_int_equal(again.id, made.id);
    assert_int_equal(again.created_at.ms, made.created_at.ms);
    assert_refused(store->user_create(store, a, &ana, &key_1_other, &again), "idempotency_key_reused");
    assert_string_equal(events_after(0), "user.changed");
    struct reservation none;
    bool seen = true;
    assert_null(store->reserve_recall(store, a, NULL, &none, &seen));
    assert_false(seen);
    assert_null(store->keys_forget_old(store, a)); /* none is old */
    assert_null(store->user_create(store, a, &ana, &key_1, &again));
}

/* --- booking --- */

static struct sale sale_of(int64_t user, int64_t hold_s, const ids *seats, bool hold)
{
    struct booking want = { .user_id = user, .schedule_id = 5, .movie_id = STR("m'\\"), .seat_ids = *seats, .hold = hold,
                            .total_amount = { 2550 } };
    struct selling_rules rules = { .hold_s = hold_s, .unpaid_until_min = 30, .holds_per_user_max = 3 };
    struct sale sale;
    assert_null(sale_price_alone(a, &want, &rules, &sale));
    return sale;
}

static void assert_same(const struct reservation *left, const struct reservation *right)
{
    assert_int_equal(left->id, right->id);
    assert_int_equal(left->user->id, right->user->id);
    assert_true(str_equal(left->user->email, right->user->email));
    assert_true(str_equal(left->movie_id, right->movie_id));
    assert_int_equal(left->total_amount.cents, right->total_amount.cents);
    assert_int_equal(left->status, right->status);
    assert_int_equal(left->hold, right->hold);
    assert_int_equal(left->created_at.ms, right->created_at.ms);
    assert_int_equal(left->expires_at.ms, right->expires_at.ms);
    assert_int_equal(left->seat_ids.count, right->seat_ids.count);
    assert_int_equal(left->reserved_seats.count, right->reserved_seats.count);
    for (size_t i = 0; i < left->seat_ids.count; i++) {
        const struct reserved_seat *l = LIST_AT(&left->reserved_seats, struct reserved_seat, i);
        const struct reserved_seat *r = LIST_AT(&right->reserved_seats, struct reserved_seat, i);
        assert_int_equal(left->seat_ids.at[i], right->seat_ids.at[i]);
        assert_int_equal(l->id, r->id);
        assert_int_equal(l->seat_number, r->seat_number);
        assert_true(str_equal(l->row_number, r->row_number));
        assert_int_equal(l->price.cents, r->price.cents);
        assert_true(str_equal(l->ticket_type, r->ticket_type));
    }
}

static void seats_are_booked(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation made, found, again;
    ids seats = { (int64_t[]){ 11, 12 }, 2 };
    struct sale sale = sale_of(ana, 600, &seats, true);
    sale.room_id = 3;
    sale.starts_at = (instant){ INT64_C(1893456000123) };
    sale.ends_at = (instant){ INT64_C(1893463200000) };
    LIST_AT(&sale.seats, struct reserved_seat, 0)->row_number = STR("Ñ'");
    LIST_AT(&sale.seats, struct reserved_seat, 0)->seat_number = 7;
    assert_null(store->reserve(store, a, &sale, &key_1, &made));
    assert_int_equal(made.status, RESERVATION_PENDING);
    assert_int_equal(made.expires_at.ms, made.created_at.ms + 600000);
    assert_int_equal(LIST_AT(&made.reserved_seats, struct reserved_seat, 1)->seat_number, INT64_MIN);
    assert_int_equal(made.access_code.len, 32);
    assert_true(str_equal(made.access_code, store->access_code(store, a, made.id)));
    assert_false(str_equal(made.access_code, store->access_code(store, a, made.id + 1)));
    assert_null(store->reservation_show(store, a, made.id, &found));
    assert_same(&made, &found);
    assert_null(found.access_code.at);
    assert_null(found.payment);
    bool seen;
    assert_null(store->reserve_recall(store, a, &key_1, &again, &seen));
    assert_true(seen);
    assert_same(&made, &again);
    assert_true(str_equal(made.access_code, again.access_code));
    assert_null(store->reserve(store, a, &sale, &key_1, &again));
    assert_same(&made, &again);
    assert_refused(store->reserve_recall(store, a, &key_1_other, &again, &seen), "idempotency_key_reused");
    list claims = claims_of(5);
    assert_int_equal(claims.count, 2);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 0)->seat_id, 11);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 0)->held_until.ms, made.expires_at.ms);
    assert_string_equal(events_after(1), "reservation.made");
    while (moved_to < 2)
        fiber_sleep(2);
    assert_whole();
}

static void bookings_are_refused(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation made;
    assert_refused(book(store, 99, 600, &made, 1, 0), "user_unknown");
    assert_null(book(store, ana, 600, &made, 1, 2, 3, 0));
    const fault *taken = book(store, ana, 600, &made, 2, 3, 4, 0);
    assert_refused(taken, "seats_taken");
    assert_int_equal(taken->named.count, 2);
    assert_int_equal(taken->named.at[0], 2);
    assert_int_equal(taken->named.at[1], 3);
    assert_null(book(store, ana, 600, &made, 4, 0)); /* all or none */
    ids seat = { (int64_t[]){ 20 }, 1 }, other = { (int64_t[]){ 21 }, 1 };
    struct sale third = sale_of(ana, 600, &seat, false), fourth = sale_of(ana, 600, &other, true);
    assert_null(store->reserve(store, a, &third, NULL, &made));
    assert_int_equal(made.expires_at.ms, TIME_NONE); /* of the old kind, and nobody knows when the showing is */
    assert_refused(store->reserve(store, a, &fourth, NULL, &made), "too_many_holds");
    struct sales_order stop = { .schedule_ids = { (int64_t[]){ 5 }, 1 }, .refund = true };
    struct sales_answer stopped;
    assert_null(store->sales_stop(store, a, &stop, &stopped));
    assert_int_equal(stopped.cancelled, 3);
    assert_refused(book(store, ana, 600, &made, 1, 0), "showing_cancelled");
    assert_whole();
}

/* A payment under way keeps seats whose hold has run out. */
static void claimed_seats_are_told(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation sold, held, short_one, paying;
    struct payment paid, slow;
    ids claimed;
    bool begun;
    assert_null(book(store, ana, 600, &sold, 7, 0));
    assert_null(book(store, ana, 600, &held, 3, 0));
    assert_null(book(store, ana, 0, &short_one, 5, 0));
    assert_null(book(store, ana, 600, &paying, 4, 0));
    assert_null(store->payment_begin(store, a, &(struct payment_order){ sold.id, sold.total_amount, STR("cash") }, 90, 60, NULL, &paid, &begun));
    assert_null(store->payment_settle(store, a, paid.id, OUTCOME_CHARGED, STR("T"), &paid));
    assert_null(store->payment_begin(store, a, &(struct payment_order){ paying.id, paying.total_amount, STR("cash") }, 0, 60, NULL, &slow, &begun));
    fiber_sleep(5);
    assert_null(store->seats_claimed(store, a, 5, &claimed));
    assert_int_equal(claimed.count, 3);
    assert_int_equal(claimed.at[0], 3);
    assert_int_equal(claimed.at[1], 4);
    assert_int_equal(claimed.at[2], 7);
    assert_null(store->cancel(store, a, held.id, 60, &held));
    assert_null(store->seats_claimed(store, a, 5, &claimed));
    assert_int_equal(claimed.count, 2);
    assert_null(store->seats_claimed(store, a, 6, &claimed));
    assert_int_equal(claimed.count, 0);
}

/* By the store's own clock: nobody here looked at another. */
static void sales_open_at_their_moment(void)
{
    int64_t ana = user_make("ana@x");
    ids one = { (int64_t[]){ 1 }, 1 }, two = { (int64_t[]){ 2 }, 1 };
    struct sale early = sale_of(ana, 600, &one, true), other = sale_of(ana, 600, &two, true);
    struct reservation made;
    early.sales_open_at = (instant){ clock_now().ms + 700 };
    const fault *refused = store->reserve(store, a, &early, &key_1, &made);
    assert_refused(refused, "not_on_sale_yet");
    assert_int_equal(refused->retry_after_s, 1);
    assert_string_equal(events_after(1), "");
    assert_null(store->reserve(store, a, &other, NULL, &made)); /* of another showing's opening nothing is said */
    while (store->reserve(store, a, &early, &key_1, &made))
        assert_true(clock_now().ms < early.sales_open_at.ms + 2000);
    assert_true(made.created_at.ms >= early.sales_open_at.ms);
    assert_whole();
}

static void reservations_are_listed(void)
{
    int64_t ana = user_make("ana@x"), bo = user_make("bo@x");
    struct reservation first, second, third;
    list found;
    assert_null(book(store, ana, 600, &first, 1, 9, 0));
    assert_null(book(store, bo, 600, &second, 2, 0));
    assert_null(book(store, ana, 600, &third, 3, 0));
    assert_null(store->cancel(store, a, second.id, 60, &second));
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .limit = 10 }, &found));
    assert_int_equal(found.count, 3);
    assert_same(LIST_AT(&found, struct reservation, 0), &third);
    assert_same(LIST_AT(&found, struct reservation, 2), &first);
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .user_id = ana, .limit = 1, .offset = 1 }, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(LIST_AT(&found, struct reservation, 0)->id, first.id);
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .status = STR("CANCELLED"), .limit = 9 }, &found));
    assert_int_equal(found.count, 1);
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .movie_id = STR("nope"), .limit = 9 }, &found));
    assert_int_equal(found.count, 0);
    assert_null(store->reservation_list(
        store, a, &(struct reservation_filter){ .schedule_id = 5, .movie_id = STR("507f1f77bcf86cd799439011"), .limit = 9 }, &found));
    assert_int_equal(found.count, 3);
    assert_refused(store->reservation_show(store, a, 99, &first), "reservation_unknown");
}

/* --- racing --- */

#define RACERS 120
static int booked, lost, unheard;

static void racer(void *arg)
{
    unsigned seed = (unsigned)(intptr_t)arg;
    struct reservation made;
    int first = 1 + rand_r(&seed) % 40;
    const fault *problem = book_racing(store, 1 + rand_r(&seed) % 3, 600, &made, first, first + 1, first + 2, 0);
    booked += !problem;
    if (!problem)
        return;
    assert_refused(problem, "seats_taken");
    lost++;
    for (size_t i = 0; i < problem->named.count; i++)
        unheard += problem->named.at[i] < first || problem->named.at[i] > first + 2;
}

static void racers_never_share_a_seat(void)
{
    struct group all = { 0, NULL };
    user_make("a@x");
    user_make("b@x");
    user_make("c@x");
    booked = lost = unheard = 0;
    for (intptr_t i = 1; i <= RACERS; i++)
        assert_true(group_start(&all, "racer", racer, (void *)i));
    group_wait(&all);
    assert_int_equal(booked + lost, RACERS);
    assert_int_equal(unheard, 0);
    assert_in_range(booked, 8, 14); /* 42 seats by three: and nobody was refused for a seat that stayed free */
    assert_whole();
}

static void once_racer(void *arg)
{
    struct reservation made;
    ids seats = { (int64_t[]){ 30 }, 1 };
    struct sale sale = sale_of(1, 600, &seats, true);
    assert_null(store->reserve(store, racing_arena(), &sale, &key_1, &made));
    *(int64_t *)arg += made.id;
}

static void a_key_raced_is_one_reservation(void)
{
    struct group all = { 0, NULL };
    int64_t sum = 0;
    user_make("a@x");
    for (int i = 0; i < 20; i++)
        assert_true(group_start(&all, "racer", once_racer, &sum));
    group_wait(&all);
    assert_int_equal(sum, 20);
    assert_string_equal(events_after(1), "reservation.made");
}

/* --- running out --- */

static void what_has_run_out_is_taken_over(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation old, made;
    assert_null(book(store, ana, 0, &old, 1, 2, 0));
    assert_null(book(store, ana, 600, &made, 2, 3, 0));
    assert_string_equal(events_after(2), "reservation.expired reservation.made");
    assert_null(store->reservation_show(store, a, old.id, &old));
    assert_int_equal(old.status, RESERVATION_EXPIRED);
    assert_true(old.cancelled_at.ms != TIME_NONE && old.expires_at.ms == TIME_NONE);
    assert_null(book(store, ana, 600, &made, 1, 0)); /* it ended whole */
    assert_refused(store->cancel(store, a, old.id, 60, &old), "reservation_expired");
    assert_whole();
}

static void over_a_lapsed_hold(void *arg)
{
    struct reservation made;
    assert_null(book_racing(store, *(int64_t *)arg, 600, &made, 1, 0));
}

static void over_a_lapsed_and_a_held_one(void *arg)
{
    struct reservation made;
    const fault *problem = book_racing(store, *(int64_t *)arg, 600, &made, 2, 3, 0);
    assert_refused(problem, "seats_taken");
    assert_int_equal(problem->named.count, 1);
    assert_int_equal(problem->named.at[0], 3);
}

/* Even when another of the same batch takes over what has run out. */
static void what_has_run_out_is_nobodys_loss(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation old, other, kept;
    struct group both = { 0, NULL };
    assert_null(book(store, ana, 0, &old, 1, 0));
    assert_null(book(store, ana, 0, &other, 2, 0));
    assert_null(book(store, ana, 600, &kept, 3, 0));
    assert_true(group_start(&both, "takes over", over_a_lapsed_hold, &ana));
    assert_true(group_start(&both, "loses", over_a_lapsed_and_a_held_one, &ana));
    group_wait(&both);
    assert_string_equal(events_after(4), "reservation.expired reservation.made");
    assert_whole();
}

static void what_has_run_out_is_swept(void)
{
    int64_t ana = user_make("ana@x");
    struct reservation old, kept, paying;
    struct payment p;
    bool begun, more = true;
    assert_null(book(store, ana, 600, &kept, 1, 0));
    assert_null(book(store, ana, 1, &paying, 3, 0));
    struct payment_order order = { paying.id, paying.total_amount, STR("card") };
    assert_null(store->payment_begin(store, a, &order, 90, 30, NULL, &p, &begun));
    assert_null(book(store, ana, 0, &old, 2, 0));
    fiber_sleep(1100);
    assert_null(store->sweep(store, a, &more));
    assert_false(more);
    assert_string_equal(events_after(5), "reservation.expired");
    assert_null(store->sweep(store, a, &more));
    assert_int_equal(store->position(store), 6); /* nothing to do writes nothing */
    assert_refused(book(store, ana, 600, &old, 3, 0), "seats_taken"); /* not while its payment is under way */
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_DECLINED, (str){ NULL, 0 }, &p));
    assert_null(book(store, ana, 600, &old, 3, 0));
    assert_whole();
}

/* --- payments --- */

static struct reservation hold_make(int64_t hold_s)
{
    struct reservation made;
    static int next = 100;
    static char email[32];
    snprintf(email, sizeof email, "u%d@x", next);
    assert_null(book(store, user_make(email), hold_s, &made, next, next + 1, 0));
    next += 2;
    return made;
}

static struct payment begin(const struct reservation *r, int64_t grace_s, int64_t ask_after_s)
{
    struct payment p;
    bool begun = false;
    struct payment_order order = { r->id, r->total_amount, STR("credit'card") };
    assert_null(store->payment_begin(store, a, &order, grace_s, ask_after_s, NULL, &p, &begun));
    assert_true(begun);
    return p;
}

static void payments_complete(void)
{
    struct reservation r = hold_make(600);
    struct payment p, newest;
    bool begun;
    struct payment_order wrong = { r.id, { r.total_amount.cents - 1 }, STR("cash") };
    struct payment_order unknown = { 99, { 1 }, STR("cash") };
    assert_refused(store->payment_begin(store, a, &wrong, 90, 30, NULL, &p, &begun), "amount_differs");
    assert_refused(store->payment_begin(store, a, &unknown, 90, 30, NULL, &p, &begun), "reservation_unknown");
    assert_refused(store->payment_show(store, a, r.id, &newest), "payment_missing");
    p = begin(&r, 700, 30);
    assert_int_equal(p.status, PAYMENT_PENDING);
    list claims = claims_of(5);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 0)->held_until.ms, p.grace_until.ms);
    assert_refused(store->payment_begin(store, a, &(struct payment_order){ r.id, r.total_amount, STR("x") }, 90, 30, NULL, &p, &begun),
                   "payment_exists");
    assert_refused(store->cancel(store, a, r.id, 60, &r), "payment_in_progress");
    assert_refused(store->remove(store, a, r.id, 60), "payment_in_progress");
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("TXN\"1"), &p));
    assert_int_equal(p.status, PAYMENT_COMPLETED);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_DECLINED, STR("TXN2"), &newest)); /* settled already */
    assert_int_equal(newest.status, PAYMENT_COMPLETED);
    assert_null(store->payment_show(store, a, r.id, &newest));
    assert_text(newest.transaction_id, "TXN\"1");
    assert_text(newest.method, "credit'card");
    assert_null(store->reservation_show(store, a, r.id, &r));
    assert_int_equal(r.status, RESERVATION_CONFIRMED);
    assert_int_equal(r.expires_at.ms, TIME_NONE);
    assert_true(r.confirmed_at.ms != TIME_NONE);
    assert_int_equal(r.payment->id, p.id);
    claims = claims_of(5);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 1)->held_until.ms, TIME_NONE); /* sold */
    assert_refused(store->payment_begin(store, a, &(struct payment_order){ r.id, r.total_amount, STR("x") }, 90, 30, NULL, &p, &begun),
                   "payment_exists");
    assert_string_equal(events_after(2), "payment.begun payment.completed reservation.confirmed");
    assert_whole();
}

static void declined_payments_may_be_tried_again(void)
{
    struct reservation r = hold_make(600);
    struct payment p = begin(&r, 700, 30);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_DECLINED, (str){ NULL, 0 }, &p));
    assert_int_equal(p.status, PAYMENT_FAILED);
    list claims = claims_of(5);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 0)->held_until.ms, r.expires_at.ms);
    p = begin(&r, 90, 30);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_null(store->reservation_show(store, a, r.id, &r));
    assert_int_equal(r.status, RESERVATION_CONFIRMED);
    assert_int_equal(r.payment->id, p.id);
    assert_whole();
}

static bool is_due(int64_t payment_id)
{
    list due;
    assert_null(store->payments_due(store, a, &due));
    for (size_t i = 0; i < due.count; i++)
        if (LIST_AT(&due, struct payment, i)->id == payment_id)
            return true;
    return false;
}

static void unanswered_payments_are_asked_about(void)
{
    struct reservation r = hold_make(600), late = hold_make(0);
    struct payment p = begin(&r, 90, 0), other;
    assert_true(is_due(p.id));
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_UNKNOWN, (str){ NULL, 0 }, &p));
    assert_int_equal(p.status, PAYMENT_PENDING);
    assert_false(is_due(p.id)); /* in two seconds */
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_int_equal(p.status, PAYMENT_COMPLETED);

    /* Past its grace it has failed, the seats go their way, and money that arrives then goes back. */
    struct reservation again;
    (void)late;
    r = hold_make(1);
    other = begin(&r, 0, 0);
    assert_null(store->payment_settle(store, a, other.id, OUTCOME_UNKNOWN, (str){ NULL, 0 }, &other));
    assert_int_equal(other.status, PAYMENT_FAILED);
    assert_true(other.ask_at.ms != TIME_NONE);
    fiber_sleep(1050);
    ids seats = r.seat_ids;
    struct sale sale = sale_of(1, 600, &seats, true);
    assert_null(store->reserve(store, a, &sale, NULL, &again));
    assert_null(store->payment_settle(store, a, other.id, OUTCOME_CHARGED, STR("late"), &other));
    assert_int_equal(other.status, PAYMENT_REFUNDED);
    assert_true(other.refund_due && other.refunded_at.ms != TIME_NONE);
    assert_true(is_due(other.id));
    assert_null(store->refund_done(store, a, other.id));
    assert_false(is_due(other.id));
    int64_t position = store->position(store);
    assert_null(store->refund_done(store, a, other.id));
    assert_int_equal(store->position(store), position);
    assert_refused(store->refund_done(store, a, 999), "payment_missing");
    assert_refused(store->payment_settle(store, a, 999, OUTCOME_CHARGED, STR("x"), &other), "payment_missing");
    assert_whole();
}

static void payments_by_key(void)
{
    struct reservation r = hold_make(600);
    struct payment p, again;
    bool begun;
    struct payment_order order = { r.id, r.total_amount, STR("cash") };
    assert_null(store->payment_begin(store, a, &order, 90, 30, &key_1, &p, &begun));
    assert_true(begun);
    assert_refused(store->payment_begin(store, a, &order, 90, 30, &key_1, &again, &begun), "payment_unknown");
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_null(store->payment_begin(store, a, &order, 90, 30, &key_1, &again, &begun));
    assert_false(begun);
    assert_int_equal(again.id, p.id);
    assert_int_equal(again.status, PAYMENT_COMPLETED);
    assert_refused(store->payment_begin(store, a, &order, 90, 30, &key_1_other, &again, &begun), "idempotency_key_reused");
}

static void ended_reservations_are_not_paid(void)
{
    struct reservation gone = hold_make(600), late = hold_make(0);
    struct payment p;
    bool begun;
    assert_null(store->cancel(store, a, gone.id, 60, &gone));
    assert_refused(store->payment_begin(store, a, &(struct payment_order){ gone.id, gone.total_amount, STR("x") }, 90, 30, NULL, &p, &begun),
                   "reservation_cancelled");
    assert_refused(store->payment_begin(store, a, &(struct payment_order){ late.id, late.total_amount, STR("x") }, 90, 30, NULL, &p, &begun),
                   "reservation_expired");
    assert_whole();
}

/* --- endings --- */

static struct reservation ticket_make(void)
{
    struct reservation r = hold_make(600);
    struct payment p = begin(&r, 90, 30);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    return r;
}

static void reservations_are_cancelled(void)
{
    struct reservation r = hold_make(600), paid, made;
    assert_null(store->cancel(store, a, r.id, 60, &made));
    assert_int_equal(made.status, RESERVATION_CANCELLED);
    assert_refused(store->cancel(store, a, r.id, 60, &made), "reservation_cancelled");
    assert_refused(store->cancel(store, a, 999, 60, &made), "reservation_unknown");
    paid = ticket_make();
    int64_t position = store->position(store);
    assert_null(store->cancel(store, a, paid.id, 60, &made));
    assert_int_equal(made.payment->status, PAYMENT_REFUNDED);
    assert_true(made.payment->refund_due);
    assert_true(made.confirmed_at.ms != TIME_NONE && made.cancelled_at.ms != TIME_NONE);
    assert_string_equal(events_after(position), "payment.refunded reservation.cancelled");
    assert_whole();
}

static void tickets_are_given_back_in_time(void)
{
    struct reservation r, made;
    ids seats = { (int64_t[]){ 1 }, 1 };
    struct sale sale = sale_of(user_make("ana@x"), 600, &seats, true);
    sale.starts_at = (instant){ clock_now().ms + 30 * 60000 };
    sale.ends_at = (instant){ sale.starts_at.ms + 7200000 };
    assert_null(store->reserve(store, a, &sale, NULL, &r));
    struct payment p = begin(&r, 90, 30);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_refused(store->cancel(store, a, r.id, 60, &made), "too_late");
    assert_refused(store->remove(store, a, r.id, 60), "too_late");
    assert_null(store->cancel(store, a, r.id, 10, &made));
    assert_null(store->reserve(store, a, &sale, NULL, &r));
    p = begin(&r, 90, 30);
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_null(store->cancel(store, a, r.id, -1, &made)); /* the box office */
    assert_whole();
}

static void reservations_are_removed(void)
{
    struct reservation paid = ticket_make(), made;
    list all;
    assert_null(store->remove(store, a, paid.id, 60));
    assert_refused(store->reservation_show(store, a, paid.id, &made), "reservation_unknown");
    assert_refused(store->remove(store, a, paid.id, 60), "reservation_unknown");
    assert_refused(store->cancel(store, a, paid.id, 60, &made), "reservation_unknown");
    assert_null(store->reservation_list(store, a, &(struct reservation_filter){ .limit = 10 }, &all));
    assert_int_equal(all.count, 0);
    assert_string_equal(events_after(5), "payment.refunded reservation.cancelled reservation.deleted");
    assert_whole();
}

static void declined_tickets_are_released(void)
{
    struct reservation first, second;
    ids seats = { (int64_t[]){ 1 }, 1 };
    struct sale sale = sale_of(user_make("ana@x"), 600, &seats, true);
    assert_null(store->reserve(store, a, &sale, &key_1, &first));
    assert_null(store->release(store, a, first.id, &key_1));
    assert_null(store->reserve(store, a, &sale, &key_1, &second));
    assert_int_not_equal(first.id, second.id);
    assert_refused(store->release(store, a, 999, NULL), "reservation_unknown");
    assert_whole();
}

/* --- showings --- */

static void sales_are_stopped(void)
{
    struct reservation held = hold_make(600), paid = ticket_make(), paying = hold_make(600), made;
    struct payment p = begin(&paying, 90, 30);
    struct sales_order keep = { .schedule_ids = { (int64_t[]){ 5, 6 }, 2 } };
    struct sales_order seat = { .schedule_ids = { (int64_t[]){ 5 }, 1 }, .seat_ids = { (int64_t[]){ held.seat_ids.at[0] }, 1 } };
    struct sales_order refund = { .schedule_ids = { (int64_t[]){ 5 }, 1 }, .refund = true };
    struct sales_answer answer;
    list live;
    assert_null(store->sales_live(store, a, &seat, &live));
    assert_int_equal(live.count, 1);
    assert_int_equal(LIST_AT(&live, struct live_sales, 0)->tickets, 1);
    assert_null(store->sales_stop(store, a, &keep, &answer));
    assert_false(answer.stopped);
    assert_int_equal(LIST_AT(&answer.live, struct live_sales, 0)->schedule_id, 5);
    assert_int_equal(LIST_AT(&answer.live, struct live_sales, 0)->tickets, 6);
    assert_null(store->sales_stop(store, a, &refund, &answer));
    assert_true(answer.stopped);
    assert_int_equal(answer.cancelled, 2);
    assert_refused(book(store, held.user_id, 600, &made, 1, 0), "showing_cancelled");
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p)); /* it came meanwhile */
    assert_int_equal(p.status, PAYMENT_REFUNDED);
    assert_null(store->reservation_show(store, a, paying.id, &made));
    assert_int_equal(made.status, RESERVATION_CANCELLED);
    assert_null(store->reservation_show(store, a, paid.id, &made));
    assert_int_equal(made.payment->status, PAYMENT_REFUNDED);
    assert_null(store->sales_resume(store, a, &refund));
    assert_null(book(store, held.user_id, 600, &made, 1, 0));
    assert_null(store->sales_live(store, a, &keep, &live));
    assert_int_equal(LIST_AT(&live, struct live_sales, 0)->tickets, 1);
    assert_whole();
}

static void unpaid_reservations_follow_their_showing(void)
{
    struct reservation counter, hold, made;
    ids seats = { (int64_t[]){ 1 }, 1 }, other = { (int64_t[]){ 2 }, 1 };
    int64_t ana = user_make("ana@x");
    struct sale old = sale_of(ana, 600, &seats, false), now = sale_of(ana, 600, &other, true);
    old.starts_at = now.starts_at = (instant){ INT64_C(1893456000000) };
    old.ends_at = now.ends_at = (instant){ INT64_C(1893463200000) };
    assert_null(store->reserve(store, a, &old, NULL, &counter));
    assert_int_equal(counter.expires_at.ms, old.starts_at.ms - 30 * 60000);
    assert_null(store->reserve(store, a, &now, NULL, &hold));
    assert_null(store->showing_moved(store, a, 5, old.starts_at, old.ends_at, 30));
    assert_null(store->showing_moved(store, a, 77, old.starts_at, old.ends_at, 30));
    assert_int_equal(store->position(store), 3); /* nothing moved */
    instant later = { old.starts_at.ms + 3600000 };
    assert_null(store->showing_moved(store, a, 5, later, (instant){ later.ms + 7200000 }, 30));
    assert_string_equal(events_after(3), "reservation.moved");
    assert_null(store->reservation_show(store, a, counter.id, &made));
    assert_int_equal(made.expires_at.ms, later.ms - 30 * 60000);
    assert_null(store->reservation_show(store, a, hold.id, &made));
    assert_int_equal(made.expires_at.ms, hold.expires_at.ms);
    assert_whole();
}

static void showings_are_timed_at_last(void)
{
    struct reservation counter, hold, made;
    ids seats = { (int64_t[]){ 1 }, 1 }, other = { (int64_t[]){ 2 }, 1 };
    list times;
    int64_t ana = user_make("ana@x");
    struct sale old = sale_of(ana, 600, &seats, false), now = sale_of(ana, 600, &other, true);
    now.schedule_id = 6;
    assert_null(store->reserve(store, a, &old, NULL, &counter));
    assert_null(store->reserve(store, a, &now, NULL, &hold));
    assert_null(store->showing_times(store, a, 0, &times));
    assert_int_equal(times.count, 2);
    assert_int_equal(LIST_AT(&times, struct showing_time, 0)->schedule_id, 5);
    assert_int_equal(LIST_AT(&times, struct showing_time, 0)->starts_at.ms, TIME_NONE);
    assert_null(store->showing_times(store, a, 5, &times));
    assert_int_equal(times.count, 1);
    assert_int_equal(LIST_AT(&times, struct showing_time, 0)->schedule_id, 6);
    assert_null(store->showing_times(store, a, 6, &times));
    assert_int_equal(times.count, 0);
    instant starts = { INT64_C(1893456000000) };
    assert_null(store->showing_moved(store, a, 5, starts, (instant){ starts.ms + 7200000 }, 30));
    assert_null(store->reservation_show(store, a, counter.id, &made));
    assert_int_equal(made.expires_at.ms, starts.ms - 30 * 60000);
    assert_null(store->showing_times(store, a, 0, &times));
    assert_int_equal(LIST_AT(&times, struct showing_time, 0)->starts_at.ms, starts.ms);
    assert_int_equal(LIST_AT(&times, struct showing_time, 0)->ends_at.ms, starts.ms + 7200000);
    assert_whole();
}

/* --- the store itself --- */

static void it_is_the_same_when_opened_again(void)
{
    struct reservation r = hold_make(600), found;
    int64_t position = store->position(store);
    store->close(store);
    store_open();
    assert_int_equal(store->position(store), position);
    assert_null(store->reservation_show(store, a, r.id, &found));
    assert_same(&r, &found);
    assert_true(str_equal(store->access_code(store, a, r.id), r.access_code));
    struct buf lines = { .in = a };
    store->metrics(store, &lines);
    assert_non_null(memmem(lines.at, lines.len, "taquilla_store_batches_total", 28));
    assert_whole();
}

static void the_feed_comes_in_pages(void)
{
    struct event_page page;
    for (int i = 0; i < 7; i++)
        hold_make(600);
    assert_null(store->feed_read(store, a, 3, 4, &page));
    assert_int_equal(page.events.count, 4);
    assert_int_equal(page.position, 14);
    assert_int_equal(LIST_AT(&page.events, struct event, 0)->position, 4);
    assert_null(store->feed_read(store, a, 14, 4, &page));
    assert_int_equal(page.events.count, 0);
    assert_int_equal(page.position, 14);
}

static void a_copy_is_the_same_to_the_byte(void)
{
    struct reservation r = ticket_make(), made;
    struct payment p;
    bool begun;
    struct checkin in, next_in;
    struct checkin_order other = { r.id, r.seat_ids.at[1], r.schedule_id, STR("Door"), INSTANT_NONE }, order = { r.id, r.seat_ids.at[0], r.schedule_id, STR("Door"), INSTANT_NONE };
    assert_null(store->checkin(store, a, &order, NULL, &in));
    hold_make(600);
    r = hold_make(600);
    assert_null(store->payment_begin(store, a, &(struct payment_order){ r.id, r.total_amount, STR("x") }, 90, 30, &key_1, &p, &begun));
    assert_null(store->cancel(store, a, hold_make(600).id, 60, &made));
    assert_null(store->user_erase(store, a, made.user_id));
    struct store *first = store, *copy;
    const char *lines = exporter_lines(first->exporter, a);
    place_new();
    assert_null(place_open(a, &copy, NULL, NULL));
    while (copy->check(copy, a))
        fiber_sleep(2);
    exporter_copy(first->exporter, copy->exporter, a);
    assert_string_equal(exporter_lines(copy->exporter, a), lines);
    assert_refused(copy->exporter->restore_start(copy->exporter->store, a), "store_not_empty");
    assert_true(str_equal(copy->access_code(copy, a, r.id), r.access_code));
    store = copy;
    assert_whole();
    int64_t next = store->position(store);
    assert_true(hold_make(600).id > r.id); /* ids and positions go on */
    assert_int_equal(store->position(store), next + 2);
    assert_null(store->checkin(store, a, &other, NULL, &next_in));
    assert_true(next_in.id > in.id);
    assert_refused(store->checkin(store, a, &order, NULL, &next_in), "already_in");
    assert_refused(store->user_create(store, a, &(struct user_input){ r.user->email, STR("x"), { NULL, 0 } }, NULL, &(struct user){ 0 }),
                   "email_taken");
    first->close(first);
}

static void nothing_is_written_while_a_restore_runs(void)
{
    struct user made;
    const struct exporter *x = store->exporter;
    assert_null(x->restore_start(x->store, a));
    assert_true(x->restore_runs(x->store));
    assert_refused(store->user_create(store, a, &(struct user_input){ STR("a@x"), STR("x"), { NULL, 0 } }, NULL, &made), "restore_running");
    store->close(store);
    store_open(); /* it outlives a crash */
    x = store->exporter;
    assert_true(x->restore_runs(x->store));
    assert_null(x->restore_start(x->store, a)); /* and begins anew */
    assert_null(x->restore_finish(x->store, a));
    assert_refused(x->restore_finish(x->store, a), "restore_not_started");
    assert_true(user_make("a@x") > 0);
}

ON_STORE(users)
ON_STORE(users_are_erased)
ON_STORE(keys_are_done_once)
ON_STORE(seats_are_booked)
ON_STORE(bookings_are_refused)
ON_STORE(claimed_seats_are_told)
ON_STORE(sales_open_at_their_moment)
ON_STORE(reservations_are_listed)
ON_STORE(racers_never_share_a_seat)
ON_STORE(a_key_raced_is_one_reservation)
ON_STORE(what_has_run_out_is_taken_over)
ON_STORE(what_has_run_out_is_nobodys_loss)
ON_STORE(what_has_run_out_is_swept)
ON_STORE(payments_complete)
ON_STORE(declined_payments_may_be_tried_again)
ON_STORE(unanswered_payments_are_asked_about)
ON_STORE(payments_by_key)
ON_STORE(ended_reservations_are_not_paid)
ON_STORE(reservations_are_cancelled)
ON_STORE(tickets_are_given_back_in_time)
ON_STORE(reservations_are_removed)
ON_STORE(declined_tickets_are_released)
ON_STORE(sales_are_stopped)
ON_STORE(unpaid_reservations_follow_their_showing)
ON_STORE(showings_are_timed_at_last)
ON_STORE(it_is_the_same_when_opened_again)
ON_STORE(the_feed_comes_in_pages)
ON_STORE(a_copy_is_the_same_to_the_byte)
ON_STORE(nothing_is_written_while_a_restore_runs)

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_users_are_erased),
        cmocka_unit_test(test_keys_are_done_once),
        cmocka_unit_test(test_seats_are_booked),
        cmocka_unit_test(test_bookings_are_refused),
        cmocka_unit_test(test_claimed_seats_are_told), cmocka_unit_test(test_sales_open_at_their_moment), cmocka_unit_test(test_reservations_are_listed),
        cmocka_unit_test(test_racers_never_share_a_seat),
        cmocka_unit_test(test_a_key_raced_is_one_reservation),
        cmocka_unit_test(test_what_has_run_out_is_taken_over),
        cmocka_unit_test(test_what_has_run_out_is_nobodys_loss),
        cmocka_unit_test(test_what_has_run_out_is_swept),
        cmocka_unit_test(test_payments_complete),
        cmocka_unit_test(test_declined_payments_may_be_tried_again),
        cmocka_unit_test(test_unanswered_payments_are_asked_about),
        cmocka_unit_test(test_payments_by_key),
        cmocka_unit_test(test_ended_reservations_are_not_paid),
        cmocka_unit_test(test_reservations_are_cancelled),
        cmocka_unit_test(test_tickets_are_given_back_in_time),
        cmocka_unit_test(test_reservations_are_removed),
        cmocka_unit_test(test_declined_tickets_are_released),
        cmocka_unit_test(test_sales_are_stopped),
        cmocka_unit_test(test_unpaid_reservations_follow_their_showing),
        cmocka_unit_test(test_showings_are_timed_at_last),
        cmocka_unit_test(test_it_is_the_same_when_opened_again),
        cmocka_unit_test(test_the_feed_comes_in_pages),
        cmocka_unit_test(test_a_copy_is_the_same_to_the_byte),
        cmocka_unit_test(test_nothing_is_written_while_a_restore_runs),
    };
    int failed = cmocka_run_group_tests_name("the reservations' store", tests, NULL, NULL);
    return failed + import_tests() + checkin_tests() + archive_tests() + place_tests();
}
