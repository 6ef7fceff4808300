/* import.c - the order and the answer of an import, and its rows one by one. */
#include "lib/feed/import.h"

#include <string.h>

#include "lib/json/read.h"

static const struct field raw_fields[] = {
    FIELD(struct import_raw, assumed, "assumed", .optional = true, .max = 64),
    FIELD(struct import_raw, whole, "", .whole = true),
};
static const struct shape raw_shape = SHAPE(import_raw, raw_fields);

static const struct field order_fields[] = {
    FIELD(struct import_order, check, "check", .fallback = "false", .doc = "only say what would become of them"),
    FIELD(struct import_order, rows, "rows", .min = 1, .max = IMPORT_ROWS_MAX, .shape = &raw_shape),
};
const struct shape import_order_shape = SHAPE(import_order, order_fields);

static const char *const outcomes[] = { [IMPORT_CREATED] = "created", [IMPORT_CHANGED] = "changed",
                                        [IMPORT_UNCHANGED] = "unchanged", [IMPORT_REFUSED] = "refused", NULL };
static const struct field row_fields[] = {
    FIELD(struct imported_row, index, "index", .doc = "in the order, from 0"),
    FIELD(struct imported_row, outcome, "outcome", .choices = outcomes),
    FIELD(struct imported_row, fields, "fields"),
    FIELD(struct imported_row, code, "code", .nullable = true),
    FIELD(struct imported_row, sentence, "sentence", .nullable = true),
};
static const struct shape row_shape = SHAPE(imported_row, row_fields);

static const struct field imported_fields[] = {
    FIELD(struct imported, created, "created"),
    FIELD(struct imported, changed, "changed"),
    FIELD(struct imported, unchanged, "unchanged"),
    FIELD(struct imported, rows, "rows", .shape = &row_shape, .doc = "the changed and the refused ones"),
};
const struct shape imported_shape = SHAPE(imported, imported_fields);

/* Takes the assumed fields out of those that were given. */
static void given_forget(const struct shape *s, void *row, const strs *assumed)
{
    uint64_t given;
    char *at = (char *)row + s->given;
    if (s->given == 0)
        return;
    memcpy(&given, at, sizeof(given));
    for (size_t i = 0; i < assumed->count; i++) {
        const struct field *f = shape_field(s, assumed->at[i]);
        if (f)
            given &= ~(UINT64_C(1) << (f - s->fields));
    }
    memcpy(at, &given, sizeof(given));
}

void import_rows_read(arena *a, const struct import_order *order, const struct shape *row, struct import_rows *out,
                      struct imported *made)
{
    size_t count = order->rows.count;
    *out = (struct import_rows){ .rows = { arena_take(a, row->size * count), 0 },
                                 .index = { NEW_ARRAY(a, int64_t, count), 0 },
                                 .check = order->check };
    *made = imported_new(a, count);
    for (size_t i = 0; i < count; i++) {
        const struct import_raw *raw = LIST_AT(&order->rows, struct import_raw, i);
        void *room = (char *)out->rows.at + out->rows.count * row->size;
        const fault *problem = json_read(a, raw->whole.text, row, room);
        if (problem) {
            imported_refuse(made, (int64_t)i, problem);
            continue;
        }
        given_forget(row, room, &raw->assumed);
        out->index.at[out->index.count++] = (int64_t)i;
        out->rows.count++;
    }
}
