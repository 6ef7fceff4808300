/* store_tickets.h - what both stores make of their secret for tickets. */
#ifndef TAQUILLA_RESERVATIONS_STORE_TICKETS_H
#define TAQUILLA_RESERVATIONS_STORE_TICKETS_H

#include <stdbool.h>

/* A keyed hash, as an access code is: who has one of them learns nothing of the other. True. */
bool store_ticket_seed(const unsigned char access_key[32], unsigned char out[32]);

#endif
