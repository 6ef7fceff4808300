/* snapshot.c - rooms, their seats and showings as whoever begins to follow this service gets them. */
#include "services/rooms/rooms.h"

#define ROOMS_WITH_SEATS_MAX 16 /* of one page: each may have thousands */
#define LIVE_MS ((int64_t)24 * 3600 * 1000)

static const fault *rooms_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->rooms_after(s, a, snapshot_after(want), want->limit, &found));
    *rows = snapshot_rows_of(a, &found, &rooms_room_shape, offsetof(struct room, id));
    return NULL;
}

/* A row for each room, also one without seats: pages go by rooms. */
static const fault *seats_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->rooms_after(s, a, snapshot_after(want), want->limit, &found));
    *rows = (list){ NEW_ARRAY(a, struct snapshot_row, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        struct seats_made all = { .room_id = LIST_AT(&found, struct room, i)->id };
        TRY(s->seats_list(s, a, all.room_id, &(struct paging){ .limit = LIMIT_NONE }, &all.seats));
        *LIST_AT(rows, struct snapshot_row, i) = snapshot_row_of(a, all.room_id, &rooms_seats_made_shape, &all);
    }
    return NULL;
}

static const fault *showings_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    instant over = want->all ? (instant){ 0 } : (instant){ clock_now().ms - LIVE_MS };
    TRY(s->showings_after(s, a, snapshot_after(want), over, want->limit, &found));
    *rows = snapshot_rows_of(a, &found, &rooms_showing_event_shape, offsetof(struct showing, id));
    return NULL;
}

const struct snapshot_part rooms_snapshot[] = {
    { .name = "rooms", .type = "room.changed", .read = rooms_read },
    { .name = "seats", .type = "seats.changed", .rows_max = ROOMS_WITH_SEATS_MAX, .read = seats_read },
    { .name = "showings", .type = "showing.changed", .read = showings_read },
    { .name = NULL },
};
