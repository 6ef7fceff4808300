/* ids.c - order among numbers. */
#include "lib/base/ids.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

void ids_sort(ids *numbers)
{
    if (numbers->count > 1)
        qsort(numbers->at, numbers->count, sizeof numbers->at[0], compare);
}

bool ids_contain_sorted(const ids *sorted, int64_t id)
{
    size_t low = 0, high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted->at[middle] == id)
            return true;
        if (sorted->at[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
