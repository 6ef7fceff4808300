/* dynamodb.h - what Taquilla asks of Amazon DynamoDB: JSON 1.0 over aws.h, whose faults these are. Fibers only.
 *
 * Items are passed as DynamoDB's JSON: {"movie_id":{"S":"7"},"position":{"N":"12"}}. Numbers are decimal texts. */
#ifndef TAQUILLA_AWS_DYNAMODB_H
#define TAQUILLA_AWS_DYNAMODB_H

#include "lib/aws/aws.h"

#define DYNAMODB_BATCH_MAX 25
#define DYNAMODB_INDEXES_MAX 4

struct dynamodb_key {
    const char *name;
    char type; /* 'S' or 'N' */
};
struct dynamodb_index {
    const char *name;
    struct dynamodb_key key; /* hash; all attributes are projected */
};
struct dynamodb_table {
    str name;
    struct dynamodb_key key;
    struct dynamodb_index indexes[DYNAMODB_INDEXES_MAX];
    size_t index_count;
    const char *ttl; /* the attribute with the second at which an item may go; NULL: none */
};

struct dynamodb_seen {
    bool there;
    str status;              /* "ACTIVE", "CREATING" ... */
    int64_t item_count, bytes; /* as DynamoDB says: up to six hours old */
    strs indexes;            /* names */
    bool on_demand;
};

const fault *dynamodb_describe(struct aws *w, arena *a, str table, struct dynamodb_seen *seen) MUST_CHECK; /* absent: !there */
/* On demand, with its indexes and its ttl; waits until all is ACTIVE, 2 min at most. One that is there already is taken as it is. */
const fault *dynamodb_create(struct aws *w, arena *a, const struct dynamodb_table *t) MUST_CHECK;
/* Waits as well. */
const fault *dynamodb_index_add(struct aws *w, arena *a, const struct dynamodb_table *t, size_t index) MUST_CHECK;
const fault *dynamodb_ttl(struct aws *w, arena *a, str table, str *attribute) MUST_CHECK; /* empty: off */
const fault *dynamodb_ttl_on(struct aws *w, arena *a, str table, const char *attribute) MUST_CHECK; /* also when it is on */

/* Up to DYNAMODB_BATCH_MAX whole items of one table, without conditions. No two may have the same key: DynamoDB refuses such a batch
 * (INVALID aws_refused), so the caller keeps the newer of them. What the service left is sent again with jitter, ten times at most:
 * UNAVAILABLE aws_throttled. */
const fault *dynamodb_batch_put(struct aws *w, arena *a, str table, const strs *items) MUST_CHECK;

/* PutItem unless the item there has a position that is not smaller; the item should hold its position too. *taken false: it had, which
 * may also be this very item from an earlier try whose answer was lost. */
const fault *dynamodb_put_newer(struct aws *w, arena *a, str table, str item, int64_t position, bool *taken) MUST_CHECK;

/* UpdateItem with the same guard; it sets the position too. Makes an item that is not there. */
struct dynamodb_change {
    str table, key;    /* key: {"reservation_id":{"S":"7"}} */
    str expression;    /* over the attributes other than position: "SET #a = :a REMOVE #b", or empty */
    str names, values; /* JSON objects, or empty: {"#a":"status"}, {":a":{"S":"X"}}; not #position, :position */
    int64_t position;
    const char *guard; /* the attribute that is compared and set in place of position; NULL: position itself */
    const char *also;  /* a further condition over the same names and values, joined by AND (an OR of its own in parentheses); NULL: none */
};
const fault *dynamodb_change_newer(struct aws *w, arena *a, const struct dynamodb_change *c, bool *taken) MUST_CHECK;

const fault *dynamodb_get(struct aws *w, arena *a, str table, str key, str *item) MUST_CHECK; /* no text: there is none; consistent */

/* Items page by page, DynamoDB's JSON each. `each` on this fiber, may park; its fault ends it. What it is shown lives until it returns. */
struct dynamodb_wish {
    str table;
    const char *index;       /* query by it; NULL: all items, a scan */
    struct dynamodb_key key; /* of that index */
    str value;               /* of that key */
    int64_t limit;           /* items at most in all; 0: all pages */
    bool consistent;         /* shows all that was acknowledged before, at twice the price; not of an index */
};
const fault *dynamodb_read(struct aws *w, arena *a, const struct dynamodb_wish *want,
                           const fault *(*each)(void *arg, str item), void *arg) MUST_CHECK;

/* DynamoDB's JSON as plain JSON: {"movie_id":"7","position":12}. Sets are arrays, bytes stay base64. UNAVAILABLE aws_strange. */
const fault *dynamodb_plain(arena *a, str item, str *json) MUST_CHECK;

#endif
