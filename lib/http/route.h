/* route.h - an API as one table, and the site that serves it. */
#ifndef TAQUILLA_HTTP_ROUTE_H
#define TAQUILLA_HTTP_ROUTE_H

#include "lib/http/call.h"
#include "lib/http/load.h"

/* Who may ask, once ADMIN_TOKEN is set (contract.md section 1). */
enum access {
    ACCESS_BY_METHOD, /* reads: anyone; writes: ADMIN_TOKEN. What a route has when it says nothing */
    ACCESS_ANYONE,    /* also writes: POST users, reservations, payments, book-ticket */
    ACCESS_ADMIN,     /* reads too: lists of users, reservations, payments */
    ACCESS_CODE,      /* ADMIN_TOKEN or the reservation's accessCode; the handler compares: see c->admin */
    ACCESS_OPERATOR,  /* ADMIN_TOKEN; while none is set, only from this machine: ingestion */
    ACCESS_INTERNAL,  /* SERVICE_TOKEN only, never with an Origin, no CORS: /feed, /export, /internal, /metrics */
};

struct route {
    enum method method;       /* GET also serves HEAD */
    const char *path;         /* "/api/rooms/{id}/seats"; {*key} any text; {**rest} last, the rest */
    handler *run;
    const struct shape *takes; /* body; NULL: read, bounded and ignored */
    const struct shape *gives; /* data of the answer, for the description */
    const char *summary;       /* one line for the docs; NULL: not in the description */
    const struct shape *query;
    const char *header;        /* one that it reads beside those that all read, for the description; NULL: none */
    bool (*kept)(struct call *c); /* asked before query and body are read: true, it gave again what it had for this very target */
    enum access access;
    enum worth worth;          /* how long it is answered while more is asked than can be; unsaid: worth_usual */
    bool body_optional;        /* none or {} is fine */
    bool body_passed;          /* gateway: takes only describes the body, its owner reads it */
    bool gives_list;
    bool gives_page;
    bool gives_sentence;       /* data is one text */
    bool plain;                /* no envelope */
    const char *const *takes_content; /* content types of a body that is no JSON, NULL-terminated, for the description; the handler reads it */
    const char *const *gives_content; /* likewise of an answer: no envelope */
    const char *streams;       /* the content type of an answer that is streamed as it comes: no envelope, no ETag */
    bool any_method;           /* gateway: every method comes here */
    bool redirects;            /* answers 308 */
    bool when_closed;          /* answers also while the site is closed: health, metrics, export, restore */
    int status;                /* of success, for the description; 0: 200 */
    int also_status;           /* another one of success: 202 where the rest follows later */
    const char *const *faults; /* codes it can answer, NULL-terminated, for the description */
};

enum error_style {
    ERRORS_PLAIN,   /* details: {"field":["sentence"]} */
    ERRORS_MOVIES,  /* details: {"field":{"message","path","kind"}} */
};

/* One server's worth of behaviour, filled by lib/frame from the settings. */
struct site {
    const char *name;               /* "movies": in Taquilla-Position and the log */
    const struct route *const *tables; /* NULL-terminated list of tables, each ended by a route without path */
    void *service;
    enum error_style errors;
    bool null_members;              /* "message":null,"error":null beside data: reservations */
    int64_t (*position)(void *service); /* of the log; 0 or NULL: no Taquilla-Position */
    str admin_token, service_token; /* no text: not set */
    strs cors_origins;              /* "*" may be among them */
    strs public_hosts;
    /* May this request be answered now? Asked when its route, c->admin and c->internal are known (c->route NULL: no such address),
     * before anything is judged; it may add headers to the answer. NULL: any may. */
    const fault *(*admit)(struct call *c);
    struct load load;               /* what is refused while too much is asked */
    bool draining;                  /* answers close their connection */
    bool (*closed)(void *service);  /* a restore runs: 503 restore_running but for the routes above; NULL: never */
    /* statistics, read by /metrics */
    struct route_stats *stats;      /* one a route, in table order */
    uint64_t requests_by_class[6];
    uint64_t connections_open, connections_total; /* kept by the server */
    uint64_t requests_in_flight;                  /* kept by site_answer */
    struct site_inside *inside;     /* what site_compile made of the tables */
};

struct route_stats {
    const struct route *route;
    uint64_t count, errors_5xx, us_total;
    uint64_t by_class[6]; /* [2]: answers 200..299 */
    uint64_t us_buckets[10]; /* le 100 us, 300, 1 ms, 3, 10, 30, 100, 300 ms, 1 s, inf */
};

/* Compiles the tables (must be called once, before serving) into an arena of the site's own. */
void site_compile(struct site *site);
void site_release(struct site *site); /* gives that arena back */
size_t site_route_count(const struct site *site); /* of stats */

/* Answers one request; runs in a fiber. c->arena and c->request are set, all else is zero. Never fails: faults are
 * answers too. */
void site_answer(struct site *site, struct call *c);

/* Writes the error body and status of a fault into c; c->site and c->request may be NULL (a head that could not be
 * read). The status is the kind's; 408, 431 and others that no kind has are the code's, in lib/http/codes.c. */
void answer_fault(struct call *c, const fault *problem);
/* Of a route that does not say it, or of none (NULL). */
enum worth worth_usual(const struct route *r, enum method m);
int fault_status(enum fault_kind kind);
const char *status_title(int status); /* "Conflict" */

#endif
