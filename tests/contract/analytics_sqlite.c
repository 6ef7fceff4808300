/* analytics_sqlite.c - the suite of analytics' store on the embedded one. */
#include "tests/contract/analytics_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[64];

void place_new(void)
{
    strcpy(directory, "/tmp/test-analytics-XXXXXX");
    assert_non_null(mkdtemp(directory));
}

void place_drop(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

const fault *place_open(arena *boot, struct store **out, str zone, int32_t day_starts_s)
{
    return analytics_sqlite_open(boot, out, directory, zone, day_starts_s);
}

const fault *place_twin_open(arena *boot, struct store **out, str zone, int32_t day_starts_s)
{
    (void)boot;
    (void)zone;
    (void)day_starts_s;
    *out = NULL;
    return NULL;
}
