/* analytics_store.h - what the suite of analytics' store asks of the place it runs on: one file for each database. */
#ifndef TAQUILLA_TESTS_ANALYTICS_STORE_H
#define TAQUILLA_TESTS_ANALYTICS_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/analytics/store.h"

void place_new(void); /* an empty store */
void place_drop(void);
const fault *place_open(arena *boot, struct store **out, str zone, int32_t day_starts_s);
/* An embedded store beside it, which is told the same and must answer the same; NULL: this is the embedded one. */
const fault *place_twin_open(arena *boot, struct store **out, str zone, int32_t day_starts_s);

#endif
