/* handlers.h - the handlers that routes.c names, and the query strings they read. */
#ifndef TAQUILLA_RESERVATIONS_HANDLERS_H
#define TAQUILLA_RESERVATIONS_HANDLERS_H

#include "services/reservations/reservations.h"

struct code_query {
    str code;
};
struct page_query {
    int64_t limit, offset;
};
struct ids_query {
    ids ids;
};
struct live_query {
    ids schedule_ids, seat_ids;
};

handler user_list, user_show, user_create, user_change, user_erase;
handler reservation_list, reservation_show, reservations_of_user, reservations_of_movie;
handler reservation_create, reservation_cancel_handler, reservation_delete;
handler payment_create, payment_show;
handler ticket_keys_show, tickets_show, checkin_create, door_show;
handler ticket_create, best_create, dashboard_show, user_names, user_import_rows, sales_stop, sales_resume, sales_live, restore_finish;

/* Booking as POST reservations and book-ticket share it. */
const fault *booking_make(struct call *c, const struct booking *want, const struct once *once,
                          struct reservation *made) MUST_CHECK;
/* Who holds the admin token of a house that has one. */
bool box_office(const struct call *c);
/* book-ticket and best-seats share these. Each part of a ticket is done once under a key of its own, made from the client's. */
const struct once *once_part(arena *a, const struct once *whole, const char *part);
/* The user with the buyer's e-mail, else a new one; *user_id stays when there is no buyer. */
const fault *ticket_buyer(struct call *c, const struct user_input *buyer, int64_t *user_id) MUST_CHECK;
/* Pays when a method is named (DECLINED: no seats are kept), and answers with what was made. */
const fault *ticket_end(struct call *c, const struct user_input *buyer, str method, struct reservation *made) MUST_CHECK;
/* ADMIN_TOKEN or the reservation's own ?code=. UNAUTHENTICATED code_needed, FORBIDDEN code_wrong. */
const fault *reservation_opened(struct call *c, int64_t reservation_id) MUST_CHECK;

#endif
