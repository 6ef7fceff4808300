/* imported.h - the rows of an import as a store gets them, and what became of each. */
#ifndef TAQUILLA_BASE_IMPORTED_H
#define TAQUILLA_BASE_IMPORTED_H

#include "lib/base/fault.h"

/* Rows that could be read, in their order. */
struct import_rows {
    list rows; /* of the service's own struct */
    ids index; /* where each stood in the order, from 0 */
    bool check; /* only look: what was done is taken back */
};

enum import_outcome { IMPORT_CREATED, IMPORT_CHANGED, IMPORT_UNCHANGED, IMPORT_REFUSED };

struct imported_row {
    int64_t index;
    unsigned outcome;   /* enum import_outcome */
    strs fields;        /* changed: which */
    str code, sentence; /* refused: why */
};

struct imported {
    int64_t created, changed, unchanged;
    list rows; /* of struct imported_row: the changed and the refused ones, in any order */
};

/* Room for the outcomes of so many rows. */
struct imported imported_new(arena *a, size_t rows_max) MUST_CHECK;
/* fields: of a changed one; else NULL. */
void imported_note(struct imported *made, int64_t index, enum import_outcome outcome, const strs *fields);

/* What one row's act says: a refusal is noted and NULL, anything else is the whole order's fault. */
const fault *imported_judge(struct imported *made, int64_t index, const fault *problem) MUST_CHECK;
void imported_refuse(struct imported *made, int64_t index, const fault *why);

/* The end of an act: a fault when all was only to be looked at, so that its store takes it back ... */
const fault *imported_end(arena *a, bool check) MUST_CHECK;
/* ... and no fault again, once it did. */
const fault *imported_settle(const fault *problem) MUST_CHECK;

#endif
