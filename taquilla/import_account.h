/* import_account.h - what became of every row: counted for the terminal, and row by row in a CSV file for who wants all of it. */
#ifndef TAQUILLA_IMPORT_ACCOUNT_H
#define TAQUILLA_IMPORT_ACCOUNT_H

#include <stdio.h>

#include "lib/base/imported.h"
#include "taquilla/import_kinds.h"

#define REASONS_MAX 24
#define REASON_LINES_MAX 5

/* Rows that were refused for one reason: its first ones are told, the others counted. */
struct reason {
    str text;   /* a sentence, or the code of a service's fault */
    bool coded;
    size_t count, shown;
    str lines[REASON_LINES_MAX];
};

struct account {
    const struct import_kind *kind;
    arena *boot;                  /* reasons live here: so many and no more */
    size_t read, created, changed, unchanged, refused, repaired;
    size_t by_repair[REPAIRS_MAX];
    struct reason reasons[REASONS_MAX];
    size_t reason_count, other_reasons;
    FILE *report;                 /* --report; NULL: none */
};

/* INVALID import_report: the file cannot be made. path NULL: no report. */
const fault *account_open(struct account *acc, arena *boot, const struct import_kind *kind, const char *path) MUST_CHECK;
/* INVALID import_report: it could not be written to its end. */
const fault *account_close(struct account *acc, arena *a, const char *path) MUST_CHECK;

/* A row and what its owner said of it; NULL: nothing to tell, it was created or is as it was. A row that was refused here
 * needs no owner. */
void account_row(struct account *acc, const struct import_row *row, const struct imported_row *told);

struct account_head {
    const char *file;
    bool check;
    size_t rows;     /* that the file has */
    str unknown;     /* columns */
    const fault *problem; /* what ended it before its end */
};
void account_print(const struct account *acc, const struct account_head *head);

#endif
