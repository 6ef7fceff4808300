/* store_postgres_sole.c - the lease of the sole writer, and what it knows of the claims meanwhile.
 *
 * A refusal from memory is certain while three things hold: the lease runs, by a clock that was read before it was asked for; memory
 * has all that this process has committed; and none of its acts that may free a seat is under way, since what such an act did can be
 * read in the store before its answer is here. */
#include "services/reservations/store_postgres_sole.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "lib/loop/fiber.h"
#include "services/reservations/store_claims.h"

#define LEASE_MS 3000
#define LEASE_EARLY_MS 300    /* our end of it comes before the store's */
#define RENEW_EVERY_MS 1000
#define WANTED_MS 10000       /* after the last refusal */
#define TRY_AGAIN_MS 10000    /* when others are here */
#define STORE_CLOCK_MS 20     /* by how much the store's clock may be ahead of what we reckon */
#define GIVEN_UP_WAIT_MS 5000 /* for another's lease to end */
#define LOOK_AGAIN_MS 100
#define SHOWINGS_WANTED_MAX 64
#define USERS_MAX 4096 /* a power of two: each user has one place, and shares it */
#define EVENTS_PER_READ 1000
#define KEEPER_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct sole {
    str holder; /* this process, by chance */
    struct claims claims;
    int64_t followed;      /* the log's position up to which memory has it */
    int64_t sure_until_ms; /* by clock_boot_ms; 0: not the sole writer */
    int64_t asked_ms, store_ms; /* at asked_ms the store's clock was at store_ms at most */
    int64_t wanted_until_ms, next_try_ms;
    int64_t wanted[SHOWINGS_WANTED_MAX];
    size_t wanted_count;
    int freeing;           /* acts under way */
    uint64_t freed;        /* acts that have ended */
    int64_t users[USERS_MAX]; /* whom the store has refused seats: they exist */
    uint64_t refused;
    bool ending;
    fiber *keeper;
};

/* --- asking --- */

static bool sole_now(const struct sole *w)
{
    return w->sure_until_ms > clock_boot_ms();
}

static bool certain(const struct postgres_store *s)
{
    const struct sole *w = s->sole;
    return w->freeing == 0 && w->followed == postgres_position(s->db) && sole_now(w);
}

static int64_t store_latest_ms(const struct sole *w)
{
    return w->store_ms + (clock_boot_ms() - w->asked_ms) + STORE_CLOCK_MS;
}

static int64_t *user_place(struct sole *w, int64_t user_id)
{
    return &w->users[(uint64_t)user_id % USERS_MAX];
}

bool sole_gone(struct postgres_store *s, arena *a, const struct sale *sale, ids *gone)
{
    struct sole *w = s->sole;
    if (!certain(s) || sale->sales_open_at.ms != TIME_NONE || *user_place(w, sale->user_id) != sale->user_id)
        return false;
    if (!claims_gone(&w->claims, a, sale->schedule_id, &sale->seat_ids, store_latest_ms(w), gone) || gone->count == 0)
        return false;
    w->refused++;
    w->wanted_until_ms = clock_boot_ms() + WANTED_MS;
    return true;
}

bool sole_whole(struct postgres_store *s, arena *a, int64_t showing_id, ids *claimed)
{
    struct sole *w = s->sole;
    return certain(s) && claims_whole(&w->claims, a, showing_id, store_latest_ms(w), claimed);
}

static bool wanted_already(const struct sole *w, int64_t showing_id)
{
    for (size_t i = 0; i < w->wanted_count; i++)
        if (w->wanted[i] == showing_id)
            return true;
    return claims_known(&w->claims, showing_id);
}

void sole_lost(struct postgres_store *s, int64_t showing_id, int64_t user_id)
{
    struct sole *w = s->sole;
    if (w->freeing == 0 && sole_now(w))
        *user_place(w, user_id) = user_id;
    w->wanted_until_ms = clock_boot_ms() + WANTED_MS;
    if (wanted_already(w, showing_id) && sole_now(w))
        return;
    if (!wanted_already(w, showing_id) && w->wanted_count < SHOWINGS_WANTED_MAX)
        w->wanted[w->wanted_count++] = showing_id;
    if (w->keeper)
        fiber_wake(w->keeper);
}

/* --- acts --- */

static bool never_frees(const char *act)
{
    static const char *const acts[] = { "reserve", "payment_begin", "payment_settle", "refund_done", "user_create",
                                        "user_change", "sales_resume", "keys_forget", "sole_writer", "checkin" };
    for (size_t i = 0; i < COUNT_OF(acts); i++)
        if (strcmp(act, acts[i]) == 0)
            return true; /* but for holds that have run out: those are never certain */
    return false;
}

void sole_act_begins(struct postgres_store *s, const char *act)
{
    s->sole->freeing += !never_frees(act);
}

/* Who is erased, and whose sale is stopped, is told so before he hears of lost seats: both are learnt anew. */
static void said_forget(struct sole *w, const char *act)
{
    if (strcmp(act, "user_erase") == 0)
        memset(w->users, 0, sizeof w->users);
    if (strcmp(act, "sales_stop") == 0) {
        claims_forget(&w->claims);
        w->wanted_count = 0;
    }
}

void sole_act_ends(struct postgres_store *s, const char *act)
{
    struct sole *w = s->sole;
    if (never_frees(act))
        return;
    w->freeing--;
    w->freed++;
    said_forget(w, act);
}

void sole_moved(struct postgres_store *s)
{
    if (s->sole && s->sole->keeper && s->sole->sure_until_ms > 0)
        fiber_wake(s->sole->keeper);
}

/* --- the lease --- */

struct lease_args {
    str holder;
    int64_t lease_ms;
};
static const struct field lease_fields[] = {
    FIELD(struct lease_args, holder, "holder"),
    FIELD(struct lease_args, lease_ms, "lease_ms"),
};
static const struct shape lease_shape = SHAPE(lease_args, lease_fields);

static void lease_lost(struct sole *w)
{
    w->sure_until_ms = 0;
    claims_forget(&w->claims);
    memset(w->users, 0, sizeof w->users);
}

/* lease_ms 0: given back. What was known while it last ran is known no more when it had run out: others may have written. */
static const fault *lease_ask(struct postgres_store *s, arena *a, int64_t lease_ms)
{
    struct sole *w = s->sole;
    struct lease_args args = { w->holder, lease_ms };
    struct pg_command command = { .act = "sole_writer", .shape = &lease_shape, .args = &args };
    struct pg_answer answer;
    int64_t asked_ms = clock_boot_ms();
    const fault *problem = act_write(&s->store, a, &command, &answer);
    if (!sole_now(w))
        lease_lost(w);
    w->next_try_ms = asked_ms + RENEW_EVERY_MS;
    TRY(problem);
    if (answer.detail == 0) {
        lease_lost(w);
        w->next_try_ms = asked_ms + TRY_AGAIN_MS;
        return NULL;
    }
    if (w->sure_until_ms == 0)
        w->followed = postgres_position(s->db);
    w->sure_until_ms = asked_ms + LEASE_MS - LEASE_EARLY_MS;
    w->asked_ms = asked_ms;
    w->store_ms = answer.detail;
    return NULL;
}

/* Whose lease has not been renewed for as long as it lasts, by our own clock, has none: the server's clock may have been set back. */
static bool lease_over(str seen, str *before, int64_t *since_ms)
{
    if (!str_equal(seen, *before))
        *since_ms = clock_boot_ms();
    *before = seen;
    return seen.len == 0 || clock_boot_ms() - *since_ms > LEASE_MS;
}

/* Nobody who is asked after this, under the writers' lock, takes the lease: he sees that this process is here. */
const fault *sole_ready(struct postgres_store *s, arena *a, struct pg_link *writer)
{
    str seen, before = STR("never seen"), nothing;
    int64_t since_ms = 0;
    lease_lost(s->sole);
    if (twin_lacks("lease"))
        return NULL;
    TRY(pg_ask(writer, a, "SELECT writer_is_here()", &nothing));
    str question = arena_printf(a, "SELECT sole_writer_other('%.*s')", STR_ARG(s->sole->holder));
    for (int64_t end_ms = loop_now_ms() + GIVEN_UP_WAIT_MS; loop_now_ms() < end_ms; fiber_sleep(LOOK_AGAIN_MS)) {
        TRY(pg_ask_alone(writer, a, question.at, &seen));
        if (lease_over(seen, &before, &since_ms))
            return NULL;
    }
    return fault_internal(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.",
                          "another process is still the sole writer");
}

/* --- what it knows --- */

static const fault *events_take(struct postgres_store *s, arena *a, const list *events)
{
    struct sole *w = s->sole;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *e = LIST_AT(events, struct event, i);
        struct reservation told = { 0 };
        if (str_starts(e->type, STR("reservation."))) {
            TRY(fact_read(&s->store, a, e->data, &told));
            claims_follow(&w->claims, &told, e->position);
        }
        if (str_equal(e->type, STR("reservation.made")))
            *user_place(w, told.user_id) = told.user_id;
        else if (str_equal(e->type, STR("user.erased")))
            memset(w->users, 0, sizeof w->users);
        w->followed = e->position;
    }
    return NULL;
}

static const fault *log_follow(struct postgres_store *s, arena *a)
{
    struct sole *w = s->sole;
    while (w->followed < postgres_position(s->db) && sole_now(w)) {
        struct event_page page;
        TRY(postgres_log_read(s->db, a, w->followed, EVENTS_PER_READ, &page));
        if (page.events.count == 0)
            return fault_internal(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.",
                                  "the log does not have what was committed");
        TRY(events_take(s, a, &page.events));
    }
    return NULL;
}

struct claim_row {
    int64_t seat_id, reservation_id, until_ms, position;
};
static const struct field claim_fields[] = {
    FIELD(struct claim_row, seat_id, "seat_id", .nullable = true),
    FIELD(struct claim_row, reservation_id, "reservation_id", .nullable = true),
    FIELD(struct claim_row, until_ms, "until_ms", .nullable = true),
    FIELD(struct claim_row, position, "position"),
};
static const struct shape claim_row_shape = SHAPE(claim_row, claim_fields);

/* What a payment under way adds to a hold may be taken back by its end, so only the hold itself counts. Without claims there is one
 * row, of nothing but the position. */
static const fault *claims_read(struct postgres_store *s, arena *a, int64_t showing_id)
{
    list rows;
    uint64_t freed = s->sole->freed;
    TRY(pg_list(KEYS(&s->store), a, &claim_row_shape, &rows,
                "SELECT l.position, c.seat_id, c.reservation_id, CASE WHEN c.held_until IS NULL THEN 9223372036854775807 "
                "ELSE floor(extract(epoch FROM least(c.held_until, r.expires_at)) * 1000)::bigint END AS until_ms "
                "FROM (SELECT log_last() AS position) l LEFT JOIN seat_claims c ON c.schedule_id = $1 "
                "LEFT JOIN reservations r ON r.id = c.reservation_id ORDER BY c.seat_id",
                PG_BIND(pg_int(showing_id))));
    list claims = { NEW_ARRAY(a, struct claim, rows.count + 1), 0 };
    for (size_t i = 0; i < rows.count; i++) {
        const struct claim_row *row = LIST_AT(&rows, struct claim_row, i);
        if (row->seat_id != INTEGER_NONE)
            *LIST_AT(&claims, struct claim, claims.count++) = (struct claim){ row->seat_id, row->reservation_id, row->until_ms };
    }
    if (rows.count > 0 && s->sole->freed == freed && s->sole->freeing == 0)
        claims_put(&s->sole->claims, showing_id, &claims, LIST_AT(&rows, struct claim_row, 0)->position);
    return NULL;
}

static const fault *showings_read(struct postgres_store *s, arena *a)
{
    struct sole *w = s->sole;
    while (w->wanted_count > 0 && sole_now(w))
        TRY(claims_read(s, a, w->wanted[--w->wanted_count]));
    return NULL;
}

/* --- the keeper --- */

static const fault *keep(struct postgres_store *s, arena *a)
{
    struct sole *w = s->sole;
    int64_t now_ms = clock_boot_ms();
    if (w->wanted_until_ms <= now_ms || w->ending) {
        w->wanted_count = 0;
        return w->sure_until_ms > 0 ? lease_ask(s, a, 0) : NULL;
    }
    if (w->next_try_ms <= now_ms)
        TRY(lease_ask(s, a, LEASE_MS));
    TRY(log_follow(s, a));
    return showings_read(s, a);
}

static int64_t keeper_waits_ms(const struct sole *w)
{
    int64_t now_ms = clock_boot_ms();
    if (w->wanted_until_ms <= now_ms)
        return INT64_MAX;
    int64_t next_ms = w->next_try_ms < w->wanted_until_ms ? w->next_try_ms : w->wanted_until_ms;
    return loop_now_ms() + (next_ms > now_ms ? next_ms - now_ms : 0) + 1;
}

static void keeper_run(void *arg)
{
    struct postgres_store *s = arg;
    struct sole *w = s->sole;
    w->keeper = fiber_self();
    arena *a = arena_new(KEEPER_BYTES_MAX);
    for (bool last = false; !last; arena_reset(a)) {
        last = w->ending;
        const fault *problem = keep(s, a);
        if (problem)
            lease_lost(w);
        if (problem && problem->kind != FAULT_UNAVAILABLE)
            log_line("error", "claims_unknown", "%s: %.*s", problem->code, STR_ARG(problem->internal));
        if (!last)
            fiber_park("who is refused from memory", keeper_waits_ms(w));
    }
    arena_free(a);
    w->keeper = NULL;
}

void sole_open(struct postgres_store *s, arena *boot)
{
    s->sole = NEW(boot, struct sole);
    s->sole->holder = random_hex(boot, 16);
}

const fault *sole_start(struct postgres_store *s, arena *boot)
{
    if (!fiber_start("keeper of claims", keeper_run, s))
        return fault_new(boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the store.");
    return NULL;
}

void sole_close(struct postgres_store *s)
{
    s->sole->ending = true;
    while (s->sole->keeper) {
        fiber_wake(s->sole->keeper);
        fiber_sleep(1);
    }
    claims_forget(&s->sole->claims);
}

void sole_metrics(const struct postgres_store *s, struct buf *out)
{
    buf_printf(out,
               "# TYPE taquilla_sole_writer gauge\ntaquilla_sole_writer %d\n"
               "# TYPE taquilla_seats_refused_from_memory_total counter\ntaquilla_seats_refused_from_memory_total %llu\n",
               sole_now(s->sole), (unsigned long long)s->sole->refused);
}
