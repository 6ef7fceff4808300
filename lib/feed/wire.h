/* wire.h - a page of a feed as it goes over the wire; what feed.c writes, follower.c reads by the same table. */
#ifndef TAQUILLA_FEED_WIRE_H
#define TAQUILLA_FEED_WIRE_H

#include "lib/base/event.h"
#include "lib/json/shape.h"

#define WIRE_PAGE_EVENTS_MAX 1000
#define WIRE_WAIT_S_MAX 30

/* One event as a CloudEvent: schemaversion and position are extension attributes. */
struct wire_event {
    str specversion, id, source, type, subject;
    instant time;
    str datacontenttype;
    int64_t schemaversion, position;
    struct raw_json data;
};

struct wire_page {
    list events; /* of struct wire_event, by position */
    int64_t position;
};

extern const struct shape wire_event_shape, wire_page_shape;

struct wire_event wire_event_of(arena *a, const char *source, const struct event *e);
struct event wire_event_back(const struct wire_event *w);
list wire_events_back(arena *a, const list *wire);

#endif
