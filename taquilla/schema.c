/* schema.c - the verb schema: which migrations each owner's store has, and which the next start would apply. Changes nothing. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/db/schema.h"
#include "lib/loop/fiber.h"
#include "taquilla/flags.h"
#include "taquilla/services.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024)

static const struct migration_done *done_of(const struct schema_seen *seen, int64_t number)
{
    for (size_t i = 0; i < seen->done.count; i++)
        if (LIST_AT(&seen->done, const struct migration_done, i)->number == number)
            return LIST_AT(&seen->done, const struct migration_done, i);
    return NULL;
}

static int64_t last_done(const struct schema_seen *seen)
{
    return seen->done.count ? LIST_AT(&seen->done, const struct migration_done, seen->done.count - 1)->number : 0;
}

/* A start goes on behind the last that is applied. */
static void known_print(const struct schema_seen *seen)
{
    char at[TIME_TEXT_MAX];
    for (const struct migration *m = seen->known; m->number; m++) {
        const struct migration_done *done = done_of(seen, m->number);
        printf("  %3d  %-20s ", m->number, m->name);
        if (done)
            printf("applied %.*s\n", STR_ARG(instant_text(at, done->applied_at, TIME_OFFSET)));
        else
            printf("%s\n", m->number > last_done(seen) ? "the next start applies it" : "missing below the last applied");
    }
}

static void unknown_print(const struct schema_seen *seen)
{
    char at[TIME_TEXT_MAX];
    const struct migration *last = NULL;
    for (const struct migration *m = seen->known; m->number; m++)
        last = m;
    for (size_t i = 0; i < seen->done.count; i++) {
        const struct migration_done *done = LIST_AT(&seen->done, const struct migration_done, i);
        if (!last || done->number > last->number)
            printf("  %3lld  %-20.*s applied %.*s, not known here\n", (long long)done->number, STR_ARG(done->name),
                   STR_ARG(instant_text(at, done->applied_at, TIME_OFFSET)));
    }
    if (last_done(seen) > (last ? last->number : 0))
        printf("  The store is newer than this program, which does not open it.\n");
}

static void seen_print(const char *owner, const struct schema_seen *seen)
{
    printf("%s: %s, %.*s\n", owner, seen->kind, STR_ARG(seen->place));
    if (!seen->there)
        printf("  new: would be made\n");
    if (seen->note)
        printf("  %s\n", seen->note);
    if (!seen->known)
        return;
    known_print(seen);
    unknown_print(seen);
}

struct looking {
    arena *a;
    const struct settings *set;
    bool failed;
};

static void looks_run(void *arg)
{
    struct looking *l = arg;
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        struct schema_seen seen = { 0 };
        if (!services[i]->schema)
            continue;
        const fault *problem = services[i]->schema(l->a, l->set, &seen);
        if (!problem) {
            seen_print(services[i]->name, &seen);
            continue;
        }
        l->failed = true;
        fflush(stdout);
        fprintf(stderr, "taquilla schema: %s: %.*s%s%.*s\n", services[i]->name, STR_ARG(problem->sentence),
                problem->internal.len ? " " : "", STR_ARG(problem->internal));
    }
    loop_stop();
}

int schema_run(int argc, char **argv)
{
    const char *data = NULL;
    const struct flag known[] = { { "--data", &data } };
    struct settings set;
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    arena *a = arena_new(ARENA_BYTES_MAX);
    MUST(settings_read(a, &settings_shape, &set));
    if (data)
        set.data_dir = str_of(data);
    MUST(clock_set_zone(a, set.time_zone.at ? arena_cstr(a, set.time_zone) : NULL));
    struct looking l = { .a = a, .set = &set };
    signal(SIGPIPE, SIG_IGN);
    loop_open();
    bool started = fiber_start("schema", looks_run, &l);
    if (started)
        loop_run();
    loop_close();
    printf("There is no way down from a migration but a restore: keep the backup from before it.\n");
    arena_free(a);
    return started && !l.failed ? 0 : 1;
}
