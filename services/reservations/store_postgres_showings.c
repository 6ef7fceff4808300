/* store_postgres_showings.c - what rooms and the gateway ask: stop or resume the sale of a showing, its times. */
#include "lib/json/read.h"
#include "services/reservations/store_postgres.h"

/* --- live tickets, stop and resume --- */

static const fault *sales_live(struct store *store, arena *a, const struct sales_order *want, list *out)
{
    return pg_list(LISTS(store), a, &live_sales_shape, out, "SELECT schedule_id, tickets FROM live_tickets($1, $2, now())",
                   PG_BIND(pg_ids(&want->schedule_ids), pg_ids(&want->seat_ids)));
}

static const fault *sales_stop(struct store *store, arena *a, const struct sales_order *want, struct sales_answer *out)
{
    /* Without `events`: what was stopped with a lost connection is stopped again by who asks again. */
    struct pg_command command = { .act = "sales_stop", .shape = &sales_order_shape, .args = want };
    struct pg_answer answer;
    TRY(act_write(store, a, &command, &answer));
    return json_restore(a, answer.answer, &sales_answer_shape, out);
}

static const fault *sales_resume(struct store *store, arena *a, const struct sales_order *want)
{
    struct pg_command command = { .act = "sales_resume", .shape = &sales_order_shape, .args = want };
    struct pg_answer answer;
    return act_write(store, a, &command, &answer);
}

/* --- a showing was moved --- */

struct moved_args {
    int64_t schedule_id, unpaid_until_min;
    instant starts_at, ends_at;
};
static const struct field moved_fields[] = {
    FIELD(struct moved_args, schedule_id, "schedule_id"),
    FIELD(struct moved_args, unpaid_until_min, "unpaid_until_min"),
    FIELD(struct moved_args, starts_at, "starts_at", .form = TIME_Z_MS),
    FIELD(struct moved_args, ends_at, "ends_at", .form = TIME_Z_MS),
};
static const struct shape moved_shape = SHAPE(moved_args, moved_fields);

/* Also of one whose time was not known: sold by the old system, or while this service ran alone. */
static const fault *showing_moved(struct store *store, arena *a, int64_t schedule_id, instant starts_at,
                                  instant ends_at, int64_t unpaid_until_min)
{
    int64_t differs = 0;
    TRY(pg_number(KEYS(store), a, &differs,
                  "SELECT 1 FROM showings WHERE schedule_id = $1 AND (starts_at, ends_at) IS DISTINCT FROM "
                  "($2::timestamptz, $3::timestamptz)",
                  PG_BIND(pg_int(schedule_id), pg_instant(starts_at), pg_instant(ends_at))));
    if (!differs)
        return NULL;
    struct moved_args args = { schedule_id, unpaid_until_min, starts_at, ends_at };
    struct pg_command command = { .act = "showing_moved", .shape = &moved_shape, .args = &args };
    struct pg_answer answer;
    return act_write(store, a, &command, &answer);
}

static const fault *showing_times(struct store *store, arena *a, int64_t after, list *out)
{
    return pg_list(LISTS(store), a, &showing_time_shape, out,
                   "SELECT schedule_id, starts_at, ends_at FROM showings WHERE schedule_id > $1 ORDER BY schedule_id LIMIT 1000",
                   PG_BIND(pg_int(after)));
}

void postgres_showings_fill(struct store *s)
{
    s->showing_times = showing_times;
    s->sales_stop = sales_stop;
    s->sales_resume = sales_resume;
    s->sales_live = sales_live;
    s->showing_moved = showing_moved;
}
