/* queue_token.c - a place in a waiting room as bytes under a seal, and back. */
#include "services/gateway/queue_token.h"

#include <sodium.h>

#include "lib/base/random.h"

#define MEMBERS_BYTES (1 + 5 * 8)
#define TOKEN_BYTES (MEMBERS_BYTES + crypto_auth_hmacsha256_BYTES)

_Static_assert(crypto_auth_hmacsha256_KEYBYTES == QUEUE_KEY_BYTES, "the seal takes the key as it is");

/* Keys of other uses are made of the same secret with other words. */
static const unsigned char key_use[] = "taquilla: places in a waiting room, 1";

void queue_key_make(struct queue_key *out, str service_token)
{
    if (service_token.len == 0) {
        random_bytes(out->at, sizeof out->at);
        return;
    }
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)service_token.at, service_token.len);
    crypto_auth_hmacsha256_update(&state, key_use, sizeof key_use);
    crypto_auth_hmacsha256_final(&state, out->at);
}

/* --- members --- */

static void number_put(unsigned char **at, uint64_t number)
{
    for (int i = 7; i >= 0; i--)
        *(*at)++ = (unsigned char)(number >> (8 * i));
}

static uint64_t number_take(const unsigned char **at)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | *(*at)++;
    return number;
}

str queue_token_write(arena *a, const struct queue_key *key, const struct queue_token *t)
{
    unsigned char bytes[TOKEN_BYTES], *at = bytes;
    *at++ = (unsigned char)t->kind;
    number_put(&at, (uint64_t)t->showing_id);
    number_put(&at, (uint64_t)t->issued.ms);
    number_put(&at, (uint64_t)t->from.ms);
    number_put(&at, (uint64_t)t->until.ms);
    number_put(&at, t->id);
    crypto_auth_hmacsha256(at, bytes, MEMBERS_BYTES, key->at);
    char *text = NEW_ARRAY(a, char, QUEUE_TOKEN_CHARS + 1);
    sodium_bin2base64(text, QUEUE_TOKEN_CHARS + 1, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (str){ text, QUEUE_TOKEN_CHARS };
}

bool queue_token_read(str text, const struct queue_key *key, struct queue_token *out)
{
    unsigned char bytes[TOKEN_BYTES];
    size_t len;
    if (text.len != QUEUE_TOKEN_CHARS ||
        sodium_base642bin(bytes, sizeof bytes, text.at, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof bytes || crypto_auth_hmacsha256_verify(bytes + MEMBERS_BYTES, bytes, MEMBERS_BYTES, key->at) != 0)
        return false;
    const unsigned char *at = bytes;
    out->kind = *at++ == QUEUE_DRAWN ? QUEUE_DRAWN : QUEUE_PLACED;
    out->showing_id = (int64_t)number_take(&at);
    out->issued.ms = (int64_t)number_take(&at);
    out->from.ms = (int64_t)number_take(&at);
    out->until.ms = (int64_t)number_take(&at);
    out->id = number_take(&at);
    return true;
}

/* Under the same key as tokens, and never taken for one: it shows nobody a seal, and a token's members are of one length. */
uint64_t queue_number_of(const struct queue_key *key, str text)
{
    unsigned char sum[crypto_auth_hmacsha256_BYTES];
    const unsigned char *at = sum;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key->at, sizeof key->at);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)"number", sizeof "number");
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.at, text.len);
    crypto_auth_hmacsha256_final(&state, sum);
    return number_take(&at);
}
