/* twin.h - what only a build for tests can be told by its environment: a protection taken away, a pause before each commit. */
#ifndef TAQUILLA_BASE_TWIN_H
#define TAQUILLA_BASE_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#ifdef TAQUILLA_TEST_TWINS
bool twin_lacks(const char *protection); /* TAQUILLA_TEST_UNSAFE names it: "claims", "positions" */
int64_t twin_pause_ms(void);             /* at random, up to TAQUILLA_TEST_COMMIT_PAUSE_MS */
#else
static inline bool twin_lacks(const char *protection)
{
    (void)protection;
    return false;
}

static inline int64_t twin_pause_ms(void)
{
    return 0;
}
#endif

#endif
