/* keeping.c - what the verbs backup, restore and ingestion --mode have in common: progress, accounts, the tasks. */
#include "taquilla/keeping.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/frame/service.h"

#define TELL_EVERY_MS 100

const char *bytes_said(char room[32], int64_t bytes)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < COUNT_OF(units); unit++)
        size /= 1024;
    snprintf(room, 32, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
    return room;
}

/* --- the teller --- */

static void line_clear(const struct teller *t)
{
    if (t->terminal)
        fputs("\r\033[K", stdout);
}

static void table_told(struct backup_watcher *w, const char *owner, str table, int64_t rows, int64_t rows_all)
{
    struct teller *t = (struct teller *)(void *)w;
    if (!t->terminal || clock_mono_ms() - t->told_ms < TELL_EVERY_MS)
        return;
    t->told_ms = clock_mono_ms();
    line_clear(t);
    printf("  %s: %.*s, %lld", owner, STR_ARG(table), (long long)rows);
    if (rows_all > 0)
        printf(" of %lld", (long long)rows_all);
    printf(" rows");
    fflush(stdout);
}

static void owner_told(struct backup_watcher *w, const struct backup_service *done)
{
    char room[32];
    line_clear((struct teller *)(void *)w);
    for (size_t i = 0; i < done->tables.count; i++) {
        const struct backup_table *t = LIST_AT(&done->tables, const struct backup_table, i);
        printf("  %-12.*s  %-16.*s %10lld rows %12s\n", STR_ARG(done->name), STR_ARG(t->name), (long long)t->rows,
               bytes_said(room, t->bytes));
    }
    fflush(stdout);
}

void teller_begin(struct teller *t, bool restores)
{
    *t = (struct teller){ .watcher = { table_told, owner_told }, .terminal = isatty(STDOUT_FILENO) == 1,
                          .restores = restores };
}

/* --- tasks --- */

static struct ingestion_owners owners_of(const struct cinema *c)
{
    return (struct ingestion_owners){ { c->reservations, c->rooms, c->movies } };
}

const fault *backup_task_run(struct cinema *c, arena *a, void *arg)
{
    struct backup_task *t = arg;
    const char *program = arena_printf(a, "taquilla %s", taquilla_version).at;
    const struct backup_order want = { .owners = owners_of(c), .shelf = t->shelf, .program = program,
                                       .watcher = &t->teller.watcher };
    TRY(ingestion_backup_make(a, &want, &t->made));
    return t->keep > 0 ? ingestion_backups_prune(a, t->shelf, t->keep, &t->removed) : NULL;
}

const fault *restore_task_run(struct cinema *c, arena *a, void *arg)
{
    struct restore_task *t = arg;
    const struct restore_order want = { .owners = owners_of(c), .backup = &t->backup, .watcher = &t->teller.watcher };
    return ingestion_restore(a, &want, &t->there);
}

/* --- accounts --- */

static int64_t rows_of(const struct backup_manifest *m, int64_t *bytes)
{
    int64_t rows = 0;
    *bytes = 0;
    for (size_t i = 0; i < m->services.count; i++) {
        const list *tables = &LIST_AT(&m->services, struct backup_service, i)->tables;
        for (size_t k = 0; k < tables->count; k++) {
            rows += LIST_AT(tables, struct backup_table, k)->rows;
            *bytes += LIST_AT(tables, struct backup_table, k)->bytes;
        }
    }
    return rows;
}

int backup_choose_aloud(arena *a, const char *verb, const char *from, struct backup_chosen *out)
{
    char at[TIME_TEXT_MAX], size[32];
    int64_t bytes;
    const fault *problem = ingestion_backup_choose(a, from, out);
    if (problem)
        return keeping_failed(verb, problem);
    for (size_t i = 0; i < out->passed_over.count; i++)
        fprintf(stderr, "taquilla %s: passed over: %.*s\n", verb, STR_ARG(out->passed_over.at[i]));
    int64_t rows = rows_of(&out->manifest, &bytes);
    printf("%s is whole: made %.*s by %.*s, %lld rows, %s.\n", out->folder,
           STR_ARG(instant_text(at, out->manifest.made_at, TIME_OFFSET)), STR_ARG(out->manifest.program), (long long)rows,
           bytes_said(size, bytes));
    fflush(stdout);
    return 0;
}

void backup_account(const struct backup_task *t)
{
    char size[32];
    printf("%s/%.*s: %lld rows, %s.\n", t->shelf, STR_ARG(t->made.name), (long long)t->made.rows,
           bytes_said(size, t->made.bytes));
    if (t->removed > 0)
        printf("%lld older backups were taken away; BACKUP_KEEP is %lld.\n", (long long)t->removed, (long long)t->keep);
}

void restore_account(const struct cinema *c, const struct restore_task *t)
{
    int64_t bytes, rows = rows_of(&t->backup.manifest, &bytes);
    if (t->there)
        printf("The cinema holds this backup already; nothing was changed.\n");
    else if (c->own)
        printf("The cinema in %s now holds all %lld rows; counts and checksums agree.\n", c->data, (long long)rows);
    else
        printf("The cinema now holds all %lld rows; counts and checksums agree.\n", (long long)rows);
}

int keeping_failed(const char *verb, const fault *problem)
{
    fflush(stdout);
    if (isatty(STDOUT_FILENO) == 1)
        fputs("\n", stderr);
    fprintf(stderr, "taquilla %s: %.*s\n", verb, STR_ARG(problem->sentence));
    return strcmp(problem->code, "setting_invalid") == 0 ? 2 : 1;
}
