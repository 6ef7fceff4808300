/* store_postgres_users.c - users: the one place where names, e-mails and phones are kept. */
#include "lib/json/read.h"
#include "services/reservations/store_postgres.h"

#define USER_COLUMNS "id, email, name, phone, created_at, updated_at"

const fault *postgres_user(struct store *store, arena *a, int64_t id, struct user *out)
{
    bool found;
    TRY(pg_one(KEYS(store), a, &user_shape, out, &found,
               "SELECT " USER_COLUMNS " FROM users WHERE id = $1 AND erased_at IS NULL", PG_BIND(pg_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "user_unknown", "User not found");
    return NULL;
}

/* --- acts --- */

struct user_args {
    int64_t id;
    str email, email_key, name, phone;
    bool take_existing;
    str scope, key, body_hash;
};
static const struct field user_fields[] = {
    FIELD(struct user_args, id, "id"),
    FIELD(struct user_args, email, "email"),
    FIELD(struct user_args, email_key, "email_key"),
    FIELD(struct user_args, name, "name"),
    FIELD(struct user_args, phone, "phone", .nullable = true),
    FIELD(struct user_args, take_existing, "take_existing"),
    FIELD(struct user_args, scope, "scope", .nullable = true),
    FIELD(struct user_args, key, "key", .nullable = true),
    FIELD(struct user_args, body_hash, "body_hash", .nullable = true),
};
static const struct shape user_args_shape = SHAPE(user_args, user_fields);

static struct user_args args_of(arena *a, int64_t id, const struct user_input *want, const struct once *once)
{
    return (struct user_args){ .id = id,
                               .email = want->email,
                               .email_key = email_key(a, want->email),
                               .name = want->name,
                               .phone = want->phone,
                               .scope = ONCE_SCOPE(once),
                               .key = ONCE_KEY(once),
                               .body_hash = ONCE_HASH(once) };
}

/* The fact has no person in it: that is what was sent. */
static const fault *user_write(struct store *store, arena *a, const char *act, const struct user_args *args,
                               struct user *out)
{
    struct pg_command command = { .act = act, .shape = &user_args_shape, .args = args, .events = "user." };
    struct pg_answer answer;
    struct user made;
    const fault *problem = act_write(store, a, &command, &answer);
    if (str_equal(answer.code, STR("email_taken")))
        return fault_new(a, FAULT_CONFLICT, "email_taken", "User with email %.*s already exists", STR_ARG(args->email));
    if (args->id && str_equal(answer.code, STR("user_unknown"))) /* the old system's words for this request */
        return fault_new(a, FAULT_NOT_FOUND, "user_unknown", "User not found with id: %lld", (long long)args->id);
    TRY(problem);
    TRY(json_restore(a, answer.answer, &user_fact_shape, &made));
    made.email = args->email;
    made.name = args->name;
    made.phone = args->phone;
    *out = made;
    return NULL;
}

static const fault *user_create(struct store *store, arena *a, const struct user_input *want, const struct once *once,
                                struct user *out)
{
    struct user_args args = args_of(a, 0, want, once);
    return user_write(store, a, "user_create", &args, out);
}

const fault *postgres_user_by_email(struct store *store, arena *a, str email, struct user *out, bool *found)
{
    return pg_one(KEYS(store), a, &user_shape, out, found, "SELECT " USER_COLUMNS " FROM users WHERE email_key = $1",
                  PG_BIND(pg_text(email_key(a, email))));
}

static const fault *user_find_or_create(struct store *store, arena *a, const struct user_input *want, struct user *out)
{
    bool found;
    TRY(postgres_user_by_email(store, a, want->email, out, &found));
    if (found)
        return NULL;
    struct user_args args = args_of(a, 0, want, NULL);
    struct user made = { .id = 0 };
    args.take_existing = true;
    TRY(user_write(store, a, "user_create", &args, &made));
    return postgres_user(store, a, made.id, out); /* another may have made him meanwhile, with other words */
}

static const fault *user_change(struct store *store, arena *a, int64_t id, const struct user_input *want,
                                struct user *out)
{
    struct user_args args = args_of(a, id, want, NULL);
    return user_write(store, a, "user_change", &args, out);
}

static const fault *user_erase(struct store *store, arena *a, int64_t id)
{
    struct act_by_id args = { .id = id };
    struct pg_command command = { .act = "user_erase", .shape = &act_by_id_shape, .args = &args, .events = "user." };
    struct pg_answer answer;
    const fault *problem = act_write(store, a, &command, &answer);
    if (problem && str_equal(str_of(problem->code), STR("payment_in_progress")))
        return fault_new(a, FAULT_CONFLICT, "payment_in_progress",
                         "A payment of this user is under way; try again when it is decided.");
    return problem;
}

/* --- reads --- */

static const fault *user_list(struct store *store, arena *a, int64_t limit, int64_t offset, list *out)
{
    return pg_list(LISTS(store), a, &user_shape, out,
                   "SELECT " USER_COLUMNS " FROM users WHERE erased_at IS NULL ORDER BY id LIMIT $1 OFFSET $2",
                   PG_BIND(pg_int(limit), pg_int(offset)));
}

static const fault *user_names(struct store *store, arena *a, const ids *wanted, list *out)
{
    return pg_list(KEYS(store), a, &user_shape, out,
                   "SELECT " USER_COLUMNS " FROM users WHERE erased_at IS NULL AND id = ANY ($1) ORDER BY id",
                   PG_BIND(pg_ids(wanted)));
}

void postgres_users_fill(struct store *s)
{
    s->user_create = user_create;
    s->user_find_or_create = user_find_or_create;
    s->user_change = user_change;
    s->user_erase = user_erase;
    s->user_show = postgres_user;
    s->user_list = user_list;
    s->user_names = user_names;
}
