/* store_rows.c - what all acts on rooms share, whatever database keeps them. */
#include "services/rooms/store_rows.h"

static const struct field placed_fields[] = {
    FIELD(struct placed, id, "id"),
    FIELD(struct placed, show_time, "show_time"),
    FIELD(struct placed, starts_at, "starts_at"),
};
const struct shape rooms_placed_shape = SHAPE(placed, placed_fields);

static const struct field stopped_fields[] = {
    FIELD(struct stopped_sale, schedule_id, "scheduleId"),
    FIELD(struct stopped_sale, is_active, "isActive"),
};
const struct shape rooms_stopped_shape = SHAPE(stopped_sale, stopped_fields);

struct rooms_rows rooms_reader(struct store *store)
{
    return store->rows->reader(store);
}

const fault *rooms_write(struct store *store, arena *a, rooms_act *act, void *arg)
{
    return store->rows->write(store, a, act, arg);
}

const fault *rooms_log(const struct rooms_rows *r, arena *a, const char *type, int64_t subject,
                       const struct shape *s, const void *fact)
{
    return r->event_log(r->db, a, type, arena_printf(a, "%lld", (long long)subject), s, fact);
}

static const fault *sweep_act(const struct rooms_rows *r, arena *a, void *arg)
{
    (void)arg;
    return r->once_sweep(r->db, a);
}

static const fault *sweep(struct store *store, arena *a)
{
    return rooms_write(store, a, sweep_act, NULL);
}

void rooms_acts_fill(struct store *s)
{
    s->sweep = sweep;
    rooms_acts_on_rooms(s);
    rooms_acts_on_seats(s);
    rooms_acts_on_showings(s);
    rooms_acts_on_program(s);
    rooms_acts_on_imports(s);
}
