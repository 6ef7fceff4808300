/* row_name.c - compares two rows' names. */
#include "lib/base/row_name.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

int row_name_order(str a, str b)
{
    size_t letters_a = str_code_points(a), letters_b = str_code_points(b);
    if (letters_a != letters_b)
        return letters_a < letters_b ? -1 : 1;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return (unsigned char)lower(a.at[i]) < (unsigned char)lower(b.at[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}
