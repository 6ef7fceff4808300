/* imported.c - notes what became of the rows of an import. */
#include "lib/base/imported.h"

#include <string.h>

#define TAKEN_BACK "import_checked"

struct imported imported_new(arena *a, size_t rows_max)
{
    return (struct imported){ .rows = { NEW_ARRAY(a, struct imported_row, rows_max + 1), 0 } };
}

void imported_note(struct imported *made, int64_t index, enum import_outcome outcome, const strs *fields)
{
    made->created += outcome == IMPORT_CREATED;
    made->changed += outcome == IMPORT_CHANGED;
    made->unchanged += outcome == IMPORT_UNCHANGED;
    if (outcome == IMPORT_CHANGED)
        *LIST_AT(&made->rows, struct imported_row, made->rows.count++) =
            (struct imported_row){ .index = index, .outcome = outcome, .fields = *fields };
}

void imported_refuse(struct imported *made, int64_t index, const fault *why)
{
    *LIST_AT(&made->rows, struct imported_row, made->rows.count++) = (struct imported_row){
        .index = index, .outcome = IMPORT_REFUSED, .code = str_of(why->code), .sentence = why->sentence };
}

const fault *imported_judge(struct imported *made, int64_t index, const fault *problem)
{
    if (!problem)
        return NULL;
    if (problem->kind != FAULT_INVALID && problem->kind != FAULT_MALFORMED && problem->kind != FAULT_NOT_FOUND &&
        problem->kind != FAULT_CONFLICT)
        return problem;
    imported_refuse(made, index, problem);
    return NULL;
}

const fault *imported_end(arena *a, bool check)
{
    return check ? fault_new(a, FAULT_CONFLICT, TAKEN_BACK, "What the import would do was only looked at.") : NULL;
}

const fault *imported_settle(const fault *problem)
{
    return problem && strcmp(problem->code, TAKEN_BACK) == 0 ? NULL : problem;
}
