/* cloud_restore.c - finds the backup, fetches it, brings it to its moment, and gives it back. */
#include "taquilla/cloud_restore.h"

#include <stdio.h>
#include <string.h>

#include "lib/frame/service.h"
#include "services/ingestion/backup/shelf.h"
#include "services/ingestion/restore/fetch.h"
#include "services/rooms/service.h"
#include "taquilla/rewind.h"

#define SCHEME "s3://"

struct bringing {
    struct cloud_restore *task;
    arena *a;
    struct cloud cloud;
    instant at;
    const char *into;
    const void *rooms_settings;
    struct rewind_made made;
};

bool is_cloud_place(const char *from)
{
    return strncmp(from, SCHEME, strlen(SCHEME)) == 0;
}

/* --- where and when --- */

/* A time with its zone, or what the house's clock showed; a day is its first moment. */
static const fault *moment_read(arena *a, const char *text, instant *out)
{
    wall moment;
    day date;
    bool zoned = false;
    enum wall_fit fit = WALL_ONCE;
    *out = INSTANT_NONE;
    if (!text)
        return NULL;
    if (wall_read(str_of(text), &moment, &zoned))
        fit = wall_to_instant(moment, out);
    else if (day_read(str_of(text), &date))
        fit = wall_to_instant((wall){ date.days * 86400 }, out);
    else if (!zoned || !instant_read(str_of(text), out))
        return fault_new(a, FAULT_INVALID, "setting_invalid",
                         "--at is a time as 2026-11-25T10:00:00-05:00, or without its zone what the house's clock showed, not %s.", text);
    return fit != WALL_SKIPPED ? NULL : fault_new(a, FAULT_INVALID, "setting_invalid",
                                                  "--at %s does not exist: the house's clock jumps over it.", text);
}

/* BUCKET, and what goes before the two folders. */
static const fault *place_read(arena *a, const char *from, struct ingestion_settings *set)
{
    str prefix = str_of(from + strlen(SCHEME)), bucket;
    (void)str_cut(&prefix, '/', &bucket);
    while (prefix.len > 0 && prefix.at[prefix.len - 1] == '/')
        prefix.len--;
    if (bucket.len == 0)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "%s names no bucket: s3://BUCKET or s3://BUCKET/PREFIX.", from);
    set->bucket_name = arena_copy(a, bucket);
    if (prefix.len > 0) {
        set->backup_folder = arena_printf(a, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(set->backup_folder));
        set->analytics_folder = arena_printf(a, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(set->analytics_folder));
    }
    return NULL;
}

static const fault *begin(struct bringing *b, const struct cinema *c)
{
    struct ingestion_settings set;
    struct settings shared;
    void *rooms = arena_take(b->a, rooms_service.settings_size);
    TRY(settings_read(b->a, &settings_shape, &shared));
    TRY(settings_read(b->a, &ingestion_settings_shape, &set));
    TRY(settings_read(b->a, rooms_service.settings, rooms));
    TRY(clock_set_zone(b->a, shared.time_zone.at ? arena_cstr(b->a, shared.time_zone) : NULL));
    TRY(moment_read(b->a, b->task->at, &b->at));
    b->rooms_settings = rooms;
    if (b->task->from)
        TRY(place_read(b->a, b->task->from, &set));
    TRY(ingestion_cloud_open(b->a, &b->cloud, &set, c->data ? str_of(c->data) : shared.data_dir));
    if (!b->cloud.aws)
        return fault_new(b->a, FAULT_INVALID, "setting_invalid", "No cloud is configured: set S3_BUCKET_NAME and the keys, or BACKUP_DIR.");
    b->into = arena_printf(b->a, "%s/restore", b->cloud.dir).at;
    return NULL;
}

/* --- what is said --- */

static void moment_account(const struct bringing *b)
{
    char room[TIME_TEXT_MAX];
    bool whole = true;
    if (b->at.ms != TIME_NONE) {
        printf("Up to %.*s the lake adds", STR_ARG(instant_text(room, b->at, TIME_OFFSET)));
        for (size_t i = 0; i < BACKUP_OWNERS; i++)
            printf("%s %lld events of %s", i ? "," : "", (long long)b->made.events[i], ingestion_owner_names[i]);
        printf(". Names, e-mails and phones are as of the backup.\n");
    }
    for (size_t i = 0; i < BACKUP_OWNERS && b->at.ms != TIME_NONE; i++) {
        instant until = b->made.lake_until[i];
        if (until.ms != TIME_NONE && until.ms >= b->at.ms)
            continue;
        whole = false;
        if (until.ms == TIME_NONE)
            printf("There is no lake of %s: what happened there after the backup is missing.\n", ingestion_owner_names[i]);
        else
            printf("The lake of %s was written last at %.*s: what happened there later is missing.\n", ingestion_owner_names[i],
                   STR_ARG(instant_text(room, until, TIME_OFFSET)));
    }
    if (!whole)
        printf("So this is not all of that moment.\n");
    if (b->made.erased > 0)
        printf("%lld users were erased later: they are erased here too.\n", (long long)b->made.erased);
    fflush(stdout);
}

/* From here on this cinema has a past of its own. */
static const fault *lake_advise(const struct bringing *b)
{
    bool past = b->made.erased > 0;
    for (size_t i = 0; i < BACKUP_OWNERS && !past; i++) {
        const struct backup_service *s = ingestion_manifest_find(&b->made.backup.manifest, ingestion_owner_names[i]);
        int64_t position;
        TRY(ingestion_lake_position(b->a, &b->cloud, b->made.life, i, &position));
        past = position > s->position;
    }
    if (past)
        printf("The lake in s3://%.*s/%s goes on past this: it stays as it is, and what this cinema tells goes into one of its own.\n",
               STR_ARG(b->cloud.s3.bucket), lake_place(b->a, b->cloud.analytics_folder, b->made.life));
    return NULL;
}

/* --- one backup after the other, until one does --- */

static const fault *bring(struct bringing *b, str stamp, bool *early)
{
    struct backup_chosen *chosen = &b->task->restore.backup;
    const struct fetch_order want = { .cloud = &b->cloud, .stamp = stamp, .into = b->into,
                                      .watcher = &b->task->restore.teller.watcher };
    const char *folder;
    printf("Fetching the backup %.*s from s3://%.*s/%s\n", STR_ARG(stamp), STR_ARG(b->cloud.s3.bucket), b->cloud.backup_folder);
    fflush(stdout);
    TRY(ingestion_fetch(b->a, &want, &folder));
    TRY(ingestion_backup_choose(b->a, folder, chosen));
    const struct rewind_order to = { .cloud = &b->cloud, .from = chosen, .at = b->at, .into = b->into,
                                     .rooms_settings = b->rooms_settings,
                                     .program = arena_printf(b->a, "taquilla %s", taquilla_version).at };
    TRY(rewind_make(b->a, &to, &b->made));
    *early = b->made.early;
    return NULL;
}

/* One that was being made at that very moment holds a little more than it: then the one before it. */
static const fault *bring_some(struct bringing *b)
{
    strs stamps;
    char room[TIME_TEXT_MAX];
    bool early = true;
    TRY(ingestion_fetch_list(b->a, &b->cloud, b->at, &stamps));
    for (size_t i = 0; i < stamps.count && early; i++)
        TRY(bring(b, stamps.at[i], &early));
    if (early)
        return fault_new(b->a, FAULT_INVALID, "backup_missing", "Every backup in s3://%.*s/%s holds something later than %.*s.",
                         STR_ARG(b->cloud.s3.bucket), b->cloud.backup_folder, STR_ARG(instant_text(room, b->at, TIME_OFFSET)));
    b->task->restore.backup = b->made.backup;
    moment_account(b);
    return NULL;
}

/* People's data lies there: nothing stays once it is where it should be. */
static void forget(const struct bringing *b)
{
    strs names = { NULL, 0 };
    if (ingestion_shelf_list(b->a, b->into, &names))
        return;
    for (size_t i = 0; i < names.count; i++)
        (void)!ingestion_shelf_remove(b->a, b->into, names.at[i]);
}

const fault *cloud_restore_run(struct cinema *c, arena *a, void *arg)
{
    struct bringing b = { .task = arg, .a = a };
    const fault *problem = begin(&b, c);
    if (!problem)
        problem = bring_some(&b);
    if (!problem && !b.task->only_check)
        problem = restore_task_run(c, a, &b.task->restore);
    if (!problem && !b.task->only_check)
        problem = lake_advise(&b);
    if (!problem)
        forget(&b);
    ingestion_cloud_close(&b.cloud);
    return problem;
}
