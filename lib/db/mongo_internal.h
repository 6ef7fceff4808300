/* mongo_internal.h - what the files of the MongoDB driver share; nobody else includes it. */
#ifndef TAQUILLA_DB_MONGO_INTERNAL_H
#define TAQUILLA_DB_MONGO_INTERNAL_H

#include <mongoc/mongoc.h>
#include <stdatomic.h>

#include "lib/db/mongo.h"

#define MONGO_CALLS_MAX 16 /* at once; more are refused, not queued */

struct mongo {
    mongoc_client_pool_t *pool;
    mongoc_uri_t *uri;
    const char *database;
    int calls;       /* under way; loop thread */
    bool closed;
    uint64_t made, refused;
    _Atomic uint64_t failed;
};

/* mongo_bson.c */
void mongo_document_write(arena *a, bson_t *to, const struct shape *s, const void *value, bool with_id);
/* Into *out, which it clears first. *text_id: its _id is a text. */
const fault *mongo_document_read(arena *a, const bson_t *from, const struct shape *s, void *out, bool *text_id) MUST_CHECK;
void mongo_filter_write(bson_t *to, struct mongo_filter filter);

#endif
