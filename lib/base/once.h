/* once.h - an Idempotency-Key as a store sees it: do this once, then give the same answer for 24 hours. */
#ifndef TAQUILLA_BASE_ONCE_H
#define TAQUILLA_BASE_ONCE_H

#include "lib/base/str.h"

#define ONCE_KEPT_S (24 * 3600)

/* Handlers pass it to acts as they got it; NULL when the client sent no key. */
struct once {
    str scope;     /* method and path: "POST /api/reservations" */
    str key;       /* 1..255 visible ASCII */
    str body_hash; /* of the body's bytes */
};

#endif
