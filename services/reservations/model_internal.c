/* model_internal.c - the shapes of what rooms and the gateway ask: live sales, claims, a dashboard. */
#include "services/reservations/model.h"

static const struct field sales_order_fields[] = {
    FIELD(struct sales_order, schedule_ids, "scheduleIds", .min = 1, .max = 10000),
    FIELD(struct sales_order, seat_ids, "seatIds", .optional = true, .max = 10000),
    FIELD(struct sales_order, refund, "refund", .fallback = "false"),
};
const struct shape sales_order_shape = SHAPE(sales_order, sales_order_fields);

static const struct field live_sales_fields[] = {
    FIELD(struct live_sales, schedule_id, "scheduleId"),
    FIELD(struct live_sales, tickets, "tickets"),
};
const struct shape live_sales_shape = SHAPE(live_sales, live_sales_fields);

static const struct field sales_answer_fields[] = {
    FIELD(struct sales_answer, live, "live", .shape = &live_sales_shape),
    FIELD(struct sales_answer, stopped, "stopped"),
    FIELD(struct sales_answer, cancelled, "cancelled"),
};
const struct shape sales_answer_shape = SHAPE(sales_answer, sales_answer_fields);

static const char *const claim_states[] = { "held", "sold", NULL };
static const struct field claim_fields[] = {
    FIELD(struct claim, seat_id, "seatId"),
    FIELD(struct claim, state, "state", .choices = claim_states),
    FIELD(struct claim, held_until, "heldUntil", .nullable = true, .form = TIME_Z_MS),
};
const struct shape claim_shape = SHAPE(claim, claim_fields);

static const struct field showing_claims_fields[] = {
    FIELD(struct showing_claims, schedule_id, "scheduleId"),
    FIELD(struct showing_claims, position, "position"),
    FIELD(struct showing_claims, claims, "claims", .shape = &claim_shape),
};
const struct shape showing_claims_shape = SHAPE(showing_claims, showing_claims_fields);

static const struct field dashboard_fields[] = {
    FIELD(struct dashboard, user, "user", .shape = &user_shape),
    FIELD(struct dashboard, reservations, "reservations", .shape = &reservation_shape),
};
const struct shape dashboard_shape = SHAPE(dashboard, dashboard_fields);

/* --- places in a list by showing --- */

struct sale_place sale_place_read(str key)
{
    struct sale_place place = { 0, 0 };
    str showing;
    if (str_cut(&key, '.', &showing) && str_to_int(showing, &place.schedule_id) && str_to_int(key, &place.id))
        return place;
    return (struct sale_place){ 0, 0 };
}

str sale_place_text(arena *a, const struct reservation *r)
{
    return arena_printf(a, "%lld.%lld", (long long)r->schedule_id, (long long)r->id);
}
