/* cinema.h - a running cinema to talk to: one that is open already, or one opened just for this. */
#ifndef TAQUILLA_CINEMA_H
#define TAQUILLA_CINEMA_H

#include <sys/types.h>

#include "lib/http/client.h"

struct cinema_wishes {
    const char *base_port; /* NULL: the usual one */
    const char *data;      /* NULL: by the settings */
    bool open_own;         /* never one that is open already */
    bool only_running;     /* never an own one */
    bool closed_too;       /* also one that is closed by a restore that broke off; only its owners need to answer */
    const char *place;     /* own, and nowhere but there: a data directory, or a file that names its stores as .env does */
    bool by_addresses;     /* owners where MOVIES_API_URL and so on say; they are not looked for, and there is no gateway */
};

struct cinema {
    int base_port;
    const char *data;
    bool own, closed_too;  /* opened by us; as wished */
    str service_token, admin_token;
    const char *place;     /* as wished */
    strs environment;      /* of an own one at a place: what makes it open there and nowhere else */
    const char *figures;   /* where the sums of such a one lie; they go when it closes. NULL: where they always are */
    str addresses[3];      /* of movies, rooms, reservations: by_addresses alone */
    struct upstream *movies, *rooms, *reservations, *gateway; /* by cinema_connect */

    pid_t up;
    int log;               /* what an own one said */
};

/* Finds the cinema, or opens one on free ports and waits until it is ready. Before the loop. INVALID: a sentence that says
 * what is in the way. */
const fault *cinema_find(arena *a, struct cinema *c, const struct cinema_wishes *want) MUST_CHECK;
/* Closes an own one and waits for its end. After the loop. */
void cinema_close(struct cinema *c);

/* Opens the upstreams. Fibers only, as all below. */
const fault *cinema_connect(arena *a, struct cinema *c) MUST_CHECK;
void cinema_disconnect(struct cinema *c);

/* One question, with the admin's token when one is set, or the services' own. *data is the member `data` as it stands. A refusal
 * is a fault of the same code with its sentence; *status (may be NULL) tells the status either way. */
struct question {
    enum method method;
    str target, body;
    bool internal;
    int64_t deadline_ms; /* 0: 10 s */
};
const fault *cinema_ask(const struct cinema *c, struct upstream *u, arena *a, const struct question *q, str *data,
                        int *status) MUST_CHECK;

/* What to say when it does not take our token. */
const fault *cinema_token_refused(const struct cinema *c, arena *a) MUST_CHECK;

/* Runs task(c, arg) in a fiber of a loop of its own, connected; its fault is the result. */
typedef const fault *cinema_task(struct cinema *c, arena *a, void *arg);
const fault *cinema_visit(struct cinema *c, arena *a, cinema_task *task, void *arg) MUST_CHECK;

#endif
