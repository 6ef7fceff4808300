/* follower_internal.h - what the two sides of a follower share: who reads, and who waits for it. */
#ifndef TAQUILLA_FEED_FOLLOWER_INTERNAL_H
#define TAQUILLA_FEED_FOLLOWER_INTERNAL_H

#include "lib/feed/follower.h"
#include "lib/loop/fiber.h"

void follower_wake_waiters(struct follower *f);
void follower_look(struct follower *f);  /* the bus is slow: the feed is looked at now */
void follower_hurry(struct follower *f); /* somebody waits: no more events are gathered first */

#endif
