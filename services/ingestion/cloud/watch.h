/* watch.h - is the cloud there? Asked when somebody asks for our health, at most every WATCH_EVERY_MS. */
#ifndef TAQUILLA_INGESTION_WATCH_H
#define TAQUILLA_INGESTION_WATCH_H

#include "services/ingestion/cloud/cloud.h"

enum watched { WATCHED_S3, WATCHED_DYNAMODB, WATCHED_RDS };
#define WATCHED 3

#define WATCH_EVERY_MS 10000
#define WATCH_WAIT_MS 3000 /* for the answers, when they are too old */

struct watch_state {
    bool used, well;
    str message;      /* of the last answer: a sentence without secrets */
    int64_t well_ms;  /* loop time of the last good one; 0: none */
};

struct cloud_watch {
    const struct cloud *cloud;
    bool rds;                /* RDS_ENDPOINT is set */
    struct watch_state of[WATCHED];
    arena *now, *last;       /* of the messages */
    int64_t asked_ms;        /* loop time; 0: never */
    bool asking, closing;
};

void cloud_watch_open(struct cloud_watch *w, const struct cloud *c, bool rds);
/* Asks when the last answers are older than WATCH_EVERY_MS, and parks until the new ones are there or WATCH_WAIT_MS passed. */
void cloud_watch_look(struct cloud_watch *w);
void cloud_watch_close(struct cloud_watch *w); /* waits for the end of a question; fibers only */

#endif
