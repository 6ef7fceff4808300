/* ingestion.c - `taquilla ingestion --mode ...`: the service, or one of its tasks alone, as containers and cron call them. */
#include <stdio.h>
#include <string.h>

#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/services.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

static int no_cloud(const char *mode)
{
    fprintf(stderr, "taquilla ingestion: --mode %s is for the cloud, and this version does not speak to one; "
                    "`taquilla backup --to DIR` keeps everything in a directory.\n", mode);
    return 1;
}

/* BACKUP_DIR, when it is set; else *code is 2 after a sentence. */
static const char *shelf_of(arena *a, const char *mode, struct ingestion_settings *set, int *code)
{
    const fault *problem = settings_read(a, &ingestion_settings_shape, set);
    *code = 2;
    if (problem)
        (void)keeping_failed("ingestion", problem);
    else if (set->backup_dir.len == 0)
        fprintf(stderr, "taquilla ingestion: --mode %s needs BACKUP_DIR, and it is not set.\n", mode);
    else
        *code = 0;
    return *code == 0 ? arena_cstr(a, set->backup_dir) : NULL;
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

static int mode_backup(arena *a, const char *data)
{
    int code;
    struct ingestion_settings set;
    struct backup_task task = { .shelf = shelf_of(a, "backup", &set, &code) };
    if (code)
        return code;
    task.keep = set.backup_keep;
    teller_begin(&task.teller, false);
    code = task_run(a, data, backup_task_run, &task);
    if (code == 0)
        backup_account(&task);
    return code;
}

static int mode_restore(arena *a, const char *data)
{
    int code;
    struct ingestion_settings set;
    struct restore_task task = { 0 };
    const char *shelf = shelf_of(a, "restore", &set, &code);
    teller_begin(&task.teller, true);
    if (code == 0)
        code = backup_choose_aloud(a, "ingestion", shelf, &task.backup);
    if (code == 0)
        code = task_run(a, data, restore_task_run, &task);
    if (code == 0)
        restore_account(&(struct cinema){ 0 }, &task);
    return code;
}

/* The service makes the backups of its schedule either way; as `scheduler` it does not start without one. */
static int mode_scheduler(arena *a, int argc, char **argv)
{
    int code;
    struct ingestion_settings set;
    return shelf_of(a, "scheduler", &set, &code) ? service_run(&ingestion_service, argc, argv) : code;
}

static int mode_run(arena *a, const char *mode, int argc, char **argv)
{
    const char *data = NULL, *port = NULL, *listen = NULL;
    const struct flag known[] = { { "--data", &data }, { "--port", &port }, { "--listen", &listen } };
    if (strcmp(mode, "api") == 0)
        return service_run(&ingestion_service, argc, argv);
    if (strcmp(mode, "scheduler") == 0)
        return mode_scheduler(a, argc, argv);
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    if (strcmp(mode, "backup") == 0)
        return mode_backup(a, data);
    if (strcmp(mode, "restore") == 0)
        return mode_restore(a, data);
    if (strcmp(mode, "migrate") == 0 || strcmp(mode, "setup") == 0)
        return no_cloud(mode);
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
