/* model_best.c - seats asked for by what they should be like, and why they cannot be had. */
#include "services/reservations/model.h"

static const fault *best_order_check(arena *a, void *body)
{
    const struct best_order *want = body;
    return buyer_or_user(a, want->buyer, want->user_id);
}

static const struct field best_order_fields[] = {
    FIELD(struct best_order, user_id, "userId", .optional = true, .min = 0),
    FIELD(struct best_order, buyer, "buyer", .optional = true, .shape = &user_input_shape,
          .doc = "in place of userId: the user with that e-mail, else a new one"),
    FIELD(struct best_order, wish.count, "count", .min = 1, .max = SEATS_PER_BOOKING_MAX),
    FIELD(struct best_order, wish.seat_type, "seatType", .choices = seat_types, .nullable = true, .doc = "null: any"),
    FIELD(struct best_order, wish.accessible, "accessible", .fallback = "false",
          .doc = "true: one of them at least; else they are left to who needs them as long as others are enough"),
    FIELD(struct best_order, wish.together, "together", .fallback = "true",
          .doc = "false: in several places when no row takes all"),
    FIELD(struct best_order, ticket_type, "ticketType", .fallback = "general", .trim = true, .min = 1, .max = 20),
    FIELD(struct best_order, hold, "hold", .fallback = "true", .doc = "false: paid at the counter"),
    FIELD(struct best_order, payment_method, "paymentMethod", .optional = true, .trim = true, .max = 50,
          .fits = payment_method_plausible, .fits_what = "a name such as cash, not a number", .doc = "pays in the same call"),
};
const struct shape best_order_shape = SHAPE(best_order, best_order_fields, .check = best_order_check);

const fault *seats_gone(arena *a, const struct seat_wish *wish, int64_t left, int64_t beside)
{
    const char *kind = wish->seat_type == CHOICE_NONE ? "" : seat_types[wish->seat_type];
    const char *space = *kind ? " " : "";
    if (left == 0 && wish->accessible)
        return fault_new(a, FAULT_CONFLICT, "sold_out", "No accessible %s%sseat is left.", kind, space);
    if (left == 0)
        return fault_new(a, FAULT_CONFLICT, "sold_out", *kind ? "No %s seat is left." : "This showing is sold out.%s", kind);
    if (left < wish->count)
        return fault_new(a, FAULT_CONFLICT, "too_few_left", "Only %lld %s%sseat%s left.", (long long)left, kind, space,
                         left == 1 ? " is" : "s are");
    return fault_new(a, FAULT_CONFLICT, "seats_not_together",
                     "No %lld %s%sseats beside one another are left, %lld at most; \"together\":false takes them apart.",
                     (long long)wish->count, kind, space, (long long)beside);
}
