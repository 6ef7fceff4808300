/* route_shapes.c - gathers what a table of routes reads, once. */
#include "lib/http/fuzz/route_shapes.h"

#include <assert.h>

#define SHAPES_MAX 128

static const struct shape *gathered[SHAPES_MAX + 1];
static size_t count;

static void add(const struct shape *s)
{
    for (size_t i = 0; i < count; i++)
        if (gathered[i] == s)
            return;
    assert(count < SHAPES_MAX);
    if (s)
        gathered[count++] = s;
}

const struct shape *const *route_shapes(const struct route *routes, const struct shape *const *more)
{
    if (count > 0)
        return gathered;
    for (const struct route *r = routes; r->path; r++) {
        add(r->takes);
        add(r->query);
    }
    for (; *more; more++)
        add(*more);
    return gathered;
}
