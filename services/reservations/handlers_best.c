/* handlers_best.c - the gateway's best-seats: the best seats that are left, booked as book-ticket books. */
#include "services/reservations/best.h"
#include "services/reservations/handlers.h"

/* Without rooms there is no plan of seats to choose from. */
static const fault *plan_needed(struct call *c)
{
    const struct reservations *svc = c->service;
    if (svc->showings)
        return NULL;
    fault *problem = fault_new(c->arena, FAULT_UNAVAILABLE, "upstream_away",
                               "This service runs without rooms: it knows no seats to choose from.");
    problem->retry_after_s = 60;
    return problem;
}

static const fault *best_book(struct call *c, const struct best_order *want, struct reservation *made)
{
    struct reservations *svc = c->service;
    const struct once *once = once_part(c->arena, c->once, "seats");
    struct best_wish wish = { .user_id = want->user_id,
                              .showing_id = c->ids[0],
                              .wish = &want->wish,
                              .ticket_type = want->ticket_type,
                              .hold = want->hold || want->payment_method.len > 0,
                              .box_office = box_office(c),
                              .once = once };
    struct showing showing;
    bool seen = false;
    TRY(svc->store->reserve_recall(svc->store, c->arena, once, made, &seen));
    if (seen)
        return NULL;
    TRY(plan_needed(c));
    showings_see(svc->showings, message_header(c->request, "Taquilla-Position"));
    TRY(showings_find(svc->showings, c->arena, wish.showing_id, &showing)); /* before a buyer is made for it */
    TRY(showing_on_sale(c->arena, &showing, clock_now()));
    TRY(ticket_buyer(c, want->buyer, &wish.user_id));
    return best_make(svc, c->arena, &wish, made);
}

const fault *best_create(struct call *c)
{
    const struct best_order *want = c->body;
    struct reservation made;
    TRY(best_book(c, want, &made));
    return ticket_end(c, want->buyer, want->payment_method, &made);
}
