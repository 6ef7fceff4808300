/* queue.c - places in waiting rooms: given, looked at, and asked for by who books. */
#include "services/gateway/queue.h"

#include <stdlib.h>

#include "lib/base/heap.h"
#include "lib/base/random.h"
#include "lib/json/read.h"
#include "services/gateway/gateway.h"

#define AHEAD_MS_MAX ((int64_t)24 * 3600 * 1000)
#define PROGRAMME_WAIT_MS 2000

/* --- the whole --- */

void queue_open(struct queue *q, str service_token)
{
    queue_key_make(&q->key, service_token);
    q->settled.ms = clock_now().ms + QUEUE_SETTLE_MS;
}

static void room_drop(struct queue *q, struct queue_room *room)
{
    HASH_DEL(q->rooms, room);
    buf_free(&room->front);
    free(room);
}

void queue_free(struct queue *q)
{
    struct queue_room *room, *next;
    HASH_ITER(hh, q->rooms, room, next)
        room_drop(q, room);
    queue_seen_free(&q->seen);
}

int64_t queue_length(const struct queue *q, const struct queue_room *room, instant now)
{
    int64_t last_us = room->next_us - queue_interval_us(&q->pace);
    return room->next_us > 0 ? queue_position(&q->pace, (instant){ last_us / 1000 }, now) : 0;
}

void queue_metrics(const struct queue *q, struct buf *out)
{
    int64_t waiting = 0;
    instant now = clock_now();
    for (const struct queue_room *room = q->rooms; room; room = room->hh.next)
        waiting += queue_length(q, room, now) / q->pace.gateways;
    buf_printf(out,
               "# TYPE taquilla_queue_waiting gauge\ntaquilla_queue_waiting %lld\n"
               "# TYPE taquilla_queue_listeners gauge\ntaquilla_queue_listeners %zu\n"
               "# TYPE taquilla_queue_places_total counter\ntaquilla_queue_places_total %llu\n"
               "# TYPE taquilla_queue_admitted_total counter\ntaquilla_queue_admitted_total %llu\n"
               "# TYPE taquilla_queue_refused_total counter\ntaquilla_queue_refused_total %llu\n",
               (long long)waiting, q->listener_count, (unsigned long long)q->places, (unsigned long long)q->admitted,
               (unsigned long long)q->refused);
}

/* --- rooms --- */

/* A queue whose next turn has come is one where nobody waits: forgetting it loses nothing. */
static void rooms_tidy(struct queue *q, int64_t now_us)
{
    struct queue_room *room, *next;
    HASH_ITER(hh, q->rooms, room, next)
        if (room->next_us <= now_us && !room->listeners && !room->teller)
            room_drop(q, room);
}

struct queue_room *queue_room_of(struct gateway *gw, int64_t schedule_id)
{
    struct queue *q = &gw->queue;
    struct queue_room *room;
    HASH_FIND(hh, q->rooms, &schedule_id, sizeof schedule_id, room);
    if (room)
        return room;
    rooms_tidy(q, clock_now().ms * 1000);
    room = heap_take(sizeof *room);
    room->schedule_id = schedule_id;
    room->of = gw;
    HASH_ADD(hh, q->rooms, schedule_id, sizeof room->schedule_id, room);
    return room;
}

/* --- places --- */

static const fault *full(arena *a)
{
    return fault_new(a, FAULT_CONFLICT, "queue_full", "So many wait already that the sale would be over before your turn.");
}

static const fault *place_take(struct gateway *gw, arena *a, const struct showing *s, int64_t *turn_ms)
{
    struct queue *q = &gw->queue;
    struct queue_room *room = queue_room_of(gw, s->id);
    instant now = clock_now();
    int64_t next_ms = room->next_us / 1000;
    if (next_ms > now.ms + AHEAD_MS_MAX || (s->sales_close_at.ms != TIME_NONE && next_ms >= s->sales_close_at.ms))
        return full(a);
    int64_t turn_us = queue_turn_take(&room->next_us, now.ms * 1000, queue_interval_us(&q->pace));
    *turn_ms = (turn_us + 999) / 1000;
    q->places++;
    return NULL;
}

/* When his place is taken, who has none yet: always the same for the same token. */
static instant lot_of(const struct queue *q, arena *a, const struct showing *s, uint64_t id, instant now)
{
    uint64_t lot = queue_number_of(&q->key, arena_printf(a, "lot %llu", (unsigned long long)id));
    return queue_draw(now, s->sales_open_at, q->settled, lot);
}

/* Others' turns stand in other gateways' queues; but until it is settled this one may have given any of them in its former life. */
static void turn_learn(struct gateway *gw, const struct queue_token *t, instant now)
{
    const struct queue *q = &gw->queue;
    if (t->from.ms > now.ms && (q->pace.gateways == 1 || now.ms < q->settled.ms))
        queue_turn_learn(&queue_room_of(gw, t->showing_id)->next_us, t->from, queue_interval_us(&q->pace));
}

const fault *queue_go_on(struct gateway *gw, arena *a, const struct showing *s, struct queue_token *t)
{
    struct queue *q = &gw->queue;
    instant now = clock_now();
    if (t->kind == QUEUE_PLACED) {
        turn_learn(gw, t, now);
        return NULL;
    }
    if (s->sales_open_at.ms != TIME_NONE && t->from.ms < s->sales_open_at.ms) /* the opening was moved */
        t->from = lot_of(q, a, s, t->id, now);
    t->until.ms = t->from.ms + q->good_ms;
    if (now.ms < t->from.ms || now.ms < q->settled.ms)
        return NULL;
    struct queue_seen *seen = queue_seen_of(&q->seen, t->id, t->until);
    if (seen->turn.ms == TIME_NONE)
        TRY(place_take(gw, a, s, &seen->turn.ms));
    t->kind = QUEUE_PLACED;
    t->from = seen->turn;
    t->until.ms = t->from.ms + q->good_ms;
    seen->until = t->until;
    return NULL;
}

/* --- where somebody stands --- */

static const char *const states[] = { "outside", "drawn", "waiting", "admitted", NULL };

static const struct field standing_fields[] = {
    FIELD(struct queue_standing, state, "state", .choices = states,
          .doc = "outside: no place; drawn: the place is drawn when the sale opens; waiting; admitted: book now"),
    FIELD(struct queue_standing, token, "token", .nullable = true, .doc = "the one to go on with, as Taquilla-Queue"),
    FIELD(struct queue_standing, position, "position", .nullable = true,
          .doc = "turns until this one; 0: it has come; null: not drawn yet. Outside: what a new place would have"),
    FIELD(struct queue_standing, wait_s, "waitSeconds", .doc = "until the turn; drawn: until the place is drawn"),
    FIELD(struct queue_standing, issued, "issuedAt", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct queue_standing, from, "from", .form = TIME_Z_MS, .nullable = true, .doc = "the moment that waitSeconds leads to"),
    FIELD(struct queue_standing, until, "until", .form = TIME_Z_MS, .nullable = true, .doc = "when the token runs out"),
    FIELD(struct queue_standing, now, "now", .form = TIME_Z_MS),
    FIELD(struct queue_standing, per_minute, "perMinute", .doc = "how many are admitted in a minute"),
};
const struct shape queue_standing_shape = SHAPE(queue_standing, standing_fields);

static const struct field query_fields[] = {
    FIELD(struct queue_query, token, "token", .optional = true, .max = 200,
          .doc = "in place of the header Taquilla-Queue, which an EventSource cannot send"),
};
const struct shape queue_query_shape = SHAPE(queue_query, query_fields);

static int64_t seconds_up(int64_t ms)
{
    return ms > 0 ? (ms + 999) / 1000 : 0;
}

struct queue_standing queue_standing_of(const struct queue *q, arena *a, const struct queue_token *t)
{
    instant now = clock_now();
    bool drawn = t->kind == QUEUE_DRAWN;
    return (struct queue_standing){
        .state = drawn ? QUEUE_STATE_DRAWN : t->from.ms > now.ms ? QUEUE_STATE_WAITING : QUEUE_STATE_ADMITTED,
        .token = queue_token_write(a, &q->key, t),
        .position = drawn ? INTEGER_NONE : queue_position(&q->pace, t->from, now),
        .wait_s = seconds_up(t->from.ms - now.ms),
        .per_minute = q->pace.a_minute,
        .issued = t->issued,
        .from = t->from,
        .until = t->until,
        .now = now,
    };
}

static struct queue_standing standing_outside(struct gateway *gw, int64_t schedule_id)
{
    const struct queue *q = &gw->queue;
    instant now = clock_now();
    struct queue_room *room;
    HASH_FIND(hh, q->rooms, &schedule_id, sizeof schedule_id, room);
    instant next = { room && room->next_us > now.ms * 1000 ? (room->next_us + 999) / 1000 : now.ms };
    return (struct queue_standing){ .state = QUEUE_STATE_OUTSIDE,
                                    .position = queue_position(&q->pace, next, now),
                                    .wait_s = seconds_up(next.ms - now.ms),
                                    .per_minute = q->pace.a_minute,
                                    .issued = INSTANT_NONE,
                                    .from = INSTANT_NONE,
                                    .until = INSTANT_NONE,
                                    .now = now };
}

/* --- what is asked --- */

const fault *queue_showing(struct call *c, struct showing *out)
{
    TRY(showing_find(c->service, c, c->ids[0], out));
    if (out->waiting_room)
        return NULL;
    return fault_new(c->arena, FAULT_NOT_FOUND, "queue_unknown",
                     "Showing %lld has no waiting room: its seats can be booked at once.", (long long)out->id);
}

static fault *required(struct call *c, int64_t showing_id, const char *why)
{
    fault *problem = fault_new(c->arena, FAULT_TOO_MANY, "queue_required",
                               "%s: POST /api/showtimes/%lld/queue gives a place in its waiting room.", why,
                               (long long)showing_id);
    problem->retry_after_s = 1;
    return problem;
}

static const fault *token_read(struct call *c, str text, int64_t showing_id, struct queue_token *out)
{
    const struct gateway *gw = c->service;
    if (!queue_token_read(text, &gw->queue.key, out))
        return fault_new(c->arena, FAULT_FORBIDDEN, "queue_token_invalid", "That is no queue token of this house.");
    if (out->showing_id != showing_id)
        return fault_new(c->arena, FAULT_FORBIDDEN, "queue_token_invalid", "The queue token is another showing's.");
    if (out->until.ms <= clock_now().ms)
        return required(c, showing_id, "The queue token has run out");
    return NULL;
}

const fault *queue_token_of(struct call *c, str text, struct queue_token *out)
{
    return token_read(c, text, c->ids[0], out);
}

/* An EventSource shows it in the address, everybody else in the header. */
static str token_shown(const struct call *c)
{
    const struct queue_query *query = c->query;
    str header = message_header(c->request, QUEUE_HEADER);
    return header.len > 0 ? header : query->token;
}

static const fault *standing_reply(struct call *c, int status, const struct queue_standing *standing)
{
    answer_header(c, "Cache-Control", STR("no-store"));
    return reply(c, status, &queue_standing_shape, standing);
}

const fault *gateway_queue_look(struct call *c)
{
    struct gateway *gw = c->service;
    struct showing s;
    struct queue_token t;
    struct queue_standing standing;
    TRY(queue_showing(c, &s));
    str shown = token_shown(c);
    if (shown.len == 0) {
        standing = standing_outside(gw, s.id);
    } else {
        TRY(queue_token_of(c, shown, &t));
        TRY(queue_go_on(gw, c->arena, &s, &t));
        standing = queue_standing_of(&gw->queue, c->arena, &t);
    }
    return standing_reply(c, 200, &standing);
}

/* The same Idempotency-Key is the same buyer. */
static uint64_t id_of(struct call *c)
{
    const struct gateway *gw = c->service;
    uint64_t id;
    if (c->once)
        return queue_number_of(&gw->queue.key,
                               arena_printf(c->arena, "%.*s %.*s", STR_ARG(c->request->path), STR_ARG(c->once->key)));
    random_bytes(&id, sizeof id);
    return id;
}

static const fault *on_sale(arena *a, const struct showing *s)
{
    if (!s->is_active)
        return fault_new(a, FAULT_CONFLICT, "showing_cancelled", "This showing was cancelled.");
    if (s->sales_close_at.ms != TIME_NONE && s->sales_close_at.ms <= clock_now().ms)
        return fault_new(a, FAULT_CONFLICT, "sales_closed", "Sales for this showing have closed.");
    return NULL;
}

/* Who shows a good token keeps his place. */
const fault *gateway_queue_join(struct call *c)
{
    struct gateway *gw = c->service;
    struct queue *q = &gw->queue;
    struct showing s;
    struct queue_token t;
    TRY(queue_showing(c, &s));
    TRY(on_sale(c->arena, &s));
    str shown = token_shown(c);
    bool known = shown.len > 0 && !queue_token_of(c, shown, &t);
    if (!known) {
        TRY(quotas_place(&gw->quotas, c));
        instant now = clock_now();
        t = (struct queue_token){ .kind = QUEUE_DRAWN, .showing_id = s.id, .issued = now, .id = id_of(c) };
        t.from = lot_of(q, c->arena, &s, t.id, now);
    }
    TRY(queue_go_on(gw, c->arena, &s, &t));
    struct queue_standing standing = queue_standing_of(q, c->arena, &t);
    return standing_reply(c, known ? 200 : 201, &standing);
}

/* --- the door --- */

struct booked_showing {
    int64_t id;
};
static const struct field booked_fields[] = { FIELD(struct booked_showing, id, "scheduleId", .optional = true) };
const struct shape queue_booked_shape = SHAPE(booked_showing, booked_fields);

int64_t queue_showing_booked(const struct call *c)
{
    const struct gateway *gw = c->service;
    struct booked_showing named = { 0 };
    bool looks = gw->owners.programme.waiting_rooms > 0 || !gw->owners.of[ROOMS].follower.whole;
    if (!looks || json_read(c->arena, c->request->body, &queue_booked_shape, &named))
        return 0;
    return named.id;
}

/* What rooms has not told yet is not waited for: a door that nobody can open would stop the sale. */
static bool waits_for(struct call *c, int64_t showing_id, struct showing *out)
{
    struct gateway *gw = c->service;
    if (showing_id <= 0 || (c->admin && c->site->admin_token.at))
        return false;
    if (!gw->owners.of[ROOMS].follower.whole)
        (void)follower_whole(&gw->owners.of[ROOMS].follower, PROGRAMME_WAIT_MS);
    return gw->owners.programme.waiting_rooms > 0 && programme_showing_find(&gw->owners.programme, showing_id, out) &&
           out->waiting_room;
}

static const fault *turn_check(struct call *c, const struct showing *s, struct queue_token *t)
{
    struct gateway *gw = c->service;
    str shown = message_header(c->request, QUEUE_HEADER);
    if (shown.len == 0)
        return required(c, s->id, "Buyers of this showing wait for their turn");
    TRY(token_read(c, shown, s->id, t));
    TRY(queue_go_on(gw, c->arena, s, t));
    int64_t wait_s = seconds_up(t->from.ms - clock_now().ms);
    if (t->kind == QUEUE_DRAWN || wait_s > 0) {
        fault *problem = fault_new(c->arena, FAULT_TOO_MANY, "queue_waiting", "Your turn has not come yet; it may in %lld second%s.",
                                   (long long)wait_s, wait_s == 1 ? "" : "s");
        problem->retry_after_s = wait_s > 0 ? wait_s : 1;
        return problem;
    }
    struct queue_seen *seen = queue_seen_of(&gw->queue.seen, t->id, t->until);
    if (seen->bookings >= QUEUE_BOOKINGS_MAX || seen->tries >= QUEUE_TRIES_MAX)
        return required(c, s->id, "This admission was used for as many bookings as it is good for");
    seen->bookings++;
    seen->tries++;
    return NULL;
}

const fault *queue_pass(struct call *c, int64_t showing_id, handler *book)
{
    struct gateway *gw = c->service;
    struct queue *q = &gw->queue;
    struct showing s;
    struct queue_token t;
    if (!waits_for(c, showing_id, &s))
        return book(c);
    const fault *problem = turn_check(c, &s, &t);
    if (problem) {
        q->refused++;
        return problem;
    }
    q->admitted++;
    problem = book(c);
    if (problem || c->status >= 300) { /* nothing was booked: it does not count as one */
        struct queue_seen *seen = queue_seen_of(&q->seen, t.id, t.until);
        if (seen->bookings > 0)
            seen->bookings--;
    }
    return problem;
}
