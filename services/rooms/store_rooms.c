/* store_rooms.c - rooms, whatever database keeps them. */
#include "services/rooms/store_rows.h"

const fault *rooms_room_row(const struct rooms_rows *r, arena *a, int64_t id, struct room *out)
{
    bool found;
    TRY(r->room_find(r->db, a, id, out, &found));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "room_unknown", "Room not found");
    return NULL;
}

static const fault *rooms_list(struct store *store, arena *a, const struct paging *want, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    return r.rooms_page(r.db, a, want, out);
}

static const fault *room_find(struct store *store, arena *a, int64_t id, struct room *out)
{
    struct rooms_rows r = rooms_reader(store);
    return rooms_room_row(&r, a, id, out);
}

const fault *rooms_room_tell(const struct rooms_rows *r, arena *a, const struct room *about)
{
    return rooms_log(r, a, "room.changed", about->id, &rooms_room_shape, about);
}

static const fault *rooms_after(struct store *store, arena *a, int64_t id, int64_t limit, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    return r.rooms_after(r.db, a, id, limit, out);
}

/* --- create --- */

const fault *rooms_room_insert(const struct rooms_rows *r, arena *a, const struct room_new *want,
                               struct room *out)
{
    int64_t id;
    TRY(r->room_insert(r->db, a, want, &id));
    *out = (struct room){ .id = id,
                          .name = want->name,
                          .capacity = want->capacity,
                          .screen_type = want->screen_type,
                          .is_active = true,
                          .created_at = r->now(r->db) };
    return NULL;
}

struct create_act {
    const struct once *once;
    const struct room_new *want;
    struct room made;
};

static const fault *create_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(r->once_recall(r->db, a, act->once, &rooms_room_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(rooms_room_insert(r, a, act->want, &act->made));
    TRY(rooms_room_tell(r, a, &act->made));
    return r->once_keep(r->db, a, act->once, &rooms_room_shape, &act->made);
}

static const fault *room_create(struct store *store, arena *a, const struct once *once,
                                const struct room_new *want, struct room *out)
{
    struct create_act act = { .once = once, .want = want };
    TRY(rooms_write(store, a, create_act, &act));
    *out = act.made;
    return NULL;
}

/* --- edit --- */

struct edit_act {
    int64_t id;
    const struct room_edit *edit;
    const ids *closing;
    struct room made;
};

/* A showing that was added after the sales were stopped is not closed unasked: tickets may have
 * been sold for it. */
static const fault *showings_close(const struct rooms_rows *r, arena *a, const struct edit_act *act)
{
    ids to_come;
    TRY(r->showings_to_come(r->db, a, act->id, r->now(r->db), &to_come));
    for (size_t i = 0; i < to_come.count; i++) {
        if (!ids_contain_sorted(act->closing, to_come.at[i]))
            return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                             "Showing %lld was added to the room at the same moment; try again.",
                             (long long)to_come.at[i]);
        struct showing about;
        TRY(rooms_showing_row(r, a, to_come.at[i], &about));
        TRY(rooms_showing_deactivate(r, a, &about));
    }
    return NULL;
}

static const fault *edit_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct room found;
    TRY(rooms_room_row(r, a, act->id, &found));
    act->made = found;
    rooms_room_apply(&act->made, act->edit);
    int64_t seats = 0;
    TRY(r->seat_count(r->db, a, act->id, &seats));
    if (act->made.capacity < found.capacity && act->made.capacity < seats)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld has %lld seats, more than %lld.", (long long)act->id,
                         (long long)seats, (long long)act->made.capacity);
    if (found.is_active && !act->made.is_active)
        TRY(showings_close(r, a, act));
    TRY(r->room_update(r->db, a, &act->made));
    return rooms_room_tell(r, a, &act->made);
}

static const fault *room_edit(struct store *store, arena *a, int64_t id,
                              const struct room_edit *edit, const ids *closing, struct room *out)
{
    struct edit_act act = { .id = id, .edit = edit, .closing = closing };
    TRY(rooms_write(store, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_acts_on_rooms(struct store *s)
{
    s->rooms_list = rooms_list;
    s->room_find = room_find;
    s->rooms_after = rooms_after;
    s->room_create = room_create;
    s->room_edit = room_edit;
}
