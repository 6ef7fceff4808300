/* model_sheet.c - the day sheet's three views of the same sums, and cinema weeks. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/calendar.h"
#include "services/analytics/model.h"

/* --- the sheet --- */

static void sum_join(struct sheet_sum *to, const struct sheet_row *row)
{
    to->sold.cents += row->sold;
    to->refunded.cents += row->refunded;
    to->net.cents += row->sold - row->refunded;
    to->tickets += row->tickets;
}

/* The sum of that name; rows are few. */
static struct sheet_sum *sum_named(list *sums, str name, str title)
{
    for (size_t i = 0; i < sums->count; i++) {
        struct sheet_sum *one = LIST_AT(sums, struct sheet_sum, i);
        if ((one->name.at != NULL) == (name.at != NULL) && str_equal(one->name, name))
            return one;
    }
    struct sheet_sum *made = LIST_AT(sums, struct sheet_sum, sums->count++);
    *made = (struct sheet_sum){ .name = name, .title = title };
    return made;
}

static int by_net(const void *left, const void *right)
{
    const struct sheet_sum *a = left, *b = right;
    if (a->net.cents != b->net.cents)
        return a->net.cents < b->net.cents ? 1 : -1;
    size_t both = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = both ? memcmp(a->name.at, b->name.at, both) : 0;
    return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static str hour_name(arena *a, int64_t hour)
{
    return arena_printf(a, "%02d:00", (int)hour);
}

void analytics_sheet_make(arena *a, const list *rows, int64_t first_hour, struct day_sheet *out)
{
    list *const views[] = { &out->by_method, &out->by_film, &out->by_hour };
    for (size_t i = 0; i < COUNT_OF(views); i++)
        *views[i] = (list){ NEW_ARRAY(a, struct sheet_sum, rows->count + 1), 0 };
    out->total = NEW(a, struct sheet_sum);
    for (int64_t i = 0; i < 24; i++)
        for (size_t k = 0; k < rows->count; k++) {
            const struct sheet_row *row = LIST_AT(rows, struct sheet_row, k);
            if (row->hour == (first_hour + i) % 24)
                sum_join(sum_named(&out->by_hour, hour_name(a, row->hour), (str){ NULL, 0 }), row);
        }
    for (size_t i = 0; i < rows->count; i++) {
        const struct sheet_row *row = LIST_AT(rows, struct sheet_row, i);
        sum_join(out->total, row);
        sum_join(sum_named(&out->by_method, row->method, (str){ NULL, 0 }), row);
        sum_join(sum_named(&out->by_film, row->movie_id, row->title), row);
    }
    if (out->by_method.count > 1)
        qsort(out->by_method.at, out->by_method.count, sizeof(struct sheet_sum), by_net);
    if (out->by_film.count > 1)
        qsort(out->by_film.at, out->by_film.count, sizeof(struct sheet_sum), by_net);
}

/* --- weeks --- */

/* January 4 is in the first week of its year. */
bool analytics_week_read(str text, int32_t *monday)
{
    int64_t year, week;
    char room[PERIOD_TEXT_MAX];
    if (text.len != 8 || text.at[4] != '-' || text.at[5] != 'W' || !str_to_int((str){ text.at, 4 }, &year) ||
        !str_to_int(str_after(text, 6), &week) || year < 1 || week < 1)
        return false;
    int64_t fourth = days_of_date((struct date){ year, 1, 4 });
    *monday = analytics_period_start(PERIOD_WEEK, (int32_t)(fourth + 7 * (week - 1)));
    return str_equal(analytics_period_text(room, PERIOD_WEEK, *monday), text);
}
