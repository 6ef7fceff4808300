/* model_services.h - how the six services are: what each says of itself, and how far it is behind the logs it follows. Pure: no I/O. */
#ifndef TAQUILLA_GATEWAY_MODEL_SERVICES_H
#define TAQUILLA_GATEWAY_MODEL_SERVICES_H

#include "lib/json/shape.h"

/* --- what a service says, at its /health --- */

struct check_told {
    str status, breaker; /* no breaker: it is no service */
    int64_t age_s;
};
/* Whatever a service of ours may check, by name. */
struct checks_told {
    struct check_told *store, *redis, *movies, *rooms, *reservations, *analytics, *ingestion, *s3, *dynamodb, *rds, *backup;
};
struct feed_told {
    str owner;
    int64_t position, age_s;
    bool in_touch;
};
struct health_told {
    str status, version;
    struct checks_told *checks;
    int64_t position; /* INTEGER_NONE: it keeps no log */
    list feeds;       /* of struct feed_told */
};
extern const struct shape health_told_shape;

/* --- what the owner of the house is told --- */

#define SERVICES 6

struct service_check {
    str name, status, breaker;
    int64_t age_s;
};
struct service_feed {
    str owner;
    int64_t position, lag; /* lag: events; INTEGER_NONE: its owner does not say how long its log is */
    int64_t age_s;
    bool in_touch;
};
struct service_seen {
    str name, status, version; /* "away": it gave no answer */
    int64_t took_ms;
    int64_t position;
    list checks, feeds; /* of struct service_check, service_feed */
};
extern const struct shape service_seen_shape;

/* What it says becomes what is told of it; its feeds have no lag yet. */
void service_take(arena *a, const struct health_told *told, struct service_seen *out);
/* How far each is behind, by the positions that the others told. `all`: SERVICES of them. */
void services_compare(struct service_seen *all);

#endif
