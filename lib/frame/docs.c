/* docs.c - the description of the API and the page that shows it, served from the program itself. */
#include <string.h>

#include "lib/frame/frame.h"
#include "lib/http/embed.h"

extern const struct embedded docs_files[]; /* lib/frame/docs/, by tools/embed.py */

/* Nothing but our own files, and nobody's frame around us. */
#define DOCS_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "  \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const fault *openapi_show(struct call *c)
{
    struct app *app = app_of(c);
    if (!app->description.at) {
        struct buf text = { 0 };
        openapi_write(app->of, &text);
        app->description = arena_copy(app->boot, buf_str(&text));
        buf_free(&text);
        app->description_etag = etag_of(app->boot, app->description);
    }
    c->etag = app->description_etag;
    return reply_raw(c, 200, NULL, app->description);
}

static const fault *docs_answer(struct call *c, str name)
{
    const struct embedded *file = embedded_find(docs_files, name);
    if (!file)
        return fault_new(c->arena, FAULT_NOT_FOUND, "route_unknown", "There is nothing at this address.");
    answer_header(c, "Content-Security-Policy", STR(DOCS_POLICY));
    answer_header(c, "Referrer-Policy", STR("no-referrer"));
    return reply_embedded(c, file);
}

const fault *docs_page(struct call *c)
{
    return docs_answer(c, STR("docs.html"));
}

const fault *docs_file(struct call *c)
{
    return docs_answer(c, c->names[0]);
}

static const fault *moved(struct call *c, const char *to)
{
    location(c, "%s", to);
    return reply_raw(c, 308, NULL, STR(""));
}

const fault *docs_old_json(struct call *c)
{
    return moved(c, "/openapi.json");
}

const fault *docs_old_page(struct call *c)
{
    return moved(c, "/docs");
}

/* contract.md section 1: where the description used to be. */
static const struct route old_movies[] = {
    { GET, "/api/docs", docs_old_json, .redirects = true },
    { 0 },
};
static const struct route old_rooms[] = {
    { GET, "/apispec_1.json", docs_old_json, .redirects = true },
    { 0 },
};
static const struct route old_reservations[] = {
    { GET, "/api-docs", docs_old_json, .redirects = true },
    { 0 },
};
static const struct route old_none[] = { { 0 } };

const struct route *old_docs_routes(const char *service)
{
    return strcmp(service, "movies") == 0         ? old_movies
           : strcmp(service, "rooms") == 0        ? old_rooms
           : strcmp(service, "reservations") == 0 ? old_reservations
                                                  : old_none;
}

const struct route frame_routes[] = {
    { GET, "/health", health_show, .summary = "Is it well, and what it leans on", .plain = true,
      .when_closed = true, .worth = WORTH_ALWAYS },
    { GET, "/health/live", health_live, .summary = "The process answers", .plain = true, .when_closed = true,
      .worth = WORTH_ALWAYS },
    { GET, "/health/ready", health_ready, .summary = "It may be given requests", .plain = true, .when_closed = true,
      .worth = WORTH_ALWAYS },
    { GET, "/metrics", metrics_show, .summary = "Figures for Prometheus", .plain = true,
      .access = ACCESS_INTERNAL, .when_closed = true },
    { GET, "/openapi.json", openapi_show, .summary = "This description", .plain = true },
    { GET, "/docs", docs_page, .plain = true },
    { GET, "/docs/{*file}", docs_file, .plain = true },
    { GET, "/swagger-ui/index.html", docs_old_page, .redirects = true },
    { 0 },
};
