/* postgres_columns.c - commands of one kind as columns: an array of SQL for each field of their shape, with an element for each of
 * them. They cost the server less than JSON does, which names every member of every command again. */
#include <assert.h>

#include "lib/db/postgres_internal.h"

/* In quotes whatever it is: so it is never taken for NULL, a brace or the next element. */
static void text_put(struct buf *out, str text)
{
    buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, text.at[i]);
    }
    buf_char(out, '"');
}

static void number_put(struct buf *out, int64_t number)
{
    if (number == INT64_MIN)
        buf_literal(out, "NULL");
    else
        buf_int(out, number);
}

static void element_put(struct buf *out, const struct field *f, const void *row)
{
    const void *member = (const char *)row + f->offset;
    switch (f->kind) {
    case KIND_INTEGER:
        number_put(out, *(const int64_t *)member);
        return;
    case KIND_MONEY:
        number_put(out, ((const money *)member)->cents);
        return;
    case KIND_INSTANT:
        number_put(out, ((const instant *)member)->ms);
        return;
    case KIND_BOOL:
        buf_char(out, *(const bool *)member ? 't' : 'f');
        return;
    case KIND_TEXT:
        if (((const str *)member)->at)
            text_put(out, *(const str *)member);
        else
            buf_literal(out, "NULL");
        return;
    case KIND_RAW:
        buf_text(out, ((const struct raw_json *)member)->text);
        return;
    case KIND_NUMBER: case KIND_WALL: case KIND_DAY: case KIND_CHOICE: case KIND_IDS: case KIND_TEXTS: case KIND_LIST: case KIND_OBJECT:
        assert(!"a sheet has no such column");
    }
}

static char between(const struct field *f)
{
    return f->kind == KIND_RAW ? '\n' : ',';
}

const fault *pg_cells_make(arena *a, const struct pg_sheet *sheet, const struct pg_command *command, struct pg_queued *q)
{
    size_t count = sheet->row->count + sheet->part->count;
    struct buf text = { .in = a };
    size_t *ends = NEW_ARRAY(a, size_t, count);
    q->parts = command->parts->count;
    for (size_t i = 0; i < count; i++) {
        bool of_row = i < sheet->row->count;
        const struct field *f = of_row ? &sheet->row->fields[i] : &sheet->part->fields[i - sheet->row->count];
        if (of_row)
            element_put(&text, f, command->args);
        for (size_t k = 0; !of_row && k < q->parts; k++) {
            if (k > 0)
                buf_char(&text, between(f));
            element_put(&text, f, (const char *)command->parts->at + k * sheet->part->size);
        }
        ends[i] = text.len;
    }
    struct buf probe = { .in = a };
    if (!pg_literal(&probe, buf_str(&text)))
        return fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    q->cells = NEW_ARRAY(a, str, count);
    for (size_t i = 0, from = 0; i < count; from = ends[i++])
        q->cells[i] = (str){ text.at + from, ends[i] - from };
    q->bytes = text.len;
    return NULL;
}

/* --- the arguments of a batch --- */

static void column_put(struct buf *out, const struct pg_batch *batch, const struct field *f, size_t cell)
{
    bool first = true, lines = f->kind == KIND_RAW;
    buf_text(out, lines ? STR(",E'") : STR(",E'{"));
    for (size_t i = 0; i < batch->count; i++) {
        const struct pg_queued *q = batch->at[i];
        if (!q->cells || q->cells[cell].len == 0)
            continue;
        if (!first)
            buf_char(out, between(f));
        pg_literal_inside(out, q->cells[cell]);
        first = false;
    }
    buf_text(out, lines ? STR("'") : STR("}'"));
}

static void names_put(struct buf *out, const struct pg_batch *batch)
{
    bool first = true;
    buf_literal(out, ",'{");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->at[i]->cells) {
            buf_printf(out, "%s%zu", first ? "" : ",", i);
            first = false;
        }
    first = true;
    buf_literal(out, "}','{");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->at[i]->cells) {
            buf_printf(out, "%s%s", first ? "" : ",", batch->at[i]->id);
            first = false;
        }
    buf_literal(out, "}'");
}

/* Of each part the place of its command. */
static void places_put(struct buf *out, const struct pg_batch *batch)
{
    int64_t place = 0;
    bool first = true;
    buf_literal(out, ",'{");
    for (size_t i = 0; i < batch->count; i++) {
        place += batch->at[i]->cells != NULL;
        for (size_t k = 0; batch->at[i]->cells && k < batch->at[i]->parts; k++) {
            if (!first)
                buf_char(out, ',');
            buf_int(out, place);
            first = false;
        }
    }
    buf_literal(out, "}'");
}

void pg_columns_put(struct buf *out, const struct pg_sheet *sheet, const struct pg_batch *batch)
{
    names_put(out, batch);
    for (size_t i = 0; i < sheet->row->count; i++)
        column_put(out, batch, &sheet->row->fields[i], i);
    places_put(out, batch);
    for (size_t i = 0; i < sheet->part->count; i++)
        column_put(out, batch, &sheet->part->fields[i], sheet->row->count + i);
}
