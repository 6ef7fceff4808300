/* store_postgres_fold.c - a page of facts over the rows that it touches: the rows as they are then, and what the sums get. */
#include "services/analytics/store_postgres.h"

#include <string.h>

/* --- what a page comes to, as the store's function reads it --- */

struct segment_row {
    int64_t span, active, vip, regular, casual;
};
static const struct field segment_fields[] = {
    FIELD(struct segment_row, span, "span"),
    FIELD(struct segment_row, active, "active"),
    FIELD(struct segment_row, vip, "vip"),
    FIELD(struct segment_row, regular, "regular"),
    FIELD(struct segment_row, casual, "casual"),
};
static const struct shape segment_shape = SHAPE(segment_row, segment_fields);

static const struct field room_fields[] = {
    FIELD(struct room_fact, id, "id"),
    FIELD(struct room_fact, name, "name"),
    FIELD(struct room_fact, is_active, "is_active"),
};
static const struct shape room_shape = SHAPE(room_fact, room_fields);

struct seat_row {
    int64_t id, room_id;
};
static const struct field seat_fields[] = {
    FIELD(struct seat_row, id, "id"),
    FIELD(struct seat_row, room_id, "room_id"),
};
static const struct shape seat_shape = SHAPE(seat_row, seat_fields);

static const struct field kept_fields[] = {
    FIELD(struct page_kept, owner, "owner"),
    FIELD(struct page_kept, position, "position"),
    FIELD(struct page_kept, whole, "whole"),
    FIELD(struct page_kept, writer, "writer"),
    FIELD(struct page_kept, act_id, "act_id"),
    FIELD(struct page_kept, moment, "moment"),
    FIELD(struct page_kept, today, "today"),
    FIELD(struct page_kept, alive, "alive"),
    FIELD(struct page_kept, films, "films", .shape = &analytics_film_keep_shape),
    FIELD(struct page_kept, methods, "methods", .shape = &analytics_method_keep_shape),
    FIELD(struct page_kept, rooms, "rooms", .shape = &room_shape),
    FIELD(struct page_kept, seats, "seats", .shape = &seat_shape),
    FIELD(struct page_kept, showings, "showings", .shape = &analytics_showing_row_shape),
    FIELD(struct page_kept, sales, "sales", .shape = &analytics_sale_row_shape),
    FIELD(struct page_kept, users, "users", .shape = &analytics_user_keep_shape),
    FIELD(struct page_kept, user_windows, "user_windows", .shape = &analytics_user_window_shape),
    FIELD(struct page_kept, segments, "segments", .shape = &segment_shape),
    FIELD(struct page_kept, kind, "kind"),
    FIELD(struct page_kept, k1, "k1"),
    FIELD(struct page_kept, k2, "k2"),
    FIELD(struct page_kept, k3, "k3"),
    FIELD(struct page_kept, k4, "k4"),
    FIELD(struct page_kept, a1, "a1"),
    FIELD(struct page_kept, a2, "a2"),
    FIELD(struct page_kept, a3, "a3"),
};
const struct shape analytics_page_kept_shape = SHAPE(page_kept, kept_fields);

/* --- a page under way --- */

struct fold {
    struct store *store;
    arena *arena;
    const struct figures_state *now;
    struct house_clock clock;
    struct fact *facts;
    size_t count;
    struct cells cells;
    list films, methods, sales, showings, users; /* the rows it touches, by key */
};

/* --- what it touches --- */

struct touched {
    ids sales, showings, users;
    strs films, methods;
};

static void name_touch(strs *names, str name)
{
    if (name.at)
        names->at[names->count++] = name;
}

static void fact_touch(struct touched *t, const struct fact *f)
{
    if (f->kind == FACT_FILM) {
        name_touch(&t->films, f->film.id);
    } else if (f->kind == FACT_SHOWING) {
        t->showings.at[t->showings.count++] = f->showing.id;
        name_touch(&t->films, f->showing.movie_id);
    } else if (f->kind == FACT_USER) {
        t->users.at[t->users.count++] = f->user.id;
    } else if (f->kind == FACT_RESERVATION) {
        t->sales.at[t->sales.count++] = f->reservation.id;
        name_touch(&t->films, f->reservation.movie_id);
    } else if (f->kind == FACT_PAYMENT) {
        t->sales.at[t->sales.count++] = f->payment.reservation_id;
        name_touch(&t->methods, f->payment.method);
    }
}

static ids ids_room(arena *a, size_t most)
{
    return (ids){ NEW_ARRAY(a, int64_t, most + 1), 0 };
}

static strs strs_room(arena *a, size_t most)
{
    return (strs){ NEW_ARRAY(a, str, most + 1), 0 };
}

static const fault *touched_load(struct fold *f, ids *users)
{
    arena *a = f->arena;
    struct touched t = { ids_room(a, f->count), ids_room(a, f->count), ids_room(a, f->count), strs_room(a, f->count),
                         strs_room(a, f->count) };
    for (size_t i = 0; i < f->count; i++)
        fact_touch(&t, &f->facts[i]);
    analytics_ids_settle(&t.sales);
    analytics_ids_settle(&t.showings);
    *users = t.users;
    if (t.sales.count > 0)
        TRY(analytics_sales_load(f->store, a, &t.sales, &f->sales));
    if (t.showings.count > 0)
        TRY(analytics_showings_load(f->store, a, &t.showings, &f->showings));
    TRY(analytics_films_load(f->store, a, &t.films, f->now->film_last, &f->films));
    return analytics_methods_load(f->store, a, &t.methods, f->now->method_last, &f->methods);
}

/* --- one fact after the other --- */

static int64_t key_of(const list *names, str name)
{
    const struct name_row *row = analytics_name_row_find(names, name);
    return row ? row->key : 0;
}

static void film_fold(struct fold *f, const struct film_fact *told)
{
    struct name_row *row = analytics_name_row_find(&f->films, told->id);
    row->title = told->title;
    row->is_active = told->is_active;
    row->changed = true;
}

static void showing_fold(struct fold *f, const struct showing_fact *told)
{
    struct showing *row = analytics_row_find(&f->showings, sizeof *row, told->id);
    analytics_showing_count(&f->cells, row, -1);
    row->film = key_of(&f->films, told->movie_id);
    analytics_showing_tell(row, told, &f->clock);
    analytics_showing_count(&f->cells, row, 1);
}

static void sale_change(struct fold *f, struct sale *row, const struct sale *now)
{
    analytics_sale_count(&f->cells, row, -1, &f->clock);
    analytics_sale_count(&f->cells, now, 1, &f->clock);
    *row = *now;
}

static void reservation_fold(struct fold *f, const struct reservation_fact *told)
{
    struct sale *row = analytics_row_find(&f->sales, sizeof *row, told->id), now = analytics_sale_of(f->arena, told);
    now.film = key_of(&f->films, told->movie_id);
    now.method = row->method;
    now.payment_id = row->payment_id;
    sale_change(f, row, &now);
}

static void payment_fold(struct fold *f, const struct payment_fact *told)
{
    struct sale *row = analytics_row_find(&f->sales, sizeof *row, told->reservation_id), now = *row;
    if (!analytics_payment_counts(told, row))
        return;
    now.payment_id = told->id;
    now.method = key_of(&f->methods, told->method);
    sale_change(f, row, &now);
}

static void facts_fold(struct fold *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct fact *told = &f->facts[i];
        if (told->kind == FACT_FILM)
            film_fold(f, &told->film);
        else if (told->kind == FACT_SHOWING)
            showing_fold(f, &told->showing);
        else if (told->kind == FACT_RESERVATION)
            reservation_fold(f, &told->reservation);
        else if (told->kind == FACT_PAYMENT)
            payment_fold(f, &told->payment);
    }
}

/* --- what follows: seats taken, windows --- */

/* Seats of a showing that is not told yet wait in its row. */
static const fault *taken_fold(struct fold *f)
{
    ids wanted = ids_room(f->arena, f->cells.count);
    size_t counted = f->cells.count;
    for (size_t i = 0; i < counted; i++)
        if (f->cells.at[i].of == CELL_TAKEN)
            wanted.at[wanted.count++] = f->cells.at[i].key[0];
    if (wanted.count == 0)
        return NULL;
    TRY(analytics_showings_load(f->store, f->arena, &wanted, &f->showings)); /* sorted, as the cells are */
    for (size_t i = 0; i < counted; i++) {
        struct cell one = f->cells.at[i]; /* counting may move them */
        if (one.of != CELL_TAKEN)
            continue;
        struct showing *row = analytics_row_find(&f->showings, sizeof *row, one.key[0]);
        analytics_showing_count(&f->cells, row, -1);
        row->taken += one.add[0];
        analytics_showing_count(&f->cells, row, 1);
    }
    return NULL;
}

static const fault *users_touched(struct fold *f, const ids *told)
{
    ids all = ids_room(f->arena, told->count + f->cells.count);
    for (size_t i = 0; i < told->count; i++)
        all.at[all.count++] = told->at[i];
    for (size_t i = 0; i < f->cells.count; i++)
        if (f->cells.at[i].of == CELL_USER_DAY)
            all.at[all.count++] = f->cells.at[i].key[1];
    analytics_ids_settle(&all);
    f->users = (list){ NULL, 0 };
    return all.count > 0 ? analytics_users_load(f->store, f->arena, &all, &f->users) : NULL;
}

static void users_fold(struct fold *f, struct page_kept *out)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->facts[i].kind == FACT_USER) {
            struct user_row *user = analytics_row_find(&f->users, sizeof *user, f->facts[i].user.id);
            user->alive = !f->facts[i].erased;
            user->told = true;
        }
    for (size_t i = 0; i < f->users.count; i++) {
        const struct user_row *user = LIST_AT(&f->users, struct user_row, i);
        out->alive += user->alive - user->was;
    }
}

static void user_cells_add(struct fold *f, list *windows)
{
    for (size_t i = 0; i < f->cells.count; i++) {
        const struct cell *one = &f->cells.at[i];
        if (one->of != CELL_USER_DAY)
            continue;
        struct sum add[WINDOWS_LAST + 1] = { 0 };
        analytics_windows_add(add, one, f->clock.today);
        const struct user_row *user = analytics_row_find(&f->users, sizeof *user, one->key[1]);
        size_t first = (size_t)(user - LIST_AT(&f->users, struct user_row, 0)) * WINDOWS_LAST;
        for (size_t w = WINDOWS_FIRST; w <= WINDOWS_LAST; w++) {
            struct user_window *row = LIST_AT(windows, struct user_window, first + w - 1);
            row->cents += add[w].cents;
            row->reservations += add[w].reservations;
            row->confirmed += add[w].confirmed;
        }
    }
}

static struct sum sum_of(const struct user_window *w)
{
    return (struct sum){ w->cents, w->reservations, w->confirmed };
}

static void segments_keep(arena *a, const struct segment_sums *sums, list *out)
{
    *out = (list){ NEW_ARRAY(a, struct segment_row, WINDOWS_LAST), 0 };
    for (size_t span = WINDOWS_FIRST; span <= WINDOWS_LAST; span++) {
        const struct segment_sums *s = &sums[span];
        if (s->active || s->vip || s->regular || s->casual)
            *LIST_AT(out, struct segment_row, out->count++) =
                (struct segment_row){ (int64_t)span, s->active, s->vip, s->regular, s->casual };
    }
}

/* Whose sum or life is another one now: out of his segment, into the one that he is in then. */
static const fault *user_windows_fold(struct fold *f, struct page_kept *out)
{
    list before, now;
    struct segment_sums segments[WINDOWS_LAST + 1] = { 0 };
    if (f->users.count == 0)
        return NULL;
    TRY(analytics_user_windows_load(f->store, f->arena, &f->users, &before));
    now = (list){ NEW_ARRAY(f->arena, struct user_window, before.count), before.count };
    memcpy(now.at, before.at, before.count * sizeof(struct user_window));
    user_cells_add(f, &now);
    out->user_windows = (list){ NEW_ARRAY(f->arena, struct user_window, before.count), 0 };
    for (size_t i = 0; i < before.count; i++) {
        const struct user_window *old = LIST_AT(&before, struct user_window, i);
        struct user_window *row = LIST_AT(&now, struct user_window, i);
        struct sum was = sum_of(old), is = sum_of(row);
        row->alive = LIST_AT(&f->users, struct user_row, i / WINDOWS_LAST)->alive;
        analytics_segment_add(&segments[row->span], &was, old->alive, -1);
        analytics_segment_add(&segments[row->span], &is, row->alive, 1);
        bool there = is.cents || is.reservations || is.confirmed || was.cents || was.reservations || was.confirmed;
        if (there && (memcmp(&was, &is, sizeof is) != 0 || old->alive != row->alive))
            *LIST_AT(&out->user_windows, struct user_window, out->user_windows.count++) = *row;
    }
    segments_keep(f->arena, segments, &out->segments);
    return NULL;
}

/* --- rooms and seats are only kept --- */

static void rooms_keep(struct fold *f, struct page_kept *out)
{
    size_t seats = 0;
    for (size_t i = 0; i < f->count; i++)
        seats += f->facts[i].kind == FACT_SEATS ? f->facts[i].seats.seats.count : 0;
    out->seats = (list){ NEW_ARRAY(f->arena, struct seat_row, seats + 1), 0 };
    out->rooms = (list){ NEW_ARRAY(f->arena, struct room_fact, f->count + 1), 0 };
    for (size_t i = 0; i < f->count; i++) {
        const struct fact *told = &f->facts[i];
        for (size_t k = 0; told->kind == FACT_SEATS && k < told->seats.seats.count; k++)
            *LIST_AT(&out->seats, struct seat_row, out->seats.count++) =
                (struct seat_row){ LIST_AT(&told->seats.seats, struct seat_fact, k)->id, told->seats.room_id };
        bool last = told->kind == FACT_ROOM; /* of what is told about this room */
        for (size_t k = i + 1; last && k < f->count; k++)
            last = f->facts[k].kind != FACT_ROOM || f->facts[k].room.id != told->room.id;
        if (last)
            *LIST_AT(&out->rooms, struct room_fact, out->rooms.count++) = told->room;
    }
}

/* --- the whole --- */

static list names_changed(arena *a, const list *rows)
{
    list made = { NEW_ARRAY(a, struct name_row, rows->count + 1), 0 };
    for (size_t i = 0; i < rows->count; i++)
        if (LIST_AT(rows, struct name_row, i)->changed)
            *LIST_AT(&made, struct name_row, made.count++) = *LIST_AT(rows, struct name_row, i);
    return made;
}

/* Who is known only by what he bought has no row. */
static list users_told(arena *a, const list *rows)
{
    list made = { NEW_ARRAY(a, struct user_row, rows->count + 1), 0 };
    for (size_t i = 0; i < rows->count; i++)
        if (LIST_AT(rows, struct user_row, i)->told)
            *LIST_AT(&made, struct user_row, made.count++) = *LIST_AT(rows, struct user_row, i);
    return made;
}

/* An attempt to pay makes no sale: it leaves a row as nobody told it. */
static list sales_told(arena *a, const list *rows)
{
    list made = { NEW_ARRAY(a, struct sale, rows->count + 1), 0 };
    for (size_t i = 0; i < rows->count; i++) {
        const struct sale *row = LIST_AT(rows, struct sale, i);
        if (row->user_id != 0 || row->payment_id != 0)
            *LIST_AT(&made, struct sale, made.count++) = *row;
    }
    return made;
}

static void cells_put(arena *a, const struct cells *c, struct page_kept *out)
{
    ids *parts[] = { &out->kind, &out->k1, &out->k2, &out->k3, &out->k4, &out->a1, &out->a2, &out->a3 };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        *parts[i] = ids_room(a, c->count);
    for (size_t i = 0; i < c->count; i++) {
        const struct cell *one = &c->at[i];
        const int64_t values[] = { one->of, one->key[0], one->key[1], one->key[2], one->key[3], one->add[0], one->add[1],
                                   one->add[2] };
        if (one->of == CELL_DAY || one->of == CELL_TAKEN)
            continue; /* a day is a span too; what is taken is in its showing's row by now */
        for (size_t k = 0; k < COUNT_OF(parts); k++)
            parts[k]->at[parts[k]->count++] = values[k];
    }
}

const fault *analytics_page_fold(struct store *s, arena *a, struct told *page, const struct figures_state *now, struct page_kept *out)
{
    struct fold f = { .store = s, .arena = a, .now = now, .cells = { .in = a }, .count = page->events.count,
                      .clock = { (int32_t)now->today, POSTGRES_STORE(s)->day_starts_s } };
    ids users;
    f.facts = NEW_ARRAY(a, struct fact, f.count + 1);
    page->unread = 0;
    for (size_t i = 0; i < f.count; i++) {
        f.facts[i] = analytics_fact_read(a, page->owner, LIST_AT(&page->events, struct event, i));
        page->unread += f.facts[i].kind == FACT_UNREADABLE;
    }
    *out = (struct page_kept){ .owner = page->owner, .position = page->position, .whole = page->whole, .moment = now->moment,
                               .today = now->today };
    TRY(touched_load(&f, &users));
    facts_fold(&f);
    analytics_cells_settle(&f.cells);
    TRY(taken_fold(&f));
    analytics_cells_settle(&f.cells);
    analytics_cells_follow(&f.cells, f.clock.today);
    analytics_cells_settle(&f.cells);
    TRY(users_touched(&f, &users));
    users_fold(&f, out);
    TRY(user_windows_fold(&f, out));
    rooms_keep(&f, out);
    out->films = names_changed(a, &f.films);
    out->methods = names_changed(a, &f.methods);
    out->showings = f.showings;
    out->sales = sales_told(a, &f.sales);
    out->users = users_told(a, &f.users);
    cells_put(a, &f.cells, out);
    return NULL;
}
