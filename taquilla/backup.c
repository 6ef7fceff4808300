/* backup.c - the verb backup: everything that the cinema knows, into a folder. */
#include <stdio.h>

#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

int backup_run(int argc, char **argv)
{
    struct cinema_wishes want = { .closed_too = true };
    struct backup_task task = { 0 };
    const struct flag known[] = { { "--to", &task.shelf }, { "--base-port", &want.base_port }, { "--data", &want.data } };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    if (!task.shelf || !task.shelf[0]) {
        fprintf(stderr, "taquilla backup: say where with --to DIR; each backup becomes a folder in it.\n");
        return 2;
    }
    arena *a = arena_new(ARENA_BYTES_MAX);
    struct cinema c;
    teller_begin(&task.teller, false);
    const fault *problem = cinema_find(a, &c, &want);
    if (!problem)
        problem = cinema_visit(&c, a, backup_task_run, &task);
    cinema_close(&c);
    int code = problem ? keeping_failed("backup", problem) : 0;
    if (!problem)
        backup_account(&task);
    arena_free(a);
    return code;
}
