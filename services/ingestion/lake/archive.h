/* archive.h - tells owners how far their logs are kept elsewhere, so that they may drop what is older than LOG_KEEP_DAYS. Fibers only.
 *
 * That is what a complete backup and the lake hold and DynamoDB shows; the lake's newest segment stays with its owner, since the lake is
 * held against it. The owner itself sees to its readers (lib/feed/owner.h). Movies keeps its log: its catalogue is folded from it. */
#ifndef TAQUILLA_INGESTION_ARCHIVE_H
#define TAQUILLA_INGESTION_ARCHIVE_H

#include "services/ingestion/lake/lake.h"
#include "services/ingestion/sync/sync.h"

struct archive_order {
    const struct cloud *cloud;
    const struct backup_manifest *backup; /* complete in S3 */
    const struct lake_written *lake;
    const struct sync *sync;
    const bool *stop;
};

/* Adds the rows that went to *removed: a try after one that failed does not forget what that one did. Faults are an owner's. */
const fault *ingestion_archive(arena *a, const struct archive_order *want, int64_t *removed) MUST_CHECK;

#endif
