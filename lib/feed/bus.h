/* bus.h - what owners tell by way of Redis: an entry an event in the stream taquilla:SERVICE, its id the position, N-0.
 *
 * Only speed depends on it. Redis may lose, trim, forget or bring back entries: who reads compares positions, and asks the owner's
 * feed for whatever is not the next one. Nothing counts that was in a stream before its reader saw, by the owner's feed, that the log
 * goes at least as far: an older life of Redis or of the owner may have left it there. Each entry is sealed with SERVICE_TOKEN, so that
 * another cinema on the same Redis, or who else can write there, tells nobody anything. */
#ifndef TAQUILLA_FEED_BUS_H
#define TAQUILLA_FEED_BUS_H

#include "lib/base/event.h"
#include "lib/db/redis.h"

/* Once, at start. `to` and the token live as long as the process; to NULL: there is no bus. */
void bus_configure(const struct redis_address *to, str service_token);
bool bus_configured(void);
bool bus_used(void); /* this process has lines */
bool bus_away(int64_t *well_ms); /* one of its lines is not connected; *well_ms: loop time when all last were, 0: never */
void bus_metrics(struct buf *out);

/* --- a connection for one stream --- */

struct bus_line {
    const char *owner, *role; /* "rooms", "reader" or "relay" */
    char stream[40];
    struct redis redis;
    uint64_t events, losses, holes;
    int64_t position, behind; /* for the metrics */
    int64_t retry_ms, pause_ms, well_ms;
    struct bus_line *next;
};

void bus_line_begin(struct bus_line *l, const char *owner, const char *role); /* the texts live as long as l */
void bus_line_end(struct bus_line *l);
/* True when it is connected. Tries to be, for a moment, when it is time to. */
bool bus_line_join(struct bus_line *l, arena *a);
/* Drops the connection; the next try comes after a pause, each time a longer one until something works. */
void bus_line_lost(struct bus_line *l, const fault *why);
void bus_line_works(struct bus_line *l); /* something did */
/* Drops it without a pause or a word: to join anew is to look again at what the stream holds. */
void bus_line_drop(struct bus_line *l);
/* The last position that the stream ever had; 0: there is no such stream. */
const fault *bus_stream_end(struct bus_line *l, arena *a, int64_t *end) MUST_CHECK;

#define BUS_SEAL_BYTES 32
str bus_seal(arena *a, str event); /* hex */

/* --- reading --- */

struct bus_reader {
    struct bus_line line;
    int64_t from;     /* what the stream held when it was joined ends there */
    bool asked;       /* an XREAD is under way */
    int64_t asked_ms;
};

enum bus_step { BUS_KNOWN, BUS_NEXT, BUS_HOLE };
/* What an entry is to a reader who has come to `position`. */
enum bus_step bus_step(int64_t position, int64_t entry);
/* Those of events (of struct event) that come next: what is known goes before them, a hole ends them. *end: after them. */
list bus_news(int64_t position, const list *events, int64_t *end, bool *hole);

/* True: connected, and b->from is known. */
bool bus_reader_join(struct bus_reader *b, arena *a);
/* Parks until there are entries after `after`, until_ms has come or somebody woke this fiber; *events (of struct event, in `a`) may be
 * empty, and begin with what was asked for before. A fault: the line is lost. */
const fault *bus_reader_next(struct bus_reader *b, arena *a, int64_t after, int64_t until_ms, list *events) MUST_CHECK;
void bus_reader_drop(struct bus_reader *b);

#endif
