/* snapshot.h - today's state of an owner, as the events that would make it: GET /feed/snapshot?of=live|all&after=CURSOR&limit=1000.
 *
 * Answers {"events":[...],"position":N,"next":"rooms:42"} in pages by key; next is null at the end. Every row is a whole fact, as its
 * feed would tell it, and holds everything up to `position` at least. No transaction stays open between pages: a reader that has
 * taken them all follows the feed from the first page's position and is right once it has reached the last page's (ADR 13). */
#ifndef TAQUILLA_FEED_SNAPSHOT_H
#define TAQUILLA_FEED_SNAPSHOT_H

#include "lib/base/snapshot.h"
#include "lib/http/route.h"

/* One kind of rows. */
struct snapshot_part {
    const char *name;     /* "rooms": begins its cursors */
    const char *type;     /* "room.changed": its events */
    int64_t rows_max;     /* of one page; 0: as many as are asked for */
    const fault *(*read)(void *store, arena *a, const struct snapshot_wish *want, list *rows); /* of struct snapshot_row, by key */
};

struct feed;

/* Answers one page of an owner's parts, those that others refer to first, ended by one without name. INVALID cursor_invalid. */
const fault *snapshot_answer(const struct snapshot_part *parts, const struct feed *feed, struct call *c);

#define CURSOR_BYTES_MAX 100
extern const struct shape snapshot_query_shape, snapshot_page_shape;

/* For a part's read: `after` as a number, 0 from the first, and the row of a fact whose key is its number. */
int64_t snapshot_after(const struct snapshot_wish *want);
struct snapshot_row snapshot_row_of(arena *a, int64_t id, const struct shape *shape, const void *fact);
/* A row for each struct of `found`, whose id, a number, is at that offset. */
list snapshot_rows_of(arena *a, const list *found, const struct shape *shape, size_t id_offset);

/* What a reader gets: lib/feed/follower. */
struct snapshot_page {
    list events; /* of struct wire_event */
    int64_t position;
    str next; /* no text: it was the last page */
};

#endif
