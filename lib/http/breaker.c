/* breaker.c - the circuit breaker's three states. */
#include "lib/http/breaker.h"

#include "lib/base/random.h"

#define FAILURES_IN_A_ROW 5
#define WINDOW_MS 10000
#define WINDOW_CALLS_MIN 20
#define OPEN_FOR_MS_MIN 1000
#define OPEN_FOR_MS_MAX 15000

static void window_begin(struct breaker *b, int64_t now_ms)
{
    b->window_start_ms = now_ms;
    b->calls = b->failures = 0;
}

static void breaker_close(struct breaker *b, int64_t now_ms)
{
    b->state = BREAKER_CLOSED;
    b->failures_in_a_row = 0;
    b->open_for_ms = 0;
    window_begin(b, now_ms);
}

static void breaker_open(struct breaker *b, int64_t now_ms)
{
    b->state = BREAKER_OPEN;
    b->opened_total++;
    b->open_for_ms = b->open_for_ms ? b->open_for_ms * 2 : OPEN_FOR_MS_MIN;
    if (b->open_for_ms > OPEN_FOR_MS_MAX)
        b->open_for_ms = OPEN_FOR_MS_MAX;
    /* Up to a fifth less, so that many processes do not try in the same moment. */
    b->open_until_ms =
        now_ms + b->open_for_ms - (int64_t)random_below((uint64_t)b->open_for_ms / 5);
}

bool breaker_allows(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_CLOSED)
        return true;
    if (b->state == BREAKER_OPEN && now_ms >= b->open_until_ms) {
        b->state = BREAKER_HALF_OPEN;
        b->trial_under_way = false;
    }
    if (b->state == BREAKER_OPEN || b->trial_under_way)
        return false;
    b->trial_under_way = true;
    return true;
}

static void window_count(struct breaker *b, int64_t now_ms, bool failed)
{
    if (now_ms - b->window_start_ms >= WINDOW_MS)
        window_begin(b, now_ms);
    b->calls++;
    b->failures += failed;
}

/* While it is open, answers to older calls change nothing: only a trial does. */
void breaker_succeeded(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_HALF_OPEN)
        breaker_close(b, now_ms);
    if (b->state != BREAKER_CLOSED)
        return;
    b->failures_in_a_row = 0;
    window_count(b, now_ms, false);
}

void breaker_failed(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_HALF_OPEN)
        breaker_open(b, now_ms);
    if (b->state != BREAKER_CLOSED)
        return;
    b->failures_in_a_row++;
    window_count(b, now_ms, true);
    if (b->failures_in_a_row >= FAILURES_IN_A_ROW ||
        (b->calls >= WINDOW_CALLS_MIN && b->failures * 2 >= b->calls))
        breaker_open(b, now_ms);
}

void breaker_trip(struct breaker *b, int64_t now_ms)
{
    if (b->state != BREAKER_OPEN)
        breaker_open(b, now_ms);
}

const char *breaker_state_name(enum breaker_state s)
{
    static const char *const names[] = { "closed", "open", "half-open" };
    return names[s];
}
