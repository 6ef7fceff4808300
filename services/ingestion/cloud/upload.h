/* upload.h - a backup's folder into the bucket: every table an object, the manifest last, so that it is complete when that is there.
 *
 * A table's object is a JSON array, a row a line. Its metadata: table_name, source_database, backup_timestamp, record_count, sha256
 * (of the bare rows, as in the manifest). What an earlier try has
 * sent of the very same rows is not sent again. Fibers only. */
#ifndef TAQUILLA_INGESTION_UPLOAD_H
#define TAQUILLA_INGESTION_UPLOAD_H

#include "services/ingestion/cloud/cloud.h"

struct upload_order {
    const struct cloud *cloud;
    const char *folder;                      /* of the backup, whole */
    const struct backup_manifest *manifest;
    str stamp;                               /* of its name */
    bool again;                              /* an earlier try may have sent some of it */
    const bool *stop;                        /* becomes true when it shall end */
    void (*told)(void *arg, int64_t rows, int64_t bytes); /* so far; NULL: nobody waits */
    void *arg;
};
struct upload_made {
    int64_t rows, bytes, objects; /* objects: sent by this call */
};

/* A fault leaves whole objects and no manifest. UNAVAILABLE backup_stopped; what S3 or the disk says. */
const fault *ingestion_upload(arena *a, const struct upload_order *want, struct upload_made *made) MUST_CHECK;

#endif
