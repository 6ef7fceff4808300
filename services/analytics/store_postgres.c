/* store_postgres.c - analytics' sums on PostgreSQL: opening them, and what they are told, a page a transaction. */
#include "services/analytics/store_postgres.h"

#include "lib/base/log.h"
#include "lib/base/random.h"

/* --- the state --- */

static const struct field state_fields[] = {
    FIELD(struct figures_state, moment, "moment"),
    FIELD(struct figures_state, today, "today"),
    FIELD(struct figures_state, film_last, "film_last"),
    FIELD(struct figures_state, method_last, "method_last"),
    FIELD(struct figures_state, writer, "writer"),
    FIELD(struct figures_state, act, "act"),
};
static const struct shape state_shape = SHAPE(figures_state, state_fields);

const fault *analytics_state_read(struct store *s, arena *a, struct figures_state *out, bool *found)
{
    return pg_one(LISTS(s), a, &state_shape, out, found,
                  "SELECT moment, today, writer, act, (SELECT coalesce(max(key), 0) FROM films) AS film_last, "
                  "(SELECT coalesce(max(key), 0) FROM methods) AS method_last FROM figures", PG_NO_BINDS);
}

str analytics_act_name(arena *a)
{
    return random_hex(a, 16);
}

/* --- acts --- */

/* The driver looks into its log for what became of a lost batch; ours says it in the figures. */
static bool found_after_loss(struct store *s, arena *a, str act_id)
{
    struct figures_state now;
    bool found = false;
    if (analytics_state_read(s, a, &now, &found) || !found || !str_equal(now.act, act_id))
        return false;
    log_line("info", "facts_found_kept", "the connection was lost after what was written had been kept");
    return true;
}

static const fault *not_ours(arena *a, const char *why)
{
    return fault_internal(a, FAULT_UNAVAILABLE, "store_unavailable", "The figures cannot be kept at the moment. Try again.",
                          "%s", why);
}

const fault *analytics_act_write(struct store *s, arena *a, const char *act, const struct shape *shape, const void *args, str act_id)
{
    struct pg_answer answer;
    const fault *problem = postgres_write(POSTGRES_STORE(s)->db, a, &(struct pg_command){ .act = act, .shape = shape, .args = args },
                                          &answer);
    if (problem && problem->kind == FAULT_UNAVAILABLE && found_after_loss(s, a, act_id))
        return NULL;
    TRY(problem);
    return answer.code.len == 0 ? NULL : not_ours(a, "the figures have moved while a page was folded");
}

struct open_act {
    str writer, act_id, zone;
    int64_t day_starts, today;
};
static const struct field open_fields[] = {
    FIELD(struct open_act, writer, "writer"),
    FIELD(struct open_act, act_id, "act_id"),
    FIELD(struct open_act, zone, "zone"),
    FIELD(struct open_act, day_starts, "day_starts"),
    FIELD(struct open_act, today, "today"),
};
static const struct shape open_shape = SHAPE(open_act, open_fields);

static const fault *take_over(struct store *s, arena *a, int32_t today)
{
    struct postgres_store *p = POSTGRES_STORE(s);
    struct open_act act = { p->writer, analytics_act_name(a), p->zone, p->day_starts_s, today };
    TRY(analytics_act_write(s, a, "open", &open_shape, &act, act.act_id));
    p->taken_over = true;
    return NULL;
}

/* Every act begins with it: the figures are ours, and their windows end today. */
static const fault *act_begin(struct store *s, arena *a, int32_t today, struct figures_state *now)
{
    struct postgres_store *p = POSTGRES_STORE(s);
    bool found = false;
    if (!p->taken_over)
        TRY(take_over(s, a, today));
    TRY(analytics_state_read(s, a, now, &found));
    if (!found || !str_equal(now->writer, p->writer))
        return not_ours(a, "another analytics keeps its figures in this database: it was started later");
    TRY(analytics_windows_come(s, a, now, today));
    p->today = today;
    return NULL;
}

/* --- what owners tell --- */

static const struct field left_fields[] = {
    FIELD(struct feed_left, position, "position"),
    FIELD(struct feed_left, whole, "whole"),
};
static const struct shape left_shape = SHAPE(feed_left, left_fields);

struct one_act {
    struct store *store;
    enum owner_name owner;
    int32_t today;
    struct told *page;
};

static const fault *taking_over(void *arg, arena *a)
{
    const struct one_act *one = arg;
    return POSTGRES_STORE(one->store)->taken_over ? NULL : take_over(one->store, a, one->today);
}

static const fault *left_read(struct store *s, arena *a, enum owner_name owner, struct feed_left *out)
{
    bool found;
    *out = (struct feed_left){ 0 };
    return pg_one(LISTS(s), a, &left_shape, out, &found, "SELECT position, whole FROM feeds WHERE owner = $1", PG_BIND(pg_int(owner)));
}

/* A page counts where the last one ended. A server that crashed, or was put back from a copy, may be behind that; a page that was
 * lost may be in it. */
static const fault *feed_unmoved(struct store *s, arena *a, enum owner_name owner)
{
    struct feed_left is, was = POSTGRES_STORE(s)->left[owner];
    TRY(left_read(s, a, owner, &is));
    return is.position == was.position && is.whole == was.whole ? NULL : not_ours(a, "the feed stands elsewhere in the database");
}

static const fault *feed_left(struct store *s, arena *a, enum owner_name owner, struct feed_left *out)
{
    struct feed_left left;
    struct one_act one = { .store = s, .today = (int32_t)day_of(clock_wall_now()).days };
    TRY(postgres_alone(POSTGRES_STORE(s)->db, a, taking_over, &one));
    TRY(left_read(s, a, owner, &left));
    POSTGRES_STORE(s)->left[owner] = *out = left;
    return NULL;
}

struct begin_act {
    int64_t owner, moment, today;
    str writer, act_id;
};
static const struct field begin_fields[] = {
    FIELD(struct begin_act, owner, "owner"),
    FIELD(struct begin_act, moment, "moment"),
    FIELD(struct begin_act, today, "today"),
    FIELD(struct begin_act, writer, "writer"),
    FIELD(struct begin_act, act_id, "act_id"),
};
static const struct shape begin_shape = SHAPE(begin_act, begin_fields);

static const fault *begin_alone(void *arg, arena *a)
{
    const struct one_act *one = arg;
    struct figures_state now;
    TRY(act_begin(one->store, a, one->today, &now));
    struct begin_act act = { one->owner, now.moment, now.today, now.writer, analytics_act_name(a) };
    TRY(analytics_act_write(one->store, a, "begin", &begin_shape, &act, act.act_id));
    POSTGRES_STORE(one->store)->left[one->owner] = (struct feed_left){ 0, false };
    return NULL;
}

static const fault *begin(struct store *s, arena *a, enum owner_name owner, int32_t today)
{
    return postgres_alone(POSTGRES_STORE(s)->db, a, begin_alone, &(struct one_act){ s, owner, today, NULL });
}

static const fault *take_alone(void *arg, arena *a)
{
    const struct one_act *one = arg;
    struct figures_state now;
    struct page_kept kept;
    TRY(act_begin(one->store, a, one->today, &now));
    TRY(feed_unmoved(one->store, a, one->owner));
    TRY(analytics_page_fold(one->store, a, one->page, &now, &kept));
    kept.writer = now.writer;
    kept.act_id = analytics_act_name(a);
    TRY(analytics_act_write(one->store, a, "take", &analytics_page_kept_shape, &kept, kept.act_id));
    POSTGRES_STORE(one->store)->left[one->owner] = (struct feed_left){ kept.position, kept.whole };
    return NULL;
}

static const fault *take(struct store *s, arena *a, struct told *page, int32_t today)
{
    return postgres_alone(POSTGRES_STORE(s)->db, a, take_alone, &(struct one_act){ s, page->owner, today, page });
}

/* Somebody else may have brought them there: who folds. */
static const fault *come_alone(void *arg, arena *a)
{
    const struct one_act *one = arg;
    struct figures_state now;
    bool found = false;
    if (POSTGRES_STORE(one->store)->taken_over)
        TRY(analytics_state_read(one->store, a, &now, &found));
    if (!found || now.today != one->today)
        TRY(act_begin(one->store, a, one->today, &now));
    POSTGRES_STORE(one->store)->today = one->today;
    return NULL;
}

static const fault *come_to(struct store *s, arena *a, int32_t today)
{
    if (POSTGRES_STORE(s)->today == today)
        return NULL;
    return postgres_alone(POSTGRES_STORE(s)->db, a, come_alone, &(struct one_act){ .store = s, .today = today });
}

/* --- life --- */

static const fault *check(struct store *s, arena *a)
{
    return postgres_check(POSTGRES_STORE(s)->db, a);
}

static void metrics(struct store *s, struct buf *out)
{
    postgres_metrics(POSTGRES_STORE(s)->db, out);
}

static void store_close(struct store *s)
{
    postgres_close(POSTGRES_STORE(s)->db);
}

const fault *analytics_postgres_open(arena *boot, struct store **out, str url, str zone, int32_t day_starts_s)
{
    struct postgres_store *s = NEW(boot, struct postgres_store);
    TRY(postgres_open(boot, &s->db, &(struct postgres_setup){ .url = url, .service = "analytics", .acts = "analytics_acts",
                                                              .migrations = analytics_postgres_migrations }));
    s->zone = zone.at ? zone : STR("");
    s->day_starts_s = day_starts_s;
    s->today = NO_DAY;
    s->writer = random_hex(boot, 16);
    s->store = (struct store){ .feed_left = feed_left, .begin = begin, .take = take, .come_to = come_to, .check = check,
                               .metrics = metrics, .close = store_close };
    analytics_postgres_figures_fill(&s->store);
    *out = &s->store;
    return NULL;
}
