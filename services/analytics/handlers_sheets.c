/* handlers_sheets.c - the day sheet, the distributor's return, sales as CSV, and the dashboard as it changes. */
#include "lib/base/csv.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"
#include "services/analytics/analytics.h"

#define DAY_S 86400
#define ROWS_AT_ONCE 500
#define MEMORY_MAX ((size_t)16 * 1024 * 1024)
#define STREAMS_MAX 64
#define LOOK_EVERY_MS 500
#define HEARTBEAT_MS 15000

/* A skipped time of day begins with the first that there is; of two the first is meant. */
static instant begins_at(int64_t on, int32_t after_midnight_s)
{
    instant moment;
    (void)wall_to_instant((wall){ on * DAY_S + after_midnight_s }, &moment);
    return moment;
}

/* --- the day sheet --- */

const fault *analytics_sheet_show(struct call *c)
{
    struct analytics *svc = c->service;
    const struct sheet_query *want = c->query;
    struct day_sheet made = { .date = want->date };
    struct store *store;
    if (made.date.days == TIME_NONE)
        made.date = day_of((wall){ clock_wall_now().s - svc->day_starts_s });
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(MOVIES), &store));
    TRY(store->sheet(store, c->arena, (int32_t)made.date.days, &made));
    made.from = begins_at(made.date.days, svc->day_starts_s);
    made.to = begins_at(made.date.days + 1, svc->day_starts_s);
    return reply(c, 200, &analytics_sheet_shape, &made);
}

/* --- the distributor's return --- */

const fault *analytics_returns_show(struct call *c)
{
    struct analytics *svc = c->service;
    const struct returns_query *want = c->query;
    struct returns made = { .movie_id = want->movie_id, .week = want->week };
    struct store *store;
    int32_t monday;
    if (!analytics_week_read(want->week, &monday)) /* the query's own check lets none pass */
        return fault_new(c->arena, FAULT_INVALID, "validation_failed", "week must be a week like 2026-W46.");
    made.from.days = monday + (int64_t)svc->week_starts;
    made.to.days = made.from.days + 6;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS) | WANT(MOVIES), &store));
    TRY(store->returns(store, c->arena, &made));
    return reply(c, 200, &analytics_returns_shape, &made);
}

/* --- sales as CSV --- */

static int64_t seats_of(str tickets)
{
    int64_t price, count, seats = 0;
    while (analytics_tickets_next(&tickets, &price, &count))
        seats += count;
    return seats;
}

static str cents_text(arena *a, int64_t cents)
{
    return arena_printf(a, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
}

/* A spreadsheet would take what begins with a minus for a formula: what went back has a column of its own. */
static void sale_write(struct buf *out, arena *a, const struct sales_row *row)
{
    char room[TIME_TEXT_MAX];
    str when = arena_copy(a, instant_text(room, row->moment, TIME_OFFSET));
    const str cells[] = {
        (str){ when.at, 10 }, when, row->refund ? STR("refund") : STR("sale"),
        arena_printf(a, "%lld", (long long)row->id), arena_printf(a, "%lld", (long long)row->schedule_id), row->movie_id,
        row->title, arena_printf(a, "%lld", (long long)seats_of(row->tickets)), cents_text(a, row->refund ? 0 : row->cents),
        cents_text(a, row->refund ? row->cents : 0), row->method,
    };
    csv_write_row(out, cells, COUNT_OF(cells));
}

static const fault *sales_write(struct call *c, struct store *store, arena *memory, instant start, instant end)
{
    struct sales_row last;
    list rows = { NULL, ROWS_AT_ONCE };
    for (bool first = true; rows.count == ROWS_AT_ONCE; first = false) {
        struct sales_row after = last; /* its texts are not looked at */
        arena_reset(memory);
        TRY(store->sales(store, memory, start, end, first ? NULL : &after, ROWS_AT_ONCE, &rows));
        for (size_t i = 0; i < rows.count; i++)
            sale_write(&c->out, memory, LIST_AT(&rows, struct sales_row, i));
        if (rows.count > 0)
            last = *LIST_AT(&rows, struct sales_row, rows.count - 1);
        TRY(stream_flush(c));
    }
    return NULL;
}

const fault *analytics_sales_csv(struct call *c)
{
    const struct sales_query *want = c->query;
    struct store *store;
    instant start = { INT64_MIN + 1 }, end = { INT64_MAX };
    if (want->start.days != TIME_NONE)
        start = begins_at(want->start.days, 0);
    if (want->end.days != TIME_NONE)
        end = begins_at(want->end.days + 1, 0);
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(MOVIES), &store));
    answer_header(c, "Cache-Control", STR("no-store"));
    answer_header(c, "Content-Disposition", STR("attachment; filename=\"sales.csv\""));
    if (!stream_start(c, 200, "text/csv; charset=utf-8"))
        return NULL;
    buf_literal(&c->out, "date,time,kind,reservationId,scheduleId,movieId,title,tickets,sold,refunded,paymentMethod\r\n");
    arena *memory = arena_new(MEMORY_MAX);
    const fault *problem = sales_write(c, store, memory, start, end);
    problem = problem ? fault_copy(c->arena, problem) : NULL;
    arena_free(memory);
    return problem;
}

/* --- the dashboard as it changes --- */

static bool is_ending(const struct call *c)
{
    return (c->site && c->site->draining) || stream_gone(c);
}

static const fault *dashboard_write(struct call *c, arena *memory, struct buf *out)
{
    struct analytics *svc = c->service;
    struct dashboard made;
    TRY(svc->store->come_to(svc->store, memory, analytics_today()));
    TRY(svc->store->dashboard(svc->store, memory, c->query, &made));
    json_write(out, &analytics_dashboard_shape, &made);
    return NULL;
}

/* Looks when something came, or the day is another one; says what differs from what it said last. */
static const fault *changes_send(struct call *c, arena *memory, struct buf *said)
{
    struct analytics *svc = c->service;
    uint64_t moment = svc->owners.moment - 1;
    int32_t on = 0;
    int64_t silent_since = loop_now_ms();
    buf_literal(&c->out, "retry: 1000\n\n");
    while (!is_ending(c)) {
        arena_reset(memory);
        struct buf now = { .in = memory };
        if (moment != svc->owners.moment || on != analytics_today()) {
            moment = svc->owners.moment;
            on = analytics_today();
            TRY(dashboard_write(c, memory, &now));
        }
        if (now.len > 0 && !str_equal(buf_str(&now), buf_str(said))) {
            said->len = 0;
            buf_put(said, now.at, now.len);
            buf_printf(&c->out, "event: dashboard\ndata: %.*s\n\n", (int)said->len, said->at);
        } else if (loop_now_ms() - silent_since >= HEARTBEAT_MS) {
            buf_literal(&c->out, ":\n\n");
        }
        if (c->out.len > 0) {
            silent_since = loop_now_ms();
            TRY(stream_flush(c));
        }
        if (!is_ending(c))
            fiber_park("other figures", loop_now_ms() + LOOK_EVERY_MS);
    }
    return NULL;
}

const fault *analytics_stream(struct call *c)
{
    struct analytics *svc = c->service;
    struct store *store;
    if (svc->streams >= STREAMS_MAX)
        return fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Too many streams are open.");
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS) | WANT(MOVIES), &store));
    answer_header(c, "Cache-Control", STR("no-store"));
    if (!stream_start(c, 200, "text/event-stream"))
        return NULL;
    svc->streams++;
    arena *memory = arena_new(MEMORY_MAX);
    struct buf said = { 0 };
    const fault *problem = changes_send(c, memory, &said);
    problem = problem ? fault_copy(c->arena, problem) : NULL;
    buf_free(&said);
    arena_free(memory);
    svc->streams--;
    return problem;
}
