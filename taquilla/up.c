/* up.c - the whole cinema: starts the services, watches them, starts again what dies, stops all in order. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "taquilla/child.h"
#include "taquilla/console.h"
#include "taquilla/flags.h"
#include "taquilla/probe.h"
#include "taquilla/token.h"
#include "taquilla/verbs.h"

#define LOOPBACK "127.0.0.1"
#define GATEWAY_WAITS_MS 3000 /* for its owners; then it starts without them and says 503 for what is theirs */
#define HURRY_AFTER_MS 500
#define STOP_NEXT_MS 2000     /* a service that takes longer to stop no longer holds up the next */
#define STOP_DEADLINE_MS 9500 /* a service gives itself 8 s to answer what is under way */

/* In the order of `services`. They are stopped the other way round: who asks ends before who answers. */
static struct {
    struct child children[SERVICE_COUNT];
    int signals;
    int64_t started_ms;
    bool announced;
    bool stopping, hurry;
    int64_t stopping_ms; /* since when */
    int exit_code;
    int64_t asked_to_stop_ms[SERVICE_COUNT]; /* 0: not yet */
} up;

#define GATEWAY (&up.children[GATEWAY_AT])

/* --- before the start --- */

struct wishes {
    const char *base_port, *data, *listen;
};

/* MOVIES_API_URL and so on: whoever asks another service finds it there. */
static const fault *say_addresses(arena *a, int base)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s_API_URL", services[i]->name);
        for (char *at = name; *at; at++)
            *at = (char)toupper((unsigned char)*at);
        str url = arena_printf(a, "http://" LOOPBACK ":%d", base + services[i]->port - BASE_PORT);
        if (setenv(name, arena_cstr(a, url), 1) != 0)
            return fault_new(a, FAULT_INTERNAL, "environment_full", "The environment takes no more.");
    }
    return NULL;
}

/* Reads the shared settings, so that a wrong one is told once and not by every service. */
static const fault *prepare(arena *a, const struct wishes *want, int base)
{
    struct settings shared;
    str token;
    TRY(settings_read(a, &settings_shape, &shared));
    TRY(clock_set_zone(a, shared.time_zone.at ? arena_cstr(a, shared.time_zone) : NULL));
    const char *data = want->data ? want->data : arena_cstr(a, shared.data_dir);
    const char *listen = want->listen ? want->listen : arena_cstr(a, shared.listen);
    token = shared.service_token;
    if (token.len == 0)
        TRY(service_token_of(a, data, &token));
    if (setenv("SERVICE_TOKEN", arena_cstr(a, token), 1) != 0)
        return fault_new(a, FAULT_INTERNAL, "environment_full", "The environment takes no more.");
    TRY(say_addresses(a, base));
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        up.children[i] = (struct child){ .of = services[i], .data = data, .listen = LOOPBACK, .output = -1, .life = -1,
                                         .port = base + services[i]->port - BASE_PORT };
    GATEWAY->listen = listen;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (!port_is_free(up.children[i].listen, up.children[i].port))
            return fault_new(a, FAULT_INVALID, "listen_failed",
                             "Port %d, which %s needs, is taken: is a cinema open already? Others are chosen with "
                             "--base-port N.", up.children[i].port, services[i]->name);
    return NULL;
}

static bool signals_open(void)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGUSR1);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);
    up.signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    return up.signals >= 0;
}

/* --- while it runs --- */

static void stop_all(int exit_code)
{
    if (up.stopping)
        return;
    up.stopping = true;
    up.stopping_ms = clock_mono_ms();
    up.exit_code = exit_code;
}

static void start(struct child *c)
{
    if (child_start(c))
        return;
    console_say("%s cannot be started: %s", c->of->name, strerror(errno));
    c->again_ms = clock_mono_ms() + 1000;
}

static void reap(void)
{
    int wait_status;
    for (pid_t pid; (pid = waitpid(-1, &wait_status, WNOHANG)) > 0;) {
        for (size_t i = 0; i < SERVICE_COUNT; i++) {
            struct child *c = &up.children[i];
            if (c->pid != pid)
                continue;
            child_ended(c, wait_status);
            if (c->refused && !up.stopping) {
                fprintf(stderr, "%s\n", c->sentence[0] ? c->sentence : "taquilla: a service refused its settings.");
                stop_all(2);
            }
        }
    }
}

static void signals_read(void)
{
    struct signalfd_siginfo info;
    while (read(up.signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        int signo = (int)info.ssi_signo;
        if (signo == SIGCHLD) {
            reap();
        } else if (signo == SIGUSR1) {
            for (size_t i = 0; i < SERVICE_COUNT; i++)
                child_signal(&up.children[i], SIGUSR1);
        } else {
            /* Asked again: nothing is waited for. One press of a key may come as two signals, by way of a shell. */
            up.hurry |= up.stopping && clock_mono_ms() - up.stopping_ms > HURRY_AFTER_MS;
            stop_all(0);
        }
    }
}

static bool owners_ready(void)
{
    for (size_t i = 0; i < GATEWAY_AT; i++)
        if (!up.children[i].ready)
            return false;
    return true;
}

static void start_those_due(int64_t now_ms)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        struct child *c = &up.children[i];
        if (c->pid || (c->again_ms && now_ms < c->again_ms))
            continue;
        if (!c->again_ms && c == GATEWAY && !owners_ready() && now_ms - up.started_ms < GATEWAY_WAITS_MS)
            continue;
        start(c);
    }
}

static void announce(void)
{
    char host[URL_HOST_MAX], said[URL_HOST_MAX + 64];
    if (up.announced || !owners_ready() || !GATEWAY->ready)
        return;
    int length = snprintf(said, sizeof(said), "Taquilla is open: http://%.*s:%d",
                          STR_ARG(url_host(host, probe_address(GATEWAY->listen))), GATEWAY->port);
    console_line(NULL, (str){ said, (size_t)length });
    up.announced = true;
}

static void attend(int64_t now_ms)
{
    start_those_due(now_ms);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        child_probe(&up.children[i]);
    announce();
}

/* --- the end --- */

static void stop_step(int64_t now_ms)
{
    for (size_t i = SERVICE_COUNT; i-- > 0;) {
        struct child *c = &up.children[i];
        int64_t *asked_ms = &up.asked_to_stop_ms[i];
        if (!c->pid)
            continue;
        if (!*asked_ms) {
            *asked_ms = now_ms;
            child_signal(c, SIGCONT); /* one that was halted shall hear the next */
            child_signal(c, SIGTERM);
        }
        if (up.hurry || now_ms - *asked_ms >= STOP_DEADLINE_MS)
            child_signal(c, SIGKILL);
        else if (now_ms - *asked_ms < STOP_NEXT_MS)
            return; /* the next one when this is gone */
    }
}

static bool all_gone(void)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (up.children[i].pid)
            return false;
    return true;
}

/* --- the turn --- */

/* How long nothing needs to be looked at. */
static int turn_sleep_ms(void)
{
    int64_t now = clock_mono_ms(), sleep_ms = up.stopping ? 50 : 60000;
    for (size_t i = 0; i < SERVICE_COUNT && !up.stopping; i++) {
        const struct child *c = &up.children[i];
        int64_t left = c->pid ? (c->ready ? sleep_ms : 10) : c->again_ms ? c->again_ms - now : 10;
        if (left < sleep_ms)
            sleep_ms = left > 0 ? left : 0;
    }
    return (int)sleep_ms;
}

static void turn(void)
{
    struct pollfd fds[SERVICE_COUNT + 2] = { { .fd = up.signals, .events = POLLIN } };
    for (size_t i = 0; i < SERVICE_COUNT; i++) /* a negative descriptor is passed over */
        fds[1 + i] = (struct pollfd){ .fd = up.children[i].output, .events = POLLIN };
    fds[1 + SERVICE_COUNT] = (struct pollfd){ .fd = console_waits() ? STDOUT_FILENO : -1, .events = POLLOUT };
    poll(fds, COUNT_OF(fds), turn_sleep_ms());
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (fds[1 + i].revents)
            child_read_output(&up.children[i]);
    if (fds[0].revents)
        signals_read();
    if (up.stopping)
        stop_step(clock_mono_ms());
    else
        attend(clock_mono_ms());
    console_flush();
}

int up_run(int argc, char **argv)
{
    struct wishes want = { 0 };
    const struct flag known[] = {
        { "--base-port", &want.base_port }, { "--data", &want.data }, { "--listen", &want.listen }
    };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    int base = base_port_of(want.base_port);
    if (!base)
        return 2;
    arena *a = arena_new((size_t)1024 * 1024);
    MUST(prepare(a, &want, base));
    if (!signals_open()) {
        perror("taquilla up: signals");
        return 1;
    }
    up.started_ms = clock_mono_ms();
    while (!(up.stopping && all_gone()))
        turn();
    console_finish();
    arena_free(a);
    return up.exit_code;
}
