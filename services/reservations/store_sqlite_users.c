/* store_sqlite_users.c - users: the one place where names, e-mails and phones are kept. */
#include "services/reservations/store_sqlite.h"

#define USER_COLUMNS "id, email, name, phone, created_at, updated_at"

const fault *user_row(struct sql *db, arena *a, int64_t id, struct user *out)
{
    bool found;
    TRY(sql_one(db, a, &user_shape, out, &found,
                "SELECT " USER_COLUMNS " FROM users WHERE id = ?1 AND erased_at IS NULL", BIND(sql_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "user_unknown", "User not found");
    return NULL;
}

static const fault *user_log(struct sql *db, arena *a, const char *type, const struct user *about)
{
    return sqlite_log(db, a, type, arena_printf(a, "%lld", (long long)about->id), &user_fact_shape, about,
                      NULL);
}

const fault *user_by_email(struct sql *db, arena *a, str email, struct user *out, bool *found)
{
    return sql_one(db, a, &user_shape, out, found, "SELECT " USER_COLUMNS " FROM users WHERE email_key = ?1",
                   BIND(sql_text(email_key(a, email))));
}

const fault *user_insert(struct sql *db, arena *a, const struct user_input *want, struct user *made)
{
    instant now = sql_now(db);
    TRY(sql_run(db, a,
                "INSERT INTO users (email, email_key, name, phone, created_at, updated_at) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                BIND(sql_text(want->email), sql_text(email_key(a, want->email)), sql_text(want->name),
                     sql_text(want->phone), sql_instant(now))));
    *made = (struct user){ .id = sql_last_id(db),
                           .email = want->email,
                           .name = want->name,
                           .phone = want->phone,
                           .created_at = now,
                           .updated_at = now };
    return user_log(db, a, "user.changed", made);
}

/* --- create --- */

struct create_act {
    const struct user_input *want;
    const struct once *once;
    bool take_existing;
    struct user made;
};

static const fault *create_act(struct sql *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &user_shape, &act->made, &seen));
    if (seen)
        return NULL;
    bool found;
    TRY(user_by_email(db, a, act->want->email, &act->made, &found));
    if (found && act->take_existing)
        return NULL;
    if (found)
        return fault_new(a, FAULT_CONFLICT, "email_taken", "User with email %.*s already exists",
                         STR_ARG(act->want->email));
    TRY(user_insert(db, a, act->want, &act->made));
    return sqlite_once_keep(db, a, act->once, &user_shape, &act->made, act->made.id);
}

static const fault *user_create(struct store *store, arena *a, const struct user_input *want,
                                const struct once *once, struct user *out)
{
    struct create_act act = { .want = want, .once = once };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *user_find_or_create(struct store *store, arena *a, const struct user_input *want,
                                        struct user *out)
{
    bool found;
    TRY(user_by_email(sqlite_reader(STORE_OF(store)->db), a, want->email, out, &found));
    if (found)
        return NULL;
    struct create_act act = { .want = want, .take_existing = true };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

/* --- change --- */

const fault *user_save(struct sql *db, arena *a, struct user *made)
{
    made->updated_at = sql_now(db);
    TRY(sql_run(db, a,
                "UPDATE users SET email = ?2, email_key = ?3, name = ?4, phone = ?5, updated_at = ?6 WHERE id = ?1",
                BIND(sql_int(made->id), sql_text(made->email), sql_text(email_key(a, made->email)),
                     sql_text(made->name), sql_text(made->phone), sql_instant(made->updated_at))));
    return user_log(db, a, "user.changed", made);
}

struct change_act {
    int64_t id;
    const struct user_input *want;
    struct user made;
};

static const fault *change_act(struct sql *db, arena *a, void *arg)
{
    struct change_act *act = arg;
    const fault *unknown = user_row(db, a, act->id, &act->made);
    if (unknown && unknown->kind == FAULT_NOT_FOUND) /* the old system's words for this request */
        return fault_new(a, FAULT_NOT_FOUND, "user_unknown", "User not found with id: %lld", (long long)act->id);
    TRY(unknown);
    struct user other;
    bool found;
    TRY(user_by_email(db, a, act->want->email, &other, &found));
    if (found && other.id != act->id)
        return fault_new(a, FAULT_CONFLICT, "email_taken", "User with email %.*s already exists",
                         STR_ARG(act->want->email));
    act->made.email = act->want->email;
    act->made.name = act->want->name;
    act->made.phone = act->want->phone;
    return user_save(db, a, &act->made);
}

static const fault *user_change(struct store *store, arena *a, int64_t id, const struct user_input *want,
                                struct user *out)
{
    struct change_act act = { .id = id, .want = want };
    TRY(sqlite_write(STORE_OF(store)->db, a, change_act, &act));
    *out = act.made;
    return NULL;
}

/* --- erase --- */

static const fault *erase_refused(struct sql *db, arena *a, int64_t id)
{
    int64_t tickets = 0, paying = 0;
    /* A showing whose time is not known may lie ahead. */
    TRY(sql_number(db, a, &tickets,
                   "SELECT count(*) FROM reservations r LEFT JOIN showings s USING (schedule_id) WHERE r.user_id = ?1 "
                   "AND r.status = 'CONFIRMED' AND r.deleted_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > ?2)",
                   BIND(sql_int(id), sql_instant(sql_now(db)))));
    if (tickets > 0)
        return fault_new(a, FAULT_CONFLICT, "user_has_tickets",
                         "This user has %lld paid reservations for showings to come.", (long long)tickets);
    TRY(sql_number(db, a, &paying,
                   "SELECT count(*) FROM reservations r JOIN payments p ON p.reservation_id = r.id "
                   "WHERE r.user_id = ?1 AND r.status = 'PENDING' AND p.payment_status = 'PENDING'",
                   BIND(sql_int(id))));
    if (paying > 0)
        return fault_new(a, FAULT_CONFLICT, "payment_in_progress",
                         "A payment of this user is under way; try again when it is decided.");
    return NULL;
}

static const fault *erase_act(struct sql *db, arena *a, void *arg)
{
    int64_t id = *(int64_t *)arg;
    struct user gone;
    TRY(user_row(db, a, id, &gone));
    TRY(erase_refused(db, a, id));
    ids open = { NULL, 0 };
    TRY(sql_numbers(db, a, &open, "SELECT id FROM reservations WHERE user_id = ?1 AND status = 'PENDING'",
                    BIND(sql_int(id))));
    for (size_t i = 0; i < open.count; i++) {
        struct reservation hold;
        TRY(reservation_row(db, a, open.at[i], &hold));
        TRY(reservation_cancel(db, a, &hold));
    }
    gone.updated_at = sql_now(db);
    TRY(sql_run(db, a,
                "UPDATE users SET email = NULL, email_key = NULL, name = NULL, phone = NULL, updated_at = ?2, "
                "erased_at = ?2 WHERE id = ?1",
                BIND(sql_int(id), sql_instant(gone.updated_at))));
    TRY(sqlite_once_forget_owner(db, a, id));
    return user_log(db, a, "user.erased", &gone);
}

static const fault *user_erase(struct store *store, arena *a, int64_t id)
{
    return sqlite_write(STORE_OF(store)->db, a, erase_act, &id);
}

/* --- reads --- */

static const fault *user_show(struct store *store, arena *a, int64_t id, struct user *out)
{
    return user_row(sqlite_reader(STORE_OF(store)->db), a, id, out);
}

static const fault *user_list(struct store *store, arena *a, int64_t limit, int64_t offset, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &user_shape, out,
                    "SELECT " USER_COLUMNS " FROM users WHERE erased_at IS NULL ORDER BY id LIMIT ?1 OFFSET ?2",
                    BIND(sql_int(limit), sql_int(offset)));
}

static const fault *user_names(struct store *store, arena *a, const ids *wanted, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &user_shape, out,
                    "SELECT " USER_COLUMNS " FROM users WHERE erased_at IS NULL "
                    "AND id IN (SELECT value FROM json_each(?1)) ORDER BY id",
                    BIND(sql_ids(a, wanted)));
}

void store_users_fill(struct store *s)
{
    s->user_create = user_create;
    s->user_find_or_create = user_find_or_create;
    s->user_change = user_change;
    s->user_erase = user_erase;
    s->user_show = user_show;
    s->user_list = user_list;
    s->user_names = user_names;
}
