/* items_send.h - batches of items on their way to DynamoDB: whenever one has arrived the next may be filled, so that ITEMS_AT_ONCE are
 * always under way, and never more of them in memory. Fibers only, and all calls from one. */
#ifndef TAQUILLA_INGESTION_ITEMS_SEND_H
#define TAQUILLA_INGESTION_ITEMS_SEND_H

#include "lib/aws/dynamodb.h"
#include "services/ingestion/dynamodb/items_load.h"
#include "services/ingestion/dynamodb/items_mark.h"

struct items_batch {
    arena *a;                 /* of its items, and of what is read to make them */
    str at[DYNAMODB_BATCH_MAX];
    size_t count;
    int64_t live;             /* of them: no tombstones */
    struct items_sending *of; /* while it is filled or under way */
    size_t bytes;             /* as counted in of->bytes */
    struct items_mark before; /* of->sent when it was begun */
};

struct items_sending {
    const struct items_order *want;
    str table;
    arena *a;                 /* for faults */
    struct items_batch batches[ITEMS_AT_ONCE];
    size_t under_way, bytes;  /* sent and not answered; their arenas together */
    struct fiber *waiting;    /* for one of them, or for all */
    const fault *problem;     /* the first; nothing more is sent then */
    struct items_mark sent;   /* in the order in which they were begun; the caller sets it for a table */
    int64_t written, tombstones; /* that have arrived */
};

void items_sending_open(struct items_sending *s, arena *a, const struct items_order *want);
void items_sending_close(struct items_sending *s); /* waits for what is under way */

/* One without items, when there is room: parks. UNAVAILABLE backup_stopped, or what an earlier one has come to. It must be sent. */
const fault *items_batch_begin(struct items_sending *s, struct items_batch **out) MUST_CHECK;
bool items_batch_is_full(const struct items_batch *b); /* by number, or by bytes */
const fault *items_batch_send(struct items_sending *s, struct items_batch *b) MUST_CHECK; /* parks no longer than a turn of the loop */
/* All that was sent up to there has arrived; only while there is no problem. */
struct items_mark items_arrived(const struct items_sending *s);
/* Until all have arrived; else the first fault, of lib/aws. */
const fault *items_sent_await(struct items_sending *s) MUST_CHECK;

#endif
