/* postgres_together.c - what several fibers ask of one statement in the same turn, each by a key of its own, is one read.
 *
 * Measured: of 37 us that the server spends on one reservation by its id, two thirds are the statement's and not the row's. */
#include <stdlib.h>
#include <string.h>

#include "lib/db/postgres_internal.h"

#define PARTY_MAX 64
#define FAULT_BYTES_MAX ((size_t)16 * 1024)

/* Who asked first reads for all, the others wait for him. On the heap, freed by the last: the one who reads may be done
 * before the others have taken their rows. */
struct pg_party {
    const char *text;
    int64_t keys[PARTY_MAX];
    fiber *waiting[PARTY_MAX]; /* at the first's place: NULL */
    ids asked;
    size_t users;
    bool done;
    arena *kept;          /* the fault's: the arena of the one who met it may be gone before the others look */
    const fault *problem;
    PGresult *result;
    struct pg_statement *statement;
    struct pg_party *next;
};

void pg_parties_close(struct pg_lane *lane)
{
    lane->parties = NULL;
}

/* One that is still to be sent and has room. */
static struct pg_party *party_find(const struct pg_lane *lane, const char *text)
{
    for (struct pg_party *p = lane->parties; p; p = p->next)
        if (strcmp(p->text, text) == 0 && p->asked.count < PARTY_MAX)
            return p;
    return NULL;
}

static struct pg_party *party_open(struct pg_lane *lane, const char *text)
{
    struct pg_party *made = calloc(1, sizeof *made);
    if (!made)
        abort();
    made->text = text;
    made->asked.at = made->keys;
    made->next = lane->parties;
    lane->parties = made;
    return made;
}

static void party_join(struct pg_party *p, int64_t key, fiber *waiter)
{
    p->waiting[p->asked.count] = waiter;
    p->keys[p->asked.count++] = key;
    p->users++;
}

static void party_leave(struct pg_party *p)
{
    if (--p->users > 0)
        return;
    PQclear(p->result);
    if (p->kept)
        arena_free(p->kept);
    free(p);
}

/* The first's part. Its keys are read when it is sent: who comes before that is in. */
static void party_read(struct pg_lane *lane, arena *a, struct pg_party *p)
{
    const fault *problem = pg_lane_ask(lane, a, p->text, PG_BIND(pg_ids(&p->asked)), &p->result, &p->statement);
    if (problem) {
        p->kept = arena_new(FAULT_BYTES_MAX);
        p->problem = fault_copy(p->kept, problem);
    }
    p->done = true;
    for (size_t i = 0; i < p->asked.count; i++)
        if (p->waiting[i])
            fiber_wake(p->waiting[i]);
}

static int64_t key_at(const PGresult *result, int row)
{
    return strtoll(PQgetvalue(result, row, 0), NULL, 10);
}

/* The first row whose key is not above this one: the rows fall. */
static int first_row(const PGresult *result, int64_t key)
{
    int low = 0, high = PQntuples(result);
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (key_at(result, middle) > key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const fault *rows_take(arena *a, const struct pg_party *p, int64_t key, const struct shape *row, list *out)
{
    int first = first_row(p->result, key), end = first;
    while (end < PQntuples(p->result) && key_at(p->result, end) == key)
        end++;
    size_t count = (size_t)(end - first);
    list made = { arena_take(a, row->size * (count > 0 ? count : 1)), count };
    for (size_t i = 0; i < count; i++)
        TRY(pg_row_take(a, p->result, first + (int)i, p->statement, row, (char *)made.at + i * row->size));
    *out = made;
    return NULL;
}

const fault *pg_list_of(struct pg_lane *lane, arena *a, const struct shape *row, list *out, const char *text, int64_t key)
{
    struct pg_party *p = party_find(lane, text);
    if (p) {
        party_join(p, key, fiber_self());
        while (!p->done)
            fiber_park("an answer that others wait for too", INT64_MAX); /* the first has a deadline */
    } else {
        p = party_open(lane, text);
        party_join(p, key, NULL);
        party_read(lane, a, p);
    }
    const fault *problem = p->problem ? fault_copy(a, p->problem) : rows_take(a, p, key, row, out);
    party_leave(p);
    return problem;
}
