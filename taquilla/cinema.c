/* cinema.c - finds or opens a cinema for a verb that fills it, and asks it questions. */
#include "taquilla/cinema.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/frame/settings.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/model_settings.h"
#include "taquilla/flags.h"
#include "taquilla/probe.h"
#include "taquilla/services.h"
#include "taquilla/token.h"

#define LOOPBACK "127.0.0.1"
#define READY_WITHIN_MS 20000
#define CLOSED_WITHIN_MS 15000
#define PROBE_TIMEOUT_MS 500
#define DEADLINE_MS 10000
#define OWN_PORT_FIRST 24000 /* below those that the kernel gives to connections */
#define OWN_PORT_BLOCKS 800
#define OWN_PORT_TRIES 5
#define SET_FREE_WITHIN_MS 5000 /* a cinema whose verb was killed closes by itself */

/* --- find --- */

static bool service_answers(int base, size_t i, const char *path)
{
    char room[4096];
    str body;
    return probe_get(LOOPBACK, base + services[i]->port - BASE_PORT, path, PROBE_TIMEOUT_MS, room, sizeof(room),
                     &body) == 200;
}

/* A store that was left half restored is closed to all but the next restore: its service answers and is not ready. */
static bool is_open(int base, bool closed_too)
{
    for (size_t i = 0; i < (closed_too ? GATEWAY_AT : GATEWAY_AT + 1); i++)
        if (!service_answers(base, i, closed_too ? "/health/live" : "/health/ready"))
            return false;
    return true;
}

static const fault *token_find(arena *a, struct cinema *c, const struct settings *shared)
{
    c->service_token = shared->service_token;
    if (c->service_token.len)
        return NULL;
    const char *path = arena_printf(a, "%s/service.token", c->data).at;
    if (c->addresses[0].at && access(path, R_OK) != 0)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "Set SERVICE_TOKEN: it is not at %s.", path);
    if (!c->own && access(path, R_OK) != 0)
        return fault_new(a, FAULT_INVALID, "token_unreadable",
                         "The cinema on port %d is open, but its token is not at %s: say where with --data DIR, or set "
                         "SERVICE_TOKEN.", c->base_port, path);
    return service_token_of(a, c->data, &c->service_token);
}

/* --- a place --- */

/* Where stores are, in every way in which it may be said. */
static bool says_where(const char *name)
{
    static const char *const beginnings[] = { "DATA_DIR",  "MOVIES_DATABASE",       "MONGODB_", "ROOMS_DATABASE", "MYSQL_",
                                              "POSTGRES_", "RESERVATIONS_DATABASE", "SPRING_",  "DB_" };
    for (size_t i = 0; i < COUNT_OF(beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static const fault *place_missing(arena *a, const char *place)
{
    return fault_new(a, FAULT_INVALID, "setting_invalid",
                     "%s is neither a data directory nor a file that says where stores are, as MOVIES_DATABASE_URL or DATA_DIR.",
                     place);
}

static const fault *file_take(arena *a, struct cinema *c, strs *said)
{
    strs pairs;
    size_t places = 0;
    TRY(settings_file_read(a, c->place, &settings_shape, &pairs));
    c->data = "./var";
    for (size_t i = 0; i < pairs.count; i++) {
        said->at[said->count++] = pairs.at[i];
        places += says_where(pairs.at[i].at);
        if (str_starts(pairs.at[i], STR("DATA_DIR=")))
            c->data = str_after(pairs.at[i], 9).at;
    }
    return places > 0 ? NULL : place_missing(a, c->place);
}

static void directory_take(arena *a, struct cinema *c, strs *said)
{
    static const char *const names[] = { "MOVIES", "ROOMS", "RESERVATIONS" };
    c->data = c->place;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        said->at[said->count++] = arena_printf(a, "%s_DATABASE_URL=sqlite:%s", names[i], c->place);
}

static const char *figures_aside(arena *a)
{
    const char *folder = getenv("TMPDIR");
    return arena_printf(a, "%s/taquilla-figures-%.*s", folder && *folder ? folder : "/tmp", STR_ARG(random_hex(a, 16))).at;
}

static void figures_remove(const char *folder)
{
    static const char *const files[] = { "analytics.db", "analytics.db-wal", "analytics.db-shm", "analytics.db.lock" };
    char path[PATH_MAX];
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* What the settings here say of other stores does not count. */
static const fault *place_take(arena *a, struct cinema *c)
{
    struct stat is;
    strs *said = &c->environment;
    said->at = NEW_ARRAY(a, str, 2 * settings_shape.count + GATEWAY_AT + 3);
    for (size_t i = 0; i < settings_shape.count; i++)
        if (says_where(settings_shape.fields[i].name))
            said->at[said->count++] = arena_printf(a, "%s=", settings_shape.fields[i].name);
    bool there = stat(c->place, &is) == 0;
    if (there && !S_ISDIR(is.st_mode)) {
        TRY(file_take(a, c, said));
    } else {
        size_t length = strlen(c->place);
        if (!there && length >= 4 && strcmp(c->place + length - 4, ".env") == 0)
            return place_missing(a, c->place);
        directory_take(a, c, said);
    }
    said->at[said->count++] = STR("REDIS_URL="); /* a side of a copy tells nobody what it holds */
    c->figures = figures_aside(a); /* nor adds up anything that stays, there or in a warehouse */
    said->at[said->count++] = arena_printf(a, "ANALYTICS_DATABASE_URL=sqlite:%s", c->figures);
    c->service_token = random_hex(a, 32);
    said->at[said->count++] = arena_printf(a, "SERVICE_TOKEN=%.*s", STR_ARG(c->service_token));
    return NULL;
}

/* --- open an own one --- */

static int free_ports(void)
{
    for (int tries = 0; tries < OWN_PORT_BLOCKS; tries++) {
        int base = OWN_PORT_FIRST + 10 * (int)random_below(OWN_PORT_BLOCKS);
        bool free = true;
        for (int i = 0; i < SERVICE_COUNT; i++)
            free &= port_is_free(LOOPBACK, base + services[i]->port - BASE_PORT);
        if (free)
            return base;
    }
    return 0;
}

/* It is there for this verb alone: it makes no backups by schedule and writes nothing to the cloud, which may be another's. The
 * next that is opened for itself makes up for it. */
static void copies_forget(arena *a, struct cinema *c)
{
    static const char *const also[] = { "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "BACKUP_DIR=" }; /* the first two mean nothing alone */
    size_t names = 0;
    while (ingestion_cloud_names[names])
        names++;
    strs said = { NEW_ARRAY(a, str, c->environment.count + names + COUNT_OF(also)), 0 };
    for (size_t i = 0; i < c->environment.count; i++)
        said.at[said.count++] = c->environment.at[i];
    for (size_t i = 0; i < names; i++)
        said.at[said.count++] = arena_printf(a, "%s=", ingestion_cloud_names[i]);
    for (size_t i = 0; i < COUNT_OF(also); i++)
        said.at[said.count++] = str_of(also[i]);
    c->environment = said;
}

/* In the child: `taquilla up`, which ends with us. */
static void become_up(const struct cinema *c, pid_t parent)
{
    char port[16];
    snprintf(port, sizeof(port), "%d", c->base_port);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (c->place)
        setpgid(0, 0); /* Ctrl-C is for the verb, which closes it */
    for (size_t i = 0; i < c->environment.count; i++) {
        str value = c->environment.at[i], said;
        char name[64];
        (void)str_cut(&value, '=', &said);
        snprintf(name, sizeof name, "%.*s", STR_ARG(said));
        setenv(name, value.at, 1);
    }
    if (getppid() == parent && dup2(c->log, STDOUT_FILENO) >= 0 && dup2(c->log, STDERR_FILENO) >= 0)
        execl("/proc/self/exe", "taquilla", "up", "--base-port", port, "--data", c->data, "--listen", LOOPBACK,
              (char *)NULL);
    _exit(1);
}

/* The last sentence for a person among what it said: services log in JSON, and `up` puts "name | " before each line. */
static str last_sentence(arena *a, int log)
{
    enum { TAIL_BYTES = 16384 };
    char *room = arena_take(a, TAIL_BYTES);
    off_t end = lseek(log, 0, SEEK_END), from = end > TAIL_BYTES ? end - TAIL_BYTES : 0;
    ssize_t got = pread(log, room, TAIL_BYTES, from);
    str rest = { room, got > 0 ? (size_t)got : 0 }, line, found = { NULL, 0 };
    if (from > 0) /* it may begin in the middle of a line */
        (void)str_cut(&rest, '\n', &line);
    while (str_cut(&rest, '\n', &line))
        if (line.len && !memmem(line.at, line.len, "| {", 3) && !str_starts(line, STR("up | ")))
            found = line;
    const char *name_end = found.at ? memmem(found.at, found.len, " | ", 3) : NULL;
    if (name_end)
        found = str_after(found, (size_t)(name_end - found.at) + 3);
    return found.at ? found : STR("It said nothing.");
}

static const fault *own_wait(arena *a, struct cinema *c)
{
    int64_t until_ms = clock_mono_ms() + READY_WITHIN_MS;
    while (!is_open(c->base_port, c->closed_too)) {
        int wait_status;
        if (waitpid(c->up, &wait_status, WNOHANG) == c->up) {
            c->up = 0;
            return fault_new(a, FAULT_INVALID, "cinema_refused", "The cinema in %s does not open. %.*s If it is open already, %s.",
                             c->place ? c->place : c->data, STR_ARG(last_sentence(a, c->log)),
                             c->place ? "close it first" : "name its first port with --base-port N");
        }
        if (clock_mono_ms() > until_ms)
            return fault_new(a, FAULT_UNAVAILABLE, "cinema_late", "The cinema in %s is not ready after %d s. %.*s", c->data,
                             READY_WITHIN_MS / 1000, STR_ARG(last_sentence(a, c->log)));
        usleep(5000);
    }
    return NULL;
}

static const fault *own_try(arena *a, struct cinema *c)
{
    c->base_port = free_ports();
    c->log = memfd_create("taquilla-up", MFD_CLOEXEC);
    if (!c->base_port || c->log < 0)
        return fault_internal(a, FAULT_UNAVAILABLE, "cinema_refused", "The machine has no free ports or memory.", "%s",
                              strerror(errno));
    pid_t parent = getpid();
    c->up = fork();
    if (c->up == 0)
        become_up(c, parent);
    if (c->up < 0) {
        c->up = 0;
        return fault_internal(a, FAULT_UNAVAILABLE, "cinema_refused", "The machine starts no more processes.", "%s",
                              strerror(errno));
    }
    return own_wait(a, c);
}

static bool says(const fault *problem, const char *words)
{
    return memmem(problem->sentence.at, problem->sentence.len, words, strlen(words)) != NULL;
}

/* A place is tried again for a moment while its stores are in use; other ports, when somebody took ours meanwhile. */
static const fault *own_open(arena *a, struct cinema *c)
{
    int64_t until_ms = clock_mono_ms() + SET_FREE_WITHIN_MS;
    copies_forget(a, c);
    for (int tries = 1;; tries++) {
        const fault *problem = own_try(a, c);
        bool port_lost = problem && (says(problem, "Cannot listen on") || says(problem, "needs, is taken"));
        bool in_use = problem && c->place && says(problem, "using the store") && clock_mono_ms() <= until_ms;
        if (!in_use && (!port_lost || tries == OWN_PORT_TRIES))
            return problem;
        cinema_close(c);
    }
}

static void addresses_take(arena *a, struct cinema *c, const struct settings *shared)
{
    const str said[] = { shared->movies_api_url, shared->rooms_api_url, shared->reservations_api_url };
    for (size_t i = 0; i < COUNT_OF(said); i++)
        c->addresses[i] = said[i].len ? said[i] : arena_printf(a, "http://" LOOPBACK ":%d", services[i]->port);
}

const fault *cinema_find(arena *a, struct cinema *c, const struct cinema_wishes *want)
{
    struct settings shared;
    *c = (struct cinema){ .log = -1, .base_port = base_port_of(want->base_port) };
    if (!c->base_port)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "No cinema can be there.");
    TRY(settings_read(a, &settings_shape, &shared));
    c->admin_token = shared.admin_token;
    c->data = want->data ? want->data : arena_cstr(a, shared.data_dir);
    if (want->by_addresses) {
        addresses_take(a, c, &shared);
        return token_find(a, c, &shared);
    }
    c->closed_too = want->closed_too;
    c->place = want->place;
    if (c->place) {
        c->own = true;
        TRY(place_take(a, c));
        return own_open(a, c);
    }
    c->own = want->open_own || !is_open(c->base_port, c->closed_too);
    if (c->own && want->only_running)
        return fault_new(a, FAULT_UNAVAILABLE, "cinema_away", "No cinema answers on port %d.", c->base_port);
    TRY(token_find(a, c, &shared));
    return c->own ? own_open(a, c) : NULL;
}

void cinema_close(struct cinema *c)
{
    int64_t until_ms = clock_mono_ms() + CLOSED_WITHIN_MS;
    if (c->up)
        kill(c->up, SIGTERM);
    while (c->up && waitpid(c->up, NULL, WNOHANG) == 0) {
        if (clock_mono_ms() > until_ms)
            kill(c->up, SIGKILL);
        usleep(2000);
    }
    c->up = 0;
    if (c->log >= 0)
        close(c->log);
    c->log = -1;
    if (c->figures)
        figures_remove(c->figures);
}

/* --- ask --- */

const fault *cinema_connect(arena *a, struct cinema *c)
{
    struct upstream **const each[] = { &c->movies, &c->rooms, &c->reservations, &c->gateway };
    bool addressed = c->addresses[0].at != NULL;
    for (size_t i = 0; i < (addressed ? COUNT_OF(c->addresses) : COUNT_OF(each)); i++) {
        str url = addressed ? c->addresses[i]
                            : arena_printf(a, "http://" LOOPBACK ":%d", c->base_port + services[i]->port - BASE_PORT);
        TRY(upstream_open(a, each[i], services[i]->name, url, c->service_token));
    }
    return NULL;
}

void cinema_disconnect(struct cinema *c)
{
    struct upstream *const each[] = { c->gateway, c->reservations, c->rooms, c->movies };
    for (size_t i = 0; i < COUNT_OF(each); i++)
        if (each[i])
            upstream_close(each[i]);
}

struct envelope {
    struct raw_json data;
    str error, code;
};

static const struct field envelope_fields[] = {
    FIELD(struct envelope, data, "data", .nullable = true, .optional = true),
    FIELD(struct envelope, error, "error", .nullable = true, .optional = true),
    FIELD(struct envelope, code, "code", .nullable = true, .optional = true),
};
static const struct shape envelope_shape = SHAPE(envelope, envelope_fields);

const fault *cinema_token_refused(const struct cinema *c, arena *a)
{
    return fault_new(a, FAULT_INVALID, "token_unreadable",
                     "The cinema on port %d does not take the token of %s: name its directory with --data DIR, or set "
                     "SERVICE_TOKEN.", c->base_port, c->data);
}

const fault *cinema_ask(const struct cinema *c, struct upstream *u, arena *a, const struct question *q, str *data,
                        int *status)
{
    struct header headers[2] = { { STR("Content-Type"), STR("application/json") } };
    struct outgoing want = { .method = q->method, .target = q->target, .body = q->body, .internal = q->internal,
                             .headers = headers, .header_count = 1,
                             .deadline_ms = q->deadline_ms ? q->deadline_ms : DEADLINE_MS };
    struct message *answer = NEW(a, struct message);
    struct envelope found = { 0 };
    if (!q->internal && c->admin_token.len)
        headers[want.header_count++] = (struct header){
            STR("Authorization"), arena_printf(a, "Bearer %.*s", STR_ARG(c->admin_token)) };
    TRY(upstream_call(u, a, &want, answer));
    if (status)
        *status = answer->status;
    if (q->internal && (answer->status == 401 || answer->status == 403))
        return cinema_token_refused(c, a);
    if (json_read(a, answer->body, &envelope_shape, &found))
        return fault_new(a, FAULT_UNAVAILABLE, "answer_strange", "%s answered %d with something that is not ours.",
                         upstream_name(u), answer->status);
    if (answer->status >= 400)
        return fault_new(a, answer->status >= 500 ? FAULT_UNAVAILABLE : FAULT_INVALID, arena_cstr(a, found.code),
                         "%.*s", STR_ARG(found.error));
    *data = found.data.text;
    return NULL;
}

/* --- visit --- */

struct visit {
    struct cinema *cinema;
    arena *a;
    cinema_task *task;
    void *arg;
    const fault *problem;
};

static void visit_run(void *arg)
{
    struct visit *v = arg;
    v->problem = cinema_connect(v->a, v->cinema);
    if (!v->problem)
        v->problem = v->task(v->cinema, v->a, v->arg);
    cinema_disconnect(v->cinema);
    loop_stop();
}

const fault *cinema_visit(struct cinema *c, arena *a, cinema_task *task, void *arg)
{
    struct visit v = { .cinema = c, .a = a, .task = task, .arg = arg };
    signal(SIGPIPE, SIG_IGN);
    loop_open();
    if (fiber_start("visit", visit_run, &v))
        loop_run();
    loop_close();
    return v.problem;
}
