/* store_tickets.c - the seed of a store's own ticket key. */
#include "services/reservations/store_tickets.h"

#include <sodium.h>

bool store_ticket_seed(const unsigned char access_key[32], unsigned char out[32])
{
    static const char purpose[] = "ticket key";
    return crypto_generichash(out, 32, (const unsigned char *)purpose, sizeof purpose - 1, access_key, 32) == 0;
}
