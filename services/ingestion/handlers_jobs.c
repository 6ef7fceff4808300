/* handlers_jobs.c - orders of a backup or a migration, and how they are. */
#include "lib/http/codes.h"
#include "services/ingestion/ingestion.h"

/* RFC 7240. */
static bool wants_no_wait(const struct call *c)
{
    str piece, rest = message_header(c->request, "Prefer");
    while (rest.at && str_cut(&rest, ',', &piece))
        if (str_equal_nocase(str_trim(piece), STR("respond-async")))
            return true;
    return false;
}

static const fault *order(struct call *c, enum job_kind kind)
{
    struct ingestion *svc = c->service;
    struct job *job;
    str running;
    TRY(ingestion_cloud_there(c));
    const fault *problem = jobs_begin(&svc->work.jobs, c->arena, kind, &job, &running);
    if (problem && running.at)
        location(c, "/jobs/%.*s", STR_ARG(running));
    if (problem)
        return fault_new(c->arena, problem->kind, problem->code, "%.*s", STR_ARG(code_told(problem)));
    if (wants_no_wait(c)) {
        location(c, "/jobs/%.*s", STR_ARG(job->id));
        answer_header(c, "Preference-Applied", STR("respond-async"));
        problem = reply_plain(c, 202, &job_shape, job);
    } else {
        jobs_wait(job);
        problem = reply_raw(c, job->state == JOB_FAILED ? 502 : 200, NULL, arena_copy(c->arena, job->report.text));
    }
    jobs_let_go(job);
    return problem;
}

const fault *ingestion_migrate(struct call *c)
{
    return order(c, JOB_MIGRATE);
}

const fault *ingestion_backup(struct call *c)
{
    return order(c, JOB_BACKUP);
}

const fault *ingestion_job_show(struct call *c)
{
    struct ingestion *svc = c->service;
    str json;
    TRY(ingestion_cloud_there(c));
    TRY(jobs_show(&svc->work.jobs, c->arena, c->names[0], &json));
    return reply_raw(c, 200, NULL, json);
}
