/* ids.h - lists: of numbers, of texts, and of any struct. None owns its memory. */
#ifndef TAQUILLA_BASE_IDS_H
#define TAQUILLA_BASE_IDS_H

#include "lib/base/str.h"

typedef struct {
    int64_t *at;
    size_t count;
} ids;

typedef struct {
    str *at;
    size_t count;
} strs;

/* Rows of a struct that the reader knows: LIST_AT(&rows, struct seat, i). */
typedef struct {
    void *at;
    size_t count;
} list;

#define LIST_AT(rows, type, i) (&((type *)(rows)->at)[i])

void ids_sort(ids *numbers);
bool ids_contain_sorted(const ids *sorted, int64_t id);

#endif
