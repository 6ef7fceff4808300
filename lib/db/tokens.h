/* tokens.h - the words of a text as SQLite's full-text search has them: runs of letters and digits, in lower case, without
 * accents (its tokenizer unicode61, remove_diacritics 2). Any one thread at a time. */
#ifndef TAQUILLA_DB_TOKENS_H
#define TAQUILLA_DB_TOKENS_H

#include "lib/base/arena.h"
#include "lib/base/fault.h"

struct tokens;

const fault *tokens_open(arena *a, struct tokens **out) MUST_CHECK; /* INTERNAL internal_error */
void tokens_close(struct tokens *t);
/* In order; a token holds until found returns. */
void tokens_each(const struct tokens *t, str text, void (*found)(void *arg, str token), void *arg);

#endif
