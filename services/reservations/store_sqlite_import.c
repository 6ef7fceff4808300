/* store_sqlite_import.c - users of a file: made, or changed in what the file says of them. */
#include "services/reservations/store_sqlite.h"

static const fault *user_import(struct sql *db, arena *a, const struct user_import *want, int64_t index,
                                struct imported *made)
{
    struct user found, now;
    bool known;
    TRY(user_by_email(db, a, want->email, &found, &known));
    if (!known) {
        TRY(user_import_complete(a, want));
        TRY(user_insert(db, a, &(struct user_input){ want->email, want->name, want->phone }, &now));
        imported_note(made, index, IMPORT_CREATED, NULL);
        return NULL;
    }
    now = user_as_imported(&found, want);
    strs fields = shape_differences(a, &user_shape, &found, &now);
    if (fields.count > 0)
        TRY(user_save(db, a, &now));
    imported_note(made, index, fields.count > 0 ? IMPORT_CHANGED : IMPORT_UNCHANGED, &fields);
    return NULL;
}

struct import_act {
    const struct import_rows *users;
    struct imported *made;
};

static const fault *import_act(struct sql *db, arena *a, void *arg)
{
    const struct import_act *act = arg;
    for (size_t i = 0; i < act->users->rows.count; i++) {
        int64_t index = act->users->index.at[i];
        const fault *problem = user_import(db, a, LIST_AT(&act->users->rows, struct user_import, i), index, act->made);
        TRY(imported_judge(act->made, index, problem));
    }
    return imported_end(a, act->users->check);
}

static const fault *users_import(struct store *store, arena *a, const struct import_rows *users, struct imported *made)
{
    struct import_act act = { users, made };
    return imported_settle(sqlite_write(STORE_OF(store)->db, a, import_act, &act));
}

void store_user_import_fill(struct store *s)
{
    s->users_import = users_import;
}
