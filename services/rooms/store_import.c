/* store_import.c - rooms with their seats, and showings, as a file has them: made, or changed in what the file
 * says of them. */
#include "services/rooms/store_rows.h"

/* --- a room at work: one event of it and one of its seats, however many rows --- */

struct work {
    struct work *next;
    struct room room;
    int64_t seats;
    bool is_told;        /* it was made or changed */
    struct buf changed;  /* ids of seats: int64_t */
};

struct works {
    struct work *first, **end; /* in the order of the rows */
};

/* INVALID validation_failed when two rooms in use are called so. */
static const fault *room_named(const struct rooms_rows *r, arena *a, str name, struct room *out,
                               bool *found)
{
    list named;
    TRY(r->rooms_named(r->db, a, name, &named));
    *found = named.count > 0;
    if (named.count == 0)
        return NULL;
    *out = *LIST_AT(&named, struct room, 0);
    if (named.count > 1 && LIST_AT(&named, struct room, 1)->is_active)
        return rooms_field_fault(a, "room", "is the name of more than one room");
    return NULL;
}

static struct work *work_add(struct works *all, arena *a, const struct room *room)
{
    struct work *made = NEW(a, struct work);
    *made = (struct work){ .room = *room, .changed = { .in = a } };
    *all->end = made;
    all->end = &made->next;
    return made;
}

/* NULL in *out: there is no such room yet. */
static const fault *work_find(const struct rooms_rows *r, arena *a, struct works *all, str name,
                              struct work **out)
{
    struct room room;
    bool found;
    for (*out = all->first; *out; *out = (*out)->next)
        if (str_equal_nocase((*out)->room.name, name))
            return NULL;
    TRY(room_named(r, a, name, &room, &found));
    if (!found)
        return NULL;
    if (!room.is_active)
        return fault_new(a, FAULT_CONFLICT, "room_inactive", "Room %lld is no longer used.",
                         (long long)room.id);
    *out = work_add(all, a, &room);
    return r->seat_count(r->db, a, room.id, &(*out)->seats);
}

/* --- what a row asks of the seats --- */

struct seat_plan {
    struct seat seat;
    strs fields; /* of one that is there: in what it changes */
};

struct plan {
    list seats; /* of struct seat_plan */
    int64_t added;
};

static const fault *seat_exists(arena *a, const struct seat *seat)
{
    return fault_new(a, FAULT_CONFLICT, "seat_exists", "The row has seat %.*s%lld twice.",
                     STR_ARG(seat->row_number), (long long)seat->seat_number);
}

static const fault *seat_plan(const struct rooms_rows *r, arena *a, const struct work *work,
                              const struct seat_edit *want, struct seat_plan *out)
{
    struct seat found;
    bool known = false;
    int64_t room_id = work ? work->room.id : 0;
    if (work)
        TRY(r->seat_at(r->db, a, room_id, want->row_number, want->seat_number, &found, &known));
    if (!known) {
        out->seat = rooms_seat_of(want, room_id);
        return NULL;
    }
    out->seat = found;
    rooms_seat_apply(&out->seat, want);
    if (found.is_available && !out->seat.is_available)
        return fault_new(a, FAULT_CONFLICT, "import_forbidden",
                         "An import takes no seat out of service: somebody may hold a ticket for it. "
                         "DELETE /api/rooms/%lld/seats/%lld does.",
                         (long long)room_id, (long long)found.id);
    out->fields = shape_differences(a, &rooms_seat_shape, &found, &out->seat);
    return NULL;
}

static const fault *seats_plan(const struct rooms_rows *r, arena *a, const struct work *work,
                               const struct room_import *want, struct plan *out)
{
    list seats = want->seats;
    *out = (struct plan){ .seats = { NEW_ARRAY(a, struct seat_plan, seats.count + 1), 0 } };
    for (size_t i = 0; i < seats.count; i++) {
        struct seat_plan *plan = LIST_AT(&out->seats, struct seat_plan, out->seats.count++);
        TRY(seat_plan(r, a, work, LIST_AT(&seats, struct seat_edit, i), plan));
        out->added += plan->seat.id == 0;
        for (size_t k = 0; k < i; k++) {
            const struct seat *other = &LIST_AT(&out->seats, struct seat_plan, k)->seat;
            if (other->seat_number == plan->seat.seat_number &&
                str_equal_nocase(other->row_number, plan->seat.row_number))
                return seat_exists(a, other);
        }
    }
    return NULL;
}

/* A room without seats is furnished; one that has some stands as it is. */
static void furniture_plan(arena *a, const struct work *work, const struct room_import *want,
                           struct plan *out)
{
    if (want->furnish == 0 || want->seats.count > 0 || (work && work->seats > 0))
        return;
    list made = rooms_seats_generate(a, want->furnish, want->seats_per_row);
    out->seats = (list){ NEW_ARRAY(a, struct seat_plan, made.count), made.count };
    out->added = (int64_t)made.count;
    for (size_t i = 0; i < made.count; i++)
        LIST_AT(&out->seats, struct seat_plan, i)->seat = *LIST_AT(&made, struct seat, i);
}

/* --- the room itself --- */

/* How many seats the room may have afterwards. CONFLICT capacity_exceeded. */
static const fault *capacity_judge(arena *a, const struct work *work, const struct room_import *want,
                                   int64_t added, int64_t *capacity)
{
    int64_t seats = (work ? work->seats : 0) + added, before = work ? work->room.capacity : 0;
    bool given = shape_given(&rooms_room_import_shape, want, "capacity");
    *capacity = given ? want->capacity : before > seats ? before : seats;
    if (*capacity == 0)
        return rooms_field_fault(a, "capacity", "must be given, or seats");
    bool shrinks_too_far = *capacity < before && *capacity < seats;
    if (*capacity > CAPACITY_MAX || shrinks_too_far || (added > 0 && seats > *capacity))
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room \"%.*s\" takes %lld seats and would have %lld.",
                         STR_ARG(want->name),
                         (long long)(*capacity > CAPACITY_MAX ? CAPACITY_MAX : *capacity),
                         (long long)seats);
    return NULL;
}

static const fault *room_make(const struct rooms_rows *r, arena *a, struct works *all,
                              const struct room_import *want, int64_t capacity, struct work **out)
{
    struct room_new room = { want->name, capacity, want->screen_type };
    struct room made;
    TRY(rooms_room_insert(r, a, &room, &made));
    *out = work_add(all, a, &made);
    (*out)->is_told = true;
    return NULL;
}

static const fault *room_change(const struct rooms_rows *r, arena *a, struct work *work,
                                const struct room_import *want, int64_t capacity, strs *fields)
{
    struct room now = work->room;
    struct room_edit edit = rooms_room_import_edit(want);
    rooms_room_apply(&now, &edit);
    now.capacity = capacity;
    *fields = shape_differences(a, &rooms_room_shape, &work->room, &now);
    if (fields->count == 0)
        return NULL;
    work->room = now;
    work->is_told = true;
    return r->room_update(r->db, a, &now);
}

/* --- one row --- */

static const fault *seats_write(const struct rooms_rows *r, arena *a, struct work *work, const struct plan *plan,
                                bool *changed)
{
    *changed = false;
    for (size_t i = 0; i < plan->seats.count; i++) {
        struct seat_plan *one = LIST_AT(&plan->seats, struct seat_plan, i);
        bool is_new = one->seat.id == 0;
        if (!is_new && one->fields.count == 0)
            continue;
        one->seat.room_id = work->room.id;
        TRY(is_new ? r->seat_insert(r->db, a, &one->seat) : r->seat_update(r->db, a, &one->seat));
        work->seats += is_new;
        buf_put(&work->changed, &one->seat.id, sizeof one->seat.id);
        *changed = true;
    }
    return NULL;
}

static void outcome_note(arena *a, struct imported *made, int64_t index, bool is_new,
                         const strs *first, const strs *then)
{
    strs all = { NEW_ARRAY(a, str, first->count + then->count + 1), 0 };
    for (size_t i = 0; i < first->count; i++)
        all.at[all.count++] = first->at[i];
    for (size_t i = 0; i < then->count; i++)
        all.at[all.count++] = then->at[i];
    imported_note(made, index,
                  is_new           ? IMPORT_CREATED
                  : all.count > 0 ? IMPORT_CHANGED
                                   : IMPORT_UNCHANGED,
                  &all);
}

/* All is judged before anything is written, so that a row is taken whole or not at all. */
static const fault *room_import(const struct rooms_rows *r, arena *a, struct works *all,
                                const struct room_import *want, int64_t index, struct imported *made)
{
    struct work *work;
    struct plan plan;
    int64_t capacity;
    bool seats_changed;
    strs fields = { NULL, 0 }, of_seats = { &(str){ "seats", 5 }, 1 };
    TRY(work_find(r, a, all, want->name, &work));
    TRY(seats_plan(r, a, work, want, &plan));
    furniture_plan(a, work, want, &plan);
    TRY(capacity_judge(a, work, want, plan.added, &capacity));
    bool is_new = work == NULL;
    if (is_new)
        TRY(room_make(r, a, all, want, capacity, &work));
    else
        TRY(room_change(r, a, work, want, capacity, &fields));
    if (want->is_seat) {
        is_new = plan.added > 0;
        of_seats = LIST_AT(&plan.seats, struct seat_plan, 0)->fields;
    }
    TRY(seats_write(r, a, work, &plan, &seats_changed));
    if (!seats_changed)
        of_seats.count = 0;
    outcome_note(a, made, index, is_new, &fields, &of_seats);
    return NULL;
}

static const fault *works_tell(const struct rooms_rows *r, arena *a, const struct works *all)
{
    for (const struct work *work = all->first; work; work = work->next) {
        if (work->is_told)
            TRY(rooms_room_tell(r, a, &work->room));
        if (work->changed.len > 0)
            TRY(rooms_seats_tell(r, a, work->room.id,
                                 &(ids){ (int64_t *)(void *)work->changed.at,
                                      work->changed.len / sizeof(int64_t) }));
    }
    return NULL;
}

/* Run again, an act begins anew. */
struct import_act {
    const struct import_rows *rows;
    const struct imported *begun; /* has what was refused before */
    struct imported made;
};

static const fault *import_run(struct store *store, arena *a, rooms_act *each, const struct import_rows *rows,
                               struct imported *made)
{
    struct import_act act = { .rows = rows, .begun = made };
    TRY(imported_settle(rooms_write(store, a, each, &act)));
    *made = act.made;
    return NULL;
}

static const fault *each_room(const struct rooms_rows *r, arena *a, void *arg)
{
    struct import_act *act = arg;
    const struct import_rows *rows = act->rows;
    struct works all = { .first = NULL };
    all.end = &all.first;
    act->made = *act->begun;
    for (size_t i = 0; i < rows->rows.count; i++) {
        const struct room_import *want = LIST_AT(&rows->rows, struct room_import, i);
        int64_t index = rows->index.at[i];
        TRY(imported_judge(&act->made, index, room_import(r, a, &all, want, index, &act->made)));
    }
    TRY(works_tell(r, a, &all));
    return imported_end(a, rows->check);
}

static const fault *rooms_import(struct store *store, arena *a, const struct import_rows *rows,
                                 struct imported *made)
{
    return import_run(store, a, each_room, rows, made);
}

/* --- showings --- */

/* The room that a row means: by id, by name, or by what is no room's name but an id. */
static const fault *room_meant(const struct rooms_rows *r, arena *a,
                               const struct showing_import *want, struct room *out)
{
    bool found = false;
    int64_t id = want->room_id;
    if (id == 0) {
        TRY(room_named(r, a, want->room, out, &found));
        if (!found && !str_to_int(want->room, &id))
            return fault_new(a, FAULT_NOT_FOUND, "room_unknown", "No room is called \"%.*s\".",
                             STR_ARG(want->room));
    }
    return found ? NULL : rooms_room_row(r, a, id, out);
}

static const fault *showing_make(const struct rooms_rows *r, arena *a,
                                 const struct showing_import *want, const struct room *room)
{
    struct showing_new wanted = { .movie_id = want->movie_id,
                                  .room_id = room->id,
                                  .show_time = want->show_time,
                                  .price = want->price,
                                  .sales_open_at = want->sales_open_at,
                                  .sales_close_at = want->sales_close_at };
    struct showing made = rooms_showing_of(&wanted, want->length_minutes);
    if (!shape_given(&rooms_showing_import_shape, want, "price"))
        return rooms_field_fault(a, "price", "is required");
    return rooms_showing_insert(r, a, &made);
}

static const fault *showing_import(const struct rooms_rows *r, arena *a,
                                   const struct showing_import *want, int64_t index,
                                   struct imported *made)
{
    struct room room;
    struct showing found, now;
    int64_t id = 0;
    TRY(room_meant(r, a, want, &room));
    TRY(r->showing_at(r->db, a, room.id, want->show_time, &id));
    if (id == 0) {
        TRY(showing_make(r, a, want, &room));
        imported_note(made, index, IMPORT_CREATED, NULL);
        return NULL;
    }
    TRY(rooms_showing_row(r, a, id, &found));
    now = found;
    rooms_showing_take(&now, want);
    strs fields = shape_differences(a, &rooms_showing_row_shape, &found, &now);
    if (fields.count > 0)
        TRY(rooms_showing_rewrite(r, a, &found, &now));
    imported_note(made, index, fields.count > 0 ? IMPORT_CHANGED : IMPORT_UNCHANGED, &fields);
    return NULL;
}

static const fault *each_showing(const struct rooms_rows *r, arena *a, void *arg)
{
    struct import_act *act = arg;
    const struct import_rows *rows = act->rows;
    act->made = *act->begun;
    for (size_t i = 0; i < rows->rows.count; i++) {
        const struct showing_import *want = LIST_AT(&rows->rows, struct showing_import, i);
        int64_t index = rows->index.at[i];
        TRY(imported_judge(&act->made, index, showing_import(r, a, want, index, &act->made)));
    }
    return imported_end(a, rows->check);
}

static const fault *showings_import(struct store *store, arena *a, const struct import_rows *rows,
                                    struct imported *made)
{
    return import_run(store, a, each_showing, rows, made);
}

void rooms_acts_on_imports(struct store *s)
{
    s->rooms_import = rooms_import;
    s->showings_import = showings_import;
}
