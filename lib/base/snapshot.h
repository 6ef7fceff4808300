/* snapshot.h - a page of a store's present state, as facts: what is asked of the store, and its rows. */
#ifndef TAQUILLA_BASE_SNAPSHOT_H
#define TAQUILLA_BASE_SNAPSHOT_H

#include "lib/base/ids.h"

struct snapshot_wish {
    bool all;   /* else live: what is still to be shown or sold */
    str after;  /* a row's key; "" comes before every one */
    int64_t limit;
};

struct snapshot_row {
    str key, subject;
    str fact; /* JSON, as in an event */
    str type; /* of its event; no text: its part's */
};

#endif
