/* lake_daily.c - the sheet of each of the house's days that has ended, into the lake once. */
#include "services/ingestion/lake/lake.h"

#include "lib/base/calendar.h"
#include "lib/json/read.h"
#include "lib/json/write.h"

#define DAYS_AT_ONCE 400 /* of one run: a house that begins late comes to its present by and by */
#define SHEET_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define SHEET_DEADLINE_MS 30000

struct answer {
    struct raw_json data;
};
static const struct field answer_fields[] = { FIELD(struct answer, data, "data") };
static const struct shape answer_shape = SHAPE(answer, answer_fields);

static const fault *sheet_read(struct upstream *analytics, arena *a, day on, struct daily_sheet *out)
{
    char room[TIME_TEXT_MAX];
    const struct outgoing want = { .method = GET, .deadline_ms = SHEET_DEADLINE_MS,
                                   .target = arena_printf(a, "/api/analytics/day?date=%.*s", STR_ARG(day_text(room, on))) };
    struct message *answer = NEW(a, struct message);
    struct answer found = { 0 };
    TRY(upstream_call(analytics, a, &want, answer));
    if (answer->status != 200)
        return ingestion_owner_refusal(analytics, a, answer);
    if (json_restore(a, answer->body, &answer_shape, &found) ||
        json_restore(a, found.data.text, &lake_daily_sheet_shape, out) || !out->total)
        return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "analytics answered with something that is no day's sheet.");
    return NULL;
}

static void sums_write(struct lake_lines *lines, day on, const char *by, const list *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct daily_row row = *LIST_AT(rows, struct daily_row, i);
        row.date = on;
        row.by = str_of(by);
        json_write(&lines->text, &lake_daily_row_shape, &row);
        buf_char(&lines->text, '\n');
        lines->rows++;
    }
}

static const fault *day_put(struct lake_table *t, const struct daily_sheet *sheet)
{
    char room[TIME_TEXT_MAX];
    struct lake_lines lines = { .first = sheet->date.days };
    str dt = day_text(room, sheet->date);
    for (size_t i = 0; i < 10; i++)
        lines.dt[i] = dt.at[i];
    sums_write(&lines, sheet->date, "total", &(list){ sheet->total, 1 });
    sums_write(&lines, sheet->date, "film", &sheet->by_film);
    sums_write(&lines, sheet->date, "method", &sheet->by_method);
    sums_write(&lines, sheet->date, "hour", &sheet->by_hour);
    const fault *problem = lake_day_put(t, &lines);
    buf_free(&lines.text);
    return problem;
}

/* Of UTC's day the house's may be two days before, or the next one. */
#define DAYS_BEHIND 2

static bool nothing_sold(const struct daily_sheet *sheet)
{
    return sheet->total->sold.cents == 0 && sheet->total->refunded.cents == 0 && sheet->total->tickets == 0;
}

static day first_of(const struct lake_table *t, int64_t since)
{
    if (t->manifest.last > 0)
        return (day){ t->manifest.last + 1 };
    return (day){ since > DAYS_BEHIND ? since - DAYS_BEHIND : 0 };
}

/* The table begins with the first day on which something was sold. */
const fault *lake_days_write(arena *a, const struct lake_order *want, int64_t since, struct lake_written *made)
{
    struct lake_table t;
    arena *page = arena_new(SHEET_BYTES_MAX);
    instant began = clock_now();
    const char *place = lake_place(a, want->cloud->analytics_folder, str_of(want->life->stamp));
    const fault *problem = lake_table_open(&t, a, want->cloud, place, LAKE_DAILY, made);
    day next = problem ? (day){ 0 } : first_of(&t, since);
    for (int i = 0; i < DAYS_AT_ONCE && !problem && next.days > 0; i++, next.days++) {
        struct daily_sheet sheet = { 0 };
        arena_reset(page);
        problem = sheet_read(want->cloud->analytics, page, next, &sheet);
        if (problem || sheet.to.ms > began.ms)
            break;
        if (t.manifest.last > 0 || !nothing_sold(&sheet))
            problem = day_put(&t, &sheet);
    }
    if (!problem && t.manifest.last > 0)
        problem = lake_table_save(&t, began);
    problem = problem ? fault_copy(a, problem) : NULL;
    arena_free(page);
    return problem;
}
