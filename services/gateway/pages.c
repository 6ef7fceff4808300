/* pages.c - the pages that are built into the program. */
#include "lib/http/embed.h"
#include "services/gateway/gateway.h"

extern const struct embedded web_pages[];

/* Nothing from elsewhere, nothing inline, nowhere framed. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const fault *file_reply(struct call *c, str name)
{
    const struct embedded *file = embedded_find(web_pages, name);
    if (!file)
        return fault_new(c->arena, FAULT_NOT_FOUND, "route_unknown", "There is nothing at this address.");
    answer_header(c, "Content-Security-Policy", STR(PAGE_POLICY));
    answer_header(c, "Referrer-Policy", STR("no-referrer"));
    return reply_embedded(c, file);
}

const fault *gateway_page(struct call *c)
{
    return file_reply(c, STR("index.html"));
}

/* Pages of the house: bundles of their own, which visitors do not load. */
const fault *gateway_owner_page(struct call *c)
{
    return file_reply(c, STR("owner.html"));
}

const fault *gateway_door_page(struct call *c)
{
    return file_reply(c, STR("door.html"));
}

/* Beside the page that it keeps: a worker rules over its own folder alone. */
const fault *gateway_door_worker(struct call *c)
{
    return file_reply(c, STR("door-worker.js"));
}

const fault *gateway_file(struct call *c)
{
    return file_reply(c, c->names[0]);
}
