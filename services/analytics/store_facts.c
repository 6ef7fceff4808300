/* store_facts.c - an event as one of the facts that count. */
#include "lib/json/read.h"
#include "services/analytics/store_rows.h"

static const struct {
    enum owner_name owner;
    const char *type; /* its beginning */
    enum fact_kind kind;
    const struct shape *shape;
} facts[] = {
    { MOVIES, "movie.", FACT_FILM, &analytics_film_fact_shape },
    { ROOMS, "room.", FACT_ROOM, &analytics_room_fact_shape },
    { ROOMS, "seats.", FACT_SEATS, &analytics_seats_fact_shape },
    { ROOMS, "showing.", FACT_SHOWING, &analytics_showing_fact_shape },
    { RESERVATIONS, "user.", FACT_USER, &analytics_user_fact_shape },
    { RESERVATIONS, "reservation.", FACT_RESERVATION, &analytics_reservation_fact_shape },
    { RESERVATIONS, "payment.", FACT_PAYMENT, &analytics_payment_fact_shape },
};

struct fact analytics_fact_read(arena *a, enum owner_name owner, const struct event *e)
{
    struct fact made = { .kind = FACT_OF_NO_MATTER };
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        if (facts[i].owner != owner || !str_starts(e->type, str_of(facts[i].type)))
            continue;
        if (json_read_fact(a, e->data, facts[i].shape, &made.film)) /* the first of them all */
            return (struct fact){ .kind = FACT_UNREADABLE };
        made.kind = facts[i].kind;
        made.erased = str_equal(e->type, STR("user.erased"));
    }
    if (made.kind == FACT_FILM && !made.film.id.at)
        made.kind = FACT_UNREADABLE;
    return made;
}
