/* store_sqlite_rooms.c - rooms in the embedded store. */
#include "services/rooms/store_sqlite.h"

#define ROOM_COLUMNS "id, name, capacity, screen_type, is_active, created_at"

const fault *rooms_room_row(struct sql *db, arena *a, int64_t id, struct room *out)
{
    bool found;
    TRY(sql_one(db, a, &rooms_room_shape, out, &found,
                "SELECT " ROOM_COLUMNS " FROM rooms WHERE id = ?1", BIND(sql_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "room_unknown", "Room not found");
    return NULL;
}

const fault *rooms_room_rows(struct sql *db, arena *a, const ids *wanted, list *out)
{
    return sql_list(db, a, &rooms_room_shape, out,
                    "SELECT " ROOM_COLUMNS
                    " FROM rooms WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
                    BIND(sql_ids(a, wanted)));
}

static const fault *rooms_list(struct store *store, arena *a, const struct paging *want, list *out)
{
    return sql_list(STORE_READER(store), a, &rooms_room_shape, out,
                    "SELECT " ROOM_COLUMNS
                    " FROM rooms WHERE is_active = 1 ORDER BY id LIMIT ?1 OFFSET ?2",
                    BIND(sql_int(want->limit), sql_int(want->offset)));
}

static const fault *room_find(struct store *store, arena *a, int64_t id, struct room *out)
{
    return rooms_room_row(STORE_READER(store), a, id, out);
}

const fault *rooms_room_log(struct sql *db, arena *a, const struct room *about)
{
    return sqlite_log(db, a, "room.changed", arena_printf(a, "%lld", (long long)about->id),
                      &rooms_room_shape, about, NULL);
}

/* --- create --- */

const fault *rooms_room_insert(struct sql *db, arena *a, const struct room_new *want,
                               struct room *out)
{
    TRY(sql_run(db, a,
                "INSERT INTO rooms (name, capacity, screen_type, created_at, updated_at) VALUES "
                "(?1, ?2, ?3, ?4, ?4)",
                BIND(sql_text(want->name), sql_int(want->capacity),
                     sql_text(rooms_screen_type_name(want->screen_type)),
                     sql_instant(sql_now(db)))));
    *out = (struct room){ .id = sql_last_id(db),
                          .name = want->name,
                          .capacity = want->capacity,
                          .screen_type = want->screen_type,
                          .is_active = true,
                          .created_at = sql_now(db) };
    return NULL;
}

struct create_act {
    const struct once *once;
    const struct room_new *want;
    struct room made;
};

static const fault *create_act(struct sql *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(sqlite_once_recall(db, a, act->once, &rooms_room_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(rooms_room_insert(db, a, act->want, &act->made));
    TRY(rooms_room_log(db, a, &act->made));
    return sqlite_once_keep(db, a, act->once, &rooms_room_shape, &act->made, 0);
}

static const fault *room_create(struct store *store, arena *a, const struct once *once,
                                const struct room_new *want, struct room *out)
{
    struct create_act act = { .once = once, .want = want };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

/* --- edit --- */

const fault *rooms_room_update(struct sql *db, arena *a, const struct room *room)
{
    return sql_run(db, a,
                   "UPDATE rooms SET name = ?2, capacity = ?3, screen_type = ?4, is_active = ?5, "
                   "updated_at = ?6 "
                   "WHERE id = ?1",
                   BIND(sql_int(room->id), sql_text(room->name), sql_int(room->capacity),
                        sql_text(rooms_screen_type_name(room->screen_type)),
                        sql_bool(room->is_active), sql_instant(sql_now(db))));
}

struct edit_act {
    const struct house_rules *rules;
    int64_t id;
    const struct room_edit *edit;
    const ids *closing;
    struct room made;
};

/* A showing that was added after the sales were stopped is not closed unasked: tickets may have
 * been sold for it. */
static const fault *showings_close(struct sql *db, arena *a, const struct edit_act *act)
{
    ids to_come;
    TRY(rooms_showings_to_come(db, a, act->id, sql_now(db), &to_come));
    for (size_t i = 0; i < to_come.count; i++) {
        if (!ids_contain_sorted(act->closing, to_come.at[i]))
            return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                             "Showing %lld was added to the room at the same moment; try again.",
                             (long long)to_come.at[i]);
        struct showing about;
        TRY(rooms_showing_row(db, a, to_come.at[i], &about));
        TRY(rooms_showing_deactivate(db, a, act->rules, &about));
    }
    return NULL;
}

static const fault *edit_act(struct sql *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct room found;
    TRY(rooms_room_row(db, a, act->id, &found));
    act->made = found;
    rooms_room_apply(&act->made, act->edit);
    int64_t seats = 0;
    TRY(rooms_seat_count(db, a, act->id, &seats));
    if (act->made.capacity < found.capacity && act->made.capacity < seats)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld has %lld seats, more than %lld.", (long long)act->id,
                         (long long)seats, (long long)act->made.capacity);
    if (found.is_active && !act->made.is_active)
        TRY(showings_close(db, a, act));
    TRY(rooms_room_update(db, a, &act->made));
    return rooms_room_log(db, a, &act->made);
}

static const fault *room_edit(struct store *store, arena *a, int64_t id,
                              const struct room_edit *edit, const ids *closing, struct room *out)
{
    struct edit_act act = { .rules = &store->rules, .id = id, .edit = edit, .closing = closing };
    TRY(sqlite_write(STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_store_rooms_fill(struct store *s)
{
    s->rooms_list = rooms_list;
    s->room_find = room_find;
    s->room_create = room_create;
    s->room_edit = room_edit;
}
