/* store_postgres_acts.c - how acts reach their functions in the database, and seats booked, given back, removed. */
#include "lib/json/read.h"
#include "services/reservations/store_postgres_sole.h"

/* --- refusals --- */

static const struct refusal {
    const char *code;
    enum fault_kind kind;
    const char *sentence; /* %lld: the answer's detail */
    bool counted;         /* the sentence has it */
} refusals[] = {
    { "user_unknown", FAULT_NOT_FOUND, "User not found", false },
    { "user_has_tickets", FAULT_CONFLICT, "This user has %lld paid reservations for showings to come.", true },
    { "reservation_unknown", FAULT_NOT_FOUND, "Reservation not found with id: %lld", true },
    { "reservation_cancelled", FAULT_CONFLICT, "Reservation is already cancelled", false },
    { "reservation_expired", FAULT_CONFLICT, "Reservation has expired", false },
    { "payment_in_progress", FAULT_CONFLICT,
      "A payment of this reservation is under way; try again when it is decided.", false },
    { "too_late", FAULT_CONFLICT, "A paid ticket can be given back until %lld minutes before the showing.", true },
    { "tickets_used", FAULT_CONFLICT, "Somebody has come in by these tickets; they cannot be given back.", false },
    { "showing_cancelled", FAULT_CONFLICT, "This showing has been cancelled.", false },
    { "too_many_holds", FAULT_CONFLICT,
      "This user already has %lld unpaid reservations; pay or cancel one first.", true },
    { "payment_exists", FAULT_CONFLICT, "Payment already exists for this reservation", false },
    { "payment_missing", FAULT_NOT_FOUND, "Payment not found", false },
    { "restore_running", FAULT_UNAVAILABLE, "A restore is under way here; try again when it is over.", false },
    { "idempotency_key_reused", FAULT_KEY_REUSED, "This Idempotency-Key was used before with another request.",
      false },
};

/* One digit place of a sentence, filled: the formats above are data, and no printf sees data. */
static str sentence_of(arena *a, const struct refusal *r, int64_t detail)
{
    str whole = str_of(r->sentence), before;
    if (!r->counted)
        return whole;
    str rest = whole;
    if (!str_cut(&rest, '%', &before))
        return whole;
    return arena_printf(a, "%.*s%lld%.*s", STR_ARG(before), (long long)detail, STR_ARG(str_after(rest, 3)));
}

static const fault *refused(arena *a, const struct pg_answer *answer)
{
    if (str_equal(answer->code, STR("seats_taken")))
        return seats_taken(a, answer->named);
    if (str_equal(answer->code, STR("payment_unknown")))
        return payment_undecided(a);
    if (str_equal(answer->code, STR("not_on_sale_yet")))
        return not_on_sale_yet(a, answer->detail);
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (str_equal(answer->code, str_of(refusals[i].code)))
            return fault_new(a, refusals[i].kind, refusals[i].code, "%.*s",
                             STR_ARG(sentence_of(a, &refusals[i], answer->detail)));
    return fault_internal(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.",
                          "an act answered %.*s", STR_ARG(answer->code));
}

const fault *act_write(struct store *store, arena *a, const struct pg_command *command, struct pg_answer *out)
{
    struct postgres_store *s = POSTGRES_STORE(store);
    sole_act_begins(s, command->act);
    const fault *problem = postgres_write(s->db, a, command, out);
    sole_act_ends(s, command->act);
    TRY(problem);
    return out->code.len == 0 ? NULL : refused(a, out);
}

/* --- answers --- */

const fault *fact_read(struct store *store, arena *a, str fact, struct reservation *out)
{
    (void)store;
    TRY(json_restore(a, fact, &reservation_fact_shape, out));
    out->created_at = out->reservation_date;
    out->seat_ids = (ids){ NEW_ARRAY(a, int64_t, out->reserved_seats.count + 1), out->reserved_seats.count };
    for (size_t i = 0; i < out->reserved_seats.count; i++) {
        struct reserved_seat *seat = LIST_AT(&out->reserved_seats, struct reserved_seat, i);
        seat->reservation_id = out->id;
        out->seat_ids.at[i] = seat->seat_id;
    }
    return NULL;
}

void fact_open(struct store *store, arena *a, struct reservation *made, struct user *buyer)
{
    made->user = buyer;
    made->access_code = postgres_access_code(store, a, made->id);
}

/* --- booking --- */

/* A sale as its function takes it: seats as columns. */
struct reserve_args {
    int64_t user_id, schedule_id;
    str movie_id;
    int64_t room_id; /* none: INT64_MIN */
    bool hold;
    money total_amount;
    instant starts_at, ends_at;
    int64_t hold_s, unpaid_until_min, holds_per_user_max;
    str scope, key, body_hash;
    ids seat_ids, seat_numbers, price_cents;
    strs row_numbers, ticket_types;
    instant sales_open_at;
};
/* sales_open_at comes last: where no store is asked for it, the table is one shorter. */
static const struct field reserve_fields[] = {
    FIELD(struct reserve_args, user_id, "user_id"),
    FIELD(struct reserve_args, schedule_id, "schedule_id"),
    FIELD(struct reserve_args, movie_id, "movie_id"),
    FIELD(struct reserve_args, room_id, "room_id", .nullable = true),
    FIELD(struct reserve_args, hold, "hold"),
    FIELD(struct reserve_args, total_amount, "total_amount"),
    FIELD(struct reserve_args, starts_at, "starts_at", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reserve_args, ends_at, "ends_at", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct reserve_args, hold_s, "hold_s"),
    FIELD(struct reserve_args, unpaid_until_min, "unpaid_until_min"),
    FIELD(struct reserve_args, holds_per_user_max, "holds_per_user_max"),
    FIELD(struct reserve_args, scope, "scope", .nullable = true),
    FIELD(struct reserve_args, key, "key", .nullable = true),
    FIELD(struct reserve_args, body_hash, "body_hash", .nullable = true),
    FIELD(struct reserve_args, seat_ids, "seat_ids"),
    FIELD(struct reserve_args, row_numbers, "row_numbers"),
    FIELD(struct reserve_args, seat_numbers, "seat_numbers"),
    FIELD(struct reserve_args, ticket_types, "ticket_types"),
    FIELD(struct reserve_args, price_cents, "price_cents"),
    FIELD(struct reserve_args, sales_open_at, "sales_open_at", .form = TIME_Z_MS),
};
static const struct shape reserve_opening_shape = SHAPE(reserve_args, reserve_fields);
static const struct shape reserve_shape = {
    .name = "reserveArgs", .size = sizeof(struct reserve_args), .fields = reserve_fields, .count = COUNT_OF(reserve_fields) - 1
};

static struct reserve_args args_of(arena *a, const struct sale *sale, const struct once *once)
{
    size_t count = sale->seats.count;
    struct reserve_args args = {
        .user_id = sale->user_id,
        .schedule_id = sale->schedule_id,
        .movie_id = sale->movie_id,
        .room_id = sale->room_id ? sale->room_id : INTEGER_NONE,
        .hold = sale->hold,
        .total_amount = sale->total_amount,
        .starts_at = sale->starts_at,
        .ends_at = sale->ends_at,
        .sales_open_at = sale->sales_open_at,
        .hold_s = sale->hold_s,
        .unpaid_until_min = sale->unpaid_until_min,
        .holds_per_user_max = sale->holds_per_user_max,
        .scope = ONCE_SCOPE(once),
        .key = ONCE_KEY(once),
        .body_hash = ONCE_HASH(once),
        .seat_ids = sale->seat_ids,
        .seat_numbers = { NEW_ARRAY(a, int64_t, count), count },
        .price_cents = { NEW_ARRAY(a, int64_t, count), count },
        .row_numbers = { NEW_ARRAY(a, str, count), count },
        .ticket_types = { NEW_ARRAY(a, str, count), count },
    };
    for (size_t i = 0; i < count; i++) {
        const struct reserved_seat *seat = LIST_AT(&sale->seats, struct reserved_seat, i);
        args.seat_numbers.at[i] = seat->seat_number == INT64_MIN ? -1 : seat->seat_number;
        args.price_cents.at[i] = seat->price.cents;
        args.row_numbers.at[i] = seat->row_number.at ? seat->row_number : STR("");
        args.ticket_types.at[i] = seat->ticket_type;
    }
    return args;
}

static const fault *buyer_read(struct store *store, arena *a, const struct pg_answer *answer, int64_t user_id,
                               struct user **out)
{
    *out = NEW(a, struct user);
    if (answer->extra.at)
        return json_restore(a, answer->extra, &user_brief_shape, *out);
    return postgres_user(store, a, user_id, *out); /* found after a loss, or made before under the same key */
}

static const fault *reserve(struct store *store, arena *a, const struct sale *sale, const struct once *once,
                            struct reservation *out)
{
    ids gone;
    if (sole_gone(POSTGRES_STORE(store), a, sale, &gone))
        return seats_taken(a, gone);
    struct reserve_args args = args_of(a, sale, once);
    struct pg_command command = { .act = "reserve", .args = &args, .bulk = true, .events = "reservation.made",
                                  .shape = args.sales_open_at.ms == TIME_NONE ? &reserve_shape : &reserve_opening_shape };
    struct pg_answer answer;
    struct reservation made;
    struct user *buyer;
    const fault *refusal = act_write(store, a, &command, &answer);
    if (str_equal(answer.code, STR("seats_taken")))
        sole_lost(POSTGRES_STORE(store), sale->schedule_id, sale->user_id);
    TRY(refusal);
    TRY(fact_read(store, a, answer.answer, &made));
    TRY(buyer_read(store, a, &answer, made.user_id, &buyer));
    fact_open(store, a, &made, buyer);
    *out = made;
    return NULL;
}

static const fault *reserve_recall(struct store *store, arena *a, const struct once *once, struct reservation *out,
                                   bool *seen)
{
    str fact;
    struct reservation made;
    TRY(postgres_once_recall(POSTGRES_STORE(store)->db, a, once, &fact, seen));
    if (!*seen)
        return NULL;
    struct user *buyer = NEW(a, struct user);
    TRY(fact_read(store, a, fact, &made));
    TRY(postgres_user(store, a, made.user_id, buyer));
    fact_open(store, a, &made, buyer);
    *out = made;
    return NULL;
}

static const fault *seats_claimed(struct store *store, arena *a, int64_t schedule_id, ids *out)
{
    if (sole_whole(POSTGRES_STORE(store), a, schedule_id, out))
        return NULL;
    *out = (ids){ NULL, 0 };
    return pg_numbers(KEYS(store), a, out,
                      "SELECT seat_id FROM seat_claims WHERE schedule_id = $1 "
                      "AND (held_until IS NULL OR held_until > now() OR payment_under_way(reservation_id)) ORDER BY seat_id",
                      PG_BIND(pg_int(schedule_id)));
}

/* --- endings --- */

static const struct field by_id_fields[] = {
    FIELD(struct act_by_id, id, "id"),
    FIELD(struct act_by_id, refund_until_min, "refund_until_min"),
    FIELD(struct act_by_id, scope, "scope", .nullable = true),
    FIELD(struct act_by_id, key, "key", .nullable = true),
};
const struct shape act_by_id_shape = SHAPE(act_by_id, by_id_fields);

static const fault *by_id(struct store *store, arena *a, const char *act, const struct act_by_id *args)
{
    struct pg_command command = { .act = act, .shape = &act_by_id_shape, .args = args, .events = "reservation." };
    struct pg_answer answer;
    return act_write(store, a, &command, &answer);
}

static const fault *cancel(struct store *store, arena *a, int64_t id, int64_t refund_until_min,
                           struct reservation *out)
{
    TRY(by_id(store, a, "cancel", &(struct act_by_id){ .id = id, .refund_until_min = refund_until_min }));
    return postgres_reservation(store, a, id, out);
}

static const fault *release(struct store *store, arena *a, int64_t id, const struct once *once)
{
    return by_id(store, a, "release", &(struct act_by_id){ .id = id, .scope = ONCE_SCOPE(once), .key = ONCE_KEY(once) });
}

static const fault *reservation_remove(struct store *store, arena *a, int64_t id, int64_t refund_until_min)
{
    return by_id(store, a, "remove", &(struct act_by_id){ .id = id, .refund_until_min = refund_until_min });
}

void postgres_acts_fill(struct store *s)
{
    s->reserve = reserve;
    s->reserve_recall = reserve_recall;
    s->seats_claimed = seats_claimed;
    s->cancel = cancel;
    s->release = release;
    s->remove = reservation_remove;
}
