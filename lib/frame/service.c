/* service.c - a service's life: flags and settings, open, listen, drain on SIGTERM, close. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/feed/bus.h"
#include "lib/frame/frame.h"
#include "lib/loop/fiber.h"

#define BOOT_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define DRAIN_MS 8000 /* inside the 10 s that Docker and systemd-like watchers commonly give */
#define CUT_WAIT_MS 10
#define CUT_WAITS 50

const char taquilla_version[] = TAQUILLA_VERSION;

/* One run; `app` comes first so that who has the app has the run. */
struct running {
    struct app app;
    struct settings settings;
    const struct route *tables[4];
    struct server *server;
    struct watch parent;
    struct task begin;
    int port;
    int exit_code;
    bool closing;
};

static int refuse(const struct service *s, const fault *problem, int code)
{
    fprintf(stderr, "taquilla %s: %.*s\n", s->name, STR_ARG(problem->sentence));
    if (problem->internal.at)
        fprintf(stderr, "taquilla %s: (%s) %.*s\n", s->name, problem->code, STR_ARG(problem->internal));
    return code;
}

/* --- flags --- */

struct flags {
    str port, listen, data;
};

static bool flag_takes(const char *argument, const char *name, str *value)
{
    size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '=')
        return false;
    *value = str_of(argument + length + 1);
    return true;
}

static const fault *flags_read(arena *a, int argc, char **argv, struct flags *out)
{
    struct {
        const char *name;
        str *value;
    } known[] = { { "--port", &out->port }, { "--listen", &out->listen }, { "--data", &out->data } };
    for (int i = argc > 0 && argv[0][0] != '-'; i < argc; i++) {
        bool taken = false;
        for (size_t k = 0; k < COUNT_OF(known) && !taken; k++) {
            taken = flag_takes(argv[i], known[k].name, known[k].value);
            if (!taken && strcmp(argv[i], known[k].name) == 0 && i + 1 < argc) {
                *known[k].value = str_of(argv[++i]);
                taken = true;
            }
        }
        if (!taken)
            return fault_new(a, FAULT_INVALID, "setting_invalid",
                             "%.*s is no flag of a service, or its value is missing; there are --port N, "
                             "--listen ADDRESS and --data DIR.",
                             (int)strcspn(argv[i], "="), argv[i]); /* what follows = may be a secret */
    }
    return NULL;
}

static const fault *flags_apply(arena *a, const struct flags *flags, const struct service *s,
                                struct running *run)
{
    int64_t port = run->settings.port ? run->settings.port : s->port;
    if (flags->port.at && (!str_to_int(flags->port, &port) || port < 0 || port > 65535))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "--port must be a number from 0 to 65535.");
    if (flags->listen.at)
        run->settings.listen = flags->listen;
    if (flags->data.at)
        run->settings.data_dir = flags->data;
    run->port = (int)port;
    return NULL;
}

/* --- settings --- */

static bool address_loopback(arena *a, str address)
{
    struct in_addr v4;
    if (str_equal(address, STR("localhost")) || str_equal(address, STR("::1")))
        return true;
    return inet_pton(AF_INET, arena_cstr(a, address), &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* contract.md section 1: an open cinema is for this machine alone, unless its owner says so. */
static const fault *openness_check(arena *a, const struct settings *s)
{
    if (s->admin_token.len > 0 || s->open || address_loopback(a, s->listen))
        return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid",
                     "LISTEN=%.*s would let other machines in, and anyone could change anything: set "
                     "ADMIN_TOKEN, or OPEN=true if that is meant.",
                     STR_ARG(s->listen));
}

static str set_or_none(str text)
{
    return text.len > 0 ? text : (str){ NULL, 0 };
}

static void site_fill(struct running *run)
{
    struct app *app = &run->app;
    const struct service *s = app->of;
    run->tables[0] = s->routes;
    run->tables[1] = frame_routes;
    run->tables[2] = old_docs_routes(s->name);
    app->site = (struct site){
        .name = s->name,
        .tables = run->tables,
        .errors = s->errors,
        .null_members = s->null_members,
        .position = s->position,
        .closed = s->closed,
        .admin_token = set_or_none(run->settings.admin_token),
        .service_token = set_or_none(run->settings.service_token),
        .cors_origins = run->settings.cors_origins,
        .public_hosts = run->settings.public_hosts,
        .load = { .late_ms_max = run->settings.shed_late_ms },
    };
}

static const fault *bus_choose(struct running *run, arena *boot)
{
    if (run->settings.redis_url.len == 0)
        return NULL;
    struct redis_address *to = NEW(boot, struct redis_address);
    TRY(redis_address_read(boot, "REDIS_URL", run->settings.redis_url, to));
    bus_configure(to, run->settings.service_token);
    return NULL;
}

static const fault *run_configure(struct running *run, arena *boot, const struct service *s, int argc,
                                  char **argv)
{
    struct flags flags = { 0 };
    run->app.of = s;
    run->app.boot = boot;
    run->app.settings = &run->settings;
    run->app.started = clock_now();
    TRY(flags_read(boot, argc, argv, &flags));
    TRY(settings_read(boot, &settings_shape, &run->settings));
    TRY(flags_apply(boot, &flags, s, run));
    TRY(openness_check(boot, &run->settings));
    TRY(clock_set_zone(boot, run->settings.time_zone.at ? arena_cstr(boot, run->settings.time_zone) : NULL));
    if (s->settings) {
        void *own = arena_take(boot, s->settings_size);
        TRY(settings_read(boot, s->settings, own));
        run->app.own = own;
    }
    TRY(bus_choose(run, boot));
    site_fill(run);
    return NULL;
}

static void warn_of_openness(const struct settings *s)
{
    for (size_t i = 0; i < s->cors_origins.count; i++)
        if (str_equal(s->cors_origins.at[i], STR("*")))
            log_line("warn", "cors_open", "CORS_ORIGINS has *: any web page may ask and read.");
    if (s->open && s->admin_token.len == 0)
        log_line("warn", "open", "OPEN=true and no ADMIN_TOKEN: whoever reaches this address may change anything.");
}

/* --- the end --- */

/* A fiber: closing a store waits for what is queued. */
static void run_close(void *arg)
{
    struct running *run = arg;
    if (run->server)
        server_close(run->server);
    /* Whose client was cut off just now ends before its store does. */
    for (int i = 0; i < CUT_WAITS && run->app.site.requests_in_flight; i++)
        fiber_sleep(CUT_WAIT_MS);
    if (run->app.service && run->app.of->close)
        run->app.of->close(&run->app);
    log_line("info", "stopped", "%s has stopped", run->app.of->name);
    loop_stop();
}

static void run_drained(void *arg)
{
    struct running *run = arg;
    if (run->closing)
        return;
    run->closing = true;
    if (!fiber_start("close", run_close, run))
        loop_stop();
}

/* SIGTERM, SIGINT, or the parent is gone. The second time nothing is waited for. */
static void run_stop(void *arg)
{
    struct running *run = arg;
    if (run->app.stopping && run->server) {
        run_drained(run);
        return;
    }
    run->app.stopping = true;
    run->app.site.draining = true;
    if (run->app.service && run->app.of->drain)
        run->app.of->drain(&run->app);
    if (run->server)
        server_drain(run->server, DRAIN_MS, run_drained, run);
}

static void parent_gone(struct watch *w, uint32_t events)
{
    char room[64];
    if ((events & EPOLLIN) && read(w->fd, room, sizeof room) > 0)
        return;
    watch_stop(w);
    run_stop(w->owner);
}

/* `taquilla up` holds the other end and never writes: the end of file says that it is gone, however it went. */
static const fault *parent_follow(struct running *run)
{
    int64_t fd;
    const char *named = getenv("TAQUILLA_PARENT_PIPE");
    if (!named || !str_to_int(str_of(named), &fd) || fd < 3 || fd > INT32_MAX)
        return NULL;
    run->parent = (struct watch){ .fd = (int)fd, .ready = parent_gone, .owner = run };
    return watch_start(run->app.boot, &run->parent, EPOLLIN);
}

/* --- the start --- */

static const fault *run_open(struct running *run)
{
    struct app *app = &run->app;
    TRY(parent_follow(run));
    if (app->of->open)
        TRY(app->of->open(app));
    app_check_bus(app);
    app->site.service = app->service;
    site_compile(&app->site);
    if (app->stopping)
        return NULL;
    const char *address = arena_cstr(app->boot, run->settings.listen);
    return server_open(app->boot, &run->server, &app->site, address, run->port, &run->port);
}

static void run_start(void *arg)
{
    struct running *run = arg;
    const fault *problem = run_open(run);
    if (problem) {
        run->exit_code = refuse(run->app.of, problem, problem->kind == FAULT_INVALID ? 2 : 1);
        run_drained(run);
        return;
    }
    if (run->app.stopping) {
        run_drained(run);
        return;
    }
    log_line("info", "listening", "%s at http://%.*s:%d", run->app.of->name, STR_ARG(run->settings.listen),
             run->port);
    warn_of_openness(&run->settings);
}

/* Inside the loop: a start that fails at once stops a loop that runs. */
static void run_begin(struct task *t)
{
    struct running *run = t->owner;
    if (fiber_start("start", run_start, run))
        return;
    run->exit_code = 1;
    loop_stop();
}

int service_run(const struct service *s, int argc, char **argv)
{
    arena *boot = arena_new(BOOT_BYTES_MAX);
    struct running *run = NEW(boot, struct running);
    const fault *problem = run_configure(run, boot, s, argc, argv);
    if (problem) {
        int code = refuse(s, problem, 2);
        arena_free(boot);
        return code;
    }
    loop_open();
    loop_on_signal(SIGTERM, run_stop, run);
    loop_on_signal(SIGINT, run_stop, run);
    fiber_measure_stacks(run->settings.measure_stacks);
    run->begin = (struct task){ .run = run_begin, .owner = run };
    loop_post(&run->begin);
    loop_run();
    int code = run->exit_code;
    site_release(&run->app.site);
    loop_close();
    log_flush();
    arena_free(boot);
    return code;
}

/* --- upstreams --- */

const fault *app_open_upstream(struct app *app, const char *name, str url, struct upstream **out)
{
    static const struct {
        const char *name;
        str url;
    } usual[] = {
        { "movies", { "http://127.0.0.1:3001", 21 } },
        { "rooms", { "http://127.0.0.1:3002", 21 } },
        { "reservations", { "http://127.0.0.1:3003", 21 } },
        { "analytics", { "http://127.0.0.1:3005", 21 } },
        { "analytics-flows", { "http://127.0.0.1:3005", 21 } },
        { "ingestion", { "http://127.0.0.1:3006", 21 } },
    };
    *out = NULL;
    if (str_equal(url, STR("none")))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(usual) && url.len == 0; i++)
        if (strcmp(usual[i].name, name) == 0)
            url = usual[i].url;
    TRY(upstream_open(app->boot, out, name, url, app->settings->service_token));
    if (app->upstream_count < COUNT_OF(app->upstreams))
        app->upstreams[app->upstream_count++] = *out;
    return NULL;
}
