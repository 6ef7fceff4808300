/* row_name.h - in which order a room's rows stand, by their names. */
#ifndef TAQUILLA_BASE_ROW_NAME_H
#define TAQUILLA_BASE_ROW_NAME_H

#include "lib/base/str.h"

/* As rooms lists them: shorter names first, Z before AA; letters without case. Below, equal to or above 0. */
int row_name_order(str a, str b);

#endif
