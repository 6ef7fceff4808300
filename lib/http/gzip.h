/* gzip.h - a body packed for who takes it so. */
#ifndef TAQUILLA_HTTP_GZIP_H
#define TAQUILLA_HTTP_GZIP_H

#include "lib/http/message.h"

/* Below this a packed body saves no packet. */
#define GZIP_BYTES_MIN 1024

/* Does Accept-Encoding name gzip, or all there is, without a q of 0? (RFC 9110 12.5.3) */
bool gzip_accepted(const struct message *request);
/* Appends the body packed; some 4 us per KiB: keep it. */
void gzip_put(struct buf *out, str body);

#endif
