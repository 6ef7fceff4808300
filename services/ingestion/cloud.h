/* cloud.h - the copy in the cloud as ingestion's files share it: where it lies, and how its things are named. */
#ifndef TAQUILLA_INGESTION_CLOUD_H
#define TAQUILLA_INGESTION_CLOUD_H

#include "lib/aws/dynamodb.h"
#include "lib/aws/s3.h"
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
    struct ingestion_owners owners;
    struct upstream *analytics;        /* NULL: the cinema does without */
};

#endif
