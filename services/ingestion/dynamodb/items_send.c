/* items_send.c - a fiber for each batch that is under way; who fills them waits for the next that arrives. */
#include "services/ingestion/dynamodb/items_send.h"

#include "lib/loop/fiber.h"

#define BATCH_ARENA_BYTES ((size_t)128 * 1024 * 1024)
#define BATCH_BYTES ((size_t)1024 * 1024)    /* a batch that has as much takes no further item */
#define BYTES_AT_ONCE ((size_t)12 * 1024 * 1024) /* with as much under way none is begun */

void items_sending_open(struct items_sending *s, arena *a, const struct items_order *want)
{
    *s = (struct items_sending){ .want = want, .a = a };
    for (size_t i = 0; i < ITEMS_AT_ONCE; i++)
        s->batches[i].a = arena_new(BATCH_ARENA_BYTES);
}

static void one_await(struct items_sending *s)
{
    s->waiting = fiber_self();
    (void)fiber_park("a batch of items", INT64_MAX); /* each has a deadline of its own, and ends */
    s->waiting = NULL;
}

void items_sending_close(struct items_sending *s)
{
    while (s->under_way > 0)
        one_await(s);
    for (size_t i = 0; i < ITEMS_AT_ONCE; i++)
        arena_free(s->batches[i].a);
}

static bool is_stopped(const struct items_sending *s)
{
    return s->want->stop && *s->want->stop;
}

static const fault *stopped(arena *a)
{
    return fault_new(a, FAULT_UNAVAILABLE, "backup_stopped", "Writing to DynamoDB was stopped.");
}

static struct items_batch *free_one(struct items_sending *s)
{
    for (size_t i = 0; i < ITEMS_AT_ONCE; i++)
        if (!s->batches[i].of)
            return &s->batches[i];
    return NULL;
}

const fault *items_batch_begin(struct items_sending *s, struct items_batch **out)
{
    struct items_batch *b = free_one(s);
    while (!s->problem && (!b || (s->under_way > 0 && s->bytes >= BYTES_AT_ONCE))) {
        one_await(s);
        b = free_one(s);
    }
    TRY(s->problem);
    if (is_stopped(s))
        return stopped(s->a);
    b->of = s;
    b->count = 0;
    b->live = 0;
    b->before = s->sent;
    *out = b;
    return NULL;
}

bool items_batch_is_full(const struct items_batch *b)
{
    return b->count == DYNAMODB_BATCH_MAX || arena_used_bytes(b->a) >= BATCH_BYTES;
}

static void batch_arrived(struct items_sending *s, const struct items_batch *b)
{
    s->written += (int64_t)b->count;
    s->tombstones += (int64_t)b->count - b->live;
    if (s->want->told)
        s->want->told(s->want->arg, s->written);
}

static void batch_run(void *arg)
{
    struct items_batch *b = arg;
    struct items_sending *s = b->of;
    const strs items = { b->at, b->count };
    const fault *problem = dynamodb_batch_put(s->want->cloud->aws, b->a, s->table, &items);
    if (!problem)
        batch_arrived(s, b);
    else if (!s->problem)
        s->problem = fault_copy(s->a, problem);
    arena_reset(b->a);
    b->of = NULL;
    s->bytes -= b->bytes;
    s->under_way--;
    if (s->waiting)
        fiber_wake(s->waiting);
}

const fault *items_batch_send(struct items_sending *s, struct items_batch *b)
{
    b->bytes = arena_used_bytes(b->a);
    s->bytes += b->bytes;
    s->under_way++;
    s->sent.rows += (int64_t)b->count;
    s->sent.live += b->live;
    if (fiber_start("a batch of items", batch_run, b))
        return NULL;
    s->bytes -= b->bytes;
    s->under_way--;
    return fault_new(s->a, FAULT_UNAVAILABLE, "overloaded", "Too much is under way to write to DynamoDB.");
}

struct items_mark items_arrived(const struct items_sending *s)
{
    struct items_mark least = s->sent;
    for (size_t i = 0; i < ITEMS_AT_ONCE; i++)
        if (s->batches[i].of && s->batches[i].before.rows < least.rows)
            least = s->batches[i].before;
    return least;
}

const fault *items_sent_await(struct items_sending *s)
{
    while (s->under_way > 0)
        one_await(s);
    if (is_stopped(s) && !s->problem)
        return stopped(s->a);
    return s->problem;
}
