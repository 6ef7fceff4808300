/* fault.h - what went wrong, for a person and for a program. NULL is success. Lives in an arena.
 *
 * Libraries return faults and never log. One file (lib/http/status.c) maps kinds to HTTP statuses. Internal
 * details (SQL, paths, driver texts) go into `internal`, which is logged and never sent. */
#ifndef TAQUILLA_BASE_FAULT_H
#define TAQUILLA_BASE_FAULT_H

#include "lib/base/arena.h"
#include "lib/base/ids.h"

enum fault_kind {
    FAULT_MALFORMED,       /* 400: cannot be read */
    FAULT_INVALID,         /* 400: read, but breaks a rule */
    FAULT_UNAUTHENTICATED, /* 401 */
    FAULT_DECLINED,        /* 402 */
    FAULT_FORBIDDEN,       /* 403 */
    FAULT_NOT_FOUND,       /* 404 */
    FAULT_WRONG_METHOD,    /* 405 */
    FAULT_CONFLICT,        /* 409 */
    FAULT_GONE,            /* 410 */
    FAULT_TOO_LARGE,       /* 413 */
    FAULT_WRONG_TYPE,      /* 415 */
    FAULT_MISDIRECTED,     /* 421: a Host that is not ours */
    FAULT_KEY_REUSED,      /* 422: an Idempotency-Key with another body */
    FAULT_TOO_MANY,        /* 429 */
    FAULT_INTERNAL,        /* 500: a bug of ours */
    FAULT_UNAVAILABLE,     /* 503: the store or an owner is away; try again */
};

/* One bad field of a body or query. kind: "required", "min", "max" or "type". */
struct fault_field {
    const struct fault_field *next;
    str field, sentence;
    const char *kind;
};

typedef struct fault {
    enum fault_kind kind;
    const char *code;                 /* stable, snake_case, listed in docs/errors.md */
    str sentence;                     /* one sentence for a person */
    const struct fault_field *fields; /* validation only: every bad field */
    const char *named_as;             /* extension member that lists `named`, e.g. "seatIds" */
    ids named;
    str members;                      /* JSON members of the error body beside those: "checkedInAt":"..." */
    int64_t retry_after_s;            /* 0: no Retry-After */
    str internal;                     /* for the log alone */
} fault;

fault *fault_new(arena *a, enum fault_kind kind, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5) MUST_CHECK;

/* The fault of a library or of the OS: `sentence` for the client, the rest for the log. */
const fault *fault_internal(arena *a, enum fault_kind kind, const char *code, const char *sentence,
                            const char *format, ...) PRINTF_LIKE(5, 6) MUST_CHECK;

/* The same in another arena, all its texts too. */
const fault *fault_copy(arena *a, const fault *problem);

/* Hands a fault to the caller. Acts and handlers need no other error path. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        const fault *try_fault = (expression);                                                     \
        if (try_fault)                                                                             \
            return try_fault;                                                                      \
    } while (0)

/* Its twin at start-up: a clear sentence on standard error and exit 2. */
#define MUST(expression) fault_must(expression)
void fault_must(const fault *problem);

#endif
