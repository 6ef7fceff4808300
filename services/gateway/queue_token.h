/* queue_token.h - a place in a showing's waiting room as a signed text that its buyer keeps, so that no gateway has to. Pure: no I/O.
 *
 * Whoever knows the key reads it: every gateway of the house, also after a restart. Base64url of kind, showing, three moments, a random
 * number and an HMAC-SHA256 over all of them. */
#ifndef TAQUILLA_GATEWAY_QUEUE_TOKEN_H
#define TAQUILLA_GATEWAY_QUEUE_TOKEN_H

#include "lib/base/clock.h"

#define QUEUE_KEY_BYTES 32
#define QUEUE_TOKEN_CHARS 98

enum queue_kind {
    QUEUE_DRAWN = 1, /* came before the sale: takes its place at the moment drawn for it */
    QUEUE_PLACED,    /* has its turn */
};

struct queue_token {
    enum queue_kind kind;
    int64_t showing_id;
    instant issued;
    instant from;  /* placed: its turn; drawn: when it takes its place */
    instant until; /* good for nothing from then on */
    uint64_t id;   /* stays the same when a place is taken */
};

struct queue_key {
    unsigned char at[QUEUE_KEY_BYTES];
};

/* Made of SERVICE_TOKEN, for this use alone; without one a random key of this process. */
void queue_key_make(struct queue_key *out, str service_token);
/* The token as text, NUL-terminated. */
str queue_token_write(arena *a, const struct queue_key *key, const struct queue_token *t) MUST_CHECK;
/* False: not made with this key, or not whole; *out is untouched. What it says of showing and times is for the caller to judge. */
bool queue_token_read(str text, const struct queue_key *key, struct queue_token *out) MUST_CHECK;
/* 64 bits that nobody without the key can guess, always the same for the same text. */
uint64_t queue_number_of(const struct queue_key *key, str text);

#endif
