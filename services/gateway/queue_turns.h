/* queue_turns.h - whose turn it is when, in a waiting room: a leaky bucket kept as one moment (GCRA), and the draw before a sale.
 * Pure: no I/O. Moments are microseconds or an instant's milliseconds since 1970, as the names say. */
#ifndef TAQUILLA_GATEWAY_QUEUE_TURNS_H
#define TAQUILLA_GATEWAY_QUEUE_TURNS_H

#include "lib/base/clock.h"

/* Who comes before the sale opens, or in its first moments, has his place drawn within so long of its opening. */
#define QUEUE_DRAW_MS 15000
/* A gateway that was just started gives no place for so long: who waits already shows it his, so that nobody new comes before him. */
#define QUEUE_SETTLE_MS 3000

struct queue_pace {
    int64_t a_minute; /* admissions of a showing in the whole house, 1 or more */
    int64_t gateways; /* that share them evenly, 1 or more */
};

/* Between two turns that this gateway gives; rounded up, so that the pace is never exceeded. */
int64_t queue_interval_us(const struct queue_pace *pace);
/* The next free turn, at or after now; *next_us moves behind it. */
int64_t queue_turn_take(int64_t *next_us, int64_t now_us, int64_t interval_us) MUST_CHECK;
/* A turn that was given elsewhere, or before this gateway was started: nobody comes before it from now on. */
void queue_turn_learn(int64_t *next_us, instant turn, int64_t interval_us);
/* How many turns of the house lie between now and that moment, itself included; 0: it has come. */
int64_t queue_position(const struct queue_pace *pace, instant turn, instant now);
/* When somebody who comes now takes his place: now itself, or a moment that `lot`, a random number, decides. opens none: long ago;
 * settled: when this gateway knows who waits. */
instant queue_draw(instant now, instant opens, instant settled, uint64_t lot);

#endif
