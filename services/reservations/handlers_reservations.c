/* handlers_reservations.c - seats booked, listed, given back. */
#include "services/reservations/handlers.h"

#include <sodium.h>

/* --- who may see one reservation --- */

const fault *reservation_opened(struct call *c, int64_t reservation_id)
{
    if (c->admin)
        return NULL;
    struct reservations *svc = c->service;
    const struct code_query *query = c->query;
    str code = svc->store->access_code(svc->store, c->arena, reservation_id);
    if (query->code.len == 0) {
        answer_header(c, "WWW-Authenticate", STR("Bearer"));
        return fault_new(c->arena, FAULT_UNAUTHENTICATED, "code_needed",
                         "This reservation opens with its access code (?code=) or the admin token.");
    }
    if (query->code.len != code.len || sodium_memcmp(query->code.at, code.at, code.len) != 0)
        return fault_new(c->arena, FAULT_FORBIDDEN, "code_wrong", "That is not this reservation's access code.");
    return NULL;
}

bool box_office(const struct call *c)
{
    return c->admin && c->site->admin_token.len > 0;
}

static int64_t refund_until_min(const struct call *c)
{
    const struct reservations *svc = c->service;
    return box_office(c) ? -1 : svc->rules.refund_until_min;
}

/* --- booking --- */

static const fault *sale_of(struct call *c, const struct booking *want, struct sale *sale)
{
    struct reservations *svc = c->service;
    if (!svc->showings)
        return sale_price_alone(c->arena, want, &svc->rules, sale);
    struct showing showing;
    showings_see(svc->showings, message_header(c->request, "Taquilla-Position"));
    TRY(showings_find(svc->showings, c->arena, want->schedule_id, &showing));
    return sale_price(c->arena, want, &showing, &svc->rules, clock_now(), box_office(c), sale);
}

const fault *booking_make(struct call *c, const struct booking *want, const struct once *once,
                          struct reservation *made)
{
    struct reservations *svc = c->service;
    struct sale sale;
    bool seen = false;
    const fault *problem = sale_of(c, want, &sale);
    if (!problem)
        return svc->store->reserve(svc->store, c->arena, &sale, once, made);
    TRY(svc->store->reserve_recall(svc->store, c->arena, once, made, &seen));
    return seen ? NULL : problem; /* made before the showing has closed, say */
}

const fault *reservation_create(struct call *c)
{
    struct reservation made;
    TRY(booking_make(c, c->body, c->once, &made));
    location(c, "/api/reservations/%lld", (long long)made.id);
    return reply(c, 201, &reservation_made_shape, &made);
}

/* --- giving back --- */

const fault *reservation_cancel_handler(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(reservation_opened(c, c->ids[0]));
    struct reservation made;
    TRY(svc->store->cancel(svc->store, c->arena, c->ids[0], refund_until_min(c), &made));
    return reply(c, 200, &reservation_shape, &made);
}

const fault *reservation_delete(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(svc->store->remove(svc->store, c->arena, c->ids[0], refund_until_min(c)));
    return reply_sentence(c, "Reservation deleted successfully");
}

/* --- reads --- */

const fault *reservation_show(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(reservation_opened(c, c->ids[0]));
    struct reservation found;
    TRY(svc->store->reservation_show(svc->store, c->arena, c->ids[0], &found));
    return reply(c, 200, &reservation_shape, &found);
}

static const fault *reservations_reply(struct call *c, const struct reservation_filter *filter)
{
    struct reservations *svc = c->service;
    list found;
    TRY(svc->store->reservation_list(svc->store, c->arena, filter, &found));
    return reply_list(c, &reservation_shape, &found);
}

const fault *reservation_list(struct call *c)
{
    return reservations_reply(c, c->query);
}

const fault *reservations_of_user(struct call *c)
{
    const struct page_query *page = c->query;
    return reservations_reply(c, &(struct reservation_filter){ .user_id = c->ids[0], .limit = page->limit,
                                                               .offset = page->offset });
}

const fault *reservations_of_movie(struct call *c)
{
    const struct page_query *page = c->query;
    return reservations_reply(c, &(struct reservation_filter){ .movie_id = c->names[0], .limit = page->limit,
                                                               .offset = page->offset });
}

/* --- payments --- */

const fault *payment_create(struct call *c)
{
    struct payment made;
    TRY(reservation_pay(c->service, c->arena, c->body, c->once, &made));
    location(c, "/api/payments/reservation/%lld", (long long)made.reservation_id);
    return reply(c, 201, &payment_shape, &made);
}

const fault *payment_show(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(reservation_opened(c, c->ids[0]));
    struct payment found;
    TRY(svc->store->payment_show(svc->store, c->arena, c->ids[0], &found));
    return reply(c, 200, &payment_shape, &found);
}
