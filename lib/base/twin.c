/* twin.c - the two settings of a twin, read anew each time: a test sets them while its store is open. */
#include "lib/base/twin.h"

#ifdef TAQUILLA_TEST_TWINS
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/str.h"

bool twin_lacks(const char *protection)
{
    const char *unsafe = getenv("TAQUILLA_TEST_UNSAFE");
    return unsafe && strcmp(unsafe, protection) == 0;
}

int64_t twin_pause_ms(void)
{
    int64_t most_ms;
    const char *pause = getenv("TAQUILLA_TEST_COMMIT_PAUSE_MS");
    if (!pause || !str_to_int(str_of(pause), &most_ms) || most_ms <= 0)
        return 0;
    return (int64_t)random_below((uint64_t)most_ms + 1);
}
#endif
