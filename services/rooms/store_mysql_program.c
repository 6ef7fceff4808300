/* store_mysql_program.c - makes and changes showings on MySQL: two never meet in one room, however many replicas make them, since
 * each act looks while it holds the counter's lock. */
#include "services/rooms/store_mysql.h"

static const fault *showing_log(struct my *db, arena *a, const struct showing *about)
{
    return my_log(db, a, "showing.changed", arena_printf(a, "%lld", (long long)about->id),
                  &rooms_showing_event_shape, about, NULL);
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

static const fault *room_refuse_overlap(struct my *db, arena *a, const struct house_rules *rules,
                                        const struct showing *showing)
{
    struct span kept = rooms_showing_keeps(showing, rules);
    ids others;
    TRY(my_numbers(db, a, &others,
                   "SELECT id FROM schedules WHERE room_id = ? AND ends_at > ? AND starts_at < ? "
                   "AND is_active = 1 AND id <> ? ORDER BY starts_at LIMIT 20",
                   MY_BIND(my_int(showing->room_id), my_int(kept.from.ms), my_int(kept.until.ms),
                           my_int(showing->id))));
    return others.count > 0 ? overlaps_fault(a, showing, &others) : NULL;
}

/* Fills in the names of its room. An inactive room takes no showing that is to be sold. */
static const fault *room_take(struct my *db, arena *a, const struct house_rules *rules,
                              struct showing *showing)
{
    struct room room;
    TRY(rooms_mysql_room_row(db, a, showing->room_id, &room));
    showing->room_name = room.name;
    showing->room_capacity = room.capacity;
    if (!showing->is_active)
        return NULL;
    if (!room.is_active)
        return fault_new(a, FAULT_CONFLICT, "room_inactive", "Room %lld is no longer used.",
                         (long long)room.id);
    return room_refuse_overlap(db, a, rules, showing);
}

/* What is written keeps the end of sales as it was asked for; what is told has the one that counts.
 */
static const fault *showing_judge(struct my *db, arena *a, const struct house_rules *rules,
                                  struct showing *showing, instant *sales_close_asked)
{
    rooms_showing_place(showing);
    *sales_close_asked = showing->sales_close_at;
    rooms_showing_settle(showing, rules);
    TRY(rooms_showing_check_sales(a, showing));
    return room_take(db, a, rules, showing);
}

/* --- create --- */

const fault *rooms_mysql_showing_insert(struct my *db, arena *a, const struct house_rules *rules,
                                        struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(db, a, rules, made, &sales_close_asked));
    TRY(my_run(db, a,
               "INSERT INTO schedules (movie_id, room_id, show_time, price, sales_open_at, "
               "sales_close_at, length_minutes, starts_at, created_at, updated_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               MY_BIND(my_text(made->movie_id), my_int(made->room_id), my_wall(made->show_time),
                       my_money(a, made->price), my_int(made->sales_open_at.ms),
                       my_int(sales_close_asked.ms), my_int(made->length_minutes),
                       my_int(made->starts_at.ms), my_instant(my_now(db)),
                       my_instant(my_now(db)))));
    made->id = my_last_id(db);
    return showing_log(db, a, made);
}

struct create_act {
    const struct house_rules *rules;
    const struct once *once;
    const struct showing_new *want;
    int64_t length_minutes;
    struct showing made;
};

static const fault *create_act(struct my *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    struct showing *made = &act->made;
    bool seen;
    TRY(my_once_recall(db, a, act->once, &rooms_showing_shape, made, &seen));
    if (seen)
        return NULL;
    *made = rooms_showing_of(act->want, act->length_minutes);
    TRY(rooms_mysql_showing_insert(db, a, act->rules, made));
    return my_once_keep(db, a, act->once, &rooms_showing_shape, made, 0);
}

static const fault *showing_create(struct store *store, arena *a, const struct once *once,
                                   const struct showing_new *want, int64_t length_minutes,
                                   struct showing *out)
{
    struct create_act act = {
        .rules = &store->rules, .once = once, .want = want, .length_minutes = length_minutes
    };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *showing_recall(struct store *store, arena *a, const struct once *once,
                                   struct showing *out, bool *seen)
{
    struct showing made;
    TRY(my_once_recall(MYSQL_READER(store), a, once, &rooms_showing_shape, &made, seen));
    if (*seen)
        *out = made;
    return NULL;
}

/* --- edit --- */

struct edit_act {
    const struct house_rules *rules;
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

static const fault *showing_update(struct my *db, arena *a, const struct showing *made,
                                   instant sales_close_asked)
{
    return my_run(db, a,
                  "UPDATE schedules SET movie_id = ?, room_id = ?, show_time = ?, price = ?, "
                  "is_active = ?, sales_open_at = ?, sales_close_at = ?, length_minutes = ?, "
                  "starts_at = ?, updated_at = ? WHERE id = ?",
                  MY_BIND(my_text(made->movie_id), my_int(made->room_id), my_wall(made->show_time),
                          my_money(a, made->price), my_flag(made->is_active),
                          my_int(made->sales_open_at.ms), my_int(sales_close_asked.ms),
                          my_int(made->length_minutes), my_int(made->starts_at.ms),
                          my_instant(my_now(db)), my_int(made->id)));
}

const fault *rooms_mysql_showing_rewrite(struct my *db, arena *a, const struct house_rules *rules,
                                         struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(db, a, rules, made, &sales_close_asked));
    TRY(showing_update(db, a, made, sales_close_asked));
    return showing_log(db, a, made);
}

static const fault *edit_act(struct my *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct showing *made = &act->made;
    TRY(rooms_mysql_showing_row(db, a, act->found->id, made));
    if (!decided_on(made, act->found))
        return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                         "Showing %lld was changed at the same moment; try again.",
                         (long long)made->id);
    rooms_showing_apply(made, act->edit);
    if (act->length_minutes > 0)
        made->length_minutes = act->length_minutes;
    return rooms_mysql_showing_rewrite(db, a, act->rules, made);
}

static const fault *showing_edit(struct store *store, arena *a, const struct showing *found,
                                 const struct showing_edit *edit, int64_t length_minutes,
                                 struct showing *out)
{
    struct edit_act act = {
        .rules = &store->rules, .found = found, .edit = edit, .length_minutes = length_minutes
    };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

/* --- close --- */

const fault *rooms_mysql_showing_deactivate(struct my *db, arena *a, const struct house_rules *rules,
                                            struct showing *about)
{
    TRY(my_run(db, a, "UPDATE schedules SET is_active = 0, updated_at = ? WHERE id = ?",
               MY_BIND(my_instant(my_now(db)), my_int(about->id))));
    about->is_active = false;
    rooms_showing_settle(about, rules);
    return showing_log(db, a, about);
}

struct close_act {
    const struct house_rules *rules;
    int64_t id;
    struct showing made;
};

static const fault *close_act(struct my *db, arena *a, void *arg)
{
    struct close_act *act = arg;
    TRY(rooms_mysql_showing_row(db, a, act->id, &act->made));
    if (act->made.is_active)
        return rooms_mysql_showing_deactivate(db, a, act->rules, &act->made);
    rooms_showing_settle(&act->made, act->rules);
    return NULL;
}

static const fault *showing_close(struct store *store, arena *a, int64_t id, struct showing *out)
{
    struct close_act act = { .rules = &store->rules, .id = id };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, close_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_mysql_program_fill(struct store *s)
{
    s->showing_recall = showing_recall;
    s->showing_create = showing_create;
    s->showing_edit = showing_edit;
    s->showing_close = showing_close;
}
