/* jobs.h - long work that somebody waits for or asks about: one of each kind at a time, whoever starts it.
 *
 * A job is noted on disk from its beginning, DIR/jobs/{id}.json: one that a crash ended is gone on with, under the same id, by the
 * next start of the service or the next order of its kind. A lock per kind holds between processes. Loop thread, fibers. */
#ifndef TAQUILLA_INGESTION_JOBS_H
#define TAQUILLA_INGESTION_JOBS_H

#include "lib/json/shape.h"
#include "lib/loop/fiber.h"

enum job_kind { JOB_BACKUP, JOB_MIGRATE };
#define JOB_KINDS 2
extern const char *const job_kind_names[];

enum job_state { JOB_RUNNING, JOB_SUCCEEDED, JOB_PARTIAL, JOB_FAILED };

#define JOB_ID_MAX 40 /* "migrate-20261125_070000" */

/* What GET /jobs/{id} tells. */
struct job {
    str id;
    unsigned kind, state;
    instant began_at, ended_at;
    int64_t resumed;          /* how often it was gone on with after a crash */
    str step;                 /* "export", "upload" ...; lives longer than the job */
    int64_t rows, rows_total; /* of that step; total 0: not known */
    int64_t bytes;            /* sent so far, in all steps */
    str code, message;        /* of what made it fail, or why it is partial */
    struct raw_json report;   /* at its end */

    arena *arena;             /* none of these is told */
    struct jobs *of;
    int lock_fd, waiters;
};
extern const struct shape job_shape;

struct jobs {
    const char *dir;                  /* DIR/jobs */
    /* Does the work and fills in report; sets PARTIAL where some of it could not be done. The fault makes it fail. */
    const fault *(*work)(void *arg, struct job *job);
    void *arg;
    struct job *running[JOB_KINDS];   /* NULL: none */
    bool stopping;                    /* what runs ends soon, and is gone on with at the next start */
    void (*ended)(void *arg, const struct job *job);
};

/* Makes the directory. Waits for the disk; before others are served. */
const fault *jobs_open(arena *a, struct jobs *j, const char *dir) MUST_CHECK;

/* Starts one, or goes on with one that a crash ended. CONFLICT job_running: one of its kind runs, here or in another process; *running
 * (may be NULL) is its id when it is known. Hold it until jobs_let_go. */
const fault *jobs_begin(struct jobs *j, arena *a, enum job_kind kind, struct job **out, str *running) MUST_CHECK;
void jobs_wait(struct job *job); /* until it has ended */
void jobs_let_go(struct job *job);

void jobs_resume(struct jobs *j); /* goes on with what a crash ended; at the start of a service */
void jobs_stop(struct jobs *j);   /* from anywhere */
void jobs_await(struct jobs *j);  /* waits for the end of all; fibers only */

/* One by its id, as JSON; NOT_FOUND job_unknown. Parks. */
const fault *jobs_show(struct jobs *j, arena *a, str id, str *json) MUST_CHECK;
/* The newest that succeeded of a kind: when it began; INSTANT_NONE: none. Parks. */
instant jobs_last_good(struct jobs *j, arena *a, enum job_kind kind);

#endif
