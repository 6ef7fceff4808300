/* racing.h - an arena for each of several fibers that write at once: a store's thread has its caller's for as long as the
 * act lasts, so fibers can share none. */
#ifndef TAQUILLA_CONTRACT_RACING_H
#define TAQUILLA_CONTRACT_RACING_H

#include "lib/base/arena.h"

arena *racing_arena(void); /* lives until racing_over: what an act gave stands in it */
void racing_over(void);

#endif
