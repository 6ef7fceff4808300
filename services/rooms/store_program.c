/* store_program.c - makes and changes showings, whatever database keeps them: two never meet in one room, since each act looks
 * while nobody else writes. */
#include "services/rooms/store_rows.h"

static const fault *showing_log(const struct rooms_rows *r, arena *a, const struct showing *about)
{
    return rooms_log(r, a, "showing.changed", about->id, &rooms_showing_event_shape, about);
}

/* --- does the room allow it? --- */

static const fault *overlaps_fault(arena *a, const struct showing *showing, const ids *others)
{
    char room[TIME_TEXT_MAX];
    str start = wall_text(room, showing->show_time);
    fault *problem =
        fault_new(a, FAULT_CONFLICT, "showing_overlaps",
                  "At %.*s room %lld is taken by showing %lld, or not yet cleaned after it.",
                  STR_ARG(start), (long long)showing->room_id, (long long)others->at[0]);
    problem->named_as = "scheduleIds";
    problem->named = *others;
    return problem;
}

/* Does it fill its room as it did? Then what is found there stands, as showings of the old system that meet. */
static bool stays_there(const struct showing *before, const struct showing *now)
{
    return before && before->room_id == now->room_id && before->show_time.s == now->show_time.s &&
           before->length_minutes == now->length_minutes && before->is_active == now->is_active;
}

/* Fills in the names of its room. An inactive room takes no showing that is to be sold. */
static const fault *room_take(const struct rooms_rows *r, arena *a, const struct showing *before,
                              struct showing *showing)
{
    struct room room;
    ids others;
    TRY(rooms_room_row(r, a, showing->room_id, &room));
    showing->room_name = room.name;
    showing->room_capacity = room.capacity;
    if (!showing->is_active || stays_there(before, showing))
        return NULL;
    if (!room.is_active)
        return fault_new(a, FAULT_CONFLICT, "room_inactive", "Room %lld is no longer used.",
                         (long long)room.id);
    TRY(r->showings_within(r->db, a, showing, rooms_showing_keeps(showing, r->rules), &others));
    return others.count > 0 ? overlaps_fault(a, showing, &others) : NULL;
}

/* What is written keeps the end of sales as it was asked for; what is told has the one that counts.
 */
static const fault *showing_judge(const struct rooms_rows *r, arena *a, const struct showing *before,
                                  struct showing *showing, instant *sales_close_asked)
{
    rooms_showing_place(showing);
    *sales_close_asked = showing->sales_close_at;
    rooms_showing_settle(showing, r->rules);
    TRY(rooms_showing_check_sales(a, showing));
    return room_take(r, a, before, showing);
}

/* --- create --- */

const fault *rooms_showing_insert(const struct rooms_rows *r, arena *a, struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(r, a, NULL, made, &sales_close_asked));
    TRY(r->showing_insert(r->db, a, made, sales_close_asked, &made->id));
    return showing_log(r, a, made);
}

struct create_act {
    const struct once *once;
    const struct showing_new *want;
    int64_t length_minutes;
    struct showing made;
};

static const fault *create_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct create_act *act = arg;
    struct showing *made = &act->made;
    bool seen;
    TRY(r->once_recall(r->db, a, act->once, &rooms_showing_shape, made, &seen));
    if (seen)
        return NULL;
    *made = rooms_showing_of(act->want, act->length_minutes);
    TRY(rooms_showing_insert(r, a, made));
    return r->once_keep(r->db, a, act->once, &rooms_showing_shape, made);
}

static const fault *showing_create(struct store *store, arena *a, const struct once *once,
                                   const struct showing_new *want, int64_t length_minutes,
                                   struct showing *out)
{
    struct create_act act = { .once = once, .want = want, .length_minutes = length_minutes };
    TRY(rooms_write(store, a, create_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *showing_recall(struct store *store, arena *a, const struct once *once,
                                   struct showing *out, bool *seen)
{
    struct rooms_rows r = rooms_reader(store);
    struct showing made;
    TRY(r.once_recall(r.db, a, once, &rooms_showing_shape, &made, seen));
    if (*seen)
        *out = made;
    return NULL;
}

/* --- edit --- */

struct edit_act {
    const struct showing *found;
    const struct showing_edit *edit;
    int64_t length_minutes;
    struct showing made;
};

static bool decided_on(const struct showing *now, const struct showing *then)
{
    return now->room_id == then->room_id && now->is_active == then->is_active &&
           str_equal(now->movie_id, then->movie_id);
}

const fault *rooms_showing_rewrite(const struct rooms_rows *r, arena *a, const struct showing *before,
                                   struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(r, a, before, made, &sales_close_asked));
    TRY(r->showing_update(r->db, a, made, sales_close_asked));
    return showing_log(r, a, made);
}

static const fault *edit_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct showing *made = &act->made;
    TRY(rooms_showing_row(r, a, act->found->id, made));
    if (!decided_on(made, act->found))
        return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                         "Showing %lld was changed at the same moment; try again.",
                         (long long)made->id);
    struct showing before = *made;
    rooms_showing_apply(made, act->edit);
    if (act->length_minutes > 0)
        made->length_minutes = act->length_minutes;
    return rooms_showing_rewrite(r, a, &before, made);
}

static const fault *showing_edit(struct store *store, arena *a, const struct showing *found,
                                 const struct showing_edit *edit, int64_t length_minutes,
                                 struct showing *out)
{
    struct edit_act act = { .found = found, .edit = edit, .length_minutes = length_minutes };
    TRY(rooms_write(store, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

/* --- close --- */

const fault *rooms_showing_deactivate(const struct rooms_rows *r, arena *a, struct showing *about)
{
    TRY(r->showing_close(r->db, a, about->id));
    about->is_active = false;
    rooms_showing_settle(about, r->rules);
    return showing_log(r, a, about);
}

struct close_act {
    int64_t id;
    struct showing made;
};

static const fault *close_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct close_act *act = arg;
    TRY(rooms_showing_row(r, a, act->id, &act->made));
    if (act->made.is_active)
        return rooms_showing_deactivate(r, a, &act->made);
    rooms_showing_settle(&act->made, r->rules);
    return NULL;
}

static const fault *showing_close(struct store *store, arena *a, int64_t id, struct showing *out)
{
    struct close_act act = { .id = id };
    TRY(rooms_write(store, a, close_act, &act));
    *out = act.made;
    return NULL;
}

/* --- a film lasts longer or shorter than was thought --- */

struct lasts_act {
    const struct film_length *now;
    ids meeting;
};

static const fault *film_lasts_act(const struct rooms_rows *r, arena *a, void *arg)
{
    struct lasts_act *act = arg;
    ids about;
    TRY(r->showings_unlike(r->db, a, act->now, r->now(r->db), &about));
    list all = { NEW_ARRAY(a, struct showing, about.count + 1), about.count };
    for (size_t i = 0; i < about.count; i++) {
        struct showing *showing = LIST_AT(&all, struct showing, i);
        TRY(rooms_showing_row(r, a, about.at[i], showing));
        showing->length_minutes = act->now->minutes;
        rooms_showing_place(showing);
        TRY(r->showing_lasts(r->db, a, showing->id, showing->length_minutes));
        rooms_showing_settle(showing, r->rules);
        TRY(showing_log(r, a, showing));
    }
    act->meeting = (ids){ NEW_ARRAY(a, int64_t, about.count + 1), 0 };
    for (size_t i = 0; i < about.count; i++) { /* when all are written: they may meet one another */
        const struct showing *showing = LIST_AT(&all, struct showing, i);
        ids others = { NULL, 0 };
        if (showing->is_active)
            TRY(r->showings_within(r->db, a, showing, rooms_showing_keeps(showing, r->rules), &others));
        if (others.count > 0)
            act->meeting.at[act->meeting.count++] = showing->id;
    }
    return NULL;
}

static const fault *film_lasts(struct store *store, arena *a, const struct film_length *now,
                               ids *meeting)
{
    struct lasts_act act = { .now = now };
    TRY(rooms_write(store, a, film_lasts_act, &act));
    *meeting = act.meeting;
    return NULL;
}

/* --- another zone: the wall clock of a showing stays, the instant that it means moves --- */

static const fault *rezone_act(const struct rooms_rows *r, arena *a, void *arg)
{
    const ids *moved = arg;
    for (size_t i = 0; i < moved->count; i++) {
        struct showing showing;
        TRY(rooms_showing_row(r, a, moved->at[i], &showing));
        rooms_showing_place(&showing);
        TRY(r->showing_move(r->db, a, showing.id, showing.starts_at));
        rooms_showing_settle(&showing, r->rules);
        TRY(showing_log(r, a, &showing));
    }
    return NULL;
}

const fault *rooms_showings_rezone(struct store *store, arena *a)
{
    struct rooms_rows r = rooms_reader(store);
    list all;
    TRY(r.showings_placed(r.db, a, &all));
    ids moved = { NEW_ARRAY(a, int64_t, all.count + 1), 0 };
    for (size_t i = 0; i < all.count; i++) {
        const struct placed *stored = LIST_AT(&all, struct placed, i);
        instant starts_at;
        (void)wall_to_instant(stored->show_time, &starts_at);
        if (starts_at.ms != stored->starts_at.ms)
            moved.at[moved.count++] = stored->id;
    }
    return moved.count > 0 ? rooms_write(store, a, rezone_act, &moved) : NULL;
}

void rooms_acts_on_program(struct store *s)
{
    s->showing_recall = showing_recall;
    s->showing_create = showing_create;
    s->showing_edit = showing_edit;
    s->showing_close = showing_close;
    s->film_lasts = film_lasts;
}
