/* handlers_tickets.c - tickets to print and to keep, and the door: what reservations says, joined with film and room from memory. */
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"
#include "services/gateway/gateway.h"
#include "services/gateway/ticket_draw.h"

struct title {
    str title;
};
static const struct field title_fields[] = { FIELD(struct title, title, "title") };
static const struct shape title_shape = SHAPE(title, title_fields);

static str film_title(arena *a, const struct film *film)
{
    struct title read = { { NULL, 0 } };
    return film && json_restore(a, film->whole.text, &title_shape, &read) == NULL ? read.title : STR("");
}

/* What memory says holds until the fiber parks: all of it is copied. */
static const fault *showing_known(struct call *c, int64_t id, struct door_showing *out)
{
    struct showing s;
    TRY(showing_find(c->service, c, id, &s));
    *out = (struct door_showing){ .id = s.id,
                                  .movie_id = arena_copy(c->arena, s.movie_id),
                                  .film = film_title(c->arena, s.film),
                                  .room = arena_copy(c->arena, s.room_name),
                                  .starts_at = s.starts_at,
                                  .ends_at = s.ends_at };
    return NULL;
}

/* --- tickets --- */

static str tickets_target(struct call *c)
{
    const struct ticket_query *query = c->query;
    struct buf target = { .in = c->arena };
    buf_printf(&target, "/api/reservations/%lld/tickets?code=", (long long)c->ids[0]);
    for (size_t i = 0; i < query->code.len; i++)
        buf_printf(&target, "%%%02x", (unsigned)(unsigned char)query->code.at[i]);
    return buf_str(&target);
}

/* Asked as the client: reservations judges his code. What it answers else is passed on, and *told is false. */
static const fault *printing_of(struct call *c, struct printing *out, bool *told)
{
    const struct gateway *gw = c->service;
    struct message answer = { 0 };
    struct tickets_answer read = { 0 };
    struct door_showing showing;
    TRY(reservations_ask(c, tickets_target(c), false, &answer));
    *told = answer.status == 200;
    if (!*told)
        return answer_up(c, &answer);
    TRY(json_restore(c->arena, answer.body, &tickets_answer_shape, &read));
    TRY(showing_known(c, read.data->schedule_id, &showing));
    *out = (struct printing){ .told = read.data,
                              .house = gw->house.cinema_name,
                              .film = showing.film,
                              .room = showing.room,
                              .currency = gw->house.currency,
                              .starts_at = showing.starts_at,
                              .ends_at = showing.ends_at,
                              .tax = gw->tax,
                              .language = ticket_language(((const struct ticket_query *)c->query)->lang,
                                                          message_header(c->request, "Accept-Language"), gw->house.language) };
    return NULL;
}

/* Who has the file comes in: as whatever opens with a code, it is kept nowhere (no-store, by its route's access). */
static const fault *file_reply(struct call *c, const struct printing *p, const char *type, const char *ending, str body)
{
    answer_header(c, "Vary", STR("Accept-Language"));
    answer_header(c, "Content-Language", p->language == TICKET_ES ? STR("es") : STR("en"));
    answer_header(c, "Content-Disposition", arena_printf(c->arena, "inline; filename=\"ticket-%.*s.%s\"", STR_ARG(p->told->number), ending));
    answer_header(c, "Referrer-Policy", STR("no-referrer"));
    return reply_raw(c, 200, type, body);
}

struct drawing {
    arena *a;
    const struct printing *p;
    str made;
    const fault *problem;
};

static void pdf_work(void *arg)
{
    struct drawing *d = arg;
    d->problem = ticket_pdf(d->a, d->p, &d->made);
}

const fault *gateway_ticket_pdf(struct call *c)
{
    struct printing p;
    bool told;
    TRY(printing_of(c, &p, &told));
    if (!told)
        return NULL;
    struct drawing d = { .a = c->arena, .p = &p };
    if (!offload("a ticket's PDF", pdf_work, &d))
        return fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Too many requests are under way; please try again.");
    TRY(d.problem);
    return file_reply(c, &p, "application/pdf", "pdf", d.made);
}

const fault *gateway_ticket_svg(struct call *c)
{
    struct printing p;
    bool told;
    str made;
    TRY(printing_of(c, &p, &told));
    if (!told)
        return NULL;
    TRY(ticket_svg(c->arena, &p, &made));
    answer_header(c, "Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'"));
    return file_reply(c, &p, "image/svg+xml", "svg", made);
}

const fault *gateway_ticket_ics(struct call *c)
{
    struct printing p;
    bool told;
    TRY(printing_of(c, &p, &told));
    return told ? file_reply(c, &p, "text/calendar; charset=utf-8", "ics", ticket_ics(c->arena, &p, clock_now())) : NULL;
}

/* --- the door --- */

struct checkin_data {
    int64_t schedule_id;
    struct raw_json whole;
};
struct checkin_answer {
    struct checkin_data *data;
};
static const struct field checkin_fields[] = {
    FIELD(struct checkin_data, schedule_id, "scheduleId"),
    FIELD(struct checkin_data, whole, "", .whole = true),
};
static const struct shape checkin_shape = SHAPE(checkin_data, checkin_fields);
static const struct field checkin_answer_fields[] = { FIELD(struct checkin_answer, data, "data", .shape = &checkin_shape) };
static const struct shape checkin_answer_shape = SHAPE(checkin_answer, checkin_answer_fields);

/* Who is in is in, also when nobody knows of what: then showing is null. */
static str checkin_dressed(struct call *c, const struct checkin_data *made)
{
    struct buf body = { .in = c->arena };
    struct door_showing showing;
    bool known = showing_known(c, made->schedule_id, &showing) == NULL;
    buf_literal(&body, "{\"success\":true,\"data\":");
    buf_put(&body, made->whole.text.at, made->whole.text.len - 1);
    buf_literal(&body, ",\"showing\":");
    if (known)
        json_write(&body, &door_showing_shape, &showing);
    else
        buf_literal(&body, "null");
    buf_literal(&body, "},\"message\":null,\"error\":null}");
    return buf_str(&body);
}

const fault *gateway_checkin(struct call *c)
{
    struct message answer = { 0 };
    struct checkin_answer read = { 0 };
    TRY(reservations_ask(c, STR("/api/checkins"), false, &answer));
    if (answer.status == 201) {
        TRY(json_restore(c->arena, answer.body, &checkin_answer_shape, &read));
        answer.body = checkin_dressed(c, read.data);
    }
    return answer_up(c, &answer);
}

struct door_answer {
    struct raw_json data;
};
static const struct field door_answer_fields[] = { FIELD(struct door_answer, data, "data") };
static const struct shape door_answer_shape = SHAPE(door_answer, door_answer_fields);

const fault *gateway_door(struct call *c)
{
    struct gateway *gw = c->service;
    struct door_showing showing;
    struct door_answer answer = { { { NULL, 0 } } };
    struct question q = { .owners = &gw->owners, .to = RESERVATIONS, .arena = c->arena, .shape = &door_answer_shape, .answer = &answer,
                          .target = arena_printf(c->arena, "/internal/showings/%lld/door", (long long)c->ids[0]) };
    TRY(showing_known(c, c->ids[0], &showing));
    TRY(owner_ask(&q));
    c->status = 200;
    buf_literal(&c->out, "{\"success\":true,\"data\":{\"showing\":");
    json_write(&c->out, &door_showing_shape, &showing);
    buf_literal(&c->out, ",\"seats\":");
    buf_text(&c->out, q.missing ? STR("[]") : answer.data.text);
    buf_literal(&c->out, "}}");
    return NULL;
}
