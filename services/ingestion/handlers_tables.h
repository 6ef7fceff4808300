/* handlers_tables.h - what is in DynamoDB, as routes answer it. */
#ifndef TAQUILLA_INGESTION_HANDLERS_TABLES_H
#define TAQUILLA_INGESTION_HANDLERS_TABLES_H

#include "lib/http/route.h"
#include "services/ingestion/cloud/cloud.h"

extern const char *const cloud_table_names[CLOUD_TABLES]; /* the short ones: "movies", "rooms", "reservations", "users" */

extern const struct shape ingestion_items_query_shape; /* limit, index, key */
extern const struct shape ingestion_tables_shape;      /* both without envelope; the second's items are any object */
extern const struct shape ingestion_items_shape;

/* GET /dynamodb/tables: item_count is DynamoDB's own, up to six hours old, and counts tombstones; 0 and NOT_FOUND where there is none. */
const fault *ingestion_tables_answer(const struct cloud *cloud, struct call *c);
/* GET /dynamodb/{table}/items: c->names[0] is a short or a full name. Tombstones are left out. NOT_FOUND table_unknown; INVALID
 * validation_failed: an index that there is not, or one without the other of index and key. */
const fault *ingestion_items_answer(const struct cloud *cloud, struct call *c);

#endif
