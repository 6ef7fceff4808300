/* owners.h - the three services whose tables are kept, and what is asked of them. Fibers only. */
#ifndef TAQUILLA_INGESTION_OWNERS_H
#define TAQUILLA_INGESTION_OWNERS_H

#include "lib/http/client.h"
#include "services/ingestion/model.h"

struct ingestion_owners {
    struct upstream *of[BACKUP_OWNERS]; /* in the order of ingestion_owner_names */
};

/* What an answer that is no success says, as a fault of the same code with the owner's sentence. */
const fault *ingestion_owner_refusal(struct upstream *u, arena *a, const struct message *answer) MUST_CHECK;

/* POST of JSON with the service token. A refusal is a fault of the same code with the owner's sentence. */
const fault *ingestion_owner_post(struct upstream *u, arena *a, str target, str body, int64_t deadline_ms) MUST_CHECK;

/* Ends a restore there: the owner compares its tables with these (of struct backup_table) and opens. */
const fault *ingestion_owner_finish(struct upstream *u, arena *a, const list *tables) MUST_CHECK;

/* Where an export's rows go: whole lines, a table's without another's between them. The fault of `lines` ends it. */
struct export_sink {
    const fault *(*lines)(struct export_sink *sink, str table, str lines, int64_t rows);
    void *arg;
};

/* GET /export of one owner from beginning to end, in bounded memory; of the table named, or (NULL) of all. UNAVAILABLE export_strange: it broke off, or its own
 * count differs; backup_stopped: *stop (may be NULL) became true; a refusal as above. */
const fault *ingestion_export_read(struct upstream *u, arena *a, const char *table, struct export_sink *sink,
                                   const bool *stop, int64_t *position) MUST_CHECK;

#endif
