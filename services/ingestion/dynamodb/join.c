/* join.c - the places of a part's rows, sorted, and the lines that stand there. */
#include "services/ingestion/dynamodb/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/heap.h"

#define WINDOW_BYTES ((size_t)64 * 1024)

/* --- places --- */

static int by_parent(const void *left, const void *right)
{
    const struct join_row *a = left, *b = right;
    if (a->parent != b->parent)
        return a->parent < b->parent ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static const fault *damaged(arena *a, const struct rows_file *f)
{
    return fault_new(a, FAULT_INVALID, "backup_damaged", "%s is damaged: line %lld has no id where it must stand.", f->path,
                     (long long)f->row);
}

/* The number behind `"name":` where it stands first: all names of a row come before any text of a client. */
static bool number_of(str line, const char *name, int64_t *out)
{
    size_t length = strlen(name), digits = 0;
    const char *found = memmem(line.at, line.len, name, length);
    while (found && found > line.at && !(found[-1] == '"' && found[length] == '"')) {
        str rest = str_after(line, (size_t)(found - line.at) + 1);
        found = memmem(rest.at, rest.len, name, length);
    }
    if (!found || found == line.at)
        return false;
    str rest = str_after(line, (size_t)(found - line.at) + length + 2);
    while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
        digits++;
    return str_to_int((str){ rest.at, digits }, out);
}

static void row_add(struct join_kind *k, struct join_row row)
{
    if (k->count == k->room) {
        size_t room = k->room ? k->room * 2 : 4096;
        struct join_row *more = heap_take(room * sizeof *more);
        if (k->count > 0)
            memcpy(more, k->rows, k->count * sizeof *more);
        free(k->rows);
        k->rows = more;
        k->room = room;
    }
    k->rows[k->count++] = row;
}

static const fault *kind_read(arena *a, const struct join *j, struct join_kind *k, int64_t first, int64_t last)
{
    if (k->empty)
        return NULL;
    TRY(ingestion_rows_open(a, &k->file, j->folder, str_of(j->service), str_of(k->table)));
    k->count = 0;
    k->window.bytes = 0;
    int64_t at = 0;
    for (str line;;) {
        struct join_row row = { .at = at };
        TRY(ingestion_rows_next(a, &k->file, &line));
        if (!line.at)
            break;
        if (!number_of(line, "id", &row.id) || !number_of(line, k->parent, &row.parent))
            return damaged(a, &k->file);
        row.bytes = line.len;
        at += (int64_t)line.len + 1;
        if (row.parent >= first && row.parent <= last)
            row_add(k, row);
    }
    if (k->count > 0)
        qsort(k->rows, k->count, sizeof *k->rows, by_parent);
    return NULL;
}

static const fault *part_read(arena *a, struct join *j)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (j->count = j->next = 0; j->count < JOIN_PARENTS_MAX && !j->over;) {
        struct join_row *row = &j->parents[j->count];
        str line;
        TRY(ingestion_rows_next(a, &j->file, &line));
        j->over = !line.at;
        if (j->over)
            break;
        *row = (struct join_row){ .at = j->at, .bytes = line.len };
        if (j->kind_count > 0 && !number_of(line, "id", &row->id)) /* a film's is no number, and nothing belongs to it */
            return damaged(a, &j->file);
        j->at += (int64_t)line.len + 1;
        first = row->id < first ? row->id : first;
        last = row->id > last ? row->id : last;
        j->count++;
    }
    for (size_t i = 0; i < j->kind_count && j->count > 0; i++) {
        if (j->kinds[i].file.path)
            ingestion_rows_close(&j->kinds[i].file);
        TRY(kind_read(a, j, &j->kinds[i], first, last));
    }
    return NULL;
}

/* --- lines --- */

static const fault *window_read(arena *a, const struct rows_file *f, struct join_window *w, const struct join_row *row, str *line)
{
    bool there = w->bytes > 0 && row->at >= w->at && row->at + (int64_t)row->bytes <= w->at + (int64_t)w->bytes;
    if (!there) {
        size_t wanted = row->bytes > WINDOW_BYTES ? row->bytes : WINDOW_BYTES;
        if (!w->text)
            w->text = heap_take(ROW_BYTES_MAX);
        ssize_t got = pread(f->fd, w->text, wanted, (off_t)row->at);
        if (got < (ssize_t)row->bytes)
            return fault_new(a, FAULT_INVALID, "backup_unreadable", "%s cannot be read: %s.", f->path,
                             got < 0 ? strerror(errno) : "it was cut");
        w->at = row->at;
        w->bytes = (size_t)got;
    }
    *line = (str){ w->text + (row->at - w->at), row->bytes };
    return NULL;
}

const fault *join_line(arena *a, struct join *j, size_t kind, const struct join_row *row, str *line)
{
    return window_read(a, &j->kinds[kind].file, &j->kinds[kind].window, row, line);
}

static void rows_find(const struct join_kind *k, int64_t parent, struct joined *out, size_t kind)
{
    size_t low = 0, high = k->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->rows[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    out->rows[kind] = k->rows + low;
    for (size_t i = low; i < k->count && k->rows[i].parent == parent; i++)
        out->counts[kind]++;
}

const fault *join_next(arena *a, struct join *j, struct joined *out)
{
    *out = (struct joined){ 0 };
    if (j->next == j->count && !j->over)
        TRY(part_read(a, j));
    if (j->next == j->count)
        return NULL;
    const struct join_row *row = &j->parents[j->next++];
    for (size_t i = 0; i < j->kind_count; i++)
        rows_find(&j->kinds[i], row->id, out, i);
    return window_read(a, &j->file, &j->window, row, &out->line);
}

/* --- open and close --- */

const fault *join_open(arena *a, struct join *j)
{
    TRY(ingestion_rows_open(a, &j->file, j->folder, str_of(j->service), str_of(j->table)));
    j->parents = heap_take(JOIN_PARENTS_MAX * sizeof *j->parents);
    return NULL;
}

void join_close(struct join *j)
{
    ingestion_rows_close(&j->file);
    free(j->window.text);
    free(j->parents);
    for (size_t i = 0; i < j->kind_count; i++) {
        struct join_kind *k = &j->kinds[i];
        if (k->file.path)
            ingestion_rows_close(&k->file);
        free(k->rows);
        free(k->window.text);
    }
}
