/* service.h - what every service has: start-up from settings, health, metrics, docs, drain; the rest is its table. */
#ifndef TAQUILLA_FRAME_SERVICE_H
#define TAQUILLA_FRAME_SERVICE_H

#include "lib/frame/settings.h"
#include "lib/http/client.h"
#include "lib/http/server.h"

struct app;
struct schema_seen; /* lib/db/schema.h */

/* One named part of /health. */
struct health_check {
    const char *name;              /* "store", "rooms" */
    bool away;                     /* filled by run */
    int64_t age_s;                 /* since it was last seen well */
    const void *arg;
    int64_t asked_ms, well_ms;     /* loop time; kept by app_check_upstream's run */
    const struct breaker *breaker; /* of an upstream; NULL: it is none */
    void (*run)(struct health_check *check, struct app *app);
    bool needed;                   /* away makes the service unhealthy (503) and unready */
    bool matters;                  /* away makes it unhealthy, and it stays ready: nobody mends that by taking it away */
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
    /* SIGTERM came and no answer may wait any longer: long polls are answered now, followers stop. Before the server
     * drains; not in a fiber. NULL: nothing to do. */
    void (*drain)(struct app *app);
    int64_t (*position)(void *service);
    /* A restore runs: all but health, metrics, export and restore is 503, and the service is not ready. NULL: never. */
    bool (*closed)(void *service);
    /* Adds its own members to /health, a comma before each; NULL: none. */
    void (*health)(struct app *app, struct buf *out);
    const struct shape *health_gives; /* those members, for the API description */
    /* The migrations of the store that the settings choose, looked at without changing it; in a fiber. NULL: it has no store. */
    const fault *(*schema)(arena *a, const struct settings *set, struct schema_seen *out);
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
    struct upstream *upstreams[8]; /* opened by app_open_upstream; their breakers are in /metrics */
    size_t upstream_count;
    instant started;
    str description, description_etag; /* /openapi.json: written when it is first asked for */
    bool stopping;                 /* SIGTERM came: not ready any more */
};

extern const char taquilla_version[];

/* Runs one service until SIGTERM or SIGINT; the process's exit code: 0, 1 when the service could not start, 2 when a
 * flag or setting is wrong (one sentence on standard error). Flags: --port N (0: any free one), --listen ADDR,
 * --data DIR; a first argument that is no flag is the verb and passed over. Ends too when the pipe whose descriptor
 * the environment names in TAQUILLA_PARENT_PIPE is closed at its other end. */
int service_run(const struct service *s, int argc, char **argv);

/* The OpenAPI 3.1 document of a service, from its tables. */
void openapi_write(const struct service *s, struct buf *out);
int openapi_print(const struct service *s); /* to standard output, for `taquilla openapi SERVICE`; 0 */
void routes_print(const struct service *s); /* service, method, path, who may ask: a line each, to standard output */
int codes_print(void);                      /* docs/errors.md, for `taquilla errors`; 0 */

/* Adds a health check for an upstream, by its breaker and by asking its /health/live at most every 2 s. */
void app_check_upstream(struct app *app, const char *name, struct upstream *u, bool needed);
/* Opens the service `name` at url; without one at 127.0.0.1 and its usual port. *out is NULL when url is "none": the
 * cinema does without that service. */
const fault *app_open_upstream(struct app *app, const char *name, str url, struct upstream **out) MUST_CHECK;

#endif
