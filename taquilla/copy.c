/* copy.c - the verb copy: a cinema into another, which may be on other databases. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "services/ingestion/restore/copy.h"
#include "taquilla/cinema.h"
#include "taquilla/keeping.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)128 * 1024 * 1024)
#define TELL_EVERY_MS 100

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* --- what comes about --- */

struct progress {
    struct copy_watcher watcher; /* first */
    bool terminal;
    int64_t told_ms;
    char last[160]; /* "reservations: payments, 12000 rows" */
};

static void line_clear(const struct progress *p)
{
    if (p->terminal)
        fputs("\r\033[K", stdout);
}

static void table_told(struct copy_watcher *w, const char *owner, str table, int64_t rows)
{
    struct progress *p = (struct progress *)(void *)w;
    snprintf(p->last, sizeof p->last, "%s: %.*s, %lld rows", owner, STR_ARG(table), (long long)rows);
    if (!p->terminal || clock_mono_ms() - p->told_ms < TELL_EVERY_MS)
        return;
    p->told_ms = clock_mono_ms();
    line_clear(p);
    printf("  %s", p->last);
    fflush(stdout);
}

static void told(struct copy_watcher *w, const char *owner, const char *what)
{
    line_clear((struct progress *)(void *)w);
    printf("  %s: %s\n", owner, what);
    fflush(stdout);
}

/* --- the account --- */

static void tables_print(const struct backup_service *s)
{
    for (size_t i = 0; i < s->tables.count; i++) {
        const struct backup_table *t = LIST_AT(&s->tables, const struct backup_table, i);
        printf("  %-12.*s  %-16.*s %10lld rows  %.*s\n", STR_ARG(s->name), STR_ARG(t->name), (long long)t->rows,
               STR_ARG(t->sha256));
    }
}

static void account(const char *from, const char *to, const struct copy_made *made)
{
    int64_t rows = 0;
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        const struct backup_service *s = &made->services[i];
        if (made->gone_on[i])
            printf("  %s: this copy is there, as of position %lld, and has gone on since; its rows were not compared\n",
                   ingestion_owner_names[i], (long long)s->position);
        else
            tables_print(s);
        for (size_t k = 0; k < s->tables.count; k++)
            rows += LIST_AT(&s->tables, const struct backup_table, k)->rows;
    }
    printf("%s holds all %lld rows of %s", to, (long long)rows, from);
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        printf("%s %s %lld", i == 0 ? ", as of positions" : ",", ingestion_owner_names[i], (long long)made->services[i].position);
    bool compared = !made->gone_on[0] && !made->gone_on[1] && !made->gone_on[2];
    printf(compared ? "; counts and SHA-256 of every table agree on both sides.\n" : ".\n");
}

static int failed(const struct progress *p, const fault *problem)
{
    line_clear(p);
    int code = keeping_failed("copy", problem);
    if (p->last[0] || strcmp(problem->code, "copy_stopped") == 0)
        fprintf(stderr, "It came as far as %s. The same command again goes on from there.\n",
                p->last[0] ? p->last : "the beginning");
    return code;
}

/* --- both cinemas --- */

struct copying {
    struct cinema *to;
    struct progress progress;
    struct copy_made made;
};

static struct ingestion_owners owners_of(const struct cinema *c)
{
    return (struct ingestion_owners){ { c->reservations, c->rooms, c->movies } };
}

static const fault *copy_task(struct cinema *from, arena *a, void *arg)
{
    struct copying *work = arg;
    const fault *problem = cinema_connect(a, work->to);
    if (!problem)
        problem = ingestion_copy(a, &(struct copy_order){ .from = owners_of(from), .to = owners_of(work->to), .stop = &stopped,
                                                          .watcher = &work->progress.watcher }, &work->made);
    cinema_disconnect(work->to);
    return problem;
}

/* A first side that is not there would be made, and its nothing copied. */
static const fault *from_check(arena *a, const char *from)
{
    static const char *const stores[] = { "movies.db", "rooms.db", "reservations.db" };
    struct stat is;
    if (stat(from, &is) == 0 && !S_ISDIR(is.st_mode))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        if (access(arena_printf(a, "%s/%s", from, stores[i]).at, F_OK) == 0)
            return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid", "There is no cinema in %s.", from);
}

static const fault *both_open(arena *a, const char *from, const char *to, struct cinema *one, struct cinema *other)
{
    TRY(from_check(a, from));
    TRY(cinema_find(a, one, &(struct cinema_wishes){ .place = from, .closed_too = true }));
    return cinema_find(a, other, &(struct cinema_wishes){ .place = to, .closed_too = true });
}

static int copy_now(arena *a, const char *from, const char *to)
{
    struct cinema one = { .log = -1 }, other = { .log = -1 };
    struct copying work = { .to = &other, .progress = { .watcher = { table_told, told },
                                                        .terminal = isatty(STDOUT_FILENO) == 1 } };
    struct sigaction catch = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &catch, NULL);
    sigaction(SIGTERM, &catch, NULL);
    const fault *problem = both_open(a, from, to, &one, &other);
    if (!problem)
        problem = cinema_visit(&one, a, copy_task, &work);
    cinema_close(&other);
    cinema_close(&one);
    if (problem)
        return failed(&work.progress, problem);
    line_clear(&work.progress);
    account(from, to, &work.made);
    return 0;
}

int copy_run(int argc, char **argv)
{
    if (argc != 3 || argv[1][0] == '-' || argv[2][0] == '-' || !argv[1][0] || !argv[2][0]) {
        fprintf(stderr, "taquilla copy: say FROM and TO: each a data directory, or a file like .env that says where its stores are.\n");
        return 2;
    }
    arena *a = arena_new(ARENA_BYTES_MAX);
    int code = copy_now(a, argv[1], argv[2]);
    arena_free(a);
    return code;
}
