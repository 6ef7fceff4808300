/* demo.c - fills an empty cinema with a lively week around today, through the same API that everybody uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"
#include "taquilla/cinema.h"
#include "taquilla/demo.h"
#include "taquilla/flags.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define SEED_USUAL 1
#define TOGETHER_MAX 16 /* showings that are filled at the same time */

struct demo {
    struct cinema *cinema;
    arena *a;
    uint64_t seed;
    enum demo_language language;
    wall now;
    const fault *problem;   /* the first of any fiber */

    strs film_ids;          /* by demo_films */
    int64_t room_ids[DEMO_ROOM_COUNT];
    list room_seats[DEMO_ROOM_COUNT]; /* of struct seat_found, as the plan counts them: by row, then number */
    list showings;          /* of struct planned_showing */
    int64_t *showing_ids;   /* by showing; 0: could not be made */
    int64_t user_ids[DEMO_USER_COUNT];

    size_t genres, seats, showings_made, booked, paid, pending, cancelled, refunded, skipped;
};

/* --- answers --- */

struct made {
    int64_t id;
};
static const struct field made_fields[] = { FIELD(struct made, id, "id") };
static const struct shape made_shape = SHAPE(made, made_fields);

struct film_found {
    str id, title;
};
static const struct field film_found_fields[] = {
    FIELD(struct film_found, id, "_id"), FIELD(struct film_found, title, "title"),
};
static const struct shape film_found_shape = SHAPE(film_found, film_found_fields);

struct seat_found {
    int64_t id;
};
static const struct field seat_found_fields[] = { FIELD(struct seat_found, id, "id") };
static const struct shape seat_found_shape = SHAPE(seat_found, seat_found_fields);

struct booked {
    int64_t id;
    money amount;
    str code;
};
static const struct field booked_fields[] = {
    FIELD(struct booked, id, "id"),
    FIELD(struct booked, amount, "totalAmount"),
    FIELD(struct booked, code, "accessCode", .optional = true),
};
static const struct shape booked_shape = SHAPE(booked, booked_fields);

struct house {
    str time_zone, language;
};
static const struct field house_fields[] = {
    FIELD(struct house, time_zone, "timeZone", .optional = true, .nullable = true),
    FIELD(struct house, language, "language", .optional = true),
};
static const struct shape house_shape = SHAPE(house, house_fields);

/* --- questions --- */

static const fault *post(struct demo *d, struct upstream *u, const char *target, const struct buf *body, str *data,
                         int *status)
{
    struct question q = { .method = POST, .target = str_of(target), .body = buf_str(body) };
    return cinema_ask(d->cinema, u, d->a, &q, data, status);
}

static const fault *post_made(struct demo *d, struct upstream *u, const char *target, const struct buf *body, int64_t *id)
{
    str data;
    struct made made;
    TRY(post(d, u, target, body, &data, NULL));
    TRY(json_read(d->a, data, &made_shape, &made));
    *id = made.id;
    return NULL;
}

static void member(struct buf *out, const char *name, str value)
{
    buf_char(out, out->at[out->len - 1] == '{' ? ' ' : ',');
    json_write_text(out, str_of(name));
    buf_char(out, ':');
    json_write_text(out, value);
}

/* --- is it empty? --- */

struct feed_end {
    int64_t position;
};
static const struct field feed_end_fields[] = { FIELD(struct feed_end, position, "position") };
static const struct shape feed_end_shape = SHAPE(feed_end, feed_end_fields);

static const fault *feed_empty(struct demo *d, struct upstream *u)
{
    struct message *answer = NEW(d->a, struct message);
    struct outgoing want = { .method = GET, .target = STR("/feed?after=0&limit=0"), .internal = true };
    struct feed_end end = { 0 };
    TRY(upstream_call(u, d->a, &want, answer));
    if (answer->status != 200)
        return cinema_token_refused(d->cinema, d->a);
    TRY(json_read(d->a, answer->body, &feed_end_shape, &end));
    if (end.position == 0)
        return NULL;
    return fault_new(d->a, FAULT_CONFLICT, "store_not_empty",
                     "The cinema in %s already has data of its own (%s), so the demo leaves it alone: name an empty "
                     "directory with --data DIR.", d->cinema->data, upstream_name(u));
}

static const fault *all_empty(struct demo *d)
{
    TRY(feed_empty(d, d->cinema->movies));
    TRY(feed_empty(d, d->cinema->rooms));
    return feed_empty(d, d->cinema->reservations);
}

/* The house's language and clock, which may be others than ours. */
static const fault *house_ask(struct demo *d)
{
    struct question q = { .method = GET, .target = STR("/api/house") };
    struct house found = { 0 };
    str data;
    TRY(cinema_ask(d->cinema, d->cinema->gateway, d->a, &q, &data, NULL));
    TRY(json_read(d->a, data, &house_shape, &found));
    TRY(clock_set_zone(d->a, found.time_zone.len ? arena_cstr(d->a, found.time_zone) : NULL));
    d->language = str_starts(found.language, STR("es")) ? DEMO_SPANISH : DEMO_ENGLISH;
    d->now = clock_wall_now();
    return NULL;
}

/* --- films --- */

static void film_write(struct demo *d, struct buf *out, const struct demo_film *f)
{
    buf_char(out, '{');
    member(out, "title", str_of(f->title));
    member(out, "description", str_of(d->language == DEMO_SPANISH ? f->about_es : f->about));
    member(out, "director", str_of(f->director));
    member(out, "releaseDate", str_of(f->released));
    buf_printf(out, ",\"duration\":%lld,\"rating\":%.1f,\"genre\":[", (long long)f->minutes, f->rating);
    for (size_t i = 0; i < COUNT_OF(f->genres) && f->genres[i] != NO_GENRE; i++) {
        buf_text(out, i ? STR(",") : STR(""));
        json_write_text(out, str_of(demo_genre_names[f->genres[i]][d->language]));
    }
    buf_literal(out, "],\"cast\":[");
    for (size_t i = 0; i < COUNT_OF(f->cast) && f->cast[i]; i++) {
        buf_text(out, i ? STR(",") : STR(""));
        json_write_text(out, str_of(f->cast[i]));
    }
    buf_literal(out, "]}");
}

static const fault *genres_make(struct demo *d)
{
    for (size_t i = NO_GENRE + 1; i < DEMO_GENRE_COUNT; i++) {
        struct buf body = { .in = d->a };
        str data;
        buf_char(&body, '{');
        member(&body, "name", str_of(demo_genre_names[i][d->language]));
        buf_char(&body, '}');
        TRY(post(d, d->cinema->movies, "/api/genres", &body, &data, NULL));
        d->genres++;
    }
    return NULL;
}

static const fault *films_make(struct demo *d)
{
    struct buf body = { .in = d->a };
    struct question q = { .method = POST, .target = STR("/internal/movies/import"), .internal = true };
    str data;
    list found;
    buf_literal(&body, "{\"rows\":[");
    for (size_t i = 0; i < demo_film_count; i++) {
        buf_text(&body, i ? STR(",") : STR(""));
        film_write(d, &body, &demo_films[i]);
    }
    buf_literal(&body, "]}");
    q.body = buf_str(&body);
    TRY(cinema_ask(d->cinema, d->cinema->movies, d->a, &q, &data, NULL));

    q = (struct question){ .method = GET, .target = STR("/api/movies?limit=1000") };
    TRY(cinema_ask(d->cinema, d->cinema->movies, d->a, &q, &data, NULL));
    TRY(json_read_list(d->a, data, &film_found_shape, &found));
    d->film_ids = (strs){ NEW_ARRAY(d->a, str, demo_film_count), demo_film_count };
    for (size_t i = 0; i < demo_film_count; i++) {
        for (size_t k = 0; k < found.count && !d->film_ids.at[i].at; k++)
            if (str_equal(LIST_AT(&found, struct film_found, k)->title, str_of(demo_films[i].title)))
                d->film_ids.at[i] = LIST_AT(&found, struct film_found, k)->id;
        if (!d->film_ids.at[i].at)
            return fault_new(d->a, FAULT_INTERNAL, "demo_incomplete", "\"%s\" was not taken by the movies service.",
                             demo_films[i].title);
    }
    return NULL;
}

/* --- rooms --- */

static void seats_write(struct buf *out, const struct demo_room *room)
{
    bool first = true;
    buf_literal(out, "{\"seats\":[");
    for (size_t row = 0; room->rows[row]; row++) {
        for (size_t i = 0; room->rows[row][i]; i++) {
            char kind = room->rows[row][i];
            if (kind == '.')
                continue;
            buf_printf(out, "%s{\"row_number\":\"%c\",\"seat_number\":%zu,\"seat_type\":\"%s\",\"accessible\":%s}",
                       first ? "" : ",", (char)('A' + row), i + 1,
                       kind == 'v' ? "vip" : kind == 'p' ? "premium" : "regular", kind == 'a' ? "true" : "false");
            first = false;
        }
    }
    buf_literal(out, "]}");
}

static const fault *rooms_make(struct demo *d)
{
    for (size_t i = 0; i < DEMO_ROOM_COUNT; i++) {
        const struct demo_room *room = &demo_rooms[i];
        struct buf body = { .in = d->a }, seats = { .in = d->a };
        str data;
        buf_char(&body, '{');
        member(&body, "name", str_of(room->names[d->language]));
        member(&body, "screen_type", str_of(room->screen_type));
        buf_printf(&body, ",\"capacity\":%zu}", demo_room_seats(room));
        TRY(post_made(d, d->cinema->rooms, "/api/rooms", &body, &d->room_ids[i]));
        seats_write(&seats, room);
        const char *target = arena_printf(d->a, "/api/rooms/%lld/seats", (long long)d->room_ids[i]).at;
        TRY(post(d, d->cinema->rooms, target, &seats, &data, NULL));
        TRY(json_read_list(d->a, data, &seat_found_shape, &d->room_seats[i]));
        d->seats += d->room_seats[i].count;
    }
    return NULL;
}

/* --- work for several fibers: each takes the next of `count` until none is left --- */

struct crew {
    struct demo *demo;
    size_t next, count;
    const fault *(*work)(struct demo *d, size_t i);
};

static void crew_run(void *arg)
{
    struct crew *crew = arg;
    while (crew->next < crew->count && !crew->demo->problem) {
        const fault *problem = crew->work(crew->demo, crew->next++);
        if (problem && !crew->demo->problem)
            crew->demo->problem = problem;
    }
}

static const fault *together(struct demo *d, size_t count, const fault *(*work)(struct demo *d, size_t i))
{
    struct crew crew = { .demo = d, .count = count, .work = work };
    struct group g = { 0 };
    for (size_t i = 0; i < TOGETHER_MAX && i < count; i++)
        if (!group_start(&g, "demo", crew_run, &crew))
            break;
    group_wait(&g);
    return d->problem;
}

/* --- showings and users --- */

static const fault *showing_make(struct demo *d, size_t i)
{
    const struct planned_showing *s = LIST_AT(&d->showings, struct planned_showing, i);
    struct buf body = { .in = d->a };
    char start[TIME_TEXT_MAX];
    int status = 0;
    str data;
    struct made made;
    buf_char(&body, '{');
    member(&body, "movie_id", d->film_ids.at[s->film]);
    member(&body, "show_time", wall_text(start, s->start));
    buf_printf(&body, ",\"room_id\":%lld,\"price\":", (long long)d->room_ids[s->room]);
    json_write_money(&body, s->price);
    buf_char(&body, '}');
    const fault *problem = post(d, d->cinema->rooms, "/api/schedules", &body, &data, &status);
    if (problem && (status == 400 || status == 409)) {
        /* an hour that the clock skips, or a house that cleans for longer: one showing less */
        d->skipped++;
        return NULL;
    }
    TRY(problem);
    TRY(json_read(d->a, data, &made_shape, &made));
    d->showing_ids[i] = made.id;
    d->showings_made++;
    return NULL;
}

static const fault *user_make(struct demo *d, size_t i)
{
    struct demo_user u = demo_user_of(d->a, i);
    struct buf body = { .in = d->a };
    buf_char(&body, '{');
    member(&body, "name", u.name);
    member(&body, "email", u.email);
    member(&body, "phone", u.phone);
    buf_char(&body, '}');
    return post_made(d, d->cinema->reservations, "/api/users", &body, &d->user_ids[i]);
}

/* --- sales --- */

static const fault *pay(struct demo *d, const struct booked *b, const char *method)
{
    struct buf body = { .in = d->a };
    str data;
    int status = 0;
    buf_char(&body, '{');
    member(&body, "paymentMethod", str_of(method));
    buf_printf(&body, ",\"reservationId\":%lld,\"amount\":", (long long)b->id);
    json_write_money(&body, b->amount);
    buf_char(&body, '}');
    const fault *problem = post(d, d->cinema->reservations, "/api/payments", &body, &data, &status);
    return status == 402 ? NULL : problem;
}

static const fault *give_back(struct demo *d, const struct booked *b)
{
    struct question q = { .method = PUT };
    str data;
    q.target = arena_printf(d->a, "/api/reservations/%lld/cancel?code=%.*s", (long long)b->id, STR_ARG(b->code));
    return cinema_ask(d->cinema, d->cinema->reservations, d->a, &q, &data, NULL);
}

static const fault *fulfil(struct demo *d, const struct planned_booking *want, const struct booked *b)
{
    switch (want->fate) {
    case FATE_DECLINED_PAID:
        TRY(pay(d, b, "test_decline"));
        TRY(pay(d, b, "cash"));
        d->paid++;
        break;
    case FATE_PAID:
        TRY(pay(d, b, want->card ? "credit_card" : "cash"));
        d->paid++;
        break;
    case FATE_COUNTER:
    case FATE_HOLD:
        d->pending++;
        break;
    case FATE_CANCELLED:
        TRY(give_back(d, b));
        d->cancelled++;
        break;
    case FATE_REFUNDED:
        TRY(pay(d, b, "credit_card"));
        TRY(give_back(d, b));
        d->refunded++;
        break;
    }
    return NULL;
}

/* How many seats stand before this row, so that the plan's place in a row becomes a place in the room's list. */
static size_t seats_before(const struct demo_room *room, size_t row)
{
    const char *const *rows = room->rows;
    size_t seats = 0;
    for (size_t r = 0; r < row; r++)
        for (const char *at = rows[r]; *at; at++)
            seats += *at != '.';
    return seats;
}

static const fault *book(struct demo *d, size_t showing, const struct planned_booking *want)
{
    const struct planned_showing *s = LIST_AT(&d->showings, struct planned_showing, showing);
    size_t from = seats_before(&demo_rooms[s->room], want->row) + want->first;
    struct buf body = { .in = d->a };
    struct booked made = { 0 };
    str data;
    int status = 0;
    buf_char(&body, '{');
    member(&body, "movieId", d->film_ids.at[s->film]);
    buf_printf(&body, ",\"userId\":%lld,\"scheduleId\":%lld,\"hold\":%s,\"totalAmount\":", (long long)d->user_ids[want->user],
               (long long)d->showing_ids[showing], want->fate == FATE_HOLD ? "true" : "false");
    json_write_money(&body, (money){ s->price.cents * (int64_t)want->count });
    for (size_t i = 0; i < want->count; i++)
        buf_printf(&body, "%s%lld", i ? "," : ",\"seatIds\":[",
                   (long long)LIST_AT(&d->room_seats[s->room], struct seat_found, from + i)->id);
    buf_literal(&body, "]}");
    const fault *problem = post(d, d->cinema->reservations, "/api/reservations", &body, &data, &status);
    if (problem && status == 409) {
        /* sales of a showing about to begin have closed, or somebody holds too much: one buyer less */
        d->skipped++;
        return NULL;
    }
    TRY(problem);
    TRY(json_read(d->a, data, &booked_shape, &made));
    d->booked++;
    return fulfil(d, want, &made);
}

/* Only showings that can still be cancelled with a refund have visitors: the rules hold for the demo too. */
#define VISITORS_AHEAD_S (2 * 3600)

static const fault *showing_sell(struct demo *d, size_t i)
{
    const struct planned_showing *s = LIST_AT(&d->showings, struct planned_showing, i);
    if (!d->showing_ids[i] || s->start.s < d->now.s + VISITORS_AHEAD_S)
        return NULL;
    list bookings = demo_bookings(d->a, d->seed, i, s, d->now, DEMO_USER_COUNT);
    for (size_t k = 0; k < bookings.count; k++)
        TRY(book(d, i, LIST_AT(&bookings, struct planned_booking, k)));
    return NULL;
}

/* --- all of it --- */

static const fault *fill(struct cinema *c, arena *a, void *arg)
{
    struct demo *d = arg;
    d->cinema = c;
    d->a = a;
    TRY(all_empty(d));
    TRY(house_ask(d));
    TRY(genres_make(d));
    TRY(films_make(d));
    TRY(rooms_make(d));
    d->showings = demo_plan(a, d->seed, day_of(d->now));
    d->showing_ids = NEW_ARRAY(a, int64_t, d->showings.count);
    TRY(together(d, d->showings.count, showing_make));
    TRY(together(d, DEMO_USER_COUNT, user_make));
    return together(d, d->showings.count, showing_sell);
}

static void report(const struct demo *d)
{
    printf("A cinema in %s, seed %llu: %zu films in %zu genres, %d rooms with %zu seats, %zu showings around today, "
           "%d regulars, %zu reservations (%zu paid, %zu unpaid, %zu cancelled, %zu refunded).\n",
           d->cinema->data, (unsigned long long)d->seed, demo_film_count, d->genres, DEMO_ROOM_COUNT, d->seats,
           d->showings_made, DEMO_USER_COUNT, d->booked, d->paid, d->pending, d->cancelled, d->refunded);
}

int demo_run(int argc, char **argv)
{
    const char *seed = NULL;
    int64_t chosen = SEED_USUAL;
    struct cinema_wishes want = { 0 };
    const struct flag known[] = {
        { "--base-port", &want.base_port }, { "--data", &want.data }, { "--seed", &seed }
    };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    if (seed && !str_to_int(str_of(seed), &chosen)) {
        fprintf(stderr, "taquilla demo: --seed must be a number.\n");
        return 2;
    }
    want.only_running = want.base_port != NULL;
    want.open_own = !want.only_running;

    arena *a = arena_new(ARENA_BYTES_MAX);
    struct cinema c;
    struct demo d = { .seed = (uint64_t)chosen };
    /* Holds of an own cinema run out while it is filled, so that expired ones are there to see. */
    if (want.open_own)
        setenv("HOLD_SECONDS", "1", 1);
    const fault *problem = cinema_find(a, &c, &want);
    if (!problem)
        problem = cinema_visit(&c, a, fill, &d);
    cinema_close(&c);
    if (problem)
        fprintf(stderr, "taquilla demo: %.*s\n", STR_ARG(problem->sentence));
    else
        report(&d);
    arena_free(a);
    return problem ? 1 : 0;
}
