/* frame.h - what the files of the frame share with each other and with nobody else. */
#ifndef TAQUILLA_FRAME_FRAME_H
#define TAQUILLA_FRAME_FRAME_H

#include "lib/frame/service.h"

struct app *app_of(const struct call *c); /* whose site this call reached */

void app_check_bus(struct app *app); /* a health check of Redis, if this process uses it: nothing needs it */

/* Routes that every service has beside its own: /health, /metrics, /openapi.json, /docs. */
extern const struct route frame_routes[];
/* The old system's address of the description, by service; ended by a route without path. */
const struct route *old_docs_routes(const char *service);

handler health_show, health_live, health_ready;
handler metrics_show;
handler openapi_show, docs_page, docs_file, docs_old_json, docs_old_page;

/* Members of "components" that every description has, and its schemas of errors and paging. */
void openapi_write_common(struct buf *out);
void openapi_write_content(struct buf *out, const char *const *types); /* the content of a body that is no JSON; NULL-terminated */
void openapi_write_error_begin(struct buf *out, int status); /* an error answer, open at the end of its description */
void openapi_write_error_end(struct buf *out);
void openapi_write_error_schema(struct buf *out, enum error_style style);
void openapi_write_health_schemas(struct buf *out, const struct shape *more); /* more: of /health alone; may be NULL */

#endif
