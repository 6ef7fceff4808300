/* movies_sqlite.c - the suite of movies' store on the embedded one. */
#include "tests/contract/movies_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const bool place_takes_replicas = false;
static char directory[64];

void place_new(void)
{
    strcpy(directory, "/tmp/test-movies-XXXXXX");
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
    return movies_sqlite_open(boot, out, directory, moved, NULL);
}

int place_tests(void)
{
    return 0;
}
