/* store_postgres_import.c - users of a file on PostgreSQL, row by row: each is made or changed by the act that the API has. */
#include "services/reservations/store_postgres.h"

static const fault *user_change_import(struct store *store, arena *a, const struct user_import *want,
                                       const struct user *found, int64_t index, bool check, struct imported *made)
{
    struct user now = user_as_imported(found, want);
    strs fields = shape_differences(a, &user_shape, found, &now);
    if (fields.count > 0 && !check)
        TRY(store->user_change(store, a, found->id, &(struct user_input){ now.email, now.name, now.phone }, &now));
    imported_note(made, index, fields.count > 0 ? IMPORT_CHANGED : IMPORT_UNCHANGED, &fields);
    return NULL;
}

static const fault *user_import(struct store *store, arena *a, const struct user_import *want, int64_t index, bool check,
                                struct imported *made)
{
    struct user found;
    bool known;
    TRY(postgres_user_by_email(store, a, want->email, &found, &known));
    if (known)
        return user_change_import(store, a, want, &found, index, check, made);
    TRY(user_import_complete(a, want));
    if (!check)
        TRY(store->user_create(store, a, &(struct user_input){ want->email, want->name, want->phone }, NULL, &found));
    imported_note(made, index, IMPORT_CREATED, NULL);
    return NULL;
}

static const fault *users_import(struct store *store, arena *a, const struct import_rows *users, struct imported *made)
{
    for (size_t i = 0; i < users->rows.count; i++) {
        const struct user_import *want = LIST_AT(&users->rows, struct user_import, i);
        const fault *problem = user_import(store, a, want, users->index.at[i], users->check, made);
        TRY(imported_judge(made, users->index.at[i], problem));
    }
    return NULL;
}

void postgres_import_fill(struct store *s)
{
    s->users_import = users_import;
}
