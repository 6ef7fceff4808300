/* queue_stream.c - GET /api/showtimes/{id}/queue/stream: people who wait in a showing's queue.
 *
 * "place": where this buyer stands, as GET .../queue answers it in "data"; at first, and when that becomes another thing. Its id is his
 * token, so that an EventSource that comes back shows the newest. "front": the time, how many wait and how many seats are free,
 * written once for all of a showing's listeners. After "place" with "admitted", or "opened", the stream ends. */
#include "services/gateway/gateway.h"

#include "lib/json/write.h"
#include "lib/loop/fiber.h"

#define LISTENERS_MAX 5000
#define MAP_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define EVENT_BYTES_MAX ((size_t)64 * 1024)
#define HEARTBEAT_MS 15000
#define FRONT_MS_MIN 2000
#define LISTENERS_PER_PAUSE_MS 2 /* telling one takes the loop some 10 us: 5,000 are told every 4.5 s */

/* --- what all are told --- */

struct queue_front {
    instant now;
    int64_t waiting, free;
};
static const struct field front_fields[] = {
    FIELD(struct queue_front, now, "now", .form = TIME_Z_MS),
    FIELD(struct queue_front, waiting, "waiting"),
    FIELD(struct queue_front, free, "free", .nullable = true),
};
static const struct shape front_shape = SHAPE(queue_front, front_fields);

/* Not told while the facts of sales have not come. */
static int64_t seats_free(struct gateway *gw, const struct showing *s)
{
    if (!gw->owners.of[RESERVATIONS].follower.whole)
        return INTEGER_NONE;
    arena *a = arena_new(MAP_BYTES_MAX);
    struct seat_map map;
    owners_seat_map(&gw->owners, a, s, &map);
    int64_t count = map.counts->free;
    arena_free(a);
    return count;
}

static void front_write(struct queue_room *room)
{
    struct gateway *gw = room->of;
    struct showing s;
    if (!programme_showing_find(&gw->owners.programme, room->schedule_id, &s))
        return;
    room->opened = !s.waiting_room;
    struct queue_front front = { .now = clock_now(), .free = seats_free(gw, &s) };
    front.waiting = queue_length(&gw->queue, room, front.now);
    room->front.len = 0;
    buf_literal(&room->front, "event: front\ndata: ");
    json_write(&room->front, &front_shape, &front);
    buf_literal(&room->front, "\n\n");
    room->fronts++;
}

static void tell(void *arg)
{
    struct queue_room *room = arg;
    room->teller = fiber_self();
    while (room->listeners) {
        front_write(room);
        for (struct queue_listener *one = room->listeners; one; one = one->next)
            fiber_wake(one->who);
        (void)fiber_park("the next look at a queue",
                         loop_now_ms() + FRONT_MS_MIN + (int64_t)room->listener_count / LISTENERS_PER_PAUSE_MS);
    }
    room->teller = NULL;
}

/* --- one listener --- */

static const fault *too_many(struct call *c)
{
    fault *problem = fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Too many people listen to queues right now.");
    problem->retry_after_s = 5;
    return problem;
}

static const fault *listener_enter(struct gateway *gw, struct call *c, struct queue_listener *me, struct queue_room **out)
{
    if (gw->queue.listener_count >= LISTENERS_MAX)
        return too_many(c);
    struct queue_room *room = queue_room_of(gw, c->ids[0]);
    *me = (struct queue_listener){ fiber_self(), room->listeners };
    room->listeners = me;
    room->listener_count++;
    gw->queue.listener_count++;
    *out = room;
    return NULL;
}

static void listener_leave(struct queue_room *room, struct queue_listener *me)
{
    struct queue_listener **at = &room->listeners;
    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    room->listener_count--;
    room->of->queue.listener_count--;
    if (!room->listeners && room->teller)
        fiber_wake(room->teller);
}

/* True: he was told that his turn has come. What one event takes is given back: a stream lasts for hours. */
static bool place_write(struct call *c, const struct queue_token *t)
{
    const struct gateway *gw = c->service;
    arena *a = arena_new(EVENT_BYTES_MAX);
    struct queue_standing standing = queue_standing_of(&gw->queue, a, t);
    buf_printf(&c->out, "id: %.*s\nevent: place\ndata: ", STR_ARG(standing.token));
    json_write(&c->out, &queue_standing_shape, &standing);
    buf_literal(&c->out, "\n\n");
    bool through = standing.state == QUEUE_STATE_ADMITTED;
    arena_free(a);
    return through;
}

/* In loop time. */
static int64_t due_at(const struct queue *q, const struct queue_token *t)
{
    bool unsettled = t->kind == QUEUE_DRAWN && t->from.ms < q->settled.ms;
    return loop_now_ms() + ((unsettled ? q->settled.ms : t->from.ms) - clock_now().ms);
}

/* True: what he was told of his place is no longer so. */
static bool place_look(struct call *c, struct queue_token *t)
{
    struct gateway *gw = c->service;
    const struct queue_token before = *t;
    struct showing s;
    if (t->from.ms > clock_now().ms || !programme_showing_find(&gw->owners.programme, t->showing_id, &s))
        return false;
    arena *a = arena_new(EVENT_BYTES_MAX);
    bool good = !queue_go_on(gw, a, &s, t);
    arena_free(a);
    bool turn = t->kind == QUEUE_PLACED; /* which has come, or was given just now */
    return good && (turn || before.from.ms != t->from.ms);
}

static const fault *listen(struct call *c, const struct queue_room *room, struct queue_token *t)
{
    uint64_t known = room->fronts;
    buf_literal(&c->out, "retry: 1000\n\n");
    bool through = place_write(c, t);
    while (!through && !room->opened && !stream_gone(c)) {
        if (c->out.len > 0)
            TRY(stream_flush(c));
        int64_t due = due_at(&((struct gateway *)c->service)->queue, t), beat = loop_now_ms() + HEARTBEAT_MS;
        bool woken = fiber_park("a turn in a queue", due > loop_now_ms() && due < beat ? due : beat);
        if (place_look(c, t)) {
            through = place_write(c, t);
        } else if (known != room->fronts) {
            known = room->fronts;
            buf_text(&c->out, buf_str(&room->front));
        } else if (!woken) {
            buf_literal(&c->out, ":\n\n");
        }
    }
    if (room->opened)
        buf_literal(&c->out, "event: opened\ndata: {}\n\n");
    return c->out.len > 0 ? stream_flush(c) : NULL;
}

const fault *gateway_queue_stream(struct call *c)
{
    struct gateway *gw = c->service;
    const struct queue_query *query = c->query;
    struct showing s;
    struct queue_token t;
    TRY(queue_showing(c, &s));
    str last = message_header(c->request, "Last-Event-ID");
    if (last.len == 0 || queue_token_of(c, last, &t))
        TRY(queue_token_of(c, query->token, &t));
    TRY(queue_go_on(gw, c->arena, &s, &t));
    struct queue_listener me;
    struct queue_room *room;
    TRY(listener_enter(gw, c, &me, &room));
    answer_header(c, "Cache-Control", STR("no-store"));
    const fault *problem = NULL;
    if (!room->teller && !fiber_start("queues to listeners", tell, room))
        problem = too_many(c);
    else if (stream_start(c, 200, "text/event-stream"))
        problem = listen(c, room, &t);
    listener_leave(room, &me);
    return problem;
}
