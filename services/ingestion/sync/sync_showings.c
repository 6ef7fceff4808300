/* sync_showings.c - showings are no items of their own: what is known of them is in those of their reservations. */
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "services/ingestion/sync/sync_parts.h"
#include "services/ingestion/sync/told.h"

#define SHOWINGS_A_PAGE 1000
#define EVENTS_A_PAGE 200  /* of rooms: one may tell of thousands of seats */
#define SALES_A_PAGE 200
#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* --- what is known --- */

static bool showing_read(arena *a, const struct event *e, struct item_showing *out)
{
    if (!str_starts(e->type, STR("showing.")))
        return false;
    if (!json_read_fact(a, e->data, &item_showing_shape, out))
        return true;
    log_line("error", "fact_unreadable", "%.*s at position %lld cannot be read: it is not copied", STR_ARG(e->type),
             (long long)e->position);
    return false;
}

static void events_take(struct sync *s, arena *a, const list *events)
{
    struct item_showing told;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *e = LIST_AT(events, const struct event, i);
        if (showing_read(a, e, &told))
            item_showings_take(&s->showings, &told, e->position);
    }
}

/* A page of them all, as they are now; the feed is followed from the first one's position. */
static const fault *all_take(struct sync *s, arena *a, struct upstream *rooms)
{
    char after[128] = "showings:";
    bool first = true;
    while (after[0]) {
        struct told_state page;
        arena_reset(a);
        TRY(told_now(rooms, a, after, SHOWINGS_A_PAGE, &page));
        if (first)
            s->showings_position = page.position;
        first = false;
        events_take(s, a, &page.events);
        snprintf(after, sizeof after, "%.*s", STR_ARG(page.next));
    }
    s->showings_known = true;
    return NULL;
}

static const fault *feed_take(struct sync *s, arena *a, struct upstream *rooms)
{
    struct event_page page = { 0 };
    do {
        arena_reset(a);
        TRY(told_feed(rooms, a, s->showings_position, EVENTS_A_PAGE, &page));
        events_take(s, a, &page.events);
        s->showings_position += (int64_t)page.events.count;
    } while (s->showings_position < page.position);
    return NULL;
}

const fault *sync_showings_catch_up(struct sync *s, arena *a)
{
    struct upstream *rooms = sync_upstream(s, SYNC_OF_ROOMS);
    if (!rooms)
        return NULL;
    arena *own = arena_new(PAGE_BYTES_MAX);
    const fault *problem = s->showings_known ? NULL : all_take(s, own, rooms);
    if (!problem)
        problem = feed_take(s, own, rooms);
    if (problem && strcmp(problem->code, "feed_behind") == 0) /* not asked for so long: what is there now says all */
        problem = all_take(s, own, rooms);
    problem = problem ? fault_copy(a, problem) : NULL;
    arena_free(own);
    return problem;
}

/* --- those of reservations that stand already --- */

static void sale_add(struct sync_page *p, const struct event *e, const struct item_reservation *r)
{
    const struct showing_known *known = item_showings_find(&p->s->showings, r->schedule_id);
    if (!known || r->deleted_at.ms != TIME_NONE)
        return;
    struct attributes_change change = item_showing_change(p->a, &known->showing);
    sync_write_add(p, CLOUD_RESERVATIONS, e->position)->change = (struct dynamodb_change){
        .table = p->s->set.cloud->tables[CLOUD_RESERVATIONS].name, .key = item_key(p->a, "reservation_id", 'S', e->subject),
        .expression = change.expression, .names = change.names, .values = change.values, .position = known->position,
        .guard = ITEM_SHOWING_GUARD, .also = ITEM_SHOWING_ALONE,
    };
}

/* *last: the showing of the page's last reservation; *over: there are no more. */
static const fault *sales_write(struct sync *s, arena *a, const ids *moved, const struct told_state *page, int64_t *last, bool *over)
{
    struct sync_page p = { .s = s, .a = a, .writes = NEW_ARRAY(a, struct sync_write, page->events.count + 1) };
    *over = !str_starts(page->next, STR("reservations:"));
    for (size_t i = 0; i < page->events.count; i++) {
        const struct event *e = LIST_AT(&page->events, const struct event, i);
        struct item_reservation r;
        if (!str_starts(e->type, STR("reservation.")) || json_read_fact(a, e->data, &item_reservation_fact_shape, &r))
            continue;
        *last = r.schedule_id;
        if (ids_contain_sorted(moved, r.schedule_id))
            sale_add(&p, e, &r);
    }
    return sync_write_all(s, a, p.writes, p.write_count);
}

/* Their owner tells reservations by showing. */
static const fault *sales_move(struct sync *s, arena *a, struct upstream *sales, const ids *moved)
{
    char after[128];
    snprintf(after, sizeof after, "reservations:%lld.0", (long long)moved->at[0]);
    for (size_t i = 0; i < moved->count;) {
        struct told_state page;
        int64_t last = 0;
        bool over;
        arena_reset(a);
        TRY(told_now(sales, a, after, SALES_A_PAGE, &page));
        TRY(sales_write(s, a, moved, &page, &last, &over));
        if (over)
            return NULL;
        while (i < moved->count && moved->at[i] < last)
            i++;
        if (i < moved->count && moved->at[i] > last)
            snprintf(after, sizeof after, "reservations:%lld.0", (long long)moved->at[i]);
        else
            snprintf(after, sizeof after, "%.*s", STR_ARG(page.next));
    }
    return NULL;
}

const fault *sync_showings_moved(struct sync_page *p)
{
    struct upstream *sales = sync_upstream(p->s, SYNC_OF_RESERVATIONS);
    ids told = sync_newest(p, "showing."), moved = { NEW_ARRAY(p->a, int64_t, told.count + 1), 0 };
    if (told.count == 0)
        return NULL;
    if (!p->s->showings_known)
        TRY(sync_showings_catch_up(p->s, p->a));
    for (size_t i = 0; i < told.count; i++) {
        const struct event *e = LIST_AT(p->events, const struct event, told.at[i]);
        struct item_showing showing;
        if (!showing_read(p->a, e, &showing))
            continue;
        p->synced[SYNC_SCHEDULES]++;
        if (item_showings_take(&p->s->showings, &showing, e->position))
            moved.at[moved.count++] = showing.id;
    }
    if (moved.count == 0 || !sales)
        return NULL;
    ids_sort(&moved);
    arena *own = arena_new(PAGE_BYTES_MAX);
    const fault *problem = sales_move(p->s, own, sales, &moved);
    problem = problem ? fault_copy(p->a, problem) : NULL;
    arena_free(own);
    return problem;
}
