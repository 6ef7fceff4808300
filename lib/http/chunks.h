/* chunks.h - the chunked transfer coding, read strictly (RFC 9112, 7.1): llhttp takes any two bytes
 * for the CRLF that ends a chunk's data, which is enough to hide a request. */
#ifndef TAQUILLA_HTTP_CHUNKS_H
#define TAQUILLA_HTTP_CHUNKS_H

#include "lib/http/head.h"

enum chunks_at {
    CHUNKS_SIZE,      /* hexadecimal digits and nothing else */
    CHUNKS_EXTENSION, /* from ';' to the end of the line: ignored */
    CHUNKS_SIZE_LF,
    CHUNKS_DATA,
    CHUNKS_DATA_CR,
    CHUNKS_DATA_LF,
    CHUNKS_TRAILERS, /* ignored */
    CHUNKS_DONE,
    CHUNKS_BAD,
};

/* Zeroed it stands at the begin of a body. */
struct chunks {
    enum chunks_at at;
    uint64_t left; /* of the chunk's data; while its size is read, what that is so far */
    int digits;
    size_t frame_bytes; /* all that is not data */
    struct lines trailers;
};

#define CHUNK_BYTES_MAX ((uint64_t)1 << 40) /* a larger size is bad: no body may be near it */

/* Takes bytes off the front up to and with one piece of data (*data, empty when there was none in
 * them); returns how many. Call it again while bytes are left and it is neither done nor bad. */
size_t chunks_take(struct chunks *c, const char *bytes, size_t len, str *data);

#endif
