/* postgres_fault.c - what PostgreSQL said, in the store's words. Its texts are for the log. */
#include <string.h>

#include "lib/db/postgres_internal.h"

#define AWAY_RETRY_S 1
#define FULL_RETRY_S 5
#define STATEMENT_TOLD_MAX ((size_t)200)

static fault *unavailable(arena *a, const char *code, const char *sentence, int64_t retry_after_s)
{
    fault *made = fault_new(a, FAULT_UNAVAILABLE, code, "%s", sentence);
    made->retry_after_s = retry_after_s;
    return made;
}

const fault *pg_away(arena *a, const char *why)
{
    fault *made = unavailable(a, "store_unavailable", "The store cannot be reached at the moment; please try again.",
                              AWAY_RETRY_S);
    made->internal = arena_printf(a, "postgres: %s", why ? why : "");
    return made;
}

const fault *pg_restoring(arena *a)
{
    return unavailable(a, "restore_running", "A restore is under way here; try again when it is over.", 2);
}

/* What functions of ours raise. */
static fault *fault_of_ours(arena *a, const char *state)
{
    static const struct {
        const char *state, *code, *sentence;
    } ours[] = {
        { "TQ001", "store_not_empty", "This store has data; only an empty one takes a restore." },
        { "TQ002", "restore_not_started", "No restore is under way here; start one first." },
        { "TQ003", "restore_differs", "The log that was restored has a hole." },
        { "TQ004", "restore_undone", "Rows that were tried were taken back." },
        { "23505", "unique_broken", "This exists already." },
    };
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        if (strcmp(state, ours[i].state) == 0)
            return fault_new(a, FAULT_CONFLICT, ours[i].code, "%s", ours[i].sentence);
    return NULL;
}

static fault *fault_of_state(arena *a, const char *state)
{
    fault *ours = fault_of_ours(a, state);
    if (ours)
        return ours;
    /* Locks and time-outs; disk and memory; a server that shuts down, starts, or stands by. */
    static const char *const busy[] = { "55P03", "57014", "40001", "40P01" };
    for (size_t i = 0; i < COUNT_OF(busy); i++)
        if (strcmp(state, busy[i]) == 0)
            return unavailable(a, "store_busy", "The store is busy at the moment; please try again.", AWAY_RETRY_S);
    if (strcmp(state, "53100") == 0)
        return unavailable(a, "storage_full", "The store has no room left; nothing was changed.", FULL_RETRY_S);
    if (!state[0] || strncmp(state, "08", 2) == 0 || strncmp(state, "53", 2) == 0 || strncmp(state, "57P", 3) == 0 ||
        strcmp(state, "25006") == 0 || strncmp(state, "58", 2) == 0)
        return unavailable(a, "store_unavailable", "The store cannot be reached at the moment; please try again.",
                           AWAY_RETRY_S);
    if ((strncmp(state, "22", 2) == 0 && strcmp(state, "22012") != 0) || /* data; a division by zero is ours */
        strncmp(state, "23", 2) == 0)
        return fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    return fault_new(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.");
}

static const char *state_of(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state ? state : "";
}

bool pg_state_is(const PGresult *result, const char *sqlstate)
{
    return strcmp(state_of(result), sqlstate) == 0;
}

/* Classes whose messages repeat values: of data, of rows, and of the piece of a statement that cannot be read. */
static bool state_tells_values(const char *state)
{
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strcmp(state, "42601") == 0;
}

/* For the log, so without a person's e-mail in it: DETAIL has whole rows, and a message of those classes a value. Then the names
 * of what was broken must do. */
static void server_words(struct buf *out, const PGresult *result)
{
    static const struct {
        int field;
        const char *before;
    } names[] = { { PG_DIAG_TABLE_NAME, "table" },         { PG_DIAG_COLUMN_NAME, "column" },
                  { PG_DIAG_CONSTRAINT_NAME, "constraint" }, { PG_DIAG_DATATYPE_NAME, "type" },
                  { PG_DIAG_SOURCE_FUNCTION, "told by" },  { PG_DIAG_STATEMENT_POSITION, "at character" } };
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!message) /* libpq itself speaks */
        buf_text(out, str_trim(str_of(PQresultErrorMessage(result))));
    else if (!state_tells_values(state_of(result)))
        buf_text(out, str_of(message));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *name = PQresultErrorField(result, names[i].field);
        if (name)
            buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "", names[i].before, name);
    }
}

/* Literals begin with a quote: what comes before the first one is ours. */
static str statement_start(const char *text)
{
    size_t length = strcspn(text, "'");
    return (str){ text, length < STATEMENT_TOLD_MAX ? length : STATEMENT_TOLD_MAX };
}

const fault *pg_fault(arena *a, const PGresult *result, const char *text)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE)
        return NULL;
    struct buf words = { .in = a };
    server_words(&words, result);
    fault *made = fault_of_state(a, state_of(result));
    made->internal = arena_printf(a, "postgres %s: %.*s in: %.*s", state_of(result), STR_ARG(buf_str(&words)),
                                  STR_ARG(statement_start(text)));
    return made;
}
