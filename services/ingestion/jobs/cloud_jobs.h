/* cloud_jobs.h - the two jobs of the cloud, step by step: a backup into S3, and a migration, which fills DynamoDB besides.
 *
 * A backup is first made on this disk (DIR/backup or DIR/migrate), so that no owner waits for the cloud and a crash goes on from
 * where it was; then it is sent, and the folder goes. A step that may help is tried again as MAX_RETRIES and RETRY_DELAY say. */
#ifndef TAQUILLA_INGESTION_CLOUD_JOBS_H
#define TAQUILLA_INGESTION_CLOUD_JOBS_H

#include "services/ingestion/cloud/cloud.h"
#include "services/ingestion/jobs/jobs.h"
#include "services/ingestion/lake/lake.h"
#include "services/ingestion/sync/sync.h"

struct cloud_jobs {
    struct cloud *cloud;
    const struct ingestion_settings *settings;
    const char *program;  /* "taquilla 0.1.0" */
    struct sync *sync;    /* rests while a migration writes to DynamoDB */
    struct jobs jobs;
    bool lake_written;    /* somebody of this process is at the lake */
    struct lake_life life;
    uint64_t ended[JOB_KINDS][4]; /* by enum job_state, for /metrics */
};

/* Waits for the disk. What a crash ended is gone on with by jobs_resume. */
const fault *ingestion_cloud_jobs_open(arena *a, struct cloud_jobs *j) MUST_CHECK;

/* What was told since goes into the lake; who comes while another is at it waits. */
const fault *ingestion_lake_follow(struct cloud_jobs *j, arena *a, struct lake_written *made) MUST_CHECK;

#endif
