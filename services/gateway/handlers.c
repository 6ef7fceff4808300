/* handlers.c - what is on, a showing's seats, a user's tickets: from memory, also while their
 * owners are away. */
#include "lib/json/write.h"
#include "services/gateway/cards.h"
#include "services/gateway/gateway.h"

#define KEEP_SEATS_MS 60000 /* changes come by the feeds */
#define KEEP_COUNTS_MS                                                                             \
    2000 /* they move with each sale; all pages that look again share one counting */
#define MAP_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const fault *showing_missing(struct call *c, int64_t id)
{
    return fault_new(c->arena, FAULT_NOT_FOUND, "showing_unknown",
                     "Showing not found with id: %lld", (long long)id);
}

static struct buf *data_begin(struct call *c)
{
    c->status = 200;
    buf_literal(&c->out, "{\"success\":true,\"data\":");
    return &c->out;
}

/* What must have come before a handler of showings can answer. */
static const fault *programme_known(struct gateway *gw, struct call *c)
{
    TRY(owner_known(&gw->owners, c->arena, ROOMS));
    return owner_known(&gw->owners, c->arena, MOVIES);
}

bool gateway_kept(struct call *c)
{
    struct gateway *gw = c->service;
    return kept_reply(&gw->kept, &gw->owners, c);
}

/* --- lists of showings --- */

void showtimes_write(struct gateway *gw, struct buf *out, const struct showtime_query *want)
{
    struct programme *programme = &gw->owners.programme;
    int64_t matched = 0, written = 0;
    struct showing s;
    struct programme_walk walk = programme_walk(programme, want, clock_now());
    buf_char(out, '[');
    while (written < want->limit && programme_next(&walk, &s)) {
        bool film_runs = !s.film || s.film->is_active;
        if (!film_runs || matched++ < want->offset)
            continue;
        if (written++ > 0)
            buf_char(out, ',');
        programme_dress(programme, &s);
        showing_write(out, &s, true);
    }
    buf_char(out, ']');
}

const fault *gateway_showtimes(struct call *c)
{
    struct gateway *gw = c->service;
    TRY(programme_known(gw, c));
    struct stamp stamp = stamp_now(&gw->owners, 0);
    showtimes_write(gw, data_begin(c), c->query);
    buf_char(&c->out, '}');
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_LISTS_MS);
    return NULL;
}

/* One that is not there may have been made this moment. */
const fault *showing_find(struct gateway *gw, struct call *c, int64_t id, struct showing *out)
{
    TRY(programme_known(gw, c));
    if (programme_showing_find(&gw->owners.programme, id, out))
        return NULL;
    TRY(owner_caught_up(&gw->owners, c->arena, ROOMS));
    return programme_showing_find(&gw->owners.programme, id, out) ? NULL : showing_missing(c, id);
}

const fault *gateway_showtime(struct call *c)
{
    struct gateway *gw = c->service;
    struct showing s;
    TRY(showing_find(gw, c, c->ids[0], &s));
    struct stamp stamp = stamp_now(&gw->owners, 0);
    showing_write(data_begin(c), &s, true);
    buf_char(&c->out, '}');
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_SEATS_MS);
    return NULL;
}

/* --- one film --- */

static const fault *film_find(struct gateway *gw, struct call *c, str id, const struct film **out)
{
    TRY(programme_known(gw, c));
    *out = programme_film_find(&gw->owners.programme, id);
    if (*out)
        return NULL;
    TRY(owner_caught_up(&gw->owners, c->arena, MOVIES));
    *out = programme_film_find(&gw->owners.programme, id);
    return *out ? NULL : fault_new(c->arena, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
}

/* 24 hexadecimal digits, as movies writes them. */
static const fault *film_id_read(struct call *c, str given, str *id)
{
    char *small = arena_take(c->arena, given.len + 1);
    for (size_t i = 0; i < given.len; i++) {
        char d = given.at[i];
        bool hex = (d >= '0' && d <= '9') || (d >= 'a' && d <= 'f') || (d >= 'A' && d <= 'F');
        small[i] = d >= 'A' && d <= 'F' ? (char)(d + 32) : d;
        if (!hex)
            given.len = 0;
    }
    *id = (str){ small, given.len };
    if (id->len != 24)
        return fault_new(c->arena, FAULT_INVALID, "movie_id_invalid",
                         "A movie's id has 24 hexadecimal digits.");
    return NULL;
}

static void details_write(struct call *c, struct programme *programme, const struct film *film,
                          bool past)
{
    struct buf *out = data_begin(c);
    struct showtime_query want = { .movie_id = film->id,
                                   .from = { past ? TIME_NONE + 1 : TIME_NONE },
                                   .until = WALL_NONE };
    struct programme_walk walk = programme_walk(programme, &want, clock_now());
    bool first = true;
    buf_literal(out, "{\"movie\":");
    buf_text(out, film->whole.text);
    buf_literal(out, ",\"schedules\":[");
    for (struct showing s; programme_next(&walk, &s); first = false) {
        if (!first)
            buf_char(out, ',');
        programme_dress(programme, &s);
        showing_write(out, &s, false);
    }
    buf_literal(out, "]}}");
}

const fault *gateway_details(struct call *c)
{
    struct gateway *gw = c->service;
    const struct details_query *want = c->query;
    const struct film *film;
    str id;
    TRY(film_id_read(c, c->names[0], &id));
    TRY(film_find(gw, c, id, &film));
    struct stamp stamp = stamp_now(&gw->owners, 0);
    details_write(c, &gw->owners.programme, film, want->past);
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_LISTS_MS);
    return NULL;
}

/* --- the seats of a showing --- */

const fault *gateway_seats(struct call *c)
{
    struct gateway *gw = c->service;
    struct showing s;
    TRY(owner_known(&gw->owners, c->arena, RESERVATIONS));
    TRY(showing_find(gw, c, c->ids[0], &s));
    struct stamp stamp = stamp_now(&gw->owners, s.id);
    struct seat_map map;
    owners_seat_map(&gw->owners, c->arena, &s, &map);
    TRY(reply(c, 200, &seat_map_shape, &map));
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_SEATS_MS);
    return NULL;
}

/* --- how many seats of showings are left --- */

static void left_count(const struct gateway *gw, const struct showing *s, struct seats_left *out)
{
    arena *a = arena_new(MAP_BYTES_MAX);
    struct seat_map map;
    owners_seat_map(&gw->owners, a, s, &map);
    *out = (struct seats_left){ .id = s->id,
                                .free = map.counts->free,
                                .seats = (int64_t)map.seats.count - map.counts->out };
    arena_free(a);
}

const fault *gateway_availability(struct call *c)
{
    struct gateway *gw = c->service;
    const struct showtime_query *want = c->query;
    TRY(programme_known(gw, c));
    TRY(owner_known(&gw->owners, c->arena, RESERVATIONS));
    struct stamp stamp = stamp_now(&gw->owners, 0);

    struct buf *out = data_begin(c);
    int64_t matched = 0, written = 0;
    struct showing s;
    struct programme_walk walk = programme_walk(&gw->owners.programme, want, clock_now());
    buf_char(out, '[');
    while (written < want->limit && programme_next(&walk, &s)) {
        bool film_runs = !s.film || s.film->is_active;
        if (!film_runs || matched++ < want->offset)
            continue;
        struct seats_left left;
        left_count(gw, &s, &left);
        if (written++ > 0)
            buf_char(out, ',');
        json_write(out, &seats_left_shape, &left);
    }
    buf_literal(out, "]}");
    kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_COUNTS_MS);
    return NULL;
}

/* --- a user's tickets --- */

static void dashboard_write(struct call *c, const struct dashboard *found)
{
    const struct programme *programme = &((struct gateway *)c->service)->owners.programme;
    struct buf *out = data_begin(c);
    buf_literal(out, "{\"user\":");
    buf_text(out, found->user.text);
    buf_literal(out, ",\"reservations\":[");
    for (size_t i = 0; i < found->reservations.count; i++) {
        const struct booked *b = LIST_AT(&found->reservations, struct booked, i);
        struct showing s;
        bool known = programme_showing_find(programme, b->schedule_id, &s);
        if (i > 0)
            buf_char(out, ',');
        booked_write(out, b, programme_film_find(programme, b->movie_id), known ? &s : NULL);
    }
    buf_literal(out, "]}}");
}

const fault *gateway_dashboard(struct call *c)
{
    struct gateway *gw = c->service;
    const struct dashboard_query *want = c->query;
    struct dashboard_answer answer = { 0 };
    struct question q = {
        .owners = &gw->owners,
        .to = RESERVATIONS,
        .arena = c->arena,
        .shape = &dashboard_answer_shape,
        .answer = &answer,
        .target = arena_printf(c->arena, "/internal/users/%lld/dashboard?limit=%lld",
                               (long long)c->ids[0], (long long)want->limit),
    };
    TRY(owner_ask(&q));
    if (q.missing || !answer.data)
        return fault_new(c->arena, FAULT_NOT_FOUND, "user_unknown", "User not found");
    TRY(programme_known(gw, c));
    dashboard_write(c, answer.data);
    return NULL;
}

const fault *gateway_house(struct call *c)
{
    struct gateway *gw = c->service;
    return reply(c, 200, &house_shape, &gw->house);
}
