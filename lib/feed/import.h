/* import.h - POST /internal/{what}/import: {"check":false,"rows":[...]}, each row judged by itself by the rules that one of the
 * API is judged by; the answer says what became of them. A row with a natural key that is known is compared in what it
 * gives, and changed in what differs; so the same rows again change nothing.
 *
 * A row may list in "assumed" those of its fields that its file did not say: they make a new thing whole and never change one
 * that is there. */
#ifndef TAQUILLA_FEED_IMPORT_H
#define TAQUILLA_FEED_IMPORT_H

#include "lib/base/imported.h"
#include "lib/json/shape.h"

#define IMPORT_ROWS_MAX 10000

struct import_order {
    bool check;
    list rows; /* of struct import_raw */
};
struct import_raw {
    strs assumed;
    struct raw_json whole;
};

extern const struct shape import_order_shape, imported_shape;

/* Each row by `row`; what cannot be read is refused in *made, which is new and has room for all. What is assumed counts as not
 * given. */
void import_rows_read(arena *a, const struct import_order *order, const struct shape *row, struct import_rows *out,
                      struct imported *made);

#endif
