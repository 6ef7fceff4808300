/* quotas.h - how much one address and one user may ask in a minute. */
#ifndef TAQUILLA_GATEWAY_QUOTAS_H
#define TAQUILLA_GATEWAY_QUOTAS_H

#include "lib/http/call.h"
#include "lib/http/rate.h"

struct quotas {
    struct rate addresses, users;
    struct rate places; /* in waiting rooms, by address */
    struct networks trusted; /* proxies that say for whom they ask */
};

/* As struct site's admit. By address: all but health and figures, and not who holds the admin's token. By user: bookings. TOO_MANY
 * too_many_requests. */
const fault *quotas_admit(struct quotas *l, struct call *c) MUST_CHECK;

/* A new place in a waiting room: each takes a turn from those who come later. TOO_MANY too_many_requests. */
const fault *quotas_place(struct quotas *l, struct call *c) MUST_CHECK;

#endif
