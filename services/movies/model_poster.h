/* model_poster.h - a film's poster: what may be one, judged by its bytes alone, and the address it has. Pure: no I/O. */
#ifndef TAQUILLA_MOVIES_MODEL_POSTER_H
#define TAQUILLA_MOVIES_MODEL_POSTER_H

#include "lib/base/fault.h"

#define POSTER_SIDE_MAX 4096 /* pixels */
#define POSTER_DIGEST_LENGTH 64 /* SHA-256, lower-case hex */

/* The content type of JPEG, PNG or WebP by its first bytes; NULL: none of them. */
const char *poster_type(str bytes);
/* Whole from its first byte to its last and nothing behind it, 1 to POSTER_SIDE_MAX pixels a side; the pixels themselves are not
 * unpacked. `claimed`: the Content-Type that came with it, or no text. WRONG_TYPE poster_type_unsupported; INVALID poster_damaged. */
const fault *poster_check(arena *a, str bytes, str claimed) MUST_CHECK;

const fault *poster_unknown(arena *a) MUST_CHECK; /* NOT_FOUND */

/* "/api/movies/ID/poster?v=DIGEST": a film whose posterUrl this is has an uploaded poster. */
str poster_url(arena *a, str movie_id, str digest);
/* The digest in such an address of that film; no text when `url` is anything else. */
str poster_digest(str movie_id, str url);

#endif
