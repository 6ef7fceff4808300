/* site.h - what the files of the site layer share with each other and with nobody else. */
#ifndef TAQUILLA_HTTP_SITE_H
#define TAQUILLA_HTTP_SITE_H

#include "lib/http/route.h"

struct node; /* of the tree of path segments: route.c */

#define ONCE_BUCKETS 256

struct site_inside {
    arena *arena;
    struct node *root;
    size_t route_count;
    str *log_members; /* one a route, in table order: what lines of its own method have in common */
    struct under_way *under_way[ONCE_BUCKETS]; /* Idempotency-Keys whose request runs now */
    char id_prefix[9];                         /* of the request ids made here: random, new each start */
    uint32_t ids_made;
};

/* --- route.c --- */

#define PATH_PARTS_MAX (2 * PATH_VALUES_MAX)

/* How a path was read: `route` is NULL when no resource is there or it does not take the method. */
struct match {
    const struct route *route;
    size_t index;               /* of the route, in table order */
    const struct node *resource; /* the most specific one that has this path */
    str parts[PATH_PARTS_MAX];  /* texts of {..} in order */
    bool numeric[PATH_PARTS_MAX];
    size_t part_count;
};

void route_tree_build(struct site *site);
struct match route_match(const struct site_inside *inside, enum method method, str path);
/* "GET, HEAD, OPTIONS" of a resource. */
str route_allowed(arena *a, const struct node *resource);
bool route_resource_internal(const struct node *resource); /* every route of it is ACCESS_INTERNAL */

/* --- site.c --- */

/* Headers that every answer has beside its handler's own. When its status stands, once. */
void site_dress(struct call *c);

/* --- access.c --- */

const fault *access_check_host(const struct site *site, arena *a, const struct message *request) MUST_CHECK;
/* Fills c->admin and c->internal. */
void access_read(struct call *c);
/* Judges the route's access by them, Origin included. */
const fault *access_check(struct call *c) MUST_CHECK;
/* The host of "name:port", "[::1]:port" without its port, brackets kept. */
str host_without_port(str host);

/* --- cors.c --- */

bool cors_origin_allowed(const struct site *site, str origin);
/* Headers of an answer that a page of another origin may read. */
void cors_answer(struct call *c);
/* The answer to OPTIONS. */
void cors_preflight(struct call *c, str allowed_methods);

/* --- once.c --- */

/* A key whose request runs; lives in the frame of site_answer. */
struct under_way {
    str scope, key;
    struct under_way *next;
    unsigned bucket;
    bool listed;
};

/* Reads the Idempotency-Key of a POST into c->once. MALFORMED idempotency_key_invalid. */
const fault *once_read(struct call *c, struct once *room) MUST_CHECK;
/* CONFLICT idempotency_in_progress while another request with this key runs. */
const fault *once_enter(struct call *c, struct under_way *mine) MUST_CHECK;
void once_leave(struct call *c, struct under_way *mine);

/* --- etag.c --- */

/* ETag of a 200 to GET, and 304 where the client has it. */
void etag_answer(struct call *c);

#endif
