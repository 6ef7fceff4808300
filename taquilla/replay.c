/* replay.c - the verb replay: what the log of reservations makes, held against what reservations holds, row by row. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/feed/export.h"
#include "lib/json/read.h"
#include "services/ingestion/owners.h"
#include "services/reservations/store.h"
#include "taquilla/cinema.h"
#include "taquilla/flags.h"
#include "taquilla/keeping.h"
#include "taquilla/verbs.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define EVENTS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define TABLES_MAX 5
#define LINE_SHOWN_MAX 400

struct replay {
    char folder[64];
    arena *a, *events; /* the second is for some events at a time */
    struct store *fresh;
    FILE *held[TABLES_MAX]; /* the owner's rows, in the order of reservations_replayed */
    int64_t rows[TABLES_MAX], event_count, position;
    int64_t archived; /* the log begins after this position: what it makes is held, and older rows are not compared */
};

static void nobody_waits(void *arg, int64_t position)
{
    (void)arg, (void)position;
}

/* --- reading --- */

static const fault *events_take(struct replay *r, str lines)
{
    list events = { NULL, 0 };
    struct buf all = { .in = r->events };
    str line;
    while (str_cut(&lines, '\n', &line)) {
        struct export_log row;
        if (line.len == 0)
            continue;
        TRY(json_restore(r->events, line, &export_log_shape, &row));
        if (r->event_count + (int64_t)events.count == 0)
            r->archived = row.position - 1;
        struct event e = { .position = row.position, .type = row.type, .subject = row.subject, .time = row.time_ms,
                           .data = row.data.text };
        buf_put(&all, (const char *)&e, sizeof e);
        events.count++;
    }
    events.at = all.at;
    const fault *problem = reservations_replay(r->fresh, r->events, &events);
    problem = problem ? fault_copy(r->a, problem) : NULL;
    arena_reset(r->events);
    r->event_count += (int64_t)events.count;
    return problem;
}

static const fault *lines_take(struct export_sink *sink, str table, str lines, int64_t rows)
{
    struct replay *r = sink->arg;
    if (str_equal(table, STR("log")))
        return events_take(r, lines);
    for (size_t i = 0; reservations_replayed[i]; i++) {
        if (!str_equal(table, str_of(reservations_replayed[i])))
            continue;
        r->rows[i] += rows;
        if (fwrite(lines.at, 1, lines.len, r->held[i]) != lines.len)
            return fault_new(r->a, FAULT_UNAVAILABLE, "replay_impossible", "%s cannot be written.", r->folder);
    }
    return NULL;
}

/* --- comparing --- */

struct comparison {
    struct replay *r;
    size_t table;
    int64_t row;
    char *line; /* of getline */
    size_t room;
};

static const fault *differs(struct comparison *c, str held, str made)
{
    if (held.len > LINE_SHOWN_MAX)
        held.len = LINE_SHOWN_MAX;
    if (made.len > LINE_SHOWN_MAX)
        made.len = LINE_SHOWN_MAX;
    return fault_new(c->r->a, FAULT_CONFLICT, "replay_differs", "Row %lld of %s is %.*s, and the log makes it %.*s.",
                     (long long)c->row, reservations_replayed[c->table], STR_ARG(held), STR_ARG(made));
}

static str held_next(struct comparison *c)
{
    ssize_t length = getline(&c->line, &c->room, c->r->held[c->table]);
    return length > 0 ? (str){ c->line, (size_t)length - 1 } : STR("missing");
}

static const fault *rows_compare(void *arg, const struct export_table *t, const list *rows)
{
    struct comparison *c = arg;
    struct buf made = { 0 };
    const fault *problem = NULL;
    for (size_t i = 0; i < rows->count && !problem; i++) {
        made.len = 0;
        export_row_write(&made, t, (const char *)rows->at + i * t->row->size);
        str line = { made.at, made.len - 1 }, held = held_next(c);
        for (c->row++; c->r->archived > 0 && !str_equal(held, line) && !str_equal(held, STR("missing")); c->row++)
            held = held_next(c);
        if (!str_equal(held, line))
            problem = differs(c, held, line);
    }
    buf_free(&made);
    return problem;
}

static const fault *table_compare(struct replay *r, struct export_view *view, size_t i)
{
    const struct export_table *t;
    struct comparison c = { .r = r, .table = i };
    int64_t rows = 0;
    rewind(r->held[i]);
    TRY(export_table_find(r->fresh->exporter, r->a, str_of(reservations_replayed[i]), &t));
    const fault *problem = export_table_read(r->fresh->exporter, view, r->a, t, rows_compare, &c, &rows);
    if (!problem && r->archived == 0 && rows < r->rows[i]) {
        c.row++;
        problem = differs(&c, held_next(&c), STR("missing"));
    }
    free(c.line);
    if (!problem && r->archived > 0)
        printf("  %-16s %10lld rows, the same, and %lld older\n", reservations_replayed[i], (long long)rows, (long long)(r->rows[i] - rows));
    else if (!problem)
        printf("  %-16s %10lld rows, the same\n", reservations_replayed[i], (long long)rows);
    return problem;
}

static const fault *all_compare(struct replay *r)
{
    const struct exporter *x = r->fresh->exporter;
    struct export_view *view;
    int64_t position;
    const fault *problem = NULL;
    TRY(x->view_open(x->store, r->a, &view, &position));
    for (size_t i = 0; reservations_replayed[i] && !problem; i++)
        problem = table_compare(r, view, i);
    x->view_close(view);
    return problem;
}

/* --- all of it --- */

static const fault *replay_read(struct replay *r, struct cinema *c)
{
    struct export_sink sink = { lines_take, r };
    TRY(ingestion_export_read(c->reservations, r->a, "reservations,reserved_seats,seat_claims,payments,checkins,log", &sink, NULL,
                              &r->position));
    return all_compare(r);
}

static const fault *replay_task(struct cinema *c, arena *a, void *arg)
{
    struct replay *r = arg;
    r->a = a;
    TRY(reservations_sqlite_open(a, &r->fresh, r->folder, nobody_waits, NULL));
    r->events = arena_new(EVENTS_BYTES_MAX);
    const fault *problem = replay_read(r, c);
    arena_free(r->events);
    r->fresh->close(r->fresh);
    return problem;
}

static const fault *folder_make(arena *a, struct replay *r)
{
    snprintf(r->folder, sizeof r->folder, "/tmp/taquilla-replay-XXXXXX");
    bool made = mkdtemp(r->folder) != NULL;
    for (size_t i = 0; i < TABLES_MAX && made; i++)
        made = (r->held[i] = tmpfile()) != NULL;
    if (made)
        return NULL;
    return fault_new(a, FAULT_UNAVAILABLE, "replay_impossible", "No store can be made in /tmp.");
}

static void folder_remove(struct replay *r)
{
    DIR *d = opendir(r->folder);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(r->folder);
    for (size_t i = 0; i < TABLES_MAX; i++)
        if (r->held[i])
            fclose(r->held[i]);
}

int replay_run(int argc, char **argv)
{
    struct cinema_wishes want = { 0 };
    const struct flag known[] = { { "--base-port", &want.base_port }, { "--data", &want.data } };
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    arena *a = arena_new(ARENA_BYTES_MAX);
    struct replay r = { 0 };
    struct cinema c = { 0 };
    const fault *problem = folder_make(a, &r);
    if (!problem)
        problem = cinema_find(a, &c, &want);
    if (!problem) {
        problem = cinema_visit(&c, a, replay_task, &r);
        cinema_close(&c);
    }
    folder_remove(&r);
    int code = problem ? keeping_failed("replay", problem) : 0;
    if (!problem && r.archived > 0)
        printf("The log is archived up to position %lld. The %lld events after it make nothing but what reservations holds; older rows "
               "were not compared.\n",
               (long long)r.archived, (long long)r.event_count);
    else if (!problem)
        printf("The log's %lld events make what reservations holds.\n", (long long)r.event_count);
    arena_free(a);
    return code;
}
