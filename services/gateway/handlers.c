/* handlers.c - what is on, a showing's seats, a user's tickets: joined from what the owners say, kept while nothing changes. */
#include "services/gateway/gateway.h"

#define KEEP_LISTS_MS 1000   /* "not yet over" moves with the clock */
#define KEEP_SEATS_MS 60000  /* changes come by the feeds */

static const fault *showing_missing(struct call *c, int64_t id)
{
    return fault_new(c->arena, FAULT_NOT_FOUND, "showing_unknown", "Showing not found with id: %lld", (long long)id);
}

static struct buf *data_begin(struct call *c)
{
    c->status = 200;
    buf_literal(&c->out, "{\"success\":true,\"data\":");
    return &c->out;
}

/* --- lists of showings --- */

const fault *gateway_showtimes(struct call *c)
{
    struct gateway *gw = c->service;
    if (kept_reply(&gw->kept, &gw->owners, c))
        return NULL;
    const struct showtime_query *want = c->query;
    TRY(programme_refresh(&gw->programme, c->arena));
    struct stamp stamp = { .movies = gw->programme.made_of_movies, .rooms = gw->programme.made_of_rooms };

    struct buf *out = data_begin(c);
    instant now = clock_now();
    int64_t matched = 0, written = 0;
    buf_char(out, '[');
    for (size_t i = 0; i < gw->programme.showings.count && written < want->limit; i++) {
        const struct showing *s = LIST_AT(&gw->programme.showings, struct showing, i);
        bool film_runs = !s->film || s->film->is_active;
        if (!film_runs || !showing_wanted(s, want, now) || matched++ < want->offset)
            continue;
        if (written++ > 0)
            buf_char(out, ',');
        showing_write(out, s, true);
    }
    buf_literal(out, "]}");
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_LISTS_MS);
    return NULL;
}

/* One that is not in the programme any more: cancelled, or never there. */
static const fault *showing_ask(struct gateway *gw, arena *a, int64_t id, struct showing *out, bool *found)
{
    struct showings_answer answer = { 0 };
    struct question q = { .owners = &gw->owners, .to = ROOMS, .arena = a, .shape = &showings_answer_shape,
                          .answer = &answer, .target = arena_printf(a, "/internal/showings?ids=%lld", (long long)id) };
    TRY(owner_ask(&q));
    *found = answer.data.count == 1;
    if (!*found)
        return NULL;
    *out = *LIST_AT(&answer.data, struct showing, 0);
    list films;
    TRY(films_ask(&gw->owners, a, &(strs){ &out->movie_id, 1 }, &films));
    out->film = film_find(&films, out->movie_id);
    return NULL;
}

static const struct showing *showing_in(const struct programme *p, int64_t id)
{
    for (size_t i = 0; i < p->showings.count; i++)
        if (LIST_AT(&p->showings, struct showing, i)->id == id)
            return LIST_AT(&p->showings, struct showing, i);
    return NULL;
}

const fault *gateway_showtime(struct call *c)
{
    struct gateway *gw = c->service;
    if (kept_reply(&gw->kept, &gw->owners, c))
        return NULL;
    TRY(programme_refresh(&gw->programme, c->arena));
    struct stamp stamp = stamp_now(&gw->owners, 0);
    const struct showing *s = showing_in(&gw->programme, c->ids[0]);
    struct showing other;
    if (!s) {
        bool found;
        TRY(showing_ask(gw, c->arena, c->ids[0], &other, &found));
        if (!found)
            return showing_missing(c, c->ids[0]);
        s = &other;
    }
    showing_write(data_begin(c), s, true);
    buf_char(&c->out, '}');
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_SEATS_MS);
    return NULL;
}

/* --- one film --- */

static const fault *film_ask(struct gateway *gw, struct call *c, str id, struct film *out)
{
    const struct film *shown = film_find(&gw->programme.films, id);
    if (shown) {
        *out = *shown;
        return NULL;
    }
    list films;
    TRY(films_ask(&gw->owners, c->arena, &(strs){ &id, 1 }, &films));
    if (films.count == 0)
        return fault_new(c->arena, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    *out = *LIST_AT(&films, struct film, 0);
    return NULL;
}

static const fault *film_id_check(struct call *c, str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char d = id.at[i];
        if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f') || (d >= 'A' && d <= 'F')))
            id.len = 0;
    }
    if (id.len != 24)
        return fault_new(c->arena, FAULT_INVALID, "movie_id_invalid", "A movie's id has 24 hexadecimal digits.");
    return NULL;
}

const fault *gateway_details(struct call *c)
{
    struct gateway *gw = c->service;
    if (kept_reply(&gw->kept, &gw->owners, c))
        return NULL;
    const struct details_query *want = c->query;
    TRY(film_id_check(c, c->names[0]));
    struct stamp stamp = stamp_now(&gw->owners, 0);
    TRY(programme_refresh(&gw->programme, c->arena));
    struct film film;
    TRY(film_ask(gw, c, c->names[0], &film));

    struct buf *out = data_begin(c);
    buf_literal(out, "{\"movie\":");
    buf_text(out, film.whole.text);
    buf_literal(out, ",\"schedules\":[");
    instant now = clock_now();
    bool first = true;
    for (size_t i = 0; i < gw->programme.showings.count; i++) {
        const struct showing *s = LIST_AT(&gw->programme.showings, struct showing, i);
        if (!str_equal(s->movie_id, film.id) || !s->is_active || (!want->past && s->ends_at.ms <= now.ms))
            continue;
        if (!first)
            buf_char(out, ',');
        first = false;
        showing_write(out, s, false);
    }
    buf_literal(out, "]}}");
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_LISTS_MS);
    return NULL;
}

/* --- the seats of a showing --- */

const fault *gateway_seats(struct call *c)
{
    struct gateway *gw = c->service;
    if (kept_reply(&gw->kept, &gw->owners, c))
        return NULL;
    struct stamp stamp = stamp_now(&gw->owners, c->ids[0]);
    struct layout_answer layout = { 0 };
    struct claims_answer claims = { 0 };
    struct question questions[] = {
        { .owners = &gw->owners, .to = ROOMS, .arena = c->arena, .shape = &layout_answer_shape, .answer = &layout,
          .target = arena_printf(c->arena, "/internal/showings/%lld", (long long)c->ids[0]) },
        { .owners = &gw->owners, .to = RESERVATIONS, .arena = c->arena, .shape = &claims_answer_shape,
          .answer = &claims, .target = arena_printf(c->arena, "/internal/showings/%lld/claims", (long long)c->ids[0]) },
    };
    TRY(owners_ask(questions, COUNT_OF(questions)));
    if (questions[0].missing || questions[1].missing || !layout.data || !claims.data)
        return showing_missing(c, c->ids[0]);
    struct seat_map map;
    seat_map_make(c->arena, layout.data, claims.data, &map);
    TRY(reply(c, 200, &seat_map_shape, &map));
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_SEATS_MS);
    return NULL;
}

/* --- a user's tickets --- */

/* Showings of reservations that are not in the programme (cancelled ones), in one question. */
static const fault *old_showings(struct gateway *gw, arena *a, const list *reservations, list *out)
{
    struct buf target = { .in = a };
    size_t asked = 0;
    buf_literal(&target, "/internal/showings?limit=10000&ids=");
    for (size_t i = 0; i < reservations->count && asked < 1000; i++) {
        int64_t id = LIST_AT(reservations, struct booked, i)->schedule_id;
        if (showing_in(&gw->programme, id))
            continue;
        if (asked++ > 0)
            buf_char(&target, ',');
        buf_int(&target, id);
    }
    *out = (list){ NULL, 0 };
    if (asked == 0)
        return NULL;
    struct showings_answer answer = { 0 };
    struct question q = { .owners = &gw->owners, .to = ROOMS, .arena = a, .shape = &showings_answer_shape,
                          .answer = &answer, .target = buf_str(&target) };
    TRY(owner_ask(&q));
    *out = answer.data;
    return NULL;
}

static const fault *booked_films(struct gateway *gw, arena *a, const list *reservations, list *out)
{
    strs wanted = { NEW_ARRAY(a, str, reservations->count + 1), 0 };
    for (size_t i = 0; i < reservations->count; i++) {
        str id = LIST_AT(reservations, struct booked, i)->movie_id;
        bool listed = id.len != 24;
        for (size_t k = 0; k < wanted.count && !listed; k++)
            listed = str_equal(wanted.at[k], id);
        if (!listed)
            wanted.at[wanted.count++] = id;
    }
    return films_ask(&gw->owners, a, &wanted, out);
}

static const struct showing *booked_showing(const struct gateway *gw, const list *old, int64_t id)
{
    for (size_t i = 0; i < old->count; i++)
        if (LIST_AT(old, struct showing, i)->id == id)
            return LIST_AT(old, struct showing, i);
    return showing_in(&gw->programme, id);
}

static void dashboard_write(struct call *c, const struct dashboard *found, const list *films, const list *old)
{
    struct gateway *gw = c->service;
    struct buf *out = data_begin(c);
    buf_literal(out, "{\"user\":");
    buf_text(out, found->user.text);
    buf_literal(out, ",\"reservations\":[");
    for (size_t i = 0; i < found->reservations.count; i++) {
        const struct booked *b = LIST_AT(&found->reservations, struct booked, i);
        if (i > 0)
            buf_char(out, ',');
        booked_write(out, b, film_find(films, b->movie_id), booked_showing(gw, old, b->schedule_id));
    }
    buf_literal(out, "]}}");
}

const fault *gateway_dashboard(struct call *c)
{
    struct gateway *gw = c->service;
    const struct dashboard_query *want = c->query;
    struct dashboard_answer answer = { 0 };
    struct question q = {
        .owners = &gw->owners, .to = RESERVATIONS, .arena = c->arena, .shape = &dashboard_answer_shape,
        .answer = &answer,
        .target = arena_printf(c->arena, "/internal/users/%lld/dashboard?limit=%lld", (long long)c->ids[0],
                               (long long)want->limit),
    };
    TRY(owner_ask(&q));
    if (q.missing || !answer.data)
        return fault_new(c->arena, FAULT_NOT_FOUND, "user_unknown", "User not found");
    list films, old;
    TRY(programme_refresh(&gw->programme, c->arena));
    TRY(old_showings(gw, c->arena, &answer.data->reservations, &old));
    TRY(booked_films(gw, c->arena, &answer.data->reservations, &films));
    TRY(programme_refresh(&gw->programme, c->arena)); /* it may have been made anew while films were asked for */
    dashboard_write(c, answer.data, &films, &old);
    return NULL;
}

const fault *gateway_house(struct call *c)
{
    struct gateway *gw = c->service;
    return reply(c, 200, &house_shape, &gw->house);
}
