/* redis.h - one connection to a Redis server on our loop: commands go out, answers come in their order, every wait has an end.
 *
 * Faults: UNAVAILABLE upstream_away (refused, broken, late, or it does not let us in); the connection is dropped then. Fibers only, one at
 * a time. */
#ifndef TAQUILLA_DB_REDIS_H
#define TAQUILLA_DB_REDIS_H

#include "lib/base/buf.h"
#include "lib/base/fault.h"
#include "lib/loop/fiber.h"

/* redis://[user:password@]host[:6379][/0]; an account may be :password alone. */
struct redis_address {
    const char *host;
    int64_t port;
    const char *user, *password; /* "": none */
    int64_t database;
};
/* INVALID setting_invalid, without a piece of the URL: it may have a password in it. */
const fault *redis_address_read(arena *a, const char *setting, str url, struct redis_address *out) MUST_CHECK;

enum redis_kind { REDIS_TEXT, REDIS_REFUSAL, REDIS_NUMBER, REDIS_NOTHING, REDIS_LIST };

struct redis_answer {
    enum redis_kind kind;
    str text; /* of a text or a refusal */
    int64_t number;
    list items; /* of struct redis_answer */
};

struct redis {
    const struct redis_address *to;
    bool open;
    /* --- its own --- */
    struct watch watch;
    struct redisReader *reader;
    struct buf unsent;
    size_t unread;      /* bytes since the last whole answer */
    const char *broken; /* why */
    fiber *who;         /* waits for an answer */
};

#define REDIS_ANSWER_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of one answer: more breaks the connection */

/* Connects, logs in, chooses the database. */
const fault *redis_open(struct redis *r, arena *a, int64_t deadline_ms) MUST_CHECK;
void redis_drop(struct redis *r); /* also when it is not open */

/* One command; it leaves with the next wait. */
void redis_ask(struct redis *r, const str *words, size_t count);
/* The next answer. *out is NULL when the deadline (loop_now_ms time) came first, or somebody else woke this fiber: wait again. */
const fault *redis_next(struct redis *r, arena *a, int64_t deadline_ms, const struct redis_answer **out) MUST_CHECK;
/* The same to its end: no answer before the deadline is upstream_away. */
const fault *redis_wait(struct redis *r, arena *a, int64_t deadline_ms, const struct redis_answer **out) MUST_CHECK;

#endif
