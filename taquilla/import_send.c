/* import_send.c - gathers rows into batches, sends them, and matches what their owner says with their lines. */
#include "taquilla/import_send.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/json/read.h"

#define BATCH_ROWS 500
#define BATCH_BYTES ((size_t)768 * 1024) /* a body may have 1 MiB */
#define ORDER_BYTES_MAX ((size_t)192 * 1024)
#define BATCH_ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ROW_ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define NAME_BYTES_MAX 200
#define BATCH_DEADLINE_MS 60000
#define PROGRESS_EVERY_MS 100
#define BAR_WIDTH 30

/* --- keys --- */

void seen_open(arena *a, struct seen *s, size_t rows)
{
    s->count = 16;
    while (s->count < rows * 2)
        s->count *= 2;
    s->slots = NEW_ARRAY(a, struct seen_slot, s->count);
}

static uint64_t hash_of(str key)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];
        hash ^= (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        hash *= UINT64_C(1099511628211);
    }
    return hash ? hash : 1;
}

size_t seen_line(struct seen *s, str key, size_t line)
{
    uint64_t hash = hash_of(key);
    size_t at = (size_t)hash & (s->count - 1), left = s->count;
    for (; s->slots[at].hash && left > 0; at = (at + 1) & (s->count - 1), left--)
        if (s->slots[at].hash == hash)
            return s->slots[at].line;
    if (left > 0 && line > 0)
        s->slots[at] = (struct seen_slot){ hash, line };
    return 0;
}

/* --- progress, on a terminal alone --- */

struct progress {
    bool shown;
    int64_t began_ms, told_ms;
    size_t rows;
};

static void progress_tell(struct progress *p, size_t done)
{
    int64_t now_ms = clock_mono_ms();
    char bar[BAR_WIDTH + 1];
    if (!p->shown || p->rows == 0 || (done < p->rows && now_ms - p->told_ms < PROGRESS_EVERY_MS))
        return;
    p->told_ms = now_ms;
    int64_t took_ms = now_ms - p->began_ms;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', BAR_WIDTH * (done < p->rows ? done : p->rows) / p->rows);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3zu %%  %zu of %zu rows  %lld rows/s ", bar, done * 100 / p->rows, done, p->rows,
            (long long)(took_ms > 0 ? (int64_t)done * 1000 / took_ms : 0));
}

static void progress_end(const struct progress *p)
{
    if (p->shown)
        fprintf(stderr, "\r%*s\r", BAR_WIDTH + 60, "");
}

/* --- batches --- */

struct batch {
    arena *a;
    struct import_row *rows;
    size_t count, rows_max, sent;
    size_t *sent_rows; /* in the order of the body: which row each is */
    struct buf body;
    arena *one;        /* for what a single row needs; a row may be large */
};

static void batch_begin(struct batch *b, bool check)
{
    arena_reset(b->a);
    b->count = b->sent = 0;
    b->rows = NEW_ARRAY(b->a, struct import_row, b->rows_max);
    b->sent_rows = NEW_ARRAY(b->a, size_t, b->rows_max);
    b->body = (struct buf){ .in = b->a };
    buf_reserve(&b->body, BATCH_BYTES + ORDER_BYTES_MAX + 64);
    buf_printf(&b->body, "{\"check\":%s,\"rows\":[", check ? "true" : "false");
}

static str name_cut(str name)
{
    size_t at = 0;
    for (size_t step; at < name.len && at + (step = str_utf8_step(str_after(name, at))) <= NAME_BYTES_MAX; at += step)
        if (step == 0)
            break;
    return (str){ name.at, at };
}

static bool batch_is_full(const struct batch *b)
{
    return b->count == b->rows_max || b->body.len > BATCH_BYTES;
}

/* Keeps what the account needs, and writes the order at once. */
static void batch_add(struct batch *b, const struct import_row *row)
{
    struct import_row *kept = &b->rows[b->count];
    if (!row->refused) {
        if (b->sent)
            buf_char(&b->body, ',');
        buf_text(&b->body, row->order);
        b->sent_rows[b->sent++] = b->count;
    }
    *kept = (struct import_row){ .line = row->line, .repaired = row->repaired };
    kept->name = arena_copy(b->a, name_cut(row->name));
    kept->refused = row->refused ? arena_cstr(b->a, str_of(row->refused)) : NULL;
    b->count++;
}

static const char *const outcomes[] = { [IMPORT_CREATED] = "created", [IMPORT_CHANGED] = "changed",
                                        [IMPORT_UNCHANGED] = "unchanged", [IMPORT_REFUSED] = "refused", NULL };
static const struct field told_fields[] = {
    FIELD(struct imported_row, index, "index"),
    FIELD(struct imported_row, outcome, "outcome", .choices = outcomes),
    FIELD(struct imported_row, fields, "fields"),
    FIELD(struct imported_row, code, "code", .nullable = true, .optional = true),
    FIELD(struct imported_row, sentence, "sentence", .nullable = true, .optional = true),
};
static const struct shape told_shape = SHAPE(imported_row, told_fields);
static const struct field answer_fields[] = {
    FIELD(struct imported, created, "created"),
    FIELD(struct imported, changed, "changed"),
    FIELD(struct imported, unchanged, "unchanged"),
    FIELD(struct imported, rows, "rows", .shape = &told_shape),
};
static const struct shape answer_shape = SHAPE(imported, answer_fields);

static struct upstream *owner_of(const struct cinema *c, enum import_owner owner)
{
    return owner == OWNER_MOVIES ? c->movies : owner == OWNER_ROOMS ? c->rooms : c->reservations;
}

/* Every row that was sent must be accounted for, else nobody knows what the owner did. */
static const fault *answer_check(arena *a, const struct batch *b, const struct imported *got)
{
    size_t refused = 0, changed = 0;
    bool good = true;
    for (size_t i = 0; i < got->rows.count; i++) {
        const struct imported_row *row = LIST_AT(&got->rows, struct imported_row, i);
        good &= row->index >= 0 && (size_t)row->index < b->sent;
        refused += row->outcome == IMPORT_REFUSED;
        changed += row->outcome == IMPORT_CHANGED;
    }
    good &= (int64_t)changed == got->changed && got->created + got->changed + got->unchanged + (int64_t)refused == (int64_t)b->sent;
    return good ? NULL
                : fault_new(a, FAULT_UNAVAILABLE, "answer_strange", "The answer does not account for every row that was sent.");
}

static const fault *batch_send(struct cinema *c, const struct sending *s, struct batch *b)
{
    struct question q = { .method = POST, .target = str_of(s->kind->target), .internal = true,
                          .deadline_ms = BATCH_DEADLINE_MS };
    struct imported got = { 0 };
    const struct imported_row **told = NEW_ARRAY(b->a, const struct imported_row *, b->count + 1);
    str data;
    if (b->sent) {
        buf_literal(&b->body, "]}");
        q.body = buf_str(&b->body);
        TRY(cinema_ask(c, owner_of(c, s->kind->owner), b->a, &q, &data, NULL));
        TRY(json_read(b->a, data, &answer_shape, &got));
        TRY(answer_check(b->a, b, &got));
    }
    for (size_t i = 0; i < got.rows.count; i++) {
        const struct imported_row *row = LIST_AT(&got.rows, struct imported_row, i);
        told[b->sent_rows[row->index]] = row;
    }
    for (size_t i = 0; i < b->count; i++)
        account_row(s->account, &b->rows[i], told[i]);
    s->account->created += (size_t)got.created;
    s->account->changed += (size_t)got.changed;
    s->account->unchanged += (size_t)got.unchanged;
    return NULL;
}

/* --- rows --- */

/* A key stands on one line: two rows of one thing would change it to and fro for ever. */
static void row_judge(arena *a, struct seen *seen, const struct import_kind *kind, struct import_row *row)
{
    size_t line;
    if (row->order.len > ORDER_BYTES_MAX) {
        row->refused = "longer than a request may be";
        return;
    }
    if ((line = seen_line(seen, row->key, row->line))) {
        row->refused = arena_printf(a, "the same %s as line %zu", kind->one, line).at;
        return;
    }
    if (!row->room_key.at)
        return;
    str name = arena_printf(a, "room\n\n%.*s", STR_ARG(row->room_key));
    str facts = arena_printf(a, "facts\n\n%.*s", STR_ARG(row->room_facts));
    line = seen_line(seen, name, row->line);
    if (seen_line(seen, facts, line ? 0 : row->line) == 0 && line)
        row->refused = arena_printf(a, "not the capacity or screen that line %zu says of its room", line).at;
}

static void row_make(arena *a, const struct sending *s, struct seen *seen, const struct row *row, struct import_row *out)
{
    *out = (struct import_row){ .line = row->line, .name = STR("-"), .refused = row->flaw };
    if (!out->refused)
        s->kind->read(a, s->lore, row, out);
    if (!out->refused)
        row_judge(a, seen, s->kind, out);
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void interrupt_catch(void)
{
    struct sigaction catch = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &catch, NULL);
}

static const fault *rows_send_all(struct cinema *c, const struct sending *s, struct batch *b, struct seen *seen,
                                  struct progress *p)
{
    struct row row;
    struct import_row made;
    for (bool found = true; found;) {
        arena_reset(b->one);
        TRY(import_file_next(s->file, b->a, &row, &found));
        if (found) {
            row_make(b->one, s, seen, &row, &made);
            batch_add(b, &made);
        }
        if (found && !batch_is_full(b))
            continue;
        TRY(batch_send(c, s, b));
        batch_begin(b, s->check);
        progress_tell(p, s->account->read);
        if (interrupted && found)
            return fault_new(s->boot, FAULT_UNAVAILABLE, "import_interrupted", "It was interrupted.");
    }
    return NULL;
}

const fault *rows_send(struct cinema *c, arena *a, void *sending)
{
    const struct sending *s = sending;
    size_t asked = s->check ? s->kind->check_rows_max : 0;
    struct batch b = { .a = arena_new(BATCH_ARENA_BYTES_MAX), .one = arena_new(ROW_ARENA_BYTES_MAX),
                       .rows_max = asked ? asked : BATCH_ROWS };
    struct progress p = { .shown = isatty(STDERR_FILENO), .began_ms = clock_mono_ms(), .rows = s->lore->rows };
    struct seen seen;
    bool seats_too = s->kind == &import_rooms; /* rooms, and what is said of them, are seen beside their seats */
    seen_open(s->boot, &seen, s->lore->rows * (seats_too ? 3 : 1));
    batch_begin(&b, s->check);
    const fault *problem = rows_send_all(c, s, &b, &seen, &p);
    progress_end(&p);
    if (problem) /* its arena ends with the batch */
        problem = fault_new(a, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    arena_free(b.one);
    arena_free(b.a);
    return problem;
}

const fault *rows_survey(struct import_file *file, const struct import_kind *kind, struct lore *lore, arena *a)
{
    struct row row;
    for (bool found = true; found;) {
        TRY(import_file_next(file, a, &row, &found));
        lore->rows += found;
        if (found && kind->look && !row.flaw)
            kind->look(lore, &row);
    }
    return NULL;
}
