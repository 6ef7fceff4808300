/* cloud.h - the tasks of the cloud as verbs do them: the cloud of the settings, opened in a fiber, its progress told to a person. */
#ifndef TAQUILLA_CLOUD_H
#define TAQUILLA_CLOUD_H

#include "services/ingestion/jobs/cloud_jobs.h"
#include "taquilla/cinema.h"

struct cloud_task {
    const struct ingestion_settings *settings;
    const char *data;
    struct cloud cloud;
    struct sync sync; /* so that a running service's rests meanwhile */
    struct cloud_jobs work;
    enum job_kind kind;
    int code;       /* 0, 1 failed, 3 partial */
    bool terminal;
    int64_t told_ms;
};

/* Opens the cloud in task->cloud with the cinema's owners, and the analytics of the settings; closes it after. Fibers only. */
const fault *cloud_task_open(struct cloud_task *t, struct cinema *c, arena *a) MUST_CHECK;
void cloud_task_close(struct cloud_task *t);

/* For cinema_visit: a backup to S3 or a migration from its beginning to its end. The report goes to standard output. SIGINT and
 * SIGTERM break it off; the same command goes on. */
const fault *cloud_job_run(struct cinema *c, arena *a, void *task);

#endif
