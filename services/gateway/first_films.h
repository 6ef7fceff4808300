/* first_films.h - the first films of a day in words and links, as they stand in the first page before its program has come: there is
 * something to read half a second sooner, and something at all without JavaScript. The program puts its own in their place. */
#ifndef TAQUILLA_GATEWAY_FIRST_FILMS_H
#define TAQUILLA_GATEWAY_FIRST_FILMS_H

#include "services/gateway/programme.h"

/* Items of a list, in the classes of the page's own: those that can be bought, by their first time. */
void first_films_write(struct programme *p, arena *a, struct buf *out, const struct showtime_query *want);

#endif
