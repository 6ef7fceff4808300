/* event.h - one fact of an owner's log, as the feed gives it (CloudEvents 1.0). */
#ifndef TAQUILLA_BASE_EVENT_H
#define TAQUILLA_BASE_EVENT_H

#include "lib/base/clock.h"

struct event {
    int64_t position; /* dense: 1, 2, 3 ... in commit order */
    str type;         /* "showing.changed" */
    str subject;      /* the id of what changed */
    instant time;
    str data;         /* JSON: the whole fact after the change; no name, e-mail or phone */
};

struct event_page {
    list events;      /* of struct event, by position */
    int64_t position; /* the log's last at the time of reading */
    int64_t archived; /* some of what was asked for is archived, which is all up to here; 0: none of it is */
};

#endif
