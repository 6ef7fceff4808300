/* service.h - what every service has: start-up from settings, health, metrics, docs, drain; the rest is its table. */
#ifndef TAQUILLA_FRAME_SERVICE_H
#define TAQUILLA_FRAME_SERVICE_H

#include "lib/frame/settings.h"
#include "lib/http/client.h"
#include "lib/http/server.h"

struct app;

/* One named part of /health. */
struct health_check {
    const char *name;              /* "store", "rooms" */
    bool away;                     /* filled by run */
    int64_t age_s;                 /* since it was last seen well */
    const void *arg;
    void (*run)(struct health_check *check, struct app *app);
    bool needed;                   /* away makes the service unhealthy (503) and unready */
};

struct service {
    const char *name;              /* "movies" */
    const char *health_name;       /* "movies-api" */
    const char *title, *about;     /* for the API description */
    int port;
    const struct route *routes;    /* ended by a route without path */
    const struct shape *settings;  /* its own settings beside the shared ones; NULL: none */
    size_t settings_size;
    enum error_style errors;
    bool null_members;
    /* Opens stores, upstreams, followers; puts its struct into app->service and health checks into app->checks. A fiber
     * is running when it is called, so it may wait. */
    const fault *(*open)(struct app *app);
    void (*close)(struct app *app);
    int64_t (*position)(void *service);
    /* Adds its own lines to /metrics. */
    void (*metrics)(struct app *app, struct buf *out);
};

struct app {
    const struct service *of;
    arena *boot;                   /* lives as long as the process */
    const struct settings *settings;
    const void *own;               /* the service's own settings struct */
    void *service;                 /* what open made */
    struct site site;
    struct health_check checks[8];
    size_t check_count;
    instant started;
};

/* Runs one service until SIGTERM or SIGINT; the process's exit code. Flags: --port N, --listen ADDR, --data DIR. */
int service_run(const struct service *s, int argc, char **argv);

/* The OpenAPI 3.1 document of a service, from its tables. */
void openapi_write(const struct service *s, struct buf *out);

/* Adds a health check for an upstream by its breaker and last answer. */
void app_check_upstream(struct app *app, const char *name, struct upstream *u, bool needed);
/* http://127.0.0.1:PORT unless the setting says otherwise; no text when the setting is "none". */
const fault *app_open_upstream(struct app *app, const char *name, str url, struct upstream **out) MUST_CHECK;

#endif
