/* jobs.c - starts jobs, notes them on disk, and tells of them. */
#include "services/ingestion/jobs/jobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/http/codes.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/backup/shelf.h"
#include "services/ingestion/model.h"
#include "services/ingestion/state.h"

#define JOB_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define JOBS_KEPT 100 /* notes on disk */
#define LOOK_MS 20    /* at a job that is waited for */

const char *const job_kind_names[] = { "backup", "migrate", NULL };
static const char *const states[] = { "running", "succeeded", "partial", "failed", NULL };

static const struct field job_fields[] = {
    FIELD(struct job, id, "id"),
    FIELD(struct job, kind, "kind", .choices = job_kind_names),
    FIELD(struct job, state, "state", .choices = states,
          .doc = "partial: the copies stand, and something beside them failed: see message and the report's errors"),
    FIELD(struct job, began_at, "began_at", .form = TIME_Z_MS),
    FIELD(struct job, ended_at, "ended_at", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct job, resumed, "resumed", .doc = "how often it was gone on with after the service had ended"),
    FIELD(struct job, step, "step"),
    FIELD(struct job, rows, "rows", .doc = "done of this step"),
    FIELD(struct job, rows_total, "rows_total", .doc = "of this step; 0: not known yet"),
    FIELD(struct job, bytes, "bytes", .doc = "sent so far"),
    FIELD(struct job, code, "code", .nullable = true),
    FIELD(struct job, message, "message", .nullable = true),
    FIELD(struct job, report, "report", .nullable = true, .doc = "at its end: what POST /migrate or /backup answers"),
};
const struct shape job_shape = SHAPE(job, job_fields);

/* --- notes on disk; all of these run on a thread of the pool --- */

struct note {
    struct jobs *j;
    arena *a;
    enum job_kind kind;
    str id, text;
    int lock_fd;
    instant moment;
    bool found;
    const fault *problem;
};

static const char *note_path(const struct note *n)
{
    return arena_printf(n->a, "%s/%.*s.json", n->j->dir, STR_ARG(n->id)).at;
}

static void note_write(void *arg)
{
    struct note *n = arg;
    n->problem = ingestion_state_write(n->a, note_path(n), n->text);
}

static void note_read(void *arg)
{
    struct note *n = arg;
    n->problem = ingestion_state_read(n->a, note_path(n), &n->text);
    n->found = !n->problem && n->text.at;
}

static bool id_good(str id)
{
    str kind, stamp = id;
    bool known = false;
    char room[BACKUP_NAME_MAX];
    if (id.len >= JOB_ID_MAX || !str_cut(&stamp, '-', &kind) || !stamp.at)
        return false;
    for (size_t i = 0; job_kind_names[i]; i++)
        known |= str_equal(kind, str_of(job_kind_names[i]));
    int length = snprintf(room, sizeof room, "taquilla-%.*s", STR_ARG(stamp));
    return known && length < BACKUP_NAME_MAX && ingestion_is_backup_name((str){ room, (size_t)length });
}

/* Ids of the notes of one kind, newest first. */
static int ids_order(const void *one, const void *other)
{
    const str *a = one, *b = other; /* of one kind: all are equally long */
    return memcmp(b->at, a->at, a->len);
}

static strs ids_of(struct note *n)
{
    struct buf found = { .in = n->a };
    DIR *d = opendir(n->j->dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        str name = str_of(entry->d_name);
        str id = { name.at, str_ends(name, STR(".json")) ? name.len - 5 : 0 };
        if (!id_good(id) || !str_starts(id, str_of(job_kind_names[n->kind])))
            continue;
        id = arena_copy(n->a, id);
        buf_put(&found, &id, sizeof id);
    }
    if (d)
        closedir(d);
    strs sorted = { (str *)(void *)found.at, found.len / sizeof(str) };
    if (sorted.count > 0)
        qsort(sorted.at, sorted.count, sizeof(str), ids_order);
    return sorted;
}

static bool note_load(struct note *n, str id, struct job *out)
{
    n->id = id;
    note_read(n);
    return n->found && !json_restore(n->a, n->text, &job_shape, out);
}

/* Takes the kind's lock and looks for one that a crash ended. */
static void begin_run(void *arg)
{
    struct note *n = arg;
    struct job job;
    const char *path = arena_printf(n->a, "%s/%s.lock", n->j->dir, job_kind_names[n->kind]).at;
    n->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (n->lock_fd < 0 || flock(n->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        n->problem = n->lock_fd >= 0 && errno == EWOULDBLOCK
                         ? fault_new(n->a, FAULT_CONFLICT, "job_running", "Another process is at a %s.", job_kind_names[n->kind])
                         : ingestion_disk_fault(n->a, path);
        return;
    }
    strs found = ids_of(n);
    for (size_t i = found.count; i-- > JOBS_KEPT;) {
        n->id = found.at[i];
        unlink(note_path(n));
    }
    n->text = (str){ NULL, 0 };
    n->found = found.count > 0 && note_load(n, found.at[0], &job) && job.state == JOB_RUNNING;
    if (n->found)
        return;
    char room[BACKUP_NAME_MAX];
    for (instant moment = clock_now();; moment.ms += 1000) { /* two of one second: the later takes the next that is free */
        str stamp = ingestion_backup_stamp(ingestion_backup_name(room, moment));
        n->id = arena_printf(n->a, "%s-%.*s", job_kind_names[n->kind], STR_ARG(stamp));
        if (access(note_path(n), F_OK) != 0)
            return;
    }
}

static void last_good_run(void *arg)
{
    struct note *n = arg;
    struct job job;
    strs found = ids_of(n);
    n->moment = INSTANT_NONE;
    for (size_t i = 0; i < found.count && n->moment.ms == TIME_NONE; i++)
        if (note_load(n, found.at[i], &job) && (job.state == JOB_SUCCEEDED || job.state == JOB_PARTIAL))
            n->moment = job.began_at;
}

static const fault *on_disk(struct note *n, void (*run)(void *))
{
    if (!offload("the notes of jobs", run, n))
        return fault_new(n->a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return n->problem;
}

static const fault *job_note(struct job *job, arena *a)
{
    struct buf text = { .in = a };
    json_write(&text, &job_shape, job);
    struct note n = { .j = job->of, .a = a, .id = job->id, .text = buf_str(&text) };
    return on_disk(&n, note_write);
}

/* --- running --- */

static void job_free(struct job *job)
{
    arena_free(job->arena);
}

/* Whoever sees that it has ended finds the note of it, and may order the next. */
static void job_end(struct job *job, const fault *problem)
{
    struct jobs *j = job->of;
    bool goes_on = problem && j->stopping;
    struct job end = *job;
    job->state = JOB_RUNNING;
    end.ended_at = clock_now();
    if (problem) {
        end.state = JOB_FAILED;
        end.code = arena_copy(job->arena, str_of(problem->code));
        end.message = arena_copy(job->arena, code_told(problem));
    } else if (end.state == JOB_RUNNING) {
        end.state = JOB_SUCCEEDED;
    }
    problem = goes_on ? NULL : job_note(&end, job->arena);
    if (problem)
        log_line("error", "job_unwritable", "%.*s: %.*s", STR_ARG(job->id), STR_ARG(problem->sentence));
    end.waiters = job->waiters; /* some may have come or gone while the disk was waited for */
    *job = end;
    if (j->ended && !goes_on)
        j->ended(j->arg, job);
    j->running[job->kind] = NULL;
    close(job->lock_fd);
    if (job->waiters == 0)
        job_free(job);
}

static void job_run(void *arg)
{
    struct job *job = arg;
    log_line("info", "job_begun", "%.*s%s", STR_ARG(job->id), job->resumed > 0 ? ", gone on with" : "");
    const fault *problem = job->of->work(job->of->arg, job);
    if (problem)
        log_line(job->of->stopping ? "info" : "error", "job_failed", "%.*s: %s: %.*s", STR_ARG(job->id), problem->code,
                 STR_ARG(problem->sentence));
    else
        log_line("info", "job_ended", "%.*s", STR_ARG(job->id));
    job_end(job, problem);
}

static const fault *job_start(struct job *job)
{
    struct jobs *j = job->of;
    TRY(job_note(job, job->arena));
    j->running[job->kind] = job;
    if (fiber_start("job", job_run, job))
        return NULL;
    j->running[job->kind] = NULL;
    return fault_new(job->arena, FAULT_UNAVAILABLE, "overloaded", "No fiber is left for a job.");
}

static const fault *busy(struct jobs *j, arena *a, enum job_kind kind, str *running)
{
    const struct job *job = j->running[kind];
    if (running)
        *running = arena_copy(a, job->id);
    return fault_new(a, FAULT_CONFLICT, "job_running", "A %s runs already: %.*s.", job_kind_names[kind], STR_ARG(job->id));
}

const fault *jobs_begin(struct jobs *j, arena *a, enum job_kind kind, struct job **out, str *running)
{
    if (running)
        *running = (str){ NULL, 0 };
    if (j->running[kind])
        return busy(j, a, kind, running);
    if (j->stopping)
        return fault_new(a, FAULT_UNAVAILABLE, "stopping", "The service is about to end.");
    struct note n = { .j = j, .a = a, .kind = kind, .lock_fd = -1 };
    const fault *problem = on_disk(&n, begin_run);
    if (!problem && j->running[kind]) /* while we waited for the disk */
        problem = busy(j, a, kind, running);
    if (problem) {
        if (n.lock_fd >= 0)
            close(n.lock_fd);
        return problem;
    }
    arena *own = arena_new(JOB_BYTES_MAX);
    struct job *job = NEW(own, struct job);
    *job = (struct job){ .began_at = clock_now() };
    if (n.found && json_restore(own, arena_copy(own, n.text), &job_shape, job) == NULL)
        job->resumed++;
    job->id = arena_copy(own, n.id);
    job->kind = kind;
    job->state = JOB_RUNNING;
    job->ended_at = INSTANT_NONE;
    job->step = STR("begin");
    job->arena = own;
    job->of = j;
    job->lock_fd = n.lock_fd;
    job->waiters = 1;
    problem = job_start(job);
    *out = job;
    if (!problem)
        return NULL;
    problem = fault_copy(a, problem);
    close(job->lock_fd);
    job_free(job);
    return problem;
}

void jobs_wait(struct job *job)
{
    while (job->of->running[job->kind] == job)
        fiber_sleep(LOOK_MS);
}

void jobs_let_go(struct job *job)
{
    job->waiters--;
    if (job->waiters == 0 && job->of->running[job->kind] != job)
        job_free(job);
}

/* --- from outside --- */

const fault *jobs_open(arena *a, struct jobs *j, const char *dir)
{
    j->dir = arena_printf(a, "%s/jobs", dir).at;
    if (mkdir(j->dir, 0700) == 0 || errno == EEXIST)
        return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid", "%s cannot be made: %s.", j->dir, strerror(errno));
}

struct unfinished {
    struct note n;
    bool found;
};

static void unfinished_find(void *arg)
{
    struct unfinished *u = arg;
    struct job job;
    strs found = ids_of(&u->n);
    u->found = found.count > 0 && note_load(&u->n, found.at[0], &job) && job.state == JOB_RUNNING;
}

void jobs_resume(struct jobs *j)
{
    arena *a = arena_new(JOB_BYTES_MAX);
    for (enum job_kind kind = 0; kind < JOB_KINDS; kind++) {
        struct unfinished u = { .n = { .j = j, .a = a, .kind = kind } };
        struct job *job;
        if (!offload("the notes of jobs", unfinished_find, &u) || !u.found || j->running[kind])
            continue;
        const fault *problem = jobs_begin(j, a, kind, &job, NULL);
        if (problem)
            log_line("warn", "job_waits", "A %s that was broken off is not gone on with: %.*s", job_kind_names[kind],
                     STR_ARG(problem->sentence));
        else
            jobs_let_go(job);
    }
    arena_free(a);
}

void jobs_stop(struct jobs *j)
{
    j->stopping = true;
}

void jobs_await(struct jobs *j)
{
    jobs_stop(j);
    for (enum job_kind kind = 0; kind < JOB_KINDS; kind++)
        while (j->running[kind])
            fiber_sleep(LOOK_MS);
}

const fault *jobs_show(struct jobs *j, arena *a, str id, str *json)
{
    struct note n = { .j = j, .a = a, .id = id };
    for (enum job_kind kind = 0; kind < JOB_KINDS; kind++) {
        struct buf text = { .in = a };
        if (!j->running[kind] || !str_equal(j->running[kind]->id, id))
            continue;
        json_write(&text, &job_shape, j->running[kind]);
        *json = buf_str(&text);
        return NULL;
    }
    if (id_good(id))
        TRY(on_disk(&n, note_read));
    *json = n.text;
    return n.found ? NULL : fault_new(a, FAULT_NOT_FOUND, "job_unknown", "There is no such job.");
}

instant jobs_last_good(struct jobs *j, arena *a, enum job_kind kind)
{
    struct note n = { .j = j, .a = a, .kind = kind };
    return on_disk(&n, last_good_run) ? INSTANT_NONE : n.moment;
}
