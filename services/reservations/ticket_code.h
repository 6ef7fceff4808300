/* ticket_code.h - what a ticket's QR code says, and how a door knows that it is ours.
 *
 * TQ1.<key id>.<payload>.<signature>: the payload is the JSON text {"r":reservation,"s":seat,"h":showing} without blanks, the
 * signature 64 bytes of Ed25519 (RFC 8032) over the text before the last point as it stands. Payload and signature are in base64url
 * without padding (RFC 4648). The key's id is the first 6 bytes of the SHA-256 of the public key, in base64url. A code says what was
 * sold, never whether it still stands. */
#ifndef TAQUILLA_RESERVATIONS_TICKET_CODE_H
#define TAQUILLA_RESERVATIONS_TICKET_CODE_H

#include "lib/base/fault.h"

#define TICKET_KEY_ID_LEN 8
#define TICKET_SEED_BYTES 32 /* what a key is made of */
#define TICKET_KEYS_MAX 2

struct ticket_key {
    char id[TICKET_KEY_ID_LEN + 1];
    unsigned char public_key[32], secret_key[64];
};
struct ticket_keys {
    struct ticket_key at[TICKET_KEYS_MAX]; /* the first signs, all are believed */
    size_t count;
};
void ticket_key_make(struct ticket_key *out, const unsigned char seed[TICKET_SEED_BYTES]);
str ticket_key_public(arena *a, const struct ticket_key *key); /* in base64url */

struct ticket_sold {
    int64_t reservation_id, seat_id, schedule_id;
};
str ticket_code(arena *a, const struct ticket_key *key, const struct ticket_sold *sold);
/* INVALID ticket_not_ours: it has another form, or no key of ours signed it. */
const fault *ticket_code_read(arena *a, const struct ticket_keys *keys, str code, struct ticket_sold *out) MUST_CHECK;

#endif
