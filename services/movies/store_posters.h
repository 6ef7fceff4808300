/* store_posters.h - posters as both stores keep them: in parts, as base64. */
#ifndef TAQUILLA_MOVIES_STORE_POSTERS_H
#define TAQUILLA_MOVIES_STORE_POSTERS_H

#include "lib/json/shape.h"

#define POSTER_PART_BYTES ((size_t)192 * 1024) /* 256 KiB of base64 */
#define POSTER_PARTS_MAX 16

struct poster_part {
    str movie_id;
    int64_t part; /* from 0 */
    str digest;   /* of the whole poster */
    str data;     /* base64 */
};
extern const struct shape poster_part_shape;

/* The parts in order (struct poster_part), and back. INTERNAL internal_error: they do not make what the digest says. */
list poster_parts(arena *a, str movie_id, str digest, str bytes);
const fault *poster_joined(arena *a, const list *parts, str digest, str *out) MUST_CHECK;
str poster_digest_of(arena *a, str bytes); /* SHA-256, lower-case hex */

#endif
