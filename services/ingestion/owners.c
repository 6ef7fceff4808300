/* owners.c - takes an owner's export apart as it comes, and gives it rows back. */
#include "services/ingestion/owners.h"

#include <stdio.h>
#include <string.h>

#include "lib/json/read.h"

#define GATHER_BYTES ((size_t)256 * 1024)
#define LINE_BYTES_MAX ((size_t)1024 * 1024)
#define EXPORT_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define PIECE_DEADLINE_MS 30000
#define FINISH_DEADLINE_MS 1800000 /* it reads everything once more */

struct refusal {
    str error, code;
};
static const struct field refusal_fields[] = {
    FIELD(struct refusal, error, "error", .fallback = "It does not say why."),
    FIELD(struct refusal, code, "code", .fallback = "answer_strange"),
};
static const struct shape refusal_shape = SHAPE(refusal, refusal_fields);

const fault *ingestion_owner_refusal(struct upstream *u, arena *a, const struct message *answer)
{
    struct refusal said;
    if (answer->status == 401 || answer->status == 403)
        return fault_new(a, FAULT_UNAVAILABLE, "token_unreadable", "%s does not take our SERVICE_TOKEN.", upstream_name(u));
    if (json_restore(a, answer->body, &refusal_shape, &said))
        return fault_new(a, FAULT_UNAVAILABLE, "answer_strange", "%s answered %d with something that is not ours.",
                         upstream_name(u), answer->status);
    return fault_new(a, answer->status >= 500 ? FAULT_UNAVAILABLE : FAULT_CONFLICT, arena_cstr(a, said.code), "%s: %.*s",
                     upstream_name(u), STR_ARG(said.error));
}

const fault *ingestion_owner_post(struct upstream *u, arena *a, str target, str body, int64_t deadline_ms)
{
    const struct header type = { STR("Content-Type"), STR("application/json") };
    const struct outgoing want = { .method = POST, .target = target, .headers = &type, .header_count = 1, .body = body,
                                   .deadline_ms = deadline_ms, .internal = true };
    struct message *answer = NEW(a, struct message);
    TRY(upstream_call(u, a, &want, answer));
    return answer->status < 300 ? NULL : ingestion_owner_refusal(u, a, answer);
}

const fault *ingestion_owner_finish(struct upstream *u, arena *a, const list *tables)
{
    struct buf body = { .in = a };
    buf_literal(&body, "{\"tables\":[");
    for (size_t k = 0; k < tables->count; k++) {
        const struct backup_table *t = LIST_AT(tables, const struct backup_table, k);
        buf_printf(&body, "%s{\"table\":\"%.*s\",\"rows\":%lld,\"sha256\":\"%.*s\"}", k ? "," : "", STR_ARG(t->name),
                   (long long)t->rows, STR_ARG(t->sha256));
    }
    buf_literal(&body, "]}");
    return ingestion_owner_post(u, a, STR("/internal/restore/finish"), buf_str(&body), FINISH_DEADLINE_MS);
}

/* --- export --- */

struct reading {
    struct piece_taker taker;
    struct upstream *from;
    arena *a;
    struct export_sink *sink;
    const bool *stop;
    struct buf begun;  /* the beginning of a line whose end has not come */
    struct buf lines;  /* whole ones of `table`, not yet handed on */
    int64_t lines_rows;
    char table[65];
    int64_t rows;
    bool ended;
    struct export_line end;
};

static const fault *strange(const struct reading *r, const char *what)
{
    return fault_new(r->a, FAULT_UNAVAILABLE, "export_strange", "The export of %s %s.", upstream_name(r->from), what);
}

static const fault *hand_on(struct reading *r)
{
    const fault *problem = NULL;
    if (r->lines_rows > 0)
        problem = r->sink->lines(r->sink, str_of(r->table), buf_str(&r->lines), r->lines_rows);
    r->lines.len = 0;
    r->lines_rows = 0;
    return problem;
}

static const fault *line_take(struct reading *r, str text)
{
    struct export_line line;
    enum export_line_kind kind = ingestion_line_read(text, &line);
    if (r->ended || kind == EXPORT_STRANGE)
        return strange(r, r->ended ? "goes on after its end" : "has a line that is none");
    if (kind == EXPORT_END) {
        r->ended = true;
        r->end = line;
        return hand_on(r);
    }
    if (!str_equal(line.table, str_of(r->table))) {
        TRY(hand_on(r));
        snprintf(r->table, sizeof r->table, "%.*s", STR_ARG(line.table));
    }
    buf_text(&r->lines, line.row);
    buf_char(&r->lines, '\n');
    r->lines_rows++;
    r->rows++;
    return r->lines.len >= GATHER_BYTES ? hand_on(r) : NULL;
}

static const fault *piece_take(struct piece_taker *taker, str bytes)
{
    struct reading *r = taker->arg;
    const char *end;
    if (r->stop && *r->stop)
        return fault_new(r->a, FAULT_UNAVAILABLE, "backup_stopped", "The backup was stopped.");
    while (bytes.len > 0 && (end = memchr(bytes.at, '\n', bytes.len))) {
        str line = { bytes.at, (size_t)(end - bytes.at) };
        bytes = str_after(bytes, line.len + 1);
        if (r->begun.len > 0) {
            buf_text(&r->begun, line);
            line = buf_str(&r->begun);
        }
        TRY(line_take(r, line));
        r->begun.len = 0;
    }
    buf_text(&r->begun, bytes);
    return r->begun.len > LINE_BYTES_MAX ? strange(r, "has a line that is too long") : NULL;
}

/* "reservations/17" of the head, when it is there, must be what the last line says. */
static bool position_agrees(const struct reading *r, const struct message *answer)
{
    int64_t told;
    str owner, number = message_header(answer, "Taquilla-Position");
    if (!number.at)
        return true;
    return str_cut(&number, '/', &owner) && number.at && str_to_int(number, &told) && told == r->end.position;
}

static const fault *export_read(struct reading *r, arena *scratch, const char *table)
{
    const struct outgoing want = { .method = GET, .internal = true, .deadline_ms = PIECE_DEADLINE_MS,
                                   .target = table ? arena_printf(scratch, "/export?tables=%s", table) : STR("/export") };
    struct message *answer = NEW(scratch, struct message);
    const fault *problem = upstream_stream(r->from, scratch, &want, &r->taker, answer);
    if (problem) /* it may lie in the arena that ends now */
        return fault_new(r->a, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    if (answer->status != 200)
        return ingestion_owner_refusal(r->from, r->a, answer);
    if (!r->ended || r->begun.len > 0)
        return strange(r, "broke off before its end");
    if (r->rows != r->end.rows || !position_agrees(r, answer))
        return strange(r, "does not hold what its last line says");
    return NULL;
}

const fault *ingestion_export_read(struct upstream *u, arena *a, const char *table, struct export_sink *sink,
                                   const bool *stop, int64_t *position)
{
    struct reading *r = NEW(a, struct reading);
    arena *scratch = arena_new(EXPORT_ARENA_BYTES);
    *r = (struct reading){ .taker = { piece_take, r }, .from = u, .a = a, .sink = sink, .stop = stop };
    const fault *problem = export_read(r, scratch, table);
    *position = r->end.position;
    buf_free(&r->begun);
    buf_free(&r->lines);
    arena_free(scratch);
    return problem;
}
