/* rooms_sqlite.c - the suite of rooms' store on the embedded one. */
#include "tests/contract/rooms_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const bool place_takes_replicas = false;
static char directory[64];

static void moved(void *arg, int64_t position)
{
    (void)arg;
    (void)position;
}

void place_new(void)
{
    strcpy(directory, "/tmp/test-rooms-XXXXXX");
    assert_non_null(mkdtemp(directory));
}

void place_drop(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

const fault *place_open(arena *boot, struct store **out)
{
    return rooms_sqlite_open(boot, out, directory, &house, moved, NULL);
}

int place_tests(void)
{
    return 0;
}
