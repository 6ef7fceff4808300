/* showings.h - where and when each showing is: what a reservation's item says of its own. Kept in memory, 32 bytes a showing. */
#ifndef TAQUILLA_INGESTION_SHOWINGS_H
#define TAQUILLA_INGESTION_SHOWINGS_H

#include "services/ingestion/dynamodb/items.h"

struct showing_known {
    struct item_showing showing;
    int64_t position; /* of rooms' log, at which it was so */
};

struct showings {
    struct showing_known *at; /* by id */
    size_t count, room;
};

/* A fact of a showing as of that position; an older one than is known changes nothing. True: what an item says has changed, or may
 * have without us. */
bool item_showings_take(struct showings *s, const struct item_showing *told, int64_t position);
const struct showing_known *item_showings_find(const struct showings *s, int64_t id); /* NULL: unknown */
void item_showings_forget(struct showings *s); /* all; also at the end */

#endif
