/* cards.h - showings and reservations as the world sees them, joined with their film and room. */
#ifndef TAQUILLA_GATEWAY_CARDS_H
#define TAQUILLA_GATEWAY_CARDS_H

#include "services/gateway/model.h"

/* {schedule..., "room":{...}} and the same with "movie":{...}|null. */
void showing_write(struct buf *out, const struct showing *s, bool with_film);

/* {reservation..., "movie":{...}|null, "schedule":{...}|null}. */
void booked_write(struct buf *out, const struct booked *b, const struct film *film, const struct showing *showing);

#endif
