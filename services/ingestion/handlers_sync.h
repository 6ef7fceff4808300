/* handlers_sync.h - POST /sync/{table}: what it takes and answers. */
#ifndef TAQUILLA_INGESTION_HANDLERS_SYNC_H
#define TAQUILLA_INGESTION_HANDLERS_SYNC_H

#include "lib/http/route.h"
#include "services/ingestion/sync/sync.h"

extern const struct shape ingestion_sync_order_shape;  /* the body, optional: last_sync_time */
extern const struct shape ingestion_sync_answer_shape; /* no envelope */

/* c->names[0] is the table. NOT_FOUND table_unknown; what sync_run says. */
const fault *ingestion_sync_answer(struct sync *s, struct call *c);

#endif
