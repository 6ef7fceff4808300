/* owners.c - asks movies for films by name, and reservations about tickets. */
#include "services/rooms/rooms.h"

#include "lib/base/random.h"
#include "lib/json/read.h"

#define SALES_DEADLINE_MS 5000

/* An owner that answers, and not as agreed, is away for those who ask. */
static const fault *owner_confused(arena *a, const char *owner, const struct message *answer)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away",
                               "The %s service cannot answer at the moment.", owner);
    problem->retry_after_s = 1;
    problem->internal =
        arena_printf(a, "%s answered %d: %.*s", owner, answer->status,
                     (int)(answer->body.len < 200 ? answer->body.len : 200), answer->body.at);
    return problem;
}

/* --- films --- */

const fault *rooms_film_minutes(struct rooms *svc, arena *a, str movie_id, int64_t *minutes)
{
    *minutes = FILM_MINUTES_UNCHECKED;
    return svc->programme ? rooms_programme_minutes(svc->programme, a, movie_id, minutes) : NULL;
}

/* --- films as a file names them --- */

static const struct field found_fields[] = {
    FIELD(struct film_found, id, "id", .nullable = true),
    FIELD(struct film_found, duration, "duration"),
    FIELD(struct film_found, is_active, "isActive"),
    FIELD(struct film_found, matches, "matches"),
};
static const struct shape found_shape = SHAPE(film_found, found_fields);

struct found_answer {
    list data;
};
static const struct field found_answer_fields[] = { FIELD(struct found_answer, data, "data",
                                                          .shape = &found_shape) };
static const struct shape found_answer_shape = SHAPE(found_answer, found_answer_fields);

static void wish_put(struct buf *out, const struct film_wish *wish)
{
    if (wish->id.len > 0) {
        buf_literal(out, "{\"id\":");
        buf_quoted(out, wish->id);
    } else {
        buf_literal(out, "{\"title\":");
        buf_quoted(out, wish->title);
        buf_printf(out, ",\"year\":%lld", (long long)wish->year);
    }
    buf_char(out, '}');
}

const fault *rooms_films_look(struct rooms *svc, arena *a, const list *wishes, list *out)
{
    struct buf body = { .in = a };
    struct header type = { STR("Content-Type"), STR("application/json") };
    struct outgoing want = { .method = POST,
                             .target = STR("/internal/movies/lookup"),
                             .headers = &type,
                             .header_count = 1,
                             .internal = true };
    struct message *answer = NEW(a, struct message);
    struct found_answer found;
    buf_literal(&body, "{\"films\":[");
    for (size_t i = 0; i < wishes->count; i++) {
        if (i > 0)
            buf_char(&body, ',');
        wish_put(&body, LIST_AT(wishes, struct film_wish, i));
    }
    buf_literal(&body, "]}");
    want.body = buf_str(&body);
    TRY(upstream_call(svc->movies, a, &want, answer));
    if (answer->status != 200 || json_restore(a, answer->body, &found_answer_shape, &found) ||
        found.data.count != wishes->count)
        return owner_confused(a, "movies", answer);
    *out = found.data;
    return NULL;
}

/* --- tickets --- */

static const struct field live_fields[] = {
    FIELD(struct live_sales, schedule_id, "scheduleId"),
    FIELD(struct live_sales, tickets, "tickets"),
};
static const struct shape live_shape = SHAPE(live_sales, live_fields);

static const struct field sales_answer_fields[] = {
    FIELD(struct sales_answer, live, "live", .shape = &live_shape),
    FIELD(struct sales_answer, stopped, "stopped"),
    FIELD(struct sales_answer, cancelled, "cancelled"),
};
static const struct shape sales_answer_shape = SHAPE(sales_answer, sales_answer_fields);

struct stop_answer {
    struct sales_answer *data;
};
static const struct field stop_answer_fields[] = {
    FIELD(struct stop_answer, data, "data", .shape = &sales_answer_shape),
};
static const struct shape stop_answer_shape = SHAPE(stop_answer, stop_answer_fields);

static void put_ids(struct buf *out, const char *name, const ids *numbers)
{
    buf_quoted(out, str_of(name));
    buf_literal(out, ":[");
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_int(out, numbers->at[i]);
    }
    buf_char(out, ']');
}

/* The key makes the call one that may be tried again on a new connection; the position lets
 * reservations see this service's change before it sells again. */
static const fault *sales_call(struct rooms *svc, arena *a, const char *target, str body,
                               struct message *answer)
{
    str position = arena_printf(a, "rooms/%lld", (long long)svc->store->position(svc->store));
    struct header headers[] = {
        { STR("Content-Type"), STR("application/json") },
        { STR("Idempotency-Key"), random_hex(a, 16) },
        { STR("Taquilla-Position"), position },
    };
    struct outgoing want = { .method = POST,
                             .target = str_of(target),
                             .headers = headers,
                             .header_count = COUNT_OF(headers),
                             .body = body,
                             .deadline_ms = SALES_DEADLINE_MS,
                             .internal = true };
    TRY(upstream_call(svc->reservations, a, &want, answer));
    return answer->status == 200 ? NULL : owner_confused(a, "reservations", answer);
}

const fault *rooms_sales_stop(struct rooms *svc, arena *a, const struct sales_order *want,
                              struct sales_answer *out)
{
    struct buf body = { .in = a };
    buf_char(&body, '{');
    put_ids(&body, "scheduleIds", &want->schedule_ids);
    if (want->seat_ids.count > 0) {
        buf_char(&body, ',');
        put_ids(&body, "seatIds", &want->seat_ids);
    }
    buf_printf(&body, ",\"refund\":%s}", want->refund ? "true" : "false");
    struct message *answer = NEW(a, struct message);
    struct stop_answer found = { NULL };
    TRY(sales_call(svc, a, "/internal/sales/stop", buf_str(&body), answer));
    if (json_restore(a, answer->body, &stop_answer_shape, &found) || !found.data)
        return owner_confused(a, "reservations", answer);
    *out = *found.data;
    return NULL;
}

const fault *rooms_sales_resume(struct rooms *svc, arena *a, const ids *schedule_ids)
{
    struct buf body = { .in = a };
    buf_char(&body, '{');
    put_ids(&body, "scheduleIds", schedule_ids);
    buf_char(&body, '}');
    struct message *answer = NEW(a, struct message);
    return sales_call(svc, a, "/internal/sales/resume", buf_str(&body), answer);
}
