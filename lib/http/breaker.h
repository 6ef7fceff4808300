/* breaker.h - a circuit breaker: closed, open after failures, half-open to try. Pure; time is given.
 *
 * Opens after 5 failures in a row, or half of at least 20 calls within 10 s. Open for 1 s, doubled by each failed
 * try up to 15 s, with jitter. Half-open lets one call through. */
#ifndef TAQUILLA_HTTP_BREAKER_H
#define TAQUILLA_HTTP_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    enum breaker_state state;
    int failures_in_a_row;
    int calls, failures;       /* of the window */
    int64_t window_start_ms;
    int64_t open_until_ms, open_for_ms;
    bool trial_under_way;
    uint64_t opened_total;
};

bool breaker_allows(struct breaker *b, int64_t now_ms); /* each true is followed by one of the two below */
void breaker_succeeded(struct breaker *b, int64_t now_ms);
void breaker_failed(struct breaker *b, int64_t now_ms);
void breaker_trip(struct breaker *b, int64_t now_ms); /* opens at once: it is known that nothing is answered */
const char *breaker_state_name(enum breaker_state s); /* "closed", "open", "half-open" */

#endif
