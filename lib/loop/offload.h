/* offload.h - how much waits for the threads of offload(), for /metrics. */
#ifndef TAQUILLA_LOOP_OFFLOAD_H
#define TAQUILLA_LOOP_OFFLOAD_H

#include <stddef.h>

size_t offload_queued(void); /* of at most 1024 */

#endif
