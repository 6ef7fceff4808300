/* store_sqlite_users.c - what each user spent in every window, in one row, and what follows when that changes: his segments, and
 * whether he is among the best. */
#include <stdlib.h>
#include <string.h>

#include "services/analytics/store_sqlite.h"

/* Of a window at least those many stand in top_users who might be among the best ten, until some of them fall behind: then they are
 * looked for anew. */
#define TOP_KEPT 64
#define TOP_MOST 128
_Static_assert(TOP_USERS < TOP_KEPT && TOP_KEPT < TOP_MOST, "the best are among those kept");
_Static_assert(WINDOWS_FIRST == 1 && WINDOWS_LAST == 6, "those are the windows of the texts below");

/* --- rows --- */

#define SUM_FIELD(window, what)                                                                    \
    { .name = #what #window, .column = #what #window, .offset = offsetof(struct user_sums, in[window].what), .kind = KIND_INTEGER }
#define WINDOW_FIELDS(window) SUM_FIELD(window, cents), SUM_FIELD(window, reservations), SUM_FIELD(window, confirmed)
static const struct field user_sums_fields[] = {
    FIELD(struct user_sums, user_id, "user_id"),
    FIELD(struct user_sums, alive, "alive"),
    WINDOW_FIELDS(1), WINDOW_FIELDS(2), WINDOW_FIELDS(3), WINDOW_FIELDS(4), WINDOW_FIELDS(5), WINDOW_FIELDS(6),
};
static const struct shape user_sums_shape = SHAPE(user_sums, user_sums_fields);

static const struct field top_end_fields[] = {
    FIELD(struct top_end, span, "span"),
    FIELD(struct top_end, cents, "cents"),
    FIELD(struct top_end, reservations, "reservations"),
    FIELD(struct top_end, user_id, "user_id"),
};
static const struct shape top_end_shape = SHAPE(top_end, top_end_fields);

static const fault *row_read(struct sql *db, arena *a, int64_t user_id, struct user_sums *out, bool *found)
{
    return sql_one(db, a, &user_sums_shape, out, found, "SELECT * FROM user_sums WHERE user_id = ?1", BIND(sql_int(user_id)));
}

static bool has_none(const struct user_sums *row)
{
    bool none = true;
    for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++)
        none &= !row->in[w].cents && !row->in[w].reservations && !row->in[w].confirmed;
    return none;
}

static const fault *row_write(struct sql *db, arena *a, const struct user_sums *row)
{
    struct bind values[2 + 3 * WINDOWS_LAST] = { sql_int(row->user_id), sql_bool(row->alive) };
    for (size_t w = WINDOWS_FIRST, n = 2; w <= WINDOWS_LAST; w++) {
        values[n++] = sql_int(row->in[w].cents);
        values[n++] = sql_int(row->in[w].reservations);
        values[n++] = sql_int(row->in[w].confirmed);
    }
    if (has_none(row))
        return sql_run(db, a, "DELETE FROM user_sums WHERE user_id = ?1", BIND(sql_int(row->user_id)));
    return sql_run(db, a,
                   "REPLACE INTO user_sums VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
                   "?19, ?20)",
                   (struct binds){ values, COUNT_OF(values) });
}

/* --- the best --- */

static bool is_listed(const struct user_change *u, size_t window, const struct user_sums *row)
{
    const struct top_end *end = &u->ends[window];
    const struct sum *sum = &row->in[window];
    if (!row->alive || (sum->cents == 0 && sum->reservations == 0))
        return false;
    if (end->span == 0)
        return true;
    if (sum->cents != end->cents)
        return sum->cents > end->cents;
    return sum->reservations != end->reservations ? sum->reservations > end->reservations : row->user_id <= end->user_id;
}

/* The last of those kept is the end from now on. */
static const fault *top_end_set(struct user_change *u, size_t window)
{
    struct top_end *end = &u->ends[window];
    bool found;
    TRY(sql_one(u->db, u->arena, &top_end_shape, end, &found,
                "SELECT span, cents, reservations, user_id FROM top_users WHERE span = ?1 "
                "ORDER BY cents, reservations, user_id DESC LIMIT 1", BIND(sql_int((int64_t)window))));
    return sql_run(u->db, u->arena, "REPLACE INTO top_ends (span, cents, reservations, user_id) VALUES (?1, ?2, ?3, ?4)",
                   BIND(sql_int((int64_t)window), sql_int(end->cents), sql_int(end->reservations), sql_int(end->user_id)));
}

static const fault *top_trim(struct user_change *u, size_t window)
{
    u->top_more[window] = 0;
    TRY(sql_run(u->db, u->arena,
                "DELETE FROM top_users WHERE span = ?1 AND user_id NOT IN (SELECT user_id FROM top_users WHERE span = ?1 "
                "ORDER BY cents DESC, reservations DESC, user_id LIMIT ?2)", BIND(sql_int((int64_t)window), sql_int(TOP_KEPT))));
    return top_end_set(u, window);
}

static const fault *top_keep(struct user_change *u, size_t window, const struct user_sums *before, const struct user_sums *now)
{
    bool was = is_listed(u, window, before), is = is_listed(u, window, now);
    const struct sum *sum = &now->in[window];
    if (was && !is) {
        u->top_fewer[window] = true;
        return sql_run(u->db, u->arena, "DELETE FROM top_users WHERE span = ?1 AND user_id = ?2",
                       BIND(sql_int((int64_t)window), sql_int(now->user_id)));
    }
    if (!is)
        return NULL;
    TRY(sql_run(u->db, u->arena, "REPLACE INTO top_users (span, user_id, cents, reservations, confirmed) VALUES (?1, ?2, ?3, ?4, ?5)",
                BIND(sql_int((int64_t)window), sql_int(now->user_id), sql_int(sum->cents), sql_int(sum->reservations),
                     sql_int(sum->confirmed))));
    u->top_more[window] += !was;
    return u->top_more[window] > TOP_MOST ? top_trim(u, window) : NULL;
}

/* Who bought in a short window is found by its days; in a long one that is nearly everybody. */
#define OF_DAYS "user_id IN (SELECT user_id FROM user_days WHERE day BETWEEN ?2 AND ?3)"
#define OF_ALL "?2 <= ?3"
#define TOP_TEXT(window, which)                                                                    \
    [window] = "INSERT INTO top_users (span, user_id, cents, reservations, confirmed) SELECT " #window ", user_id, cents" #window \
               ", reservations" #window ", confirmed" #window " FROM user_sums WHERE alive = 1 AND (cents" #window              \
               " <> 0 OR reservations" #window " <> 0) AND " which " ORDER BY cents" #window " DESC, reservations" #window      \
               " DESC, user_id LIMIT ?1"
static const char *const top_texts[WINDOWS_LAST + 1] = {
    TOP_TEXT(1, OF_DAYS), TOP_TEXT(2, OF_DAYS), TOP_TEXT(3, OF_DAYS), TOP_TEXT(4, OF_ALL), TOP_TEXT(5, OF_ALL), TOP_TEXT(6, OF_ALL),
};

static const fault *top_find(struct user_change *u, size_t window)
{
    struct days within = analytics_window_days((unsigned)window, u->today);
    TRY(sql_run(u->db, u->arena, "DELETE FROM top_ends WHERE span = ?1", BIND(sql_int((int64_t)window))));
    TRY(sql_run(u->db, u->arena, "DELETE FROM top_users WHERE span = ?1", BIND(sql_int((int64_t)window))));
    TRY(sql_run(u->db, u->arena, top_texts[window], BIND(sql_int(TOP_KEPT), sql_int(within.from), sql_int(within.to))));
    return sql_changes(u->db) == TOP_KEPT ? top_end_set(u, window) : NULL;
}

static const fault *tops_settle(struct user_change *u)
{
    for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++) {
        int64_t listed = 0;
        if (!u->top_fewer[w] && u->top_more[w] == 0)
            continue;
        TRY(sql_number(u->db, u->arena, &listed, "SELECT count(*) FROM top_users WHERE span = ?1", BIND(sql_int((int64_t)w))));
        if (listed > TOP_MOST)
            TRY(top_trim(u, w));
        else if (listed < TOP_USERS && u->ends[w].span != 0)
            TRY(top_find(u, w));
    }
    return NULL;
}

/* --- changes --- */

const fault *users_begin(struct sql *db, arena *a, int32_t today, struct user_change *out)
{
    list ends;
    *out = (struct user_change){ .db = db, .arena = a, .today = today };
    TRY(sql_list(db, a, &top_end_shape, &ends, "SELECT * FROM top_ends", NO_BINDS));
    for (size_t i = 0; i < ends.count; i++) {
        const struct top_end *end = LIST_AT(&ends, struct top_end, i);
        out->ends[end->span] = *end;
    }
    return NULL;
}

/* Out of the segment that he was in, into the one that he is in now. */
static const fault *user_put(struct user_change *u, const struct user_sums *before, const struct user_sums *now)
{
    for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++) {
        if (before->alive == now->alive && memcmp(&before->in[w], &now->in[w], sizeof now->in[w]) == 0)
            continue;
        analytics_segment_add(&u->segments[w], &before->in[w], before->alive, -1);
        analytics_segment_add(&u->segments[w], &now->in[w], now->alive, 1);
        TRY(top_keep(u, w, before, now));
    }
    return row_write(u->db, u->arena, now);
}

const fault *user_add(struct user_change *u, int64_t user_id, const struct sum add[WINDOWS_LAST + 1])
{
    struct user_sums before = { .user_id = user_id }, now;
    bool found;
    TRY(row_read(u->db, u->arena, user_id, &before, &found));
    if (!found) {
        int64_t alive = 0;
        TRY(sql_number(u->db, u->arena, &alive, "SELECT alive FROM users WHERE id = ?1", BIND(sql_int(user_id))));
        before.alive = alive;
    }
    now = before;
    for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++) {
        now.in[w].cents += add[w].cents;
        now.in[w].reservations += add[w].reservations;
        now.in[w].confirmed += add[w].confirmed;
    }
    return user_put(u, &before, &now);
}

static const fault *segments_keep(struct sql *db, arena *a, size_t window, const struct segment_sums *s)
{
    if (!s->active && !s->vip && !s->regular && !s->casual)
        return NULL;
    return sql_run(db, a,
                   "INSERT INTO windows (span, cents, reservations, confirmed, active, vip, regular, casual) "
                   "VALUES (?1, 0, 0, 0, ?2, ?3, ?4, ?5) ON CONFLICT (span) DO UPDATE SET active = active + excluded.active, "
                   "vip = vip + excluded.vip, regular = regular + excluded.regular, casual = casual + excluded.casual",
                   BIND(sql_int((int64_t)window), sql_int(s->active), sql_int(s->vip), sql_int(s->regular), sql_int(s->casual)));
}

const fault *users_end(struct user_change *u)
{
    for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++)
        TRY(segments_keep(u->db, u->arena, w, &u->segments[w]));
    return tops_settle(u);
}

const fault *user_alive_set(struct sql *db, arena *a, int64_t user_id, bool alive, int32_t today)
{
    int64_t was = 0;
    struct user_sums before, now;
    struct user_change change;
    bool found;
    TRY(sql_number(db, a, &was, "SELECT alive FROM users WHERE id = ?1", BIND(sql_int(user_id))));
    TRY(sql_run(db, a, "INSERT INTO users (id, alive) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET alive = excluded.alive",
                BIND(sql_int(user_id), sql_bool(alive))));
    if (was == alive)
        return NULL;
    TRY(sql_run(db, a, "UPDATE figures SET alive = alive + ?1", BIND(sql_int(alive - was))));
    TRY(row_read(db, a, user_id, &before, &found));
    if (!found)
        return NULL;
    now = before;
    now.alive = alive;
    TRY(users_begin(db, a, today, &change));
    TRY(user_put(&change, &before, &now));
    return users_end(&change);
}

/* --- a page --- */

static int user_order(const void *left, const void *right)
{
    const struct cell *a = *(const struct cell *const *)left, *b = *(const struct cell *const *)right;
    return a->key[1] < b->key[1] ? -1 : a->key[1] > b->key[1];
}

const fault *user_days_follow(struct sql *db, const struct cells *c, int32_t today)
{
    const struct cell **days = NEW_ARRAY(c->in, const struct cell *, c->count + 1);
    struct user_change change;
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->at[i].of == CELL_USER_DAY)
            days[count++] = &c->at[i];
    if (count == 0)
        return NULL;
    qsort(days, count, sizeof(*days), user_order);
    TRY(users_begin(db, c->in, today, &change));
    for (size_t i = 0; i < count;) {
        struct sum add[WINDOWS_LAST + 1] = { 0 };
        int64_t user_id = days[i]->key[1];
        for (; i < count && days[i]->key[1] == user_id; i++)
            analytics_windows_add(add, days[i], today);
        TRY(user_add(&change, user_id, add));
    }
    return users_end(&change);
}
