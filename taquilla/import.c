/* import.c - films of a JSON file into a cinema, and an account of every row. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json/read.h"
#include "taquilla/cinema.h"
#include "taquilla/flags.h"
#include "taquilla/import_rows.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define FILE_BYTES_MAX ((off_t)64 * 1024 * 1024)
#define BATCH_ROWS 500
#define BATCH_BYTES ((size_t)768 * 1024) /* a body may have 1 MiB */
#define BATCH_DEADLINE_MS 60000
#define REASONS_MAX 32
#define LINES_SHOWN 5

struct import {
    const char *file;
    bool check;
    list rows; /* of struct import_row */
    size_t created, present;
};

/* --- the file --- */

static const fault *file_read(arena *a, const char *path, str *text)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &is) != 0)
        return fault_new(a, FAULT_INVALID, "import_unreadable", "%s: %s.", path, strerror(errno));
    if (!S_ISREG(is.st_mode) || is.st_size > FILE_BYTES_MAX) {
        close(fd);
        return fault_new(a, FAULT_INVALID, "import_unreadable", "%s is not a file of at most %d MiB.", path,
                         (int)(FILE_BYTES_MAX >> 20));
    }
    char *room = arena_take(a, (size_t)is.st_size + 1);
    size_t length = 0;
    for (ssize_t got; (got = read(fd, room + length, (size_t)is.st_size - length)) > 0;)
        length += (size_t)got;
    close(fd);
    *text = (str){ room, length };
    return NULL;
}

/* --- batches --- */

struct refusal {
    int64_t index;
    str sentence;
};
static const struct field refusal_fields[] = {
    FIELD(struct refusal, index, "index"), FIELD(struct refusal, sentence, "sentence"),
};
static const struct shape refusal_shape = SHAPE(refusal, refusal_fields);

struct outcome {
    int64_t created, present;
    list refused;
};
static const struct field outcome_fields[] = {
    FIELD(struct outcome, created, "created"),
    FIELD(struct outcome, present, "present"),
    FIELD(struct outcome, refused, "refused", .shape = &refusal_shape),
};
static const struct shape outcome_shape = SHAPE(outcome, outcome_fields);

/* Sends the films of rows from *at on, as many as one body takes; *at is then the first not sent. */
static const fault *batch_send(struct cinema *c, arena *a, struct import *im, size_t *at)
{
    struct buf body = { .in = a };
    size_t sent[BATCH_ROWS], count = 0;
    struct question q = { .method = POST, .target = STR("/internal/movies/import"), .internal = true,
                          .deadline_ms = BATCH_DEADLINE_MS };
    struct outcome got;
    str data;
    buf_literal(&body, "{\"movies\":[");
    for (; *at < im->rows.count && count < BATCH_ROWS && body.len < BATCH_BYTES; ++*at) {
        const struct import_row *row = LIST_AT(&im->rows, struct import_row, *at);
        if (!row->film.at)
            continue;
        if (count)
            buf_char(&body, ',');
        buf_text(&body, row->film);
        sent[count++] = *at;
    }
    buf_literal(&body, "]}");
    if (count == 0)
        return NULL;
    q.body = buf_str(&body);
    TRY(cinema_ask(c, c->movies, a, &q, &data, NULL));
    TRY(json_read(a, data, &outcome_shape, &got));
    im->created += (size_t)got.created;
    im->present += (size_t)got.present;
    for (size_t i = 0; i < got.refused.count; i++) {
        const struct refusal *r = LIST_AT(&got.refused, struct refusal, i);
        if (r->index >= 0 && (size_t)r->index < count)
            LIST_AT(&im->rows, struct import_row, sent[r->index])->refused = arena_cstr(a, r->sentence);
    }
    return NULL;
}

static const fault *send_all(struct cinema *c, arena *a, void *arg)
{
    struct import *im = arg;
    for (size_t at = 0; at < im->rows.count;)
        TRY(batch_send(c, a, im, &at));
    return NULL;
}

/* --- the account --- */

static size_t refused_count(const struct import *im)
{
    size_t count = 0;
    for (size_t i = 0; i < im->rows.count; i++)
        count += LIST_AT(&im->rows, struct import_row, i)->refused != NULL;
    return count;
}

static void repairs_print(const struct import *im)
{
    bool headed = false;
    for (size_t r = 0; r < REPAIR_COUNT; r++) {
        size_t count = 0;
        for (size_t i = 0; i < im->rows.count; i++) {
            const struct import_row *row = LIST_AT(&im->rows, struct import_row, i);
            count += row->repaired[r] && !row->refused;
        }
        if (count && !headed)
            printf("\nRepaired, by field:\n");
        headed |= count > 0;
        if (count)
            printf("  %-13s %6zu  %s\n", repair_fields[r], count, repair_rules[r]);
    }
}

static void reason_print(const struct import *im, const char *reason)
{
    size_t count = 0;
    for (size_t i = 0; i < im->rows.count; i++) {
        const struct import_row *row = LIST_AT(&im->rows, struct import_row, i);
        count += row->refused && strcmp(row->refused, reason) == 0;
    }
    printf("  %6zu  %s\n", count, reason);
    size_t shown = 0;
    for (size_t i = 0; i < im->rows.count && shown < LINES_SHOWN; i++) {
        const struct import_row *row = LIST_AT(&im->rows, struct import_row, i);
        if (!row->refused || strcmp(row->refused, reason) != 0)
            continue;
        printf("          line %zu: %.*s\n", row->line, STR_ARG(row->name));
        shown++;
    }
    if (count > shown)
        printf("          and %zu more\n", count - shown);
}

static void refusals_print(const struct import *im)
{
    const char *seen[REASONS_MAX];
    size_t reasons = 0;
    for (size_t i = 0; i < im->rows.count; i++) {
        const char *why = LIST_AT(&im->rows, struct import_row, i)->refused;
        bool new = why != NULL;
        for (size_t k = 0; k < reasons && new; k++)
            new = strcmp(seen[k], why) != 0;
        if (!new)
            continue;
        if (reasons == REASONS_MAX) {
            printf("  and other reasons\n");
            return;
        }
        if (reasons == 0)
            printf("\nRefused, by reason:\n");
        reason_print(im, why);
        seen[reasons++] = why;
    }
}

/* True when no row is unaccounted for. */
static bool account_print(const struct import *im)
{
    size_t read = im->rows.count, refused = refused_count(im);
    printf("%s\n  read          %6zu\n", im->file, read);
    if (im->check)
        printf("  can be taken  %6zu\n", read - refused);
    else
        printf("  created       %6zu\n  already there %6zu\n", im->created, im->present);
    printf("  refused       %6zu\n", refused);
    repairs_print(im);
    refusals_print(im);
    size_t accounted = im->created + im->present + refused;
    if (im->check || accounted == read)
        return true;
    printf("\nThe figures do not add up: of %zu rows %zu are accounted for.\n", read, accounted);
    return false;
}

/* --- the verb --- */

static int usage(void)
{
    fprintf(stderr, "taquilla import movies FILE [--check] [--base-port N] [--data DIR]\n");
    return 2;
}

/* Takes "--check" out of the arguments; the rest are flags with values. */
static bool check_taken(int *argc, char **argv)
{
    bool found = false;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            found = true;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return found;
}

static const fault *import_do(arena *a, struct import *im, const struct cinema_wishes *want)
{
    struct cinema c;
    str text;
    TRY(file_read(a, im->file, &text));
    TRY(import_read(a, text, day_of(clock_wall_now()), &im->rows));
    if (im->check)
        return NULL;
    const fault *problem = cinema_find(a, &c, want);
    if (!problem)
        problem = cinema_visit(&c, a, send_all, im);
    cinema_close(&c);
    return problem;
}

int import_run(int argc, char **argv)
{
    struct cinema_wishes want = { 0 };
    struct import im = { .check = check_taken(&argc, argv) };
    const struct flag known[] = { { "--base-port", &want.base_port }, { "--data", &want.data } };
    if (argc < 3 || strcmp(argv[1], "movies") != 0 || argv[2][0] == '-')
        return usage();
    im.file = argv[2];
    argv[2] = argv[0];
    if (!flags_read(argc - 2, argv + 2, known, COUNT_OF(known)))
        return 2;
    arena *a = arena_new(ARENA_BYTES_MAX);
    const fault *problem = import_do(a, &im, &want);
    bool good = !problem;
    if (problem)
        fprintf(stderr, "taquilla import: %.*s\n", STR_ARG(problem->sentence));
    else
        good = account_print(&im);
    arena_free(a);
    return good ? 0 : 1;
}
