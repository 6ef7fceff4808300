/* cloud.c - runs a job of the cloud without its service, as containers and cron call it. */
#include "taquilla/cloud.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/frame/service.h"
#include "taquilla/keeping.h"

#define LOOK_MS 50
#define TELL_EVERY_MS 200
#define ANALYTICS_HERE STR("http://127.0.0.1:3005")

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
    (void)signo;
    stopped = 1;
}

const fault *cloud_task_open(struct cloud_task *t, struct cinema *c, arena *a)
{
    str url = t->settings->analytics_api_url;
    TRY(ingestion_cloud_open(a, &t->cloud, t->settings, str_of(t->data)));
    if (!t->cloud.aws)
        return fault_new(a, FAULT_UNAVAILABLE, "cloud_not_configured",
                         "No cloud is configured: set AWS_ACCESS_KEY_ID or S3_BUCKET_NAME. `taquilla backup --to DIR` keeps everything in a directory.");
    t->cloud.owners = (struct ingestion_owners){ { c->reservations, c->rooms, c->movies } };
    t->cloud.admin_token = c->admin_token;
    if (str_equal(url, STR("none")))
        return NULL;
    return upstream_open(a, &t->cloud.analytics, "analytics", url.len > 0 ? url : ANALYTICS_HERE, c->service_token);
}

void cloud_task_close(struct cloud_task *t)
{
    if (t->cloud.analytics)
        upstream_close(t->cloud.analytics);
    t->cloud.analytics = NULL;
    ingestion_cloud_close(&t->cloud);
}

static void tell(struct cloud_task *t, const struct job *job)
{
    char room[32];
    if (!t->terminal || clock_mono_ms() - t->told_ms < TELL_EVERY_MS)
        return;
    t->told_ms = clock_mono_ms();
    printf("\r\033[K  %.*s: %lld", STR_ARG(job->step), (long long)job->rows);
    if (job->rows_total > 0)
        printf(" of %lld", (long long)job->rows_total);
    printf(" rows, %s sent", bytes_said(room, job->bytes));
    fflush(stdout);
}

static void account(struct cloud_task *t, const struct job *job)
{
    if (t->terminal)
        fputs("\r\033[K", stdout);
    if (job->report.text.at)
        printf("%.*s\n", STR_ARG(job->report.text));
    if (job->message.len > 0)
        fprintf(stderr, "taquilla ingestion: %.*s\n", STR_ARG(job->message));
    t->code = job->state == JOB_FAILED ? 1 : job->state == JOB_PARTIAL ? 3 : 0;
}

static const fault *job_follow(struct cloud_task *t, arena *a)
{
    struct job *job;
    TRY(ingestion_cloud_jobs_open(a, &t->work));
    TRY(jobs_begin(&t->work.jobs, a, t->kind, &job, NULL));
    while (job->state == JOB_RUNNING) {
        if (stopped)
            jobs_stop(&t->work.jobs);
        tell(t, job);
        fiber_sleep(LOOK_MS);
    }
    jobs_wait(job);
    account(t, job);
    jobs_let_go(job);
    return NULL;
}

const fault *cloud_job_run(struct cinema *c, arena *a, void *task)
{
    struct cloud_task *t = task;
    struct sigaction catch = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &catch, NULL);
    sigaction(SIGTERM, &catch, NULL);
    t->terminal = isatty(STDOUT_FILENO) == 1;
    const fault *problem = cloud_task_open(t, c, a);
    if (!problem)
        sync_open(&t->sync, a, &(struct sync_setup){ .cloud = &t->cloud });
    t->work = (struct cloud_jobs){ .cloud = &t->cloud, .settings = t->settings, .sync = &t->sync,
                                   .program = arena_printf(a, "taquilla %s", taquilla_version).at };
    if (!problem)
        problem = job_follow(t, a);
    cloud_task_close(t);
    return problem;
}
