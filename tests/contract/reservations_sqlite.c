/* reservations_sqlite.c - the suite of the reservations' store on the embedded one. */
#include "tests/contract/reservations_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directories[4][64];
static int count;

void place_new(void)
{
    strcpy(directories[count], "/tmp/test-reservations-XXXXXX");
    assert_non_null(mkdtemp(directories[count++]));
}

void place_drop(void)
{
    while (count > 0) {
        char command[96];
        snprintf(command, sizeof command, "rm -rf %s", directories[--count]);
        assert_int_equal(system(command), 0);
    }
}

const fault *place_open(arena *boot, struct store **out, void (*moved)(void *, int64_t), void *arg)
{
    return reservations_sqlite_open(boot, out, directories[count - 1], moved, arg);
}

int place_tests(void)
{
    return 0;
}
