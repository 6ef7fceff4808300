/* owners.c - is what we know of an owner still so, and if not, what is it now. */
#include "services/analytics/owners.h"

#include "lib/base/log.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define PIECE_DEADLINE_MS 10000
#define WORK_US_MAX 5000 /* of reading at one go: others want the loop too */

static const fault *owner_away(arena *a, const struct owner *o, const char *why)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away",
                               "The %s service does not answer. Try again in a moment.", o->name);
    problem->internal = arena_printf(a, "%s %s", o->name, why);
    problem->retry_after_s = 1;
    return problem;
}

/* --- flights --- */

struct flight_waiter {
    fiber *who;
    struct flight_waiter *next, **link;
};

static void flight_wake(const struct flight *f)
{
    for (struct flight_waiter *w = f->waiting; w; w = w->next)
        fiber_wake(w->who);
}

static void flight_begin(struct flight *f)
{
    f->flying = true;
    f->begun++;
}

static void flight_end(struct flight *f)
{
    f->flying = false;
    f->ended = f->begun;
    flight_wake(f);
}

/* Until the present one is over. */
static const fault *flight_wait(struct flight *f, arena *a, const struct owner *o, int64_t deadline_ms)
{
    uint64_t present = f->begun;
    struct flight_waiter w = { .who = fiber_self(), .next = f->waiting, .link = &f->waiting };
    bool in_time = true;
    if (f->waiting_count >= WAITERS_MAX) {
        fault *problem = fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too many requests wait for the same figures.");
        problem->retry_after_s = 1;
        return problem;
    }
    if (w.next)
        w.next->link = &w.next;
    f->waiting = &w;
    f->waiting_count++;
    while (in_time && f->flying && f->begun == present && !o->stopping)
        in_time = fiber_park("an owner's facts", deadline_ms);
    *w.link = w.next;
    if (w.next)
        w.next->link = w.link;
    f->waiting_count--;
    return in_time && !o->stopping ? NULL : owner_away(a, o, "has not been read in time");
}

/* --- where does its log end? --- */

static void ask_now(struct owner *o, arena *a)
{
    struct message *answer = NEW(a, struct message);
    struct wire_page page = { .position = 0 };
    uint64_t moment = ++o->moment;
    flight_begin(&o->asking);
    const fault *problem = upstream_call(o->upstream, a,
                                         &(struct outgoing){ .method = GET, .target = STR("/feed?limit=0"),
                                                             .deadline_ms = ASK_DEADLINE_MS, .internal = true },
                                         answer);
    bool good = !problem && answer->status == 200 && !json_read(a, answer->body, &wire_page_shape, &page);
    if (good)
        o->heard_ms = loop_now_ms();
    else if (!o->away)
        log_line("warn", "owner_away", "%s does not tell its position (status %d)", o->name,
                 problem ? 0 : answer->status);
    o->away = !good;
    o->answer.good = good;
    o->answer.position = page.position;
    o->answer.moment = moment;
    flight_end(&o->asking);
}

/* By the first question that is put from now on, whoever puts it. */
static const fault *position_ask(struct owner *o, arena *a)
{
    int64_t deadline_ms = loop_now_ms() + 3 * ASK_DEADLINE_MS;
    uint64_t wanted = o->asking.begun + 1;
    while (o->asking.ended < wanted) {
        if (o->asking.flying)
            TRY(flight_wait(&o->asking, a, o, deadline_ms));
        else
            ask_now(o, a);
    }
    return o->answer.good ? NULL : owner_away(a, o, "does not tell its position");
}

/* --- reading --- */

static const char *line_take(void *arg, str line)
{
    return analytics_facts_line(((struct owner *)arg)->read, line);
}

struct reader {
    struct owner *owner;
    arena *arena;
};

static const fault *piece_take(struct piece_taker *taker, str bytes)
{
    struct reader *r = taker->arg;
    struct owner *o = r->owner;
    if (clock_mono_us() > o->rest_at_us) {
        fiber_give_way();
        o->rest_at_us = clock_mono_us() + WORK_US_MAX;
    }
    if (o->stopping)
        return owner_away(r->arena, o, "is not read any more: this service stops");
    if (loop_now_ms() > o->read_until_ms)
        return owner_away(r->arena, o, "takes too long to be read");
    const char *wrong = analytics_lines_take(&o->lines, bytes);
    return wrong ? owner_away(r->arena, o, wrong) : NULL;
}

static const fault *export_read(struct owner *o, arena *a)
{
    struct reader reader = { o, a };
    struct piece_taker taker = { .piece = piece_take, .arg = &reader };
    struct message *answer = NEW(a, struct message);
    struct outgoing want = { .method = GET, .deadline_ms = PIECE_DEADLINE_MS, .internal = true,
                             .target = arena_printf(a, "/export?tables=%s", analytics_facts_tables(o->which)) };
    TRY(upstream_stream(o->upstream, a, &want, &taker, answer));
    if (answer->status != 200)
        return owner_away(a, o, "refuses its export");
    const char *wrong = analytics_lines_end(&o->lines);
    if (!wrong && !o->read->ended)
        wrong = "ends before its end";
    return wrong ? owner_away(a, o, wrong) : NULL;
}

static const fault *read_now(struct owner *o, arena *a)
{
    flight_begin(&o->reading);
    o->read = analytics_facts_new(o->which);
    o->lines = (struct lines){ .take = line_take, .arg = o };
    o->read_until_ms = loop_now_ms() + READING_MS_MAX;
    o->rest_at_us = clock_mono_us() + WORK_US_MAX;
    const fault *problem = export_read(o, a);
    if (o->stopping)
        return owner_away(a, o, "is not read any more: this service stops");
    if (problem) {
        o->failures_total++;
        o->away = true;
        if (!o->unread)
            log_line("warn", "owner_unread", "%.*s",
                     STR_ARG(problem->internal.at ? problem->internal : problem->sentence));
        analytics_facts_free(o->read);
    } else {
        o->readings_total++;
        analytics_facts_free(o->facts);
        o->facts = o->read;
        o->serial++;
        o->facts_came = ++o->moment;
    }
    o->unread = problem != NULL;
    o->read = NULL;
    analytics_lines_free(&o->lines);
    flight_end(&o->reading);
    return problem;
}

/* A log that was shortened (its store is an older copy) is told from one that moved on while we were reading by what
 * came first, the facts or the question. */
static bool facts_hold(const struct owner *o, int64_t position, uint64_t asked)
{
    return o->facts && (o->facts->position == position || (o->facts->position > position && o->facts_came > asked));
}

static const fault *facts_refresh(struct owner *o, arena *a)
{
    TRY(position_ask(o, a));
    int64_t position = o->answer.position, deadline_ms = loop_now_ms() + READING_MS_MAX + ASK_DEADLINE_MS;
    uint64_t asked = o->answer.moment;
    while (!facts_hold(o, position, asked)) {
        if (!o->reading.flying) {
            TRY(read_now(o, a));
            break; /* it began after the question */
        }
        TRY(flight_wait(&o->reading, a, o, deadline_ms));
        if (o->away)
            return owner_away(a, o, "could not be read");
    }
    o->confirmed_ms = loop_now_ms();
    return NULL;
}

/* --- all of them --- */

struct refresh {
    struct owner *owner;
    arena *arena;
    const fault *problem;
};

static void refresh_run(void *arg)
{
    struct refresh *r = arg;
    r->problem = facts_refresh(r->owner, r->arena);
}

static bool is_busy(const fault *problem)
{
    return str_equal(str_of(problem->code), STR("overloaded"));
}

const fault *analytics_refresh(struct owners *o, arena *a, unsigned wanted, struct known *out)
{
    struct refresh each[OWNER_COUNT];
    struct group all = { 0 };
    *out = (struct known){ .serial = { 0 } };
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        each[i] = (struct refresh){ .owner = &o->of[i], .arena = a };
        if (wanted == WANT(i))
            refresh_run(&each[i]); /* the only one */
        else if ((wanted & WANT(i)) && !group_start(&all, "refresh facts", refresh_run, &each[i]))
            each[i].problem = owner_away(a, &o->of[i], "cannot be asked: no fiber is free");
    }
    group_wait(&all);
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        if (each[i].problem && (!o->of[i].facts || is_busy(each[i].problem)))
            return each[i].problem;
        if (wanted & WANT(i)) {
            out->of[i] = o->of[i].facts;
            out->serial[i] = o->of[i].serial;
        }
    }
    return NULL;
}

void analytics_probe(struct owner *o, arena *a)
{
    const fault *problem = position_ask(o, a);
    if (!problem && o->facts && o->facts->position == o->answer.position)
        o->confirmed_ms = loop_now_ms();
}

/* --- names --- */

struct named_user {
    int64_t id;
    str name;
};
static const struct field named_user_fields[] = {
    FIELD(struct named_user, id, "id"),
    FIELD(struct named_user, name, "name", .nullable = true),
};
static const struct shape named_user_shape = SHAPE(named_user, named_user_fields);

struct names_answer {
    list data;
};
static const struct field names_fields[] = { FIELD(struct names_answer, data, "data", .shape = &named_user_shape) };
const struct shape analytics_names_shape = SHAPE(names_answer, names_fields);

static str names_target(arena *a, const list *users)
{
    struct buf target = { .in = a };
    buf_literal(&target, "/internal/users?ids=");
    for (size_t i = 0; i < users->count; i++) {
        if (i > 0)
            buf_char(&target, ',');
        buf_int(&target, LIST_AT(users, struct top_user, i)->user_id);
    }
    return buf_str(&target);
}

bool analytics_names_ask(struct owners *o, arena *a, const list *users)
{
    struct message *answer = NEW(a, struct message);
    struct names_answer found = { .data = { NULL, 0 } };
    struct outgoing want = { .method = GET, .target = names_target(a, users), .deadline_ms = ASK_DEADLINE_MS,
                             .internal = true };
    if (users->count == 0)
        return true;
    if (upstream_call(o->of[RESERVATIONS].upstream, a, &want, answer) || answer->status != 200 ||
        json_read(a, answer->body, &analytics_names_shape, &found))
        return false;
    for (size_t i = 0; i < users->count; i++) {
        struct top_user *user = LIST_AT(users, struct top_user, i);
        for (size_t k = 0; k < found.data.count; k++)
            if (LIST_AT(&found.data, struct named_user, k)->id == user->user_id)
                user->user_name = LIST_AT(&found.data, struct named_user, k)->name;
    }
    return true;
}

/* --- the end --- */

void analytics_owners_stop(struct owners *o)
{
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        o->of[i].stopping = true;
        flight_wake(&o->of[i].asking);
        flight_wake(&o->of[i].reading);
        if (o->of[i].upstream)
            upstream_close(o->of[i].upstream);
    }
}

/* A fiber that still reads touches nothing of this any more: see `stopping`. */
void analytics_owners_close(struct owners *o)
{
    analytics_owners_stop(o);
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        analytics_facts_free(o->of[i].facts);
        analytics_facts_free(o->of[i].read);
        analytics_lines_free(&o->of[i].lines);
        o->of[i].facts = o->of[i].read = NULL;
    }
}
