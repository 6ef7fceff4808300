/* store_words.h - the words of films in memory: which films have every word that is asked for, each as a prefix, and how well they
 * fit. Words are cut and folded, and the fit is reckoned (bm25), as SQLite's full-text search does it. */
#ifndef TAQUILLA_MOVIES_STORE_WORDS_H
#define TAQUILLA_MOVIES_STORE_WORDS_H

#include "lib/base/arena.h"
#include "lib/db/tokens.h"

#define WORDS_COLUMNS 4 /* title, description, director, cast */

struct words; /* on the heap */
struct words *words_new(const struct tokens *tokens);
void words_free(struct words *w);

/* A film by its slot: small numbers, each used again when it is free. What stood there is replaced. */
void words_put(struct words *w, uint32_t slot, const str columns[WORDS_COLUMNS]);
void words_drop(struct words *w, uint32_t slot); /* also one that is not there */

struct words_hit {
    uint32_t slot;
    double fit; /* more is better */
};
/* In no order; how many. None when there is no word in it. A piece such as spider-man is a phrase: its words one after the other,
 * the last as a prefix. Pieces after the first 16 are ignored. */
size_t words_find(struct words *w, arena *a, str asked, struct words_hit **out);

#endif
