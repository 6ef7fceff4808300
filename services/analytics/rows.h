/* rows.h - a row of an export into its struct without a tree of it in between: there are hundreds of thousands. */
#ifndef TAQUILLA_ANALYTICS_ROWS_H
#define TAQUILLA_ANALYTICS_ROWS_H

#include "lib/json/shape.h"

/* Reads the plain form that exports have: no white space, no escape in what is wanted. Its texts lie in `row`. True:
 * *out is what json_read makes of it. False: it is another form, or wrong; json_read is to judge. */
bool analytics_row_read(str row, const struct shape *s, void *out) MUST_CHECK;

#endif
