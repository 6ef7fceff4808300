/* cloud_jobs.c - makes the backup, sends it, and sees to what belongs beside it; what fails there makes the job partial. */
#include "services/ingestion/jobs/cloud_jobs.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/http/codes.h"
#include "lib/json/write.h"
#include "services/ingestion/backup/backup.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/backup/shelf.h"
#include "services/ingestion/cloud/reports.h"
#include "services/ingestion/cloud/upload.h"
#include "services/ingestion/dynamodb/items_load.h"
#include "services/ingestion/lake/archive.h"
#include "services/ingestion/model_report.h"

#define TRY_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define FIGURES_WAIT_MS 60000
#define LAKE_LOOK_MS 20 /* at whoever writes it */

struct work {
    struct cloud_jobs *j;
    struct job *job;
    arena *a, *each;            /* of the job; of one try at a step */
    const char *shelf, *folder; /* the folder when it is whole */
    str name, stamp;
    struct backup_manifest manifest;
    struct backup_watcher watcher; /* of the export, by table */
    str table;
    int64_t rows_before, table_rows, bytes_before;
    int64_t tried;                 /* how often this step was begun before */
    struct lake_written lake;
    struct cloud_report report;
    struct report_error errors[8];
};

/* --- steps --- */

/* Would the same again help? Not where somebody has to do something first. */
static bool worth_another(const fault *problem)
{
    static const char *const never[] = { "aws_denied", "aws_no_credentials", "aws_token_expired", "bucket_missing", "table_missing",
                                         "backup_stopped", "lake_stopped", NULL };
    for (size_t i = 0; never[i]; i++)
        if (strcmp(problem->code, never[i]) == 0)
            return false;
    return problem->kind == FAULT_UNAVAILABLE || strcmp(problem->code, "lake_busy") == 0;
}

static void pause_between(const struct work *w, int64_t tried)
{
    int64_t until_ms = loop_now_ms() + random_pause_ms(w->j->settings->retry_delay_s, tried);
    while (!w->j->jobs.stopping && loop_now_ms() < until_ms)
        fiber_sleep(100);
}

static const fault *step(struct work *w, const char *name, const fault *(*run)(struct work *))
{
    const fault *problem = NULL;
    for (int64_t tried = 0;; tried++) {
        w->job->step = str_of(name);
        w->job->rows = w->job->rows_total = 0;
        w->tried = tried;
        problem = run(w);
        problem = problem ? fault_copy(w->a, problem) : NULL;
        arena_reset(w->each);
        if (!problem || w->j->jobs.stopping || tried >= w->j->settings->retries_max || !worth_another(problem))
            return problem;
        log_line("warn", "job_tries_again", "%.*s: %s: %s: %.*s", STR_ARG(w->job->id), name, problem->code,
                 STR_ARG(problem->sentence));
        pause_between(w, tried);
    }
}

/* One beside the copies themselves: its failure is told, and the rest goes on. */
static const fault *step_beside(struct work *w, const char *name, const fault *(*run)(struct work *))
{
    const fault *problem = step(w, name, run);
    if (!problem || w->j->jobs.stopping)
        return problem;
    log_line("error", "job_partial", "%.*s: %s: %s: %.*s", STR_ARG(w->job->id), name, problem->code, STR_ARG(problem->sentence));
    w->errors[w->report.errors.count++] = (struct report_error){ str_of(name), str_of(problem->code), code_told(problem) };
    return NULL;
}

/* --- export --- */

static void table_told(struct backup_watcher *watcher, const char *owner, str table, int64_t rows, int64_t rows_all)
{
    struct work *w = (struct work *)(void *)((char *)watcher - offsetof(struct work, watcher));
    (void)owner, (void)rows_all;
    if (!str_equal(table, w->table)) {
        w->rows_before += w->table_rows;
        w->table = arena_copy(w->each, table);
    }
    w->table_rows = rows;
    w->job->rows = w->rows_before + rows;
}

static void owner_told(struct backup_watcher *watcher, const struct backup_service *done)
{
    (void)watcher, (void)done;
}

struct folder_look {
    struct work *w;
    const fault *problem;
};

/* The one that an earlier run of this job has made whole; others of the shelf are of jobs that have failed. */
static void folder_find(void *arg)
{
    struct folder_look *look = arg;
    struct work *w = look->w;
    strs names = { NULL, 0 };
    w->folder = NULL;
    if (ingestion_shelf_list(w->each, w->shelf, &names))
        return; /* no shelf yet */
    for (size_t i = 0; i < names.count; i++) {
        instant moment = ingestion_backup_moment(names.at[i]);
        bool ours = moment.ms + 1000 > w->job->began_at.ms && !w->folder;
        const char *folder = arena_printf(w->a, "%s/%.*s", w->shelf, STR_ARG(names.at[i])).at;
        if (ours && !ingestion_manifest_load(w->a, folder, &w->manifest)) {
            w->folder = folder;
            w->name = arena_copy(w->a, names.at[i]);
        } else if (!ours) {
            look->problem = ingestion_shelf_remove(w->each, w->shelf, names.at[i]);
        }
    }
}

static const fault *folder_look(struct work *w)
{
    struct folder_look look = { .w = w };
    if (!offload("the disk of a backup", folder_find, &look))
        return fault_new(w->each, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return look.problem;
}

static const fault *export_step(struct work *w)
{
    struct backup_made made;
    const struct backup_order want = { .owners = w->j->cloud->owners, .shelf = w->shelf, .program = w->j->program,
                                       .stop = &w->j->jobs.stopping, .watcher = &w->watcher };
    w->table = STR("");
    w->rows_before = w->table_rows = 0;
    TRY(folder_look(w));
    if (!w->folder) {
        TRY(ingestion_backup_make(w->each, &want, &made));
        TRY(folder_look(w));
    }
    if (!w->folder)
        return fault_new(w->each, FAULT_UNAVAILABLE, "backup_unreadable", "The backup that was made in %s is not there.", w->shelf);
    w->stamp = ingestion_backup_stamp(w->name);
    ingestion_report_count(w->a, &w->report, &w->manifest);
    return NULL;
}

static void folder_remove(void *arg)
{
    struct folder_look *look = arg;
    look->problem = ingestion_shelf_remove(look->w->each, look->w->shelf, look->w->name);
}

/* When it was sent, or the job has failed for good; one that is only broken off goes on from it. */
static void folder_drop(struct work *w)
{
    struct folder_look look = { .w = w };
    if (!w->folder)
        return;
    if (!offload("the disk of a backup", folder_remove, &look) || look.problem)
        log_line("warn", "backup_kept", "The folder of %.*s could not be taken away; the next job does.", STR_ARG(w->job->id));
}

/* --- the cloud --- */

static void upload_told(void *arg, int64_t rows, int64_t bytes)
{
    struct work *w = arg;
    w->job->rows = rows;
    w->job->bytes = w->bytes_before + bytes;
}

static int64_t rows_of_all(const struct backup_manifest *m)
{
    int64_t rows = 0;
    for (size_t i = 0; i < m->services.count; i++) {
        const struct backup_service *s = LIST_AT(&m->services, const struct backup_service, i);
        for (size_t k = 0; k < s->tables.count; k++)
            rows += LIST_AT(&s->tables, const struct backup_table, k)->rows;
    }
    return rows;
}

/* Nothing has ever happened in it: a new one, or one whose disk was lost and which waits for its restore. */
static bool is_empty(const struct backup_manifest *m)
{
    for (size_t i = 0; i < m->services.count; i++)
        if (LIST_AT(&m->services, const struct backup_service, i)->position > 0)
            return false;
    return true;
}

/* A backup of an empty cinema would be the newest, and a restore would take it for the good one. */
static const fault *upload_step(struct work *w)
{
    struct upload_made made;
    if (is_empty(&w->manifest))
        return NULL;
    const struct upload_order want = { .cloud = w->j->cloud, .folder = w->folder, .manifest = &w->manifest, .stamp = w->stamp,
                                       .again = w->job->resumed > 0 || w->tried > 0, .stop = &w->j->jobs.stopping,
                                       .told = upload_told, .arg = w };
    w->job->rows_total = rows_of_all(&w->manifest);
    w->bytes_before = w->job->bytes;
    const fault *problem = ingestion_upload(w->each, &want, &made);
    w->report.objects += made.objects;
    w->report.bytes += made.bytes;
    TRY(problem);
    w->report.backup = w->stamp;
    return NULL;
}

static void items_told(void *arg, int64_t items)
{
    ((struct work *)arg)->job->rows = items;
}

/* The sync rests until DynamoDB shows the backup, and goes on from there. */
static const fault *items_step(struct work *w)
{
    struct items_made made;
    const struct items_order want = { .cloud = w->j->cloud, .folder = w->folder, .manifest = &w->manifest,
                                      .stop = &w->j->jobs.stopping, .told = items_told, .arg = w };
    TRY(cloud_items_load(w->each, &want, &made));
    for (size_t i = 0; i < w->manifest.services.count; i++) {
        const struct backup_service *s = LIST_AT(&w->manifest.services, const struct backup_service, i);
        TRY(sync_stamp(w->j->sync, w->each, arena_cstr(w->each, s->name), s->position));
    }
    w->report.dynamodb = NEW(w->a, struct item_counts);
    *w->report.dynamodb = (struct item_counts){ made.items[CLOUD_MOVIES], made.items[CLOUD_ROOMS], made.items[CLOUD_RESERVATIONS],
                                                made.items[CLOUD_USERS] };
    return NULL;
}

static const fault *reports_step(struct work *w)
{
    return ingestion_reports_make(w->j->cloud, w->each, w->stamp, &w->report.reports);
}

const fault *ingestion_lake_follow(struct cloud_jobs *j, arena *a, struct lake_written *made)
{
    const struct lake_order want = { .cloud = j->cloud, .life = &j->life, .stop = &j->jobs.stopping };
    while (j->lake_written)
        fiber_sleep(LAKE_LOOK_MS);
    j->lake_written = true;
    const fault *problem = ingestion_lake_write(a, &want, made);
    j->lake_written = false;
    return problem;
}

static const fault *lake_step(struct work *w)
{
    const fault *problem = ingestion_lake_follow(w->j, w->each, &w->lake);
    w->report.lake_rows += w->lake.rows;
    return problem;
}

/* Only after the lake: what it lacks stays with its owner. */
static const fault *archive_step(struct work *w)
{
    const struct archive_order want = { .cloud = w->j->cloud, .backup = &w->manifest, .lake = &w->lake, .sync = w->j->sync,
                                        .stop = &w->j->jobs.stopping };
    return ingestion_archive(w->each, &want, &w->report.log_rows_removed);
}

static const fault *figures_step(struct work *w)
{
    return ingestion_figures_await(w->j->cloud, w->each, &w->manifest, FIGURES_WAIT_MS);
}

static const fault *report_step(struct work *w)
{
    struct buf text = { .in = w->each };
    json_write(&text, &ingestion_migration_report_shape, &w->report);
    return ingestion_report_put(w->j->cloud, w->each, "migration_report", w->stamp, buf_str(&text));
}

/* --- the two jobs --- */

static const fault *beside_backup(struct work *w)
{
    TRY(step_beside(w, "reports", reports_step));
    size_t failed = w->report.errors.count;
    TRY(step_beside(w, "lake", lake_step));
    return w->report.errors.count == failed ? step_beside(w, "archive", archive_step) : NULL;
}

static const fault *beside_migration(struct work *w)
{
    size_t failed = w->report.errors.count;
    if (w->j->settings->rds_endpoint.len == 0)
        return NULL;
    TRY(step_beside(w, "rds", figures_step));
    w->report.rds = w->report.errors.count == failed ? STR("success") : STR("error");
    return NULL;
}

static void report_end(struct work *w, const fault *problem)
{
    bool backup = w->job->kind == JOB_BACKUP;
    struct cloud_report *r = &w->report;
    r->timestamp = clock_now();
    r->status = problem || r->errors.count > 0 ? REPORT_PARTIAL : REPORT_SUCCESS;
    r->message = problem             ? arena_printf(w->a, "The %s failed", backup ? "backup" : "migration")
                 : r->errors.count > 0 ? arena_printf(w->a, "The %s is complete, but not all beside it", backup ? "backup" : "migration")
                                     : arena_printf(w->a, "%s completed", backup ? "Backup" : "Migration");
    if (problem) {
        r->error = code_told(problem);
        r->code = str_of(problem->code);
    }
}

static const fault *steps(struct work *w)
{
    TRY(step(w, "export", export_step));
    TRY(step(w, "upload", upload_step));
    if (w->job->kind == JOB_MIGRATE) {
        TRY(step(w, "dynamodb", items_step));
        TRY(beside_migration(w));
    }
    TRY(beside_backup(w));
    if (w->job->kind == JOB_MIGRATE) {
        report_end(w, NULL);
        TRY(step_beside(w, "report", report_step));
    }
    return NULL;
}

static const fault *work_run(void *arg, struct job *job)
{
    struct cloud_jobs *j = arg;
    struct work *w = NEW(job->arena, struct work);
    *w = (struct work){ .j = j, .job = job, .a = job->arena, .each = arena_new(TRY_BYTES_MAX),
                        .watcher = { table_told, owner_told }, .report = { .rds = STR("not_configured") } };
    w->report.errors.at = w->errors;
    w->shelf = arena_printf(w->a, "%s/%s", j->cloud->dir, job_kind_names[job->kind]).at;
    const fault *problem = job->kind == JOB_MIGRATE ? sync_pause(j->sync, w->a) : NULL;
    bool resting = job->kind == JOB_MIGRATE && !problem;
    if (!problem)
        problem = steps(w);
    if (resting)
        sync_resume(j->sync);
    if (!problem || !j->jobs.stopping)
        folder_drop(w);
    report_end(w, problem);
    struct buf text = { .in = w->a };
    json_write(&text, job->kind == JOB_BACKUP ? &ingestion_backup_report_shape : &ingestion_migration_report_shape, &w->report);
    job->report.text = buf_str(&text);
    if (w->report.errors.count > 0 && !problem) {
        job->state = JOB_PARTIAL;
        job->code = w->errors[0].code;
        job->message = w->errors[0].message;
    }
    arena_free(w->each);
    return problem;
}

static void work_ended(void *arg, const struct job *job)
{
    struct cloud_jobs *j = arg;
    j->ended[job->kind][job->state]++;
}

const fault *ingestion_cloud_jobs_open(arena *a, struct cloud_jobs *j)
{
    j->jobs.work = work_run;
    j->jobs.ended = work_ended;
    j->jobs.arg = j;
    return jobs_open(a, &j->jobs, j->cloud->dir);
}
