/* import.c - rows of a file into a cinema, and an account of every row. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "taquilla/flags.h"
#include "taquilla/import_send.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024) /* 64 bytes a row, and a little */
#define SCRATCH_FILES_MAX 16

struct import {
    const struct import_kind *kind;
    const char *file, *report;
    bool check;
    struct columns columns;
    struct lore lore;
    struct account account;
    char scratch[64]; /* a data directory that is nobody's; empty: none */
};

/* --- a cinema to look at --- */

static int entry_remove(const char *path, const struct stat *is, int kind, struct FTW *where)
{
    (void)is, (void)kind, (void)where;
    return remove(path);
}

static void scratch_remove(const struct import *im)
{
    if (im->scratch[0])
        nftw(im->scratch, entry_remove, SCRATCH_FILES_MAX, FTW_DEPTH | FTW_PHYS);
}

/* A dry run needs somebody to judge the rows: the cinema that is open, else the one of the data directory, else an empty
 * one made for this, so that nothing is left behind. */
static const fault *check_find(arena *a, struct import *im, struct cinema *c, const struct cinema_wishes *want)
{
    struct cinema_wishes running = *want, scratch = { .open_own = true };
    running.only_running = true;
    const fault *away = cinema_find(a, c, &running);
    if (!away || strcmp(away->code, "cinema_away") != 0)
        return away;
    cinema_close(c);
    if (access(c->data, F_OK) == 0)
        return cinema_find(a, c, want);
    strcpy(im->scratch, "/tmp/taquilla-check-XXXXXX");
    if (!mkdtemp(im->scratch)) {
        im->scratch[0] = '\0';
        return fault_new(a, FAULT_UNAVAILABLE, "cinema_refused", "No directory can be made in /tmp to try it in.");
    }
    scratch.data = im->scratch;
    return cinema_find(a, c, &scratch);
}

/* --- twice through the file --- */

static const fault *survey(arena *a, struct import *im)
{
    struct import_file file = { .fd = -1 };
    arena *pass = arena_new(ARENA_BYTES_MAX);
    lore_begin(&im->lore, day_of(clock_wall_now()));
    const fault *problem = import_file_open(pass, &file, im->file, &im->columns);
    if (!problem)
        problem = rows_survey(&file, im->kind, &im->lore, pass);
    if (!problem && (file.is_csv || im->lore.rows > 0))
        problem = columns_check(&im->columns, pass);
    import_file_close(&file);
    lore_end(&im->lore);
    if (problem)
        problem = fault_new(a, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    for (size_t i = 0; i < im->columns.count; i++)
        im->columns.at[i].name = arena_copy(a, im->columns.at[i].name);
    arena_free(pass);
    return problem;
}

static const fault *send(arena *a, struct import *im, struct cinema *c)
{
    struct import_file file;
    const fault *problem = import_file_open(a, &file, im->file, &im->columns);
    struct sending s = { .kind = im->kind, .file = &file, .lore = &im->lore, .account = &im->account, .boot = a,
                         .check = im->check && !im->scratch[0] };
    if (!problem)
        problem = cinema_visit(c, a, rows_send, &s);
    import_file_close(&file);
    return problem;
}

static const fault *import_do(arena *a, struct import *im, const struct cinema_wishes *want)
{
    struct cinema c = { .log = -1 };
    TRY(survey(a, im));
    TRY(account_open(&im->account, a, im->kind, im->report));
    const fault *problem = im->check ? check_find(a, im, &c, want) : cinema_find(a, &c, want);
    interrupt_catch();
    if (!problem)
        problem = send(a, im, &c);
    cinema_close(&c);
    scratch_remove(im);
    struct account_head head = { im->file, im->check, im->lore.rows, columns_unknown(&im->columns, a), problem };
    if (!problem || im->account.read > 0)
        account_print(&im->account, &head);
    const fault *unwritten = account_close(&im->account, a, im->report);
    return problem ? problem : unwritten;
}

/* --- the verb --- */

static int usage(void)
{
    fprintf(stderr, "taquilla import movies|rooms|users|schedules FILE [--check] [--map COLUMN=FIELD]... [--report FILE.csv]\n"
                    "                [--base-port N] [--data DIR]\n");
    return 2;
}

/* Takes --check and every --map out of the arguments; the rest are flags with one value. */
static const fault *flags_take(arena *a, struct import *im, int *argc, char **argv)
{
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        const char *map = strncmp(argv[i], "--map=", 6) == 0 ? argv[i] + 6 : NULL;
        if (strcmp(argv[i], "--map") == 0 && i + 1 < *argc)
            map = argv[++i];
        if (map)
            TRY(columns_map(&im->columns, a, map));
        else if (strcmp(argv[i], "--check") == 0)
            im->check = true;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return NULL;
}

static const struct import_kind *kind_named(const char *name)
{
    static const struct import_kind *const kinds[] = { &import_movies, &import_rooms, &import_users, &import_schedules };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static int import_by(arena *a, struct import *im, int argc, char **argv)
{
    struct cinema_wishes want = { 0 };
    const struct flag known[] = { { "--base-port", &want.base_port }, { "--data", &want.data }, { "--report", &im->report } };
    im->kind = argc >= 3 ? kind_named(argv[1]) : NULL;
    if (!im->kind || argv[2][0] == '-')
        return usage();
    im->columns.fields = im->kind->fields;
    im->columns.field_count = im->kind->field_count;
    im->file = argv[2];
    argv[2] = argv[0];
    argc -= 2;
    const fault *problem = flags_take(a, im, &argc, argv + 2);
    if (problem) {
        fprintf(stderr, "taquilla import: %.*s\n", STR_ARG(problem->sentence));
        return 2;
    }
    if (!flags_read(argc, argv + 2, known, COUNT_OF(known)))
        return 2;
    problem = import_do(a, im, &want);
    fflush(stdout);
    if (problem)
        fprintf(stderr, "taquilla import: %.*s\n", STR_ARG(problem->sentence));
    return problem ? 1 : 0;
}

int import_run(int argc, char **argv)
{
    arena *a = arena_new(ARENA_BYTES_MAX);
    struct import *im = NEW(a, struct import);
    int code = import_by(a, im, argc, argv);
    arena_free(a);
    return code;
}
