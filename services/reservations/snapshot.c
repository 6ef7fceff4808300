/* snapshot.c - users, reservations, payments and check-ins as whoever begins to follow this service gets them. */
#include "services/reservations/reservations.h"

static const fault *users_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    return s->users_snapshot(s, a, want, rows);
}

static const fault *reservations_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    return s->reservations_snapshot(s, a, want, rows);
}

static const fault *payments_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    return s->payments_snapshot(s, a, want, rows);
}

static const fault *checkins_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    return s->checkins_snapshot(s, a, want, rows);
}

/* live: reservations alone. */
const struct snapshot_part reservations_snapshot[] = {
    { .name = "users", .type = "user.changed", .read = users_read },
    { .name = "reservations", .type = "reservation.changed", .read = reservations_read },
    { .name = "payments", .type = "payment.changed", .read = payments_read },
    { .name = "checkins", .type = "checkin.made", .read = checkins_read },
    { .name = NULL },
};
