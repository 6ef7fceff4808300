/* handlers_internal.c - what the other services ask: book-ticket, dashboards, names, the sale of a showing. */
#include "lib/feed/import.h"
#include "services/reservations/handlers.h"

/* --- book-ticket: buyer, seats and money in one call --- */

/* Each part of a ticket is done once under a key of its own, made from the client's. */
const struct once *once_part(arena *a, const struct once *whole, const char *part)
{
    if (!whole)
        return NULL;
    struct once *own = NEW(a, struct once);
    *own = *whole;
    own->scope = arena_printf(a, "%.*s#%s", STR_ARG(whole->scope), part);
    return own;
}

const fault *ticket_buyer(struct call *c, const struct user_input *buyer, int64_t *user_id)
{
    struct reservations *svc = c->service;
    struct user found;
    if (!buyer)
        return NULL;
    TRY(svc->store->user_find_or_create(svc->store, c->arena, buyer, &found));
    *user_id = found.id;
    return NULL;
}

static const fault *ticket_book(struct call *c, const struct ticket_order *want, struct reservation *made)
{
    struct booking booking = {
        .user_id = want->user_id,
        .schedule_id = want->schedule_id,
        .movie_id = want->movie_id,
        .seat_ids = want->seat_ids,
        .total_amount = want->total_amount,
        .hold = want->hold || want->payment_method.len > 0,
        .tickets = want->tickets,
    };
    TRY(ticket_buyer(c, want->buyer, &booking.user_id));
    return booking_make(c, &booking, once_part(c->arena, c->once, "seats"), made);
}

/* Declined: no seats are kept, and the same key may try again. */
static const fault *ticket_pay(struct call *c, str method, struct reservation *made)
{
    struct reservations *svc = c->service;
    struct payment_order order = { made->id, made->total_amount, method };
    struct payment *paid = NEW(c->arena, struct payment);
    const fault *problem = reservation_pay(svc, c->arena, &order, once_part(c->arena, c->once, "payment"), paid);
    if (problem && problem->kind == FAULT_DECLINED)
        TRY(svc->store->release(svc->store, c->arena, made->id, once_part(c->arena, c->once, "seats")));
    TRY(problem);
    /* Not read from the store: a repeated request gets the same answer, whatever became of the ticket since. */
    made->status = RESERVATION_CONFIRMED;
    made->expires_at = INSTANT_NONE;
    made->payment = paid;
    return NULL;
}

/* Nothing of a user whom this buyer only named by e-mail is shown: just what he sent himself. */
static void buyer_shown(arena *a, const struct user_input *buyer, struct reservation *made)
{
    struct user *shown = NEW(a, struct user);
    *shown = (struct user){ .id = made->user_id, .email = buyer->email, .name = buyer->name, .phone = buyer->phone };
    made->user = shown;
}

const fault *ticket_end(struct call *c, const struct user_input *buyer, str method, struct reservation *made)
{
    if (method.len > 0)
        TRY(ticket_pay(c, method, made));
    if (buyer)
        buyer_shown(c->arena, buyer, made);
    location(c, "/api/reservations/%lld", (long long)made->id);
    return reply_message(c, 201, &reservation_made_shape, made, "Ticket booked successfully");
}

const fault *ticket_create(struct call *c)
{
    const struct ticket_order *want = c->body;
    struct reservation made;
    TRY(ticket_book(c, want, &made));
    return ticket_end(c, want->buyer, want->payment_method, &made);
}

/* --- reads for the gateway --- */

const fault *dashboard_show(struct call *c)
{
    struct reservations *svc = c->service;
    const struct page_query *page = c->query;
    struct dashboard found = { .user = NEW(c->arena, struct user) };
    TRY(svc->store->user_show(svc->store, c->arena, c->ids[0], found.user));
    TRY(svc->store->reservation_list(svc->store, c->arena,
                                     &(struct reservation_filter){ .user_id = c->ids[0], .limit = page->limit },
                                     &found.reservations));
    return reply(c, 200, &dashboard_shape, &found);
}

const fault *user_names(struct call *c)
{
    struct reservations *svc = c->service;
    const struct ids_query *query = c->query;
    list found;
    TRY(svc->store->user_names(svc->store, c->arena, &query->ids, &found));
    return reply_list(c, &user_shape, &found);
}

const fault *user_import_rows(struct call *c)
{
    struct reservations *svc = c->service;
    struct import_rows users;
    struct imported made;
    import_rows_read(c->arena, c->body, &user_import_shape, &users, &made);
    if (users.rows.count > 0)
        TRY(svc->store->users_import(svc->store, c->arena, &users, &made));
    return reply(c, 200, &imported_shape, &made);
}

/* --- the sale of showings, for rooms --- */

const fault *sales_stop(struct call *c)
{
    struct reservations *svc = c->service;
    struct sales_answer made;
    TRY(svc->store->sales_stop(svc->store, c->arena, c->body, &made));
    return reply(c, 200, &sales_answer_shape, &made);
}

/* Nobody buys by what was true before the change for which the sale stopped. */
const fault *sales_resume(struct call *c)
{
    struct reservations *svc = c->service;
    if (svc->showings)
        TRY(showings_reach(svc->showings, c->arena, message_header(c->request, "Taquilla-Position")));
    TRY(svc->store->sales_resume(svc->store, c->arena, c->body));
    return reply_sentence(c, "Sales resumed");
}

const fault *sales_live(struct call *c)
{
    struct reservations *svc = c->service;
    const struct live_query *query = c->query;
    struct sales_order asked = { .schedule_ids = query->schedule_ids, .seat_ids = query->seat_ids };
    list found;
    TRY(svc->store->sales_live(svc->store, c->arena, &asked, &found));
    return reply_list(c, &live_sales_shape, &found);
}

/* --- a backup put back --- */

const fault *restore_finish(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(owner_restore_finish(c));
    TRY(reservations_keys_open(svc, c->arena));
    if (svc->showings)
        showings_compare(svc->showings);
    return NULL;
}
