/* scheduler.c - a fiber that makes a backup when its time has come, tries again when it fails, and keeps the newest. */
#include <stdio.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/backup/shelf.h"
#include "services/ingestion/ingestion.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define LOOK_MS 20000 /* the machine may sleep, and its clock be set */
#define OWNERS_WITHIN_MS 15000
#define OWNERS_LOOK_MS 250

/* --- waiting --- */

static void rest(struct scheduler *s, const char *what, int64_t ms)
{
    if (s->ending)
        return;
    s->resting = true;
    fiber_park(what, loop_now_ms() + ms);
    s->resting = false;
}

/* False: it shall end. */
static bool rest_until_next(struct scheduler *s)
{
    while (!s->ending) {
        int64_t left_ms = s->next.ms == TIME_NONE ? LOOK_MS : s->next.ms - clock_now().ms;
        if (left_ms <= 0)
            return true;
        rest(s, "the next backup of the schedule", left_ms < LOOK_MS ? left_ms : LOOK_MS);
    }
    return false;
}

static bool owner_ready(struct upstream *u, arena *a)
{
    struct message *answer = NEW(a, struct message);
    const struct outgoing want = { .method = GET, .target = STR("/health/ready") };
    return !upstream_call(u, a, &want, answer) && answer->status == 200;
}

/* All services of a cinema start together; the first backup need not fail for that. */
static void owners_await(struct ingestion *svc, arena *a)
{
    int64_t until_ms = loop_now_ms() + OWNERS_WITHIN_MS;
    for (size_t i = 0; i < BACKUP_OWNERS && !svc->scheduler.ending;) {
        i += owner_ready(svc->owners.of[i], a);
        arena_reset(a);
        if (loop_now_ms() > until_ms)
            return;
        if (i < BACKUP_OWNERS)
            rest(&svc->scheduler, "the owners to be ready", OWNERS_LOOK_MS);
    }
}

/* --- when --- */

static void next_after(struct ingestion *svc, instant after)
{
    if (!cron_next(&svc->settings->schedule, after, &svc->scheduler.next))
        svc->scheduler.next = INSTANT_NONE;
}

struct newest {
    arena *a;
    const char *shelf;
    strs names;
    struct backup_manifest manifest;
    bool found;
};

/* The newest with a manifest that can be read; a damaged one is none. */
static void newest_find(void *arg)
{
    struct newest *n = arg;
    if (ingestion_shelf_list(n->a, n->shelf, &n->names))
        return; /* a directory that is not there yet, or not now: the backup itself will say so */
    for (size_t i = 0; i < n->names.count && !n->found; i++) {
        const char *folder = arena_printf(n->a, "%s/%.*s", n->shelf, STR_ARG(n->names.at[i])).at;
        n->found = !ingestion_manifest_load(n->a, folder, &n->manifest);
        if (n->found)
            n->names.at[0] = n->names.at[i];
    }
}

static void last_set(struct scheduler *s, const struct backup_made *made)
{
    s->last = *made;
    snprintf(s->last_name, sizeof s->last_name, "%.*s", STR_ARG(made->name));
    s->last.name = str_of(s->last_name);
}

/* Where the last run left off: what fell due while the house was closed is due now, and so is the very first backup, of the
 * directory or of the cloud. */
static void resume(struct ingestion *svc, const char *shelf, arena *a)
{
    struct scheduler *s = &svc->scheduler;
    struct newest n = { .a = a, .shelf = shelf };
    struct backup_made last = { .made_at = INSTANT_NONE };
    char room[BACKUP_NAME_MAX];
    s->next = s->began;
    if (shelf && (!offload("the list of backups", newest_find, &n) || !n.found))
        return;
    if (shelf)
        last = (struct backup_made){ .name = n.names.at[0], .made_at = n.manifest.made_at };
    if (svc->cloud.aws) {
        instant sent = jobs_last_good(&svc->work.jobs, a, JOB_BACKUP);
        if (sent.ms == TIME_NONE)
            return;
        if (!shelf || sent.ms < last.made_at.ms)
            last = (struct backup_made){ .name = ingestion_backup_name(room, sent), .made_at = sent };
    }
    last_set(s, &last);
    /* A clock that was wrong once may have left one of a time to come. */
    next_after(svc, last.made_at.ms < s->began.ms ? last.made_at : s->began);
}

/* --- one backup --- */

static const fault *make_and_prune(struct ingestion *svc, const char *shelf, arena *a, struct backup_made *made)
{
    int64_t removed = 0;
    const struct backup_order want = { .owners = svc->owners, .shelf = shelf, .program = svc->program,
                                       .stop = &svc->scheduler.ending };
    TRY(ingestion_backup_make(a, &want, made));
    const fault *problem = ingestion_backups_prune(a, shelf, svc->settings->backup_keep, &removed);
    if (problem) /* the backup stands; the next one tries again */
        log_line("warn", "backup_kept", "Old backups could not be taken away: %.*s", STR_ARG(problem->sentence));
    else if (removed > 0)
        log_line("info", "backups_removed", "%lld old backups were taken away", (long long)removed);
    return NULL;
}

static void failed(struct scheduler *s, str code)
{
    s->failed = true;
    s->failures++;
    snprintf(s->code, sizeof s->code, "%.*s", STR_ARG(code));
}

static bool attempt(struct ingestion *svc, const char *shelf, arena *a)
{
    struct scheduler *s = &svc->scheduler;
    struct backup_made made;
    int64_t began_ms = loop_now_ms();
    s->running = true;
    const fault *problem = make_and_prune(svc, shelf, a, &made);
    s->running = false;
    if (problem && s->ending)
        return true;
    s->failed = false;
    if (problem) {
        failed(s, str_of(problem->code));
        log_line("error", "backup_failed", "%s: %.*s", problem->code, STR_ARG(problem->sentence));
        return false;
    }
    s->made++;
    s->took_ms = loop_now_ms() - began_ms;
    last_set(s, &made);
    log_line("info", "backup_made", "%s: %lld rows, %lld bytes in %lld ms", s->last_name, (long long)made.rows,
             (long long)made.bytes, (long long)s->took_ms);
    return true;
}

static void attempts(struct ingestion *svc, const char *shelf, arena *a)
{
    struct scheduler *s = &svc->scheduler;
    for (int64_t tried = 0; !s->ending && !attempt(svc, shelf, a); tried++) {
        if (tried == svc->settings->retries_max)
            return;
        int64_t until_ms = loop_now_ms() + random_pause_ms(svc->settings->retry_delay_s, tried);
        while (!s->ending && loop_now_ms() < until_ms)
            rest(s, "another try at a backup", until_ms - loop_now_ms());
    }
}

/* Its steps have their own tries. One that somebody ordered is as good. */
static void send(struct ingestion *svc, arena *a)
{
    struct scheduler *s = &svc->scheduler;
    struct job *job;
    char room[BACKUP_NAME_MAX];
    const fault *problem = jobs_begin(&svc->work.jobs, a, JOB_BACKUP, &job, NULL);
    if (problem && problem->kind != FAULT_CONFLICT && !s->ending)
        failed(s, str_of(problem->code));
    if (problem)
        return;
    s->running = true;
    jobs_wait(job);
    s->running = false;
    if (job->state == JOB_FAILED && !s->ending)
        failed(s, job->code);
    if (job->state != JOB_FAILED && svc->settings->backup_dir.len == 0) {
        s->failed = false;
        s->made++;
        s->took_ms = job->ended_at.ms - job->began_at.ms;
        last_set(s, &(struct backup_made){ .name = ingestion_backup_name(room, job->began_at), .made_at = job->began_at,
                                           .rows = job->rows_total, .bytes = job->bytes });
    }
    jobs_let_go(job);
}

static void schedule(void *arg)
{
    struct ingestion *svc = arg;
    struct scheduler *s = &svc->scheduler;
    s->self = fiber_self();
    arena *a = arena_new(ARENA_BYTES_MAX), *names = arena_new(PATH_BYTES_MAX * 4);
    const char *shelf = svc->settings->backup_dir.len > 0 ? arena_cstr(names, svc->settings->backup_dir) : NULL;
    resume(svc, shelf, a);
    arena_reset(a);
    if (rest_until_next(s))
        owners_await(svc, a);
    while (rest_until_next(s)) {
        if (shelf)
            attempts(svc, shelf, a);
        if (svc->cloud.aws && !s->ending)
            send(svc, a);
        next_after(svc, clock_now());
        arena_reset(a);
    }
    arena_free(a);
    arena_free(names);
    s->self = NULL;
}

/* --- outside --- */

const fault *ingestion_scheduler_start(struct ingestion *svc, arena *a)
{
    svc->scheduler.began = clock_now();
    svc->scheduler.next = INSTANT_NONE;
    if (svc->settings->backup_dir.len == 0 && !svc->cloud.aws)
        return NULL;
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (!svc->owners.of[i])
            return fault_new(a, FAULT_INVALID, "setting_invalid", "BACKUP_DIR is set, and a backup cannot do without %s.",
                             ingestion_owner_names[i]);
    if (!fiber_start("backups", schedule, svc))
        return fault_new(a, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the backups.");
    return NULL;
}

void ingestion_scheduler_stop(struct ingestion *svc)
{
    svc->scheduler.ending = true;
    if (svc->scheduler.resting)
        fiber_wake(svc->scheduler.self);
}

void ingestion_scheduler_await(struct ingestion *svc)
{
    ingestion_scheduler_stop(svc);
    while (svc->scheduler.self)
        fiber_sleep(5);
}
