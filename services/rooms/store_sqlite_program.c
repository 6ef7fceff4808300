/* store_sqlite_program.c - makes and changes showings in the embedded store: two never meet in one
 * room. */
#include "services/rooms/store_sqlite.h"

#define CLASHES_NAMED_MAX "20"
#define REZONE_BYTES_MAX ((size_t)1 << 30)

static const fault *showing_log(struct sql *db, arena *a, const struct showing *about)
{
    return sqlite_log(db, a, "showing.changed", arena_printf(a, "%lld", (long long)about->id),
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

static const fault *room_refuse_overlap(struct sql *db, arena *a, const struct house_rules *rules,
                                        const struct showing *showing)
{
    struct span kept = rooms_showing_keeps(showing, rules);
    ids others;
    TRY(sql_numbers(
        db, a, &others,
        "SELECT id FROM schedules WHERE room_id = ?1 AND ends_at > ?2 AND starts_at < ?3 "
        "AND is_active = 1 AND id <> ?4 ORDER BY starts_at LIMIT " CLASHES_NAMED_MAX,
        BIND(sql_int(showing->room_id), sql_instant(kept.from), sql_instant(kept.until),
             sql_int(showing->id))));
    return others.count > 0 ? overlaps_fault(a, showing, &others) : NULL;
}

/* Fills in the names of its room. An inactive room takes no showing that is to be sold. */
static const fault *room_take(struct sql *db, arena *a, const struct house_rules *rules,
                              struct showing *showing)
{
    struct room room;
    TRY(rooms_room_row(db, a, showing->room_id, &room));
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
static const fault *showing_judge(struct sql *db, arena *a, const struct house_rules *rules,
                                  struct showing *showing, instant *sales_close_asked)
{
    rooms_showing_place(showing);
    *sales_close_asked = showing->sales_close_at;
    rooms_showing_settle(showing, rules);
    TRY(rooms_showing_check_sales(a, showing));
    return room_take(db, a, rules, showing);
}

/* --- create --- */

const fault *rooms_showing_insert(struct sql *db, arena *a, const struct house_rules *rules,
                                  struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(db, a, rules, made, &sales_close_asked));
    TRY(sql_run(db, a,
                "INSERT INTO schedules (movie_id, room_id, show_time, price, sales_open_at, "
                "sales_close_at, "
                "length_minutes, starts_at, created_at, updated_at) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                BIND(sql_text(made->movie_id), sql_int(made->room_id), sql_wall(made->show_time),
                     sql_money(made->price), sql_instant(made->sales_open_at),
                     sql_instant(sales_close_asked), sql_int(made->length_minutes),
                     sql_instant(made->starts_at), sql_instant(sql_now(db)))));
    made->id = sql_last_id(db);
    return showing_log(db, a, made);
}

struct create_act {
    const struct house_rules *rules;
    const struct once *once;
    const struct showing_new *want;
    int64_t length_minutes;
    struct showing made;
};

static const fault *create_act(struct sql *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    struct showing *made = &act->made;
    bool seen;
    TRY(sqlite_once_recall(db, a, act->once, &rooms_showing_shape, made, &seen));
    if (seen)
        return NULL;
    *made = rooms_showing_of(act->want, act->length_minutes);
    TRY(rooms_showing_insert(db, a, act->rules, made));
    return sqlite_once_keep(db, a, act->once, &rooms_showing_shape, made, 0);
}

static const fault *showing_create(struct store *store, arena *a, const struct once *once,
                                   const struct showing_new *want, int64_t length_minutes,
                                   struct showing *out)
{
    struct create_act act = {
        .rules = &store->rules, .once = once, .want = want, .length_minutes = length_minutes
    };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *showing_recall(struct store *store, arena *a, const struct once *once,
                                   struct showing *out, bool *seen)
{
    struct showing made;
    TRY(sqlite_once_recall(STORE_READER(store), a, once, &rooms_showing_shape, &made, seen));
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

static const fault *showing_update(struct sql *db, arena *a, const struct showing *made,
                                   instant sales_close_asked)
{
    return sql_run(db, a,
                   "UPDATE schedules SET movie_id = ?2, room_id = ?3, show_time = ?4, price = ?5, "
                   "is_active = ?6, "
                   "sales_open_at = ?7, sales_close_at = ?8, length_minutes = ?9, starts_at = ?10, "
                   "updated_at = ?11 "
                   "WHERE id = ?1",
                   BIND(sql_int(made->id), sql_text(made->movie_id), sql_int(made->room_id),
                        sql_wall(made->show_time), sql_money(made->price),
                        sql_bool(made->is_active), sql_instant(made->sales_open_at),
                        sql_instant(sales_close_asked), sql_int(made->length_minutes),
                        sql_instant(made->starts_at), sql_instant(sql_now(db))));
}

const fault *rooms_showing_rewrite(struct sql *db, arena *a, const struct house_rules *rules,
                                   struct showing *made)
{
    instant sales_close_asked;
    TRY(showing_judge(db, a, rules, made, &sales_close_asked));
    TRY(showing_update(db, a, made, sales_close_asked));
    return showing_log(db, a, made);
}

static const fault *edit_act(struct sql *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct showing *made = &act->made;
    TRY(rooms_showing_row(db, a, act->found->id, made));
    if (!decided_on(made, act->found))
        return fault_new(a, FAULT_CONFLICT, "changed_meanwhile",
                         "Showing %lld was changed at the same moment; try again.",
                         (long long)made->id);
    rooms_showing_apply(made, act->edit);
    if (act->length_minutes > 0)
        made->length_minutes = act->length_minutes;
    return rooms_showing_rewrite(db, a, act->rules, made);
}

static const fault *showing_edit(struct store *store, arena *a, const struct showing *found,
                                 const struct showing_edit *edit, int64_t length_minutes,
                                 struct showing *out)
{
    struct edit_act act = {
        .rules = &store->rules, .found = found, .edit = edit, .length_minutes = length_minutes
    };
    TRY(sqlite_write(STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

/* --- close --- */

const fault *rooms_showing_deactivate(struct sql *db, arena *a, const struct house_rules *rules,
                                      struct showing *about)
{
    TRY(sql_run(db, a, "UPDATE schedules SET is_active = 0, updated_at = ?2 WHERE id = ?1",
                BIND(sql_int(about->id), sql_instant(sql_now(db)))));
    about->is_active = false;
    rooms_showing_settle(about, rules);
    return showing_log(db, a, about);
}

struct close_act {
    const struct house_rules *rules;
    int64_t id;
    struct showing made;
};

static const fault *close_act(struct sql *db, arena *a, void *arg)
{
    struct close_act *act = arg;
    TRY(rooms_showing_row(db, a, act->id, &act->made));
    if (act->made.is_active)
        return rooms_showing_deactivate(db, a, act->rules, &act->made);
    rooms_showing_settle(&act->made, act->rules);
    return NULL;
}

static const fault *showing_close(struct store *store, arena *a, int64_t id, struct showing *out)
{
    struct close_act act = { .rules = &store->rules, .id = id };
    TRY(sqlite_write(STORE_OF(store)->db, a, close_act, &act));
    *out = act.made;
    return NULL;
}

/* --- another zone: the wall clock of a showing stays, the instant that it means moves --- */

struct placed {
    int64_t id;
    wall show_time;
    instant starts_at;
};
static const struct field placed_fields[] = {
    FIELD(struct placed, id, "id"),
    FIELD(struct placed, show_time, "show_time"),
    FIELD(struct placed, starts_at, "starts_at"),
};
static const struct shape placed_shape = SHAPE(placed, placed_fields);

struct rezone_act {
    const struct house_rules *rules;
    ids moved;
};

static const fault *rezone_act(struct sql *db, arena *a, void *arg)
{
    const struct rezone_act *act = arg;
    for (size_t i = 0; i < act->moved.count; i++) {
        struct showing showing;
        TRY(rooms_showing_row(db, a, act->moved.at[i], &showing));
        rooms_showing_place(&showing);
        TRY(showing_update(db, a, &showing, showing.sales_close_at));
        rooms_showing_settle(&showing, act->rules);
        TRY(showing_log(db, a, &showing));
    }
    return NULL;
}

static const fault *rezone(struct sqlite_store *s, arena *a)
{
    list all;
    TRY(sql_list(sqlite_reader(s->db), a, &placed_shape, &all,
                 "SELECT id, show_time, starts_at FROM schedules", NO_BINDS));
    struct rezone_act act = {
        &s->store.rules, {NEW_ARRAY(a, int64_t, all.count + 1), 0}
    };
    for (size_t i = 0; i < all.count; i++) {
        const struct placed *stored = LIST_AT(&all, struct placed, i);
        instant starts_at;
        (void)wall_to_instant(stored->show_time, &starts_at);
        if (starts_at.ms != stored->starts_at.ms)
            act.moved.at[act.moved.count++] = stored->id;
    }
    return act.moved.count > 0 ? sqlite_write(s->db, a, rezone_act, &act) : NULL;
}

const fault *rooms_showings_rezone(struct sqlite_store *s, arena *boot)
{
    arena *own = arena_new(REZONE_BYTES_MAX);
    const fault *problem = rezone(s, own), *kept = NULL;
    if (problem)
        kept = fault_internal(boot, problem->kind, problem->code,
                              "The showings could not be moved to the house's time zone.", "%.*s",
                              STR_ARG(problem->internal));
    arena_free(own);
    return kept;
}

void rooms_store_program_fill(struct store *s)
{
    s->showing_recall = showing_recall;
    s->showing_create = showing_create;
    s->showing_edit = showing_edit;
    s->showing_close = showing_close;
}
