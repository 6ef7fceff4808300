/* queue_turns.c - the arithmetic of waiting. */
#include "services/gateway/queue_turns.h"

#define MINUTE_US INT64_C(60000000)
#define MINUTE_MS INT64_C(60000)

int64_t queue_interval_us(const struct queue_pace *pace)
{
    return (MINUTE_US * pace->gateways + pace->a_minute - 1) / pace->a_minute;
}

int64_t queue_turn_take(int64_t *next_us, int64_t now_us, int64_t interval_us)
{
    int64_t turn_us = *next_us > now_us ? *next_us : now_us;
    *next_us = turn_us + interval_us;
    return turn_us;
}

void queue_turn_learn(int64_t *next_us, instant turn, int64_t interval_us)
{
    int64_t after_us = turn.ms * 1000 + interval_us;
    if (after_us > *next_us)
        *next_us = after_us;
}

int64_t queue_position(const struct queue_pace *pace, instant turn, instant now)
{
    if (turn.ms <= now.ms)
        return 0;
    return ((turn.ms - now.ms) * pace->a_minute + MINUTE_MS - 1) / MINUTE_MS;
}

static instant later(instant one, instant other)
{
    return one.ms > other.ms ? one : other;
}

instant queue_draw(instant now, instant opens, instant settled, uint64_t lot)
{
    instant first = later(later(now, opens), settled), last = first;
    if (opens.ms != TIME_NONE)
        last = later(first, (instant){ opens.ms + QUEUE_DRAW_MS });
    return (instant){ first.ms + (int64_t)(lot % (uint64_t)(last.ms - first.ms + 1)) };
}
