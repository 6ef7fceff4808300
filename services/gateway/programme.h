/* programme.h - every active showing with its film and room, in memory; made anew when movies or rooms changed. */
#ifndef TAQUILLA_GATEWAY_PROGRAMME_H
#define TAQUILLA_GATEWAY_PROGRAMME_H

#include "services/gateway/model.h"
#include "services/gateway/owners.h"

struct programme {
    struct owners *owners;
    arena *memory;           /* of what is below */
    list showings;           /* of struct showing, by show_time then id */
    list films;              /* of struct film, by id: those that are shown */
    uint64_t made_of_movies, made_of_rooms; /* generations */
    bool making;
};

/* Brings it up to date; what is in `showings` and `films` then holds until the caller parks. UNAVAILABLE upstream_away. */
const fault *programme_refresh(struct programme *p, arena *a) MUST_CHECK;
void programme_free(struct programme *p);

/* Films by id, in as many questions as their number asks for; sorted. */
const fault *films_ask(struct owners *o, arena *a, const strs *wanted, list *out) MUST_CHECK;

#endif
