/* target.h - the target of a request line: path and query. */
#ifndef TAQUILLA_HTTP_TARGET_H
#define TAQUILLA_HTTP_TARGET_H

#include "lib/http/message.h"

/* Splits m->target (origin-form, absolute-form, or * for OPTIONS) into path and query;
 * absolute-form becomes origin-form. `host` is what the Host header says; an absolute target must
 * say the same. False: not to be understood. */
bool target_read(struct message *m, str host, arena *a) MUST_CHECK;

/* "localhost:3004", "[::1]", "": what may stand in a Host header. */
bool host_well_formed(str host);

#endif
