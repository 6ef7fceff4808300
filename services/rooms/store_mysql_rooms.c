/* store_mysql_rooms.c - rooms on MySQL. */
#include "services/rooms/store_mysql.h"

#define ROOM_COLUMNS "id, name, capacity, screen_type, is_active, created_at"

const fault *rooms_mysql_room_row(struct my *db, arena *a, int64_t id, struct room *out)
{
    bool found;
    TRY(my_one(db, a, &rooms_room_shape, out, &found,
               "SELECT " ROOM_COLUMNS " FROM rooms WHERE id = ?", MY_BIND(my_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "room_unknown", "Room not found");
    return NULL;
}

const fault *rooms_mysql_room_rows(struct my *db, arena *a, const ids *wanted, list *out)
{
    return my_list(db, a, &rooms_room_shape, out,
                   "SELECT DISTINCT r.id, r.name, r.capacity, r.screen_type, r.is_active, "
                   "r.created_at FROM " MYSQL_WANTED
                   "STRAIGHT_JOIN rooms r ON r.id = wanted.id ORDER BY r.id",
                   MY_BIND(my_ids(a, wanted)));
}

static const fault *rooms_list(struct store *store, arena *a, const struct paging *want, list *out)
{
    return my_list(MYSQL_READER(store), a, &rooms_room_shape, out,
                   "SELECT " ROOM_COLUMNS
                   " FROM rooms WHERE is_active = 1 ORDER BY id LIMIT ? OFFSET ?",
                   MY_BIND(my_int(want->limit), my_int(want->offset)));
}

static const fault *room_find(struct store *store, arena *a, int64_t id, struct room *out)
{
    return rooms_mysql_room_row(MYSQL_READER(store), a, id, out);
}

const fault *rooms_mysql_room_log(struct my *db, arena *a, const struct room *about)
{
    return my_log(db, a, "room.changed", arena_printf(a, "%lld", (long long)about->id),
                  &rooms_room_shape, about, NULL);
}

/* --- create --- */

const fault *rooms_mysql_room_insert(struct my *db, arena *a, const struct room_new *want,
                                     struct room *out)
{
    TRY(my_run(db, a,
               "INSERT INTO rooms (name, capacity, screen_type, created_at, updated_at) "
               "VALUES (?, ?, ?, ?, ?)",
               MY_BIND(my_text(want->name), my_int(want->capacity),
                       my_text(rooms_screen_type_name(want->screen_type)), my_instant(my_now(db)),
                       my_instant(my_now(db)))));
    *out = (struct room){ .id = my_last_id(db),
                          .name = want->name,
                          .capacity = want->capacity,
                          .screen_type = want->screen_type,
                          .is_active = true,
                          .created_at = my_now(db) };
    return NULL;
}

struct create_act {
    const struct once *once;
    const struct room_new *want;
    struct room made;
};

static const fault *create_act(struct my *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(my_once_recall(db, a, act->once, &rooms_room_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(rooms_mysql_room_insert(db, a, act->want, &act->made));
    TRY(rooms_mysql_room_log(db, a, &act->made));
    return my_once_keep(db, a, act->once, &rooms_room_shape, &act->made, 0);
}

static const fault *room_create(struct store *store, arena *a, const struct once *once,
                                const struct room_new *want, struct room *out)
{
    struct create_act act = { .once = once, .want = want };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

/* --- edit --- */

const fault *rooms_mysql_room_update(struct my *db, arena *a, const struct room *room)
{
    return my_run(db, a,
                  "UPDATE rooms SET name = ?, capacity = ?, screen_type = ?, is_active = ?, "
                  "updated_at = ? WHERE id = ?",
                  MY_BIND(my_text(room->name), my_int(room->capacity),
                          my_text(rooms_screen_type_name(room->screen_type)),
                          my_flag(room->is_active), my_instant(my_now(db)), my_int(room->id)));
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
static const fault *showings_close(struct my *db, arena *a, const struct edit_act *act)
{
    ids to_come;
    TRY(rooms_mysql_showings_to_come(db, a, act->id, my_now(db), &to_come));
    for (size_t i = 0; i < to_come.count; i++) {
        if (!ids_contain_sorted(act->closing, to_come.at[i]))
            return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                             "Showing %lld was added to the room at the same moment; try again.",
                             (long long)to_come.at[i]);
        struct showing about;
        TRY(rooms_mysql_showing_row(db, a, to_come.at[i], &about));
        TRY(rooms_mysql_showing_deactivate(db, a, act->rules, &about));
    }
    return NULL;
}

static const fault *edit_act(struct my *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct room found;
    TRY(rooms_mysql_room_row(db, a, act->id, &found));
    act->made = found;
    rooms_room_apply(&act->made, act->edit);
    int64_t seats = 0;
    TRY(rooms_mysql_seat_count(db, a, act->id, &seats));
    if (act->made.capacity < found.capacity && act->made.capacity < seats)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld has %lld seats, more than %lld.", (long long)act->id,
                         (long long)seats, (long long)act->made.capacity);
    if (found.is_active && !act->made.is_active)
        TRY(showings_close(db, a, act));
    TRY(rooms_mysql_room_update(db, a, &act->made));
    return rooms_mysql_room_log(db, a, &act->made);
}

static const fault *room_edit(struct store *store, arena *a, int64_t id,
                              const struct room_edit *edit, const ids *closing, struct room *out)
{
    struct edit_act act = { .rules = &store->rules, .id = id, .edit = edit, .closing = closing };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_mysql_rooms_fill(struct store *s)
{
    s->rooms_list = rooms_list;
    s->room_find = room_find;
    s->room_create = room_create;
    s->room_edit = room_edit;
}
