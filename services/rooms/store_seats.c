/* store_seats.c - the seats of a room, whatever database keeps them. */
#include "services/rooms/store_rows.h"

static const fault *seats_list(struct store *store, arena *a, int64_t room_id,
                               const struct paging *want, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    struct room room;
    TRY(rooms_room_row(&r, a, room_id, &room));
    return r.seats_page(r.db, a, room_id, want, out);
}

static const fault *seat_row(const struct rooms_rows *r, arena *a, int64_t room_id, int64_t id,
                             struct seat *out)
{
    struct room room;
    bool found;
    TRY(rooms_room_row(r, a, room_id, &room));
    TRY(r->seat_find(r->db, a, room_id, id, out, &found));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "seat_unknown", "Seat not found");
    return NULL;
}

static const fault *seat_find(struct store *store, arena *a, int64_t room_id, int64_t id,
                              struct seat *out)
{
    struct rooms_rows r = rooms_reader(store);
    return seat_row(&r, a, room_id, id, out);
}

const fault *rooms_seat_exists(arena *a, const struct seat *seat)
{
    return fault_new(a, FAULT_CONFLICT, "seat_exists", "Room %lld already has seat %.*s%lld.",
                     (long long)seat->room_id, STR_ARG(seat->row_number),
                     (long long)seat->seat_number);
}

static const fault *seats_log(const struct rooms_rows *r, arena *a, const struct seats_made *about)
{
    return rooms_log(r, a, "seats.changed", about->room_id, &rooms_seats_made_shape, about);
}

const fault *rooms_seats_tell(const struct rooms_rows *r, arena *a, int64_t room_id,
                              const ids *changed)
{
    struct seats_made about = { .room_id = room_id };
    TRY(r->seats_by_id(r->db, a, changed, &about.seats));
    return seats_log(r, a, &about);
}

/* --- create --- */

struct create_act {
    const struct once *once;
    int64_t room_id;
    const struct seats_new *want;
    struct seats_made made;
};

/* The seats asked for. A full room is generated as if it were empty: then the answer names the seat
 * that is there twice. */
static list seats_wanted(arena *a, const struct seats_new *want, int64_t capacity, int64_t already)
{
    if (want->auto_generate)
        return rooms_seats_generate(a, already < capacity ? capacity - already : capacity,
                                    want->seats_per_row);
    return want->seats;
}

static const fault *create_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(r->once_recall(r->db, a, act->once, &rooms_seats_made_shape, &act->made, &seen));
    if (seen)
        return NULL;
    struct room room;
    int64_t already = 0;
    TRY(rooms_room_row(r, a, act->room_id, &room));
    TRY(r->seat_count(r->db, a, room.id, &already));
    list wanted = seats_wanted(a, act->want, room.capacity, already);
    act->made = (struct seats_made){ .room_id = room.id };
    if (wanted.count > 0)
        TRY(r->seats_insert(r->db, a, room.id, &wanted, &act->made.seats));
    if (already + (int64_t)wanted.count > room.capacity)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld takes %lld seats and would have %lld.", (long long)room.id,
                         (long long)room.capacity, (long long)already + (long long)wanted.count);
    if (wanted.count > 0)
        TRY(seats_log(r, a, &act->made));
    return r->once_keep(r->db, a, act->once, &rooms_seats_made_shape, &act->made);
}

static const fault *seats_create(struct store *store, arena *a, const struct once *once,
                                 int64_t room_id, const struct seats_new *want, list *out)
{
    struct create_act act = { .once = once, .room_id = room_id, .want = want };
    TRY(rooms_write(store, a, create_act, &act));
    *out = act.made.seats;
    return NULL;
}

/* --- edit --- */

struct edit_act {
    int64_t room_id, id;
    const struct seat_edit *edit;
    struct seat made;
};

static const fault *edit_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct seat *made = &act->made;
    int64_t twin = 0;
    TRY(seat_row(r, a, act->room_id, act->id, made));
    rooms_seat_apply(made, act->edit);
    TRY(r->seat_twin(r->db, a, made, &twin));
    if (twin != 0)
        return rooms_seat_exists(a, made);
    TRY(r->seat_update(r->db, a, made));
    return seats_log(r, a, &(struct seats_made){ made->room_id, { made, 1 } });
}

static const fault *seat_edit(struct store *store, arena *a, int64_t room_id, int64_t id,
                              const struct seat_edit *edit, struct seat *out)
{
    struct edit_act act = { .room_id = room_id, .id = id, .edit = edit };
    TRY(rooms_write(store, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_acts_on_seats(struct store *s)
{
    s->seats_list = seats_list;
    s->seats_create = seats_create;
    s->seat_find = seat_find;
    s->seat_edit = seat_edit;
}
