/* ticket_code.c - ticket codes signed and read. */
#include "services/reservations/ticket_code.h"

#include <sodium.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"

#define FORM sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const struct field sold_fields[] = {
    FIELD(struct ticket_sold, reservation_id, "r"),
    FIELD(struct ticket_sold, seat_id, "s"),
    FIELD(struct ticket_sold, schedule_id, "h"),
};
static const struct shape sold_shape = SHAPE(ticket_sold, sold_fields);

static str base64url(arena *a, const void *bytes, size_t count)
{
    size_t room = sodium_base64_ENCODED_LEN(count, FORM);
    char *text = arena_take(a, room);
    sodium_bin2base64(text, room, bytes, count, FORM);
    return (str){ text, room - 1 };
}

void ticket_key_make(struct ticket_key *out, const unsigned char seed[TICKET_SEED_BYTES])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_sign_ed25519_seed_keypair(out->public_key, out->secret_key, seed);
    crypto_hash_sha256(digest, out->public_key, sizeof out->public_key);
    sodium_bin2base64(out->id, sizeof out->id, digest, TICKET_KEY_ID_LEN * 6 / 8, FORM);
}

str ticket_key_public(arena *a, const struct ticket_key *key)
{
    return base64url(a, key->public_key, sizeof key->public_key);
}

str ticket_code(arena *a, const struct ticket_key *key, const struct ticket_sold *sold)
{
    struct buf payload = { .in = a };
    unsigned char signature[crypto_sign_ed25519_BYTES];
    json_write(&payload, &sold_shape, sold);
    str told = base64url(a, payload.at, payload.len);
    str text = arena_printf(a, "TQ1.%s.%.*s", key->id, STR_ARG(told));
    crypto_sign_ed25519_detached(signature, NULL, (const unsigned char *)text.at, text.len, key->secret_key);
    str signed_by = base64url(a, signature, sizeof signature);
    return arena_printf(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(signed_by));
}

/* --- reading --- */

static const struct ticket_key *key_named(const struct ticket_keys *keys, str id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(id, str_of(keys->at[i].id)))
            return &keys->at[i];
    return NULL;
}

static bool signed_well(const struct ticket_key *key, str text, str signature)
{
    unsigned char bytes[crypto_sign_ed25519_BYTES];
    size_t count = 0;
    return sodium_base642bin(bytes, sizeof bytes, signature.at, signature.len, NULL, &count, NULL, FORM) == 0 &&
           count == sizeof bytes &&
           crypto_sign_ed25519_verify_detached(bytes, (const unsigned char *)text.at, text.len, key->public_key) == 0;
}

static bool payload_read(arena *a, str payload, struct ticket_sold *out)
{
    unsigned char *json = arena_take(a, payload.len + 1);
    size_t count = 0;
    return sodium_base642bin(json, payload.len, payload.at, payload.len, NULL, &count, NULL, FORM) == 0 &&
           json_read_fact(a, (str){ (const char *)json, count }, &sold_shape, out) == NULL;
}

const fault *ticket_code_read(arena *a, const struct ticket_keys *keys, str code, struct ticket_sold *out)
{
    str rest = code, form = { NULL, 0 }, id = { NULL, 0 }, payload = { NULL, 0 };
    struct ticket_sold sold = { 0 };
    bool whole = str_cut(&rest, '.', &form) && str_cut(&rest, '.', &id) && str_cut(&rest, '.', &payload) && rest.at;
    const struct ticket_key *key = whole && str_equal(form, STR("TQ1")) ? key_named(keys, id) : NULL;
    str text = { code.at, key ? (size_t)(rest.at - code.at) - 1 : 0 };
    if (!key || !signed_well(key, text, rest) || !payload_read(a, payload, &sold))
        return fault_new(a, FAULT_INVALID, "ticket_not_ours", "This is no ticket of this cinema.");
    *out = sold;
    return NULL;
}
