/* copy.c - streams the owners of one cinema into those of another, from wherever an earlier try has left it. */
#include "services/ingestion/restore/copy.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/feed/export.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/restore/restore.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define BATCH_BYTES ((size_t)512 * 1024) /* a longer row goes alone */
#define START_DEADLINE_MS 60000
#define ROWS_DEADLINE_MS 120000

enum owner_state { NOT_ASKED, BEGUN, GOES_ON, THERE };

struct copy {
    const struct copy_order *want;
    struct copy_made *made;
    arena *a, *batch; /* the second is for one request */
    enum owner_state state[BACKUP_OWNERS];
    struct backup_service held[BACKUP_OWNERS]; /* what the other side has of it */
};

/* A fault that outlives the request's arena. */
static const fault *post(struct copy *c, size_t i, str target, str body, int64_t deadline_ms)
{
    const fault *problem = ingestion_owner_post(c->want->to.of[i], c->batch, target, body, deadline_ms);
    if (problem)
        problem = fault_copy(c->a, problem);
    arena_reset(c->batch);
    return problem;
}

static void say(const struct copy *c, size_t i, const char *what)
{
    c->want->watcher->said(c->want->watcher, ingestion_owner_names[i], what);
}

static bool is_code(const fault *problem, const char *code)
{
    return problem && strcmp(problem->code, code) == 0;
}

/* --- the rows of one owner, as they pass --- */

struct table_passed {
    char name[65];
    int64_t rows, bytes;
    crypto_hash_sha256_state hash;
    const struct backup_table *held; /* NULL: none of it is there */
};

struct passing {
    struct copy *c;
    size_t i;
    bool sends;                        /* else they are only counted */
    const struct backup_service *held;
    struct table_passed tables[BACKUP_TABLES_MAX];
    size_t count;
    struct buf body;                   /* of the next request */
    int64_t body_rows;
};

static const struct backup_table *table_of(const struct backup_service *s, str name)
{
    for (size_t i = 0; i < s->tables.count; i++)
        if (str_equal(LIST_AT(&s->tables, const struct backup_table, i)->name, name))
            return LIST_AT(&s->tables, const struct backup_table, i);
    return NULL;
}

static str sum_of(arena *a, const struct table_passed *t)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state so_far = t->hash;
    crypto_hash_sha256_final(&so_far, digest);
    return ingestion_hex(a, digest, sizeof digest);
}

static const fault *table_begin(struct passing *p, str name)
{
    if (p->count == BACKUP_TABLES_MAX)
        return fault_new(p->c->a, FAULT_UNAVAILABLE, "export_strange", "%s has more than %d tables.",
                         ingestion_owner_names[p->i], BACKUP_TABLES_MAX);
    struct table_passed *t = &p->tables[p->count++];
    *t = (struct table_passed){ .held = table_of(p->held, name) };
    snprintf(t->name, sizeof t->name, "%.*s", STR_ARG(name));
    crypto_hash_sha256_init(&t->hash);
    return NULL;
}

static const fault *differs(const struct passing *p)
{
    return fault_new(p->c->a, FAULT_CONFLICT, "restore_differs", "%s holds something else.", ingestion_owner_names[p->i]);
}

static const fault *body_send(struct passing *p)
{
    if (p->body_rows == 0)
        return NULL;
    buf_literal(&p->body, "]}");
    p->body_rows = 0;
    return post(p->c, p->i, STR("/internal/restore/rows"), buf_str(&p->body), ROWS_DEADLINE_MS);
}

static const fault *row_send(struct passing *p, str table, str row)
{
    if (p->body_rows == EXPORT_ROWS_MAX || (p->body_rows > 0 && p->body.len + row.len > BATCH_BYTES))
        TRY(body_send(p));
    if (p->body_rows == 0) {
        p->body.len = 0;
        buf_printf(&p->body, "{\"table\":\"%.*s\",\"rows\":[", STR_ARG(table));
    } else {
        buf_char(&p->body, ',');
    }
    buf_text(&p->body, row);
    p->body_rows++;
    return NULL;
}

/* One row with its line end: it is there already and the same, or it is sent. */
static const fault *row_pass(struct passing *p, struct table_passed *t, str line)
{
    crypto_hash_sha256_update(&t->hash, (const unsigned char *)line.at, line.len);
    t->rows++;
    t->bytes += (int64_t)line.len;
    if (!p->sends)
        return NULL;
    if (!t->held || t->rows > t->held->rows)
        return row_send(p, str_of(t->name), (str){ line.at, line.len - 1 });
    return t->rows < t->held->rows || str_equal(sum_of(p->c->batch, t), t->held->sha256) ? NULL : differs(p);
}

static const fault *lines_pass(struct export_sink *sink, str table, str lines, int64_t rows)
{
    struct passing *p = sink->arg;
    (void)rows;
    if (*p->c->want->stop)
        return fault_new(p->c->a, FAULT_UNAVAILABLE, "copy_stopped", "It was stopped.");
    if (p->count == 0 || !str_equal(str_of(p->tables[p->count - 1].name), table))
        TRY(table_begin(p, table));
    struct table_passed *t = &p->tables[p->count - 1];
    for (const char *end; (end = memchr(lines.at, '\n', lines.len));) {
        str line = { lines.at, (size_t)(end - lines.at) + 1 };
        TRY(row_pass(p, t, line));
        lines = str_after(lines, line.len);
    }
    TRY(body_send(p));
    if (p->sends)
        p->c->want->watcher->table(p->c->want->watcher, ingestion_owner_names[p->i], table, t->rows);
    return NULL;
}

static void tables_note(const struct passing *p, struct backup_service *out)
{
    struct backup_table *tables = NEW_ARRAY(p->c->a, struct backup_table, p->count);
    for (size_t k = 0; k < p->count; k++)
        tables[k] = (struct backup_table){ .name = arena_copy(p->c->a, str_of(p->tables[k].name)), .rows = p->tables[k].rows,
                                           .bytes = p->tables[k].bytes, .sha256 = sum_of(p->c->a, &p->tables[k]) };
    out->tables = (list){ tables, p->count };
}

static bool all_held_passed(const struct passing *p)
{
    for (size_t h = 0; h < p->held->tables.count; h++) {
        const struct backup_table *held = LIST_AT(&p->held->tables, const struct backup_table, h);
        int64_t rows = 0;
        for (size_t k = 0; k < p->count; k++)
            if (str_equal(str_of(p->tables[k].name), held->name))
                rows = p->tables[k].rows;
        if (rows < held->rows)
            return false;
    }
    return true;
}

/* All rows that `u` exports; held NULL: they are only counted. CONFLICT restore_differs: what is held is not their beginning. */
static const fault *rows_pass(struct copy *c, size_t i, struct upstream *u, const struct backup_service *held,
                              struct backup_service *out)
{
    static const struct backup_service nothing;
    struct passing *p = NEW(c->a, struct passing);
    struct export_sink sink = { lines_pass, p };
    *p = (struct passing){ .c = c, .i = i, .sends = held != NULL, .held = held ? held : &nothing };
    *out = (struct backup_service){ .name = str_of(ingestion_owner_names[i]) };
    const fault *problem = ingestion_export_read(u, c->a, NULL, &sink, NULL, &out->position);
    buf_free(&p->body);
    TRY(problem);
    tables_note(p, out);
    return all_held_passed(p) ? NULL : differs(p);
}

/* --- what is there --- */

static const fault *begin(struct copy *c, size_t i)
{
    TRY(post(c, i, STR("/internal/restore/start"), STR("{}"), START_DEADLINE_MS));
    c->state[i] = BEGUN;
    c->held[i] = (struct backup_service){ 0 };
    return NULL;
}

static bool same_tables(const struct backup_service *one, const struct backup_service *other)
{
    bool same = one->tables.count == other->tables.count;
    for (size_t k = 0; same && k < one->tables.count; k++) {
        const struct backup_table *a = LIST_AT(&one->tables, const struct backup_table, k), *b = table_of(other, a->name);
        same = b && a->rows == b->rows && str_equal(a->sha256, b->sha256);
    }
    return same;
}

/* An open store with data: is it this copy's, and which of the two has changed since? */
static const fault *compare(struct copy *c, size_t i)
{
    struct backup_service *from = &c->made->services[i], *to = &c->held[i];
    struct upstream *one = c->want->from.of[i], *other = c->want->to.of[i];
    const char *owner = ingestion_owner_names[i];
    bool same;
    TRY(rows_pass(c, i, one, NULL, from));
    TRY(rows_pass(c, i, other, NULL, to));
    c->state[i] = THERE;
    if (same_tables(from, to))
        return NULL;
    TRY(ingestion_log_begins(c->a, other, from, &same));
    c->made->gone_on[i] = same && to->position > from->position;
    if (c->made->gone_on[i])
        return NULL;
    TRY(ingestion_log_begins(c->a, one, to, &same));
    if (same && from->position > to->position)
        return fault_new(c->a, FAULT_CONFLICT, "store_not_empty",
                         "%s: this copy is there as it was at position %lld, and the first cinema has moved on to %lld since; "
                         "copy it into an empty one.", owner, (long long)to->position, (long long)from->position);
    return fault_new(c->a, FAULT_CONFLICT, "store_not_empty", "%s: other data is there; only an empty cinema takes a copy.", owner);
}

/* Rows without any tell whether a restore is under way. One that holds nothing is begun, which takes away what a store keeps
 * besides its tables. */
static const fault *look(struct copy *c, size_t i)
{
    const fault *problem = post(c, i, STR("/internal/restore/rows"), STR("{\"table\":\"log\",\"rows\":[]}"), ROWS_DEADLINE_MS);
    if (!problem) {
        TRY(rows_pass(c, i, c->want->to.of[i], NULL, &c->held[i]));
        if (c->held[i].tables.count == 0)
            return begin(c, i);
        c->state[i] = GOES_ON;
        return NULL;
    }
    if (!is_code(problem, "restore_not_started"))
        return problem;
    problem = begin(c, i);
    return is_code(problem, "store_not_empty") ? compare(c, i) : problem;
}

/* Those that were begun just now shall open again as empty as they were, when another said no. */
static const fault *all_look(struct copy *c)
{
    const fault *problem = NULL;
    for (size_t i = BACKUP_OWNERS; i-- > 0 && !problem;)
        problem = look(c, i);
    for (size_t i = 0; problem && i < BACKUP_OWNERS; i++)
        if (c->state[i] == BEGUN)
            (void)!ingestion_owner_finish(c->want->to.of[i], c->a, &(list){ NULL, 0 });
    return problem;
}

/* --- fill and open --- */

static const fault *anew(struct copy *c, size_t i)
{
    say(c, i, "what was there is not its beginning any more: it begins anew");
    TRY(begin(c, i));
    return rows_pass(c, i, c->want->from.of[i], &c->held[i], &c->made->services[i]);
}

static const fault *fill(struct copy *c, size_t i)
{
    if (c->state[i] == THERE)
        say(c, i, "it is there already");
    if (c->state[i] == THERE)
        return NULL;
    if (c->state[i] == GOES_ON)
        say(c, i, "a part of it is there: it goes on behind it");
    const fault *problem = rows_pass(c, i, c->want->from.of[i], &c->held[i], &c->made->services[i]);
    return is_code(problem, "restore_differs") && c->state[i] == GOES_ON ? anew(c, i) : problem;
}

static const fault *finish_now(struct copy *c, size_t i)
{
    const fault *problem = ingestion_owner_finish(c->want->to.of[i], c->batch, &c->made->services[i].tables);
    if (problem)
        problem = fault_copy(c->a, problem);
    arena_reset(c->batch);
    return problem;
}

/* A store that was killed while it opened may hold more than it shows. */
static const fault *finish(struct copy *c, size_t i)
{
    if (c->state[i] == THERE)
        return NULL;
    const fault *problem = finish_now(c, i);
    if (!problem || problem->kind != FAULT_CONFLICT || c->state[i] != GOES_ON)
        return problem;
    TRY(anew(c, i));
    return finish_now(c, i);
}

const fault *ingestion_copy(arena *a, const struct copy_order *want, struct copy_made *made)
{
    struct copy c = { .want = want, .made = made, .a = a, .batch = arena_new(ARENA_BYTES_MAX) };
    *made = (struct copy_made){ 0 };
    const fault *problem = all_look(&c);
    for (size_t i = 0; i < BACKUP_OWNERS && !problem; i++) /* who refers to others is read before them */
        problem = fill(&c, i);
    for (size_t i = BACKUP_OWNERS; i-- > 0 && !problem;) /* the one that changes by itself opens last */
        problem = finish(&c, i);
    arena_free(c.batch);
    return problem;
}
