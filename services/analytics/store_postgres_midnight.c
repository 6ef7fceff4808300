/* store_postgres_midnight.c - the days that leave the windows and those that come into them, taken from the sums of the days. */
#include "services/analytics/store_postgres.h"

#define STEP_DAYS 92 /* in one statement: after a long rest it takes some of them */

struct moved_row {
    bool rooms; /* windows of rooms go on into the days to come */
    int64_t span, first, last, sign;
};
static const struct field moved_fields[] = {
    FIELD(struct moved_row, rooms, "rooms"),
    FIELD(struct moved_row, span, "span"),
    FIELD(struct moved_row, first, "first"),
    FIELD(struct moved_row, last, "last"),
    FIELD(struct moved_row, sign, "sign"),
};
static const struct shape moved_shape = SHAPE(moved_row, moved_fields);

struct move_act {
    str writer, act_id;
    int64_t moment, today, vip_cents, regular_cents;
    list moves;
};
static const struct field move_fields[] = {
    FIELD(struct move_act, writer, "writer"),
    FIELD(struct move_act, act_id, "act_id"),
    FIELD(struct move_act, moment, "moment"),
    FIELD(struct move_act, today, "today"),
    FIELD(struct move_act, vip_cents, "vip_cents"),
    FIELD(struct move_act, regular_cents, "regular_cents"),
    FIELD(struct move_act, moves, "moves", .shape = &moved_shape),
};
static const struct shape move_shape = SHAPE(move_act, move_fields);

#define RANGES_MAX (2 * 2 * 2 * WINDOWS_LAST)

static void ranges_add(list *moves, bool rooms, unsigned window, struct days of, struct days without, int64_t sign)
{
    struct days range[2];
    for (size_t i = 0, count = analytics_days_less(of, without, range); i < count; i++)
        *LIST_AT(moves, struct moved_row, moves->count++) =
            (struct moved_row){ rooms, window, range[i].from, range[i].to, sign };
}

static list moves_between(arena *a, int32_t before, int32_t today)
{
    list moves = { NEW_ARRAY(a, struct moved_row, RANGES_MAX), 0 };
    for (int rooms = 0; rooms < 2; rooms++)
        for (unsigned window = WINDOWS_FIRST; window < WINDOW_ALL; window++) {
            struct days (*of)(unsigned, int32_t) = rooms ? analytics_window_showings : analytics_window_days;
            struct days was = of(window, before), is = of(window, today);
            ranges_add(&moves, rooms, window, was, is, -1);
            ranges_add(&moves, rooms, window, is, was, 1);
        }
    return moves;
}

static const fault *step(struct store *s, arena *a, struct figures_state *now, int32_t today)
{
    struct move_act act = { .writer = now->writer, .act_id = analytics_act_name(a), .moment = now->moment, .today = today,
                            .vip_cents = VIP_CENTS, .regular_cents = REGULAR_CENTS,
                            .moves = moves_between(a, (int32_t)now->today, today) };
    TRY(analytics_act_write(s, a, "move", &move_shape, &act, act.act_id));
    now->moment++;
    now->today = today;
    return NULL;
}

const fault *analytics_windows_come(struct store *s, arena *a, struct figures_state *now, int32_t today)
{
    while (now->today != today) {
        int64_t left = today - now->today;
        TRY(step(s, a, now, left > STEP_DAYS ? (int32_t)now->today + STEP_DAYS
                            : left < -STEP_DAYS ? (int32_t)now->today - STEP_DAYS : today));
    }
    return NULL;
}
