/* cloud.h - the copy in the cloud as ingestion's files share it: where it lies, and how its things are named. */
#ifndef TAQUILLA_INGESTION_CLOUD_H
#define TAQUILLA_INGESTION_CLOUD_H

#include "lib/aws/dynamodb.h"
#include "lib/aws/s3.h"
#include "services/ingestion/model_settings.h"
#include "services/ingestion/owners.h"

enum cloud_table { CLOUD_MOVIES, CLOUD_ROOMS, CLOUD_RESERVATIONS, CLOUD_USERS };
#define CLOUD_TABLES 4

struct cloud {
    struct aws *aws;                   /* NULL: no cloud is configured */
    struct s3 s3;
    const char *backup_folder;         /* "backups": S3_BACKUP_FOLDER, without '/' at the ends */
    const char *analytics_folder;      /* "analytics": S3_ANALYTICS_FOLDER */
    struct dynamodb_table tables[CLOUD_TABLES]; /* as they shall be: names from DYNAMODB_*_TABLE, keys and indexes of the contract */
    const char *dir;                   /* DATA_DIR/ingestion: what has to outlive a restart; made at the start, 0700 */
    int64_t batch_rows;                /* BATCH_SIZE, 1..1000: facts read at once by a sync */
    struct ingestion_owners owners;
    struct upstream *analytics;        /* NULL: the cinema does without */
    str admin_token;                   /* what analytics asks for users' figures; empty: none is set */
};

/* By the settings; with no cloud configured only `aws` is NULL. The upstreams are filled in by the caller. Waits for the disk. INVALID
 * setting_invalid: the directory cannot be made. */
const fault *ingestion_cloud_open(arena *a, struct cloud *c, const struct ingestion_settings *s, str data_dir) MUST_CHECK;
void ingestion_cloud_close(struct cloud *c);

#define TTL_ATTRIBUTE "expires_at" /* of tombstones, in every table: seconds since 1970 */

#endif
