/* store_posters.c - a poster cut into parts and joined again. */
#include "services/movies/store_posters.h"

#include <sodium.h>
#include <string.h>

#include "lib/base/buf.h"

#define VARIANT sodium_base64_VARIANT_ORIGINAL

static const struct field part_fields[] = {
    FIELD(struct poster_part, movie_id, "movieId", .min = 24, .max = 24),
    FIELD(struct poster_part, part, "part", .max = POSTER_PARTS_MAX - 1),
    FIELD(struct poster_part, digest, "digest", .min = 64, .max = 64),
    FIELD(struct poster_part, data, "data", .min = 1),
};
const struct shape poster_part_shape = SHAPE(poster_part, part_fields, .strict = true);

str poster_digest_of(arena *a, str bytes)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char *hex = arena_take(a, 2 * sizeof hash + 1);
    crypto_hash_sha256(hash, (const unsigned char *)bytes.at, bytes.len);
    return (str){ sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash), 2 * sizeof hash };
}

list poster_parts(arena *a, str movie_id, str digest, str bytes)
{
    size_t count = (bytes.len + POSTER_PART_BYTES - 1) / POSTER_PART_BYTES;
    list parts = { NEW_ARRAY(a, struct poster_part, count + 1), count };
    for (size_t i = 0; i < count; i++) {
        str rest = str_after(bytes, i * POSTER_PART_BYTES);
        size_t len = rest.len < POSTER_PART_BYTES ? rest.len : POSTER_PART_BYTES;
        size_t room = sodium_base64_encoded_len(len, VARIANT);
        char *text = arena_take_raw(a, room);
        sodium_bin2base64(text, room, (const unsigned char *)rest.at, len, VARIANT);
        *LIST_AT(&parts, struct poster_part, i) = (struct poster_part){ movie_id, (int64_t)i, digest, { text, room - 1 } };
    }
    return parts;
}

static const fault *broken(arena *a)
{
    fault *made = fault_new(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.");
    made->internal = STR("the parts of a poster are not what its digest says");
    return made;
}

const fault *poster_joined(arena *a, const list *parts, str digest, str *out)
{
    char *bytes = arena_take_raw(a, parts->count * POSTER_PART_BYTES + 1);
    size_t count = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct poster_part *part = LIST_AT(parts, struct poster_part, i);
        size_t len = 0;
        if (sodium_base642bin((unsigned char *)bytes + count, POSTER_PART_BYTES, part->data.at, part->data.len, NULL, &len, NULL,
                              VARIANT) != 0)
            return broken(a);
        count += len;
    }
    *out = (str){ bytes, count };
    return str_equal(poster_digest_of(a, *out), digest) ? NULL : broken(a);
}
