/* routes_print.c - every address of a service and who may ask, a line each: also those that the description leaves out. */
#include <stdio.h>

#include "lib/frame/frame.h"

static const char *access_name(enum access access)
{
    switch (access) {
    case ACCESS_BY_METHOD:
        return "by_method";
    case ACCESS_ANYONE:
        return "anyone";
    case ACCESS_ADMIN:
        return "admin";
    case ACCESS_OPERATOR:
        return "operator";
    case ACCESS_CODE:
        return "code";
    case ACCESS_INTERNAL:
        return "internal";
    }
    return "?";
}

void routes_print(const struct service *s)
{
    const struct route *const tables[] = { s->routes, frame_routes, old_docs_routes(s->name) };
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct route *r = tables[i]; r->path; r++)
            printf("%s %s %s %s\n", s->name, r->any_method ? "ANY" : method_name(r->method), r->path,
                   access_name(r->access));
}
