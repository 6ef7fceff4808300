/* embed.h - files that the program carries with it; tools/embed.py makes their tables. */
#ifndef TAQUILLA_HTTP_EMBED_H
#define TAQUILLA_HTTP_EMBED_H

#include "lib/http/call.h"

struct embedded {
    const char *name; /* "index.html"; NULL ends a table */
    const char *content_type;
    str bytes, etag;
    str gzip, gzip_etag; /* no text when it would save nothing */
};

const struct embedded *embedded_find(const struct embedded *files, str name); /* NULL when absent */

/* Answers the file, gzipped for who takes that; the browser may keep it and asks whether it is still right. */
const fault *reply_embedded(struct call *c, const struct embedded *file);

#endif
