/* ingestion.c - `taquilla ingestion --mode ...`: the service, or one of its tasks alone, as containers and cron call them. */
#include <stdio.h>
#include <string.h>

#include "taquilla/cloud.h"
#include "taquilla/cloud_restore.h"
#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/services.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* 0, or 2 after a sentence. */
static int settings_of(arena *a, struct ingestion_settings *set)
{
    const fault *problem = settings_read(a, &ingestion_settings_shape, set);
    return problem ? keeping_failed("ingestion", problem) : 0;
}

static int nowhere(const char *mode)
{
    fprintf(stderr, "taquilla ingestion: --mode %s needs BACKUP_DIR or a cloud, and neither is set.\n", mode);
    return 2;
}

/* The owners' addresses are settings here: nobody says that they run on one machine. */
static int task_run(arena *a, const char *data, cinema_task *run, void *task)
{
    struct cinema c;
    const fault *problem = cinema_find(a, &c, &(struct cinema_wishes){ .data = data, .by_addresses = true });
    if (!problem)
        problem = cinema_visit(&c, a, run, task);
    cinema_close(&c);
    return problem ? keeping_failed("ingestion", problem) : 0;
}

static int cloud_job(arena *a, const char *data, const struct ingestion_settings *set, enum job_kind kind)
{
    struct settings shared;
    struct cloud_task task = { .settings = set, .kind = kind };
    const fault *problem = settings_read(a, &settings_shape, &shared);
    if (problem)
        return keeping_failed("ingestion", problem);
    task.data = data ? data : arena_cstr(a, shared.data_dir);
    int code = task_run(a, data, cloud_job_run, &task);
    return code ? code : task.code;
}

static int shelf_backup(arena *a, const char *data, const struct ingestion_settings *set)
{
    struct backup_task task = { .shelf = arena_cstr(a, set->backup_dir), .keep = set->backup_keep };
    teller_begin(&task.teller, false);
    int code = task_run(a, data, backup_task_run, &task);
    if (code == 0)
        backup_account(&task);
    return code;
}

/* Into the directory and to the cloud, as the service does it by schedule. */
static int mode_backup(arena *a, const char *data, const struct ingestion_settings *set)
{
    bool cloud = ingestion_cloud_wished(set);
    if (set->backup_dir.len == 0 && !cloud)
        return nowhere("backup");
    int code = set->backup_dir.len > 0 ? shelf_backup(a, data, set) : 0;
    return code == 0 && cloud ? cloud_job(a, data, set, JOB_BACKUP) : code;
}

static int mode_restore_cloud(arena *a, const char *data, const char *at)
{
    struct cloud_restore task = { .verb = "ingestion", .at = at };
    teller_begin(&task.restore.teller, true);
    int code = task_run(a, data, cloud_restore_run, &task);
    if (code == 0)
        restore_account(&(struct cinema){ 0 }, &task.restore);
    return code;
}

/* Out of the bucket when there is a cloud, else out of BACKUP_DIR. */
static int mode_restore(arena *a, const char *data, const char *at, const struct ingestion_settings *set)
{
    if (ingestion_cloud_wished(set))
        return mode_restore_cloud(a, data, at);
    if (at) {
        fprintf(stderr, "taquilla ingestion: --at needs what happened after a backup, and that is in the cloud alone; none is configured.\n");
        return 2;
    }
    struct restore_task task = { 0 };
    if (set->backup_dir.len == 0)
        return nowhere("restore");
    teller_begin(&task.teller, true);
    int code = backup_choose_aloud(a, "ingestion", arena_cstr(a, set->backup_dir), &task.backup);
    if (code == 0)
        code = task_run(a, data, restore_task_run, &task);
    if (code == 0)
        restore_account(&(struct cinema){ 0 }, &task);
    return code;
}

/* The service does what is scheduled either way; as `scheduler` it does not start when there is nothing to do. */
static int mode_service(const char *mode, const struct ingestion_settings *set, int argc, char **argv)
{
    bool nothing = set->backup_dir.len == 0 && !ingestion_cloud_wished(set);
    return strcmp(mode, "scheduler") == 0 && nothing ? nowhere(mode) : service_run(&ingestion_service, argc, argv);
}

static int mode_run(arena *a, const char *mode, int argc, char **argv)
{
    const char *data = NULL, *port = NULL, *listen = NULL, *at = NULL;
    const struct flag known[] = { { "--data", &data }, { "--port", &port }, { "--listen", &listen }, { "--at", &at } };
    struct ingestion_settings set;
    int code = settings_of(a, &set);
    if (code)
        return code;
    if (strcmp(mode, "api") == 0 || strcmp(mode, "scheduler") == 0)
        return mode_service(mode, &set, argc, argv);
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    if (strcmp(mode, "backup") == 0)
        return mode_backup(a, data, &set);
    if (strcmp(mode, "migrate") == 0)
        return cloud_job(a, data, &set, JOB_MIGRATE);
    if (strcmp(mode, "restore") == 0)
        return mode_restore(a, data, at, &set);
    if (strcmp(mode, "setup") == 0)
        return setup_run(1, argv);
    fprintf(stderr, "taquilla ingestion: --mode is api, backup, restore, scheduler, migrate or setup, not %s.\n", mode);
    return 2;
}

int ingestion_run(int argc, char **argv)
{
    const char *mode = flag_value_taken(&argc, argv, "--mode");
    arena *a = arena_new(ARENA_BYTES_MAX);
    int code = mode_run(a, mode ? mode : "api", argc, argv);
    arena_free(a);
    return code;
}
