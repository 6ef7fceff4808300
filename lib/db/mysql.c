/* mysql.c - one store: opened while its server may still be away, followed for other replicas' commits, closed. */
#include "lib/db/mysql_internal.h"

#include <string.h>

#include "lib/base/log.h"

#define OPEN_WAIT_MS 5000
#define OPEN_BYTES_MAX ((size_t)1 << 30) /* adopting an old database reads all of it */
#define POLL_BYTES_MAX ((size_t)256 * 1024)
#define OPEN_AGAIN_MS 100

void position_reached(struct my_store *s, int64_t position)
{
    if (position <= s->position)
        return;
    s->position = position;
    if (s->ready && s->setup.moved)
        s->setup.moved(s->setup.arg, position);
}

struct state {
    int64_t position, marks;
};
static const struct field state_fields[] = {
    FIELD(struct state, position, "position"),
    FIELD(struct state, marks, "marks"),
};
static const struct shape state_shape = SHAPE(state, state_fields);

static const fault *position_ask(struct my_store *s, arena *a)
{
    struct state found = { 0 };
    bool there;
    TRY(my_one(&s->reader, a, &state_shape, &found, &there,
               "SELECT position, (SELECT COUNT(*) FROM restore_state) AS marks FROM log_counter WHERE id = 1",
               MY_NO_BINDS));
    bool begun = found.marks > 0 && !s->restoring;
    s->restoring = found.marks > 0;
    if (begun && s->ready && s->setup.restarted)
        s->setup.restarted(s->setup.arg);
    position_reached(s, found.position);
    return NULL;
}

/* --- opening --- */

/* Replicas that start together bring the schema up one after the other. The lock is the connection's: it ends with it. */
static const fault *prepare_locked(struct my_store *s, arena *a, struct my_connection *c)
{
    int64_t got[TEXT_NUMBERS_MAX] = { 0 };
    size_t count;
    TRY(connection_text(c, a, STR("SELECT GET_LOCK(CONCAT('taquilla.', MD5(DATABASE())), 1)"), STATEMENT_MS, got, &count));
    if (count == 0 || got[0] != 1)
        return my_busy(a, "another replica is preparing the store");
    const fault *problem = my_schema_apply(s, a, c);
    if (!problem)
        problem = position_ask(s, a);
    if (!problem && s->setup.prepare)
        problem = s->setup.prepare(s->setup.arg, s, a);
    str unlock = STR("DO RELEASE_LOCK(CONCAT('taquilla.', MD5(DATABASE())))");
    if (!c->broken && connection_text(c, a, unlock, STATEMENT_MS, NULL, NULL) != NULL)
        c->broken = true;
    return problem;
}

static const fault *store_prepare(struct my_store *s, arena *a)
{
    struct my_connection *c;
    TRY(pool_take(s, a, &c));
    const fault *problem = prepare_locked(s, a, c);
    pool_give(s, c);
    if (problem)
        return problem;
    return position_ask(s, a);
}

/* The arena ends with this try: what the start-up is to say is kept in the store's own. */
static void refuse(struct my_store *s, const fault *problem)
{
    fault *kept = fault_new(s->own, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    kept->internal = arena_copy(s->own, problem->internal.at ? problem->internal : STR(""));
    s->refused = kept;
}

static void store_ready(struct my_store *s)
{
    s->ready = true;
    if (s->position > 0 && s->setup.moved)
        s->setup.moved(s->setup.arg, s->position);
}

static void opener_run(void *arg)
{
    struct my_store *s = arg;
    s->opener = fiber_self();
    const char *told = NULL;
    while (!s->ready && !s->refused && !s->closing) {
        arena *a = arena_new(OPEN_BYTES_MAX);
        const fault *problem = store_prepare(s, a);
        s->tried = !problem || strcmp(problem->code, "store_busy") != 0;
        if (!problem)
            store_ready(s);
        else if (problem->kind == FAULT_INVALID)
            refuse(s, problem);
        else if (!told || strcmp(told, problem->code) != 0)
            log_line("warn", "store_not_ready", "%s: %s: %.*s", s->setup.service, told = problem->code,
                     STR_ARG(problem->internal));
        arena_free(a);
        if (s->opening)
            fiber_wake(s->opening);
        if (!s->ready && !s->refused && !s->closing)
            fiber_park("the next try to open the store", loop_now_ms() + OPEN_AGAIN_MS);
    }
    s->opener = NULL;
}

/* --- other replicas' commits --- */

static void poller_run(void *arg)
{
    struct my_store *s = arg;
    s->poller = fiber_self();
    arena *a = arena_new(POLL_BYTES_MAX);
    while (!s->closing) {
        if (s->ready && s->setup.awaited && s->setup.awaited(s->setup.arg))
            (void)position_ask(s, a); /* a server that is away is told to whoever asks for more than this */
        arena_reset(a);
        if (!s->closing)
            fiber_park("other replicas' commits", loop_now_ms() + POLL_MS);
    }
    arena_free(a);
    s->poller = NULL;
}

/* --- the store's life --- */

const fault *my_open(arena *a, struct my_store **out, const struct my_setup *setup)
{
    mysql_server_init(0, NULL, NULL);
    struct my_store *s = NEW(a, struct my_store);
    s->setup = *setup;
    s->own = a;
    s->reader = (struct my){ .store = s };
    s->opening = fiber_self();
    if (!fiber_start("store opening", opener_run, s) || !fiber_start("store following", poller_run, s))
        return fault_new(a, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the store.");
    int64_t deadline_ms = loop_now_ms() + OPEN_WAIT_MS;
    while (!s->tried && loop_now_ms() < deadline_ms)
        fiber_park("the store's first answer", deadline_ms);
    s->opening = NULL;
    if (s->refused) {
        my_close(s);
        return s->refused;
    }
    *out = s;
    return NULL;
}

void my_close(struct my_store *s)
{
    if (s->closed)
        return;
    s->closing = true;
    while (s->opener || s->poller || s->dialler || s->writing) {
        if (s->opener)
            fiber_wake(s->opener);
        if (s->poller)
            fiber_wake(s->poller);
        fiber_sleep(1);
    }
    while (s->idle) {
        struct my_connection *c = s->idle;
        s->idle = c->next;
        connection_end(c);
        s->open_count--;
    }
    s->closed = true;
}

struct my *my_reader(struct my_store *s)
{
    return &s->reader;
}

int64_t my_position(const struct my_store *s)
{
    return s->position;
}

const fault *my_check(struct my_store *s, arena *a)
{
    int64_t one = 0;
    return my_number(&s->reader, a, &one, "SELECT 1", MY_NO_BINDS);
}

void my_metrics(const struct my_store *s, struct buf *out)
{
    const struct {
        const char *name, *type;
        uint64_t value;
    } lines[] = {
        { "acts_total", "counter", s->acts },
        { "acts_again_total", "counter", s->acts_again },
        { "commits_asked_total", "counter", s->commits_asked },
        { "connects_total", "counter", s->connects },
        { "connects_failed_total", "counter", s->connects_failed },
        { "connections_lost_total", "counter", s->lost },
        { "connections", "gauge", s->open_count },
        { "waiting", "gauge", s->waiting.count + s->writers.count },
        { "away", "gauge", !s->ready || s->back_off_ms > 0 },
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        buf_printf(out, "# TYPE taquilla_store_%s %s\ntaquilla_store_%s %llu\n", lines[i].name, lines[i].type,
                   lines[i].name, (unsigned long long)lines[i].value);
}
