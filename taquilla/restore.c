/* restore.c - the verb restore: a backup into an empty cinema, or only looked at. */
#include <stdio.h>
#include <string.h>

#include "taquilla/cloud_restore.h"
#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

static int restore_into(arena *a, const struct cinema_wishes *want, struct restore_task *task)
{
    struct cinema c;
    const fault *problem = cinema_find(a, &c, want);
    if (!problem)
        problem = cinema_visit(&c, a, restore_task_run, task);
    cinema_close(&c);
    if (problem)
        return keeping_failed("restore", problem);
    restore_account(&c, task);
    return 0;
}

/* From S3: the cinema is found first, so that nothing is fetched for one that is not there. */
static int restore_from_cloud(arena *a, const struct cinema_wishes *want, struct cloud_restore *task)
{
    struct cinema c = { .log = -1, .base_port = 3001, .data = want->data };
    teller_begin(&task->restore.teller, true);
    const fault *problem = task->only_check ? NULL : cinema_find(a, &c, want);
    if (!problem)
        problem = cinema_visit(&c, a, cloud_restore_run, task);
    cinema_close(&c);
    if (problem)
        return keeping_failed("restore", problem);
    if (!task->only_check)
        restore_account(&c, &task->restore);
    return 0;
}

int restore_run(int argc, char **argv)
{
    const char *from = NULL, *at = NULL;
    bool check = flag_taken(&argc, argv, "--check");
    struct cinema_wishes want = { .closed_too = true };
    struct restore_task task = { 0 };
    const struct flag known[] = { { "--from", &from }, { "--at", &at }, { "--base-port", &want.base_port }, { "--data", &want.data } };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    if (!from || !from[0]) {
        fprintf(stderr, "taquilla restore: say which with --from DIR: a backup's folder, or a directory of them; or s3://BUCKET.\n");
        return 2;
    }
    if (at && !is_cloud_place(from)) {
        fprintf(stderr, "taquilla restore: --at TIME needs what happened after the backup, and that is in S3 alone: --from s3://BUCKET.\n");
        return 2;
    }
    arena *a = arena_new(ARENA_BYTES_MAX);
    if (is_cloud_place(from)) {
        struct cloud_restore cloud = { .verb = "restore", .from = from, .at = at, .only_check = check };
        int cloud_code = restore_from_cloud(a, &want, &cloud);
        arena_free(a);
        return cloud_code;
    }
    teller_begin(&task.teller, true);
    int code = backup_choose_aloud(a, "restore", from, &task.backup);
    if (code == 0 && check)
        code = task.backup.passed_over.count > 0;
    else if (code == 0)
        code = restore_into(a, &want, &task);
    arena_free(a);
    return code;
}
