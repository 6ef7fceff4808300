/* sign.c - AWS Signature Version 4, step by step as AWS describes it. */
#include "lib/aws/sign.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/loop/fiber.h"

#define HASH_BYTES 32
#define HASHED_AT_ONCE ((size_t)256 * 1024) /* well below a millisecond */
#define PRESIGN_PARAMETERS 6

/* --- encoding --- */

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static str encoded(arena *a, str text, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";
    struct buf out = { .in = a };
    buf_reserve(&out, 3 * text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (is_plain((char)c) || (c == '/' && keep_slash)) {
            buf_char(&out, (char)c);
        } else {
            buf_char(&out, '%');
            buf_char(&out, hex[c >> 4]);
            buf_char(&out, hex[c & 15]);
        }
    }
    return buf_str(&out);
}

str sign_encode(arena *a, str text)
{
    return encoded(a, text, false);
}

str sign_path(arena *a, str path)
{
    return encoded(a, path, true);
}

static int order(str one, str other)
{
    size_t shorter = one.len < other.len ? one.len : other.len;
    int differs = shorter ? memcmp(one.at, other.at, shorter) : 0;
    return differs ? differs : (one.len > other.len) - (one.len < other.len);
}

/* By the encoded name, then the encoded value. */
str sign_query(arena *a, const struct aws_parameter *query, size_t count)
{
    struct aws_parameter *sorted = NEW_ARRAY(a, struct aws_parameter, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct aws_parameter next = { encoded(a, query[i].name, false), encoded(a, query[i].value, false) };
        size_t at = i;
        for (; at > 0; at--) {
            int differs = order(sorted[at - 1].name, next.name);
            if (differs < 0 || (differs == 0 && order(sorted[at - 1].value, next.value) <= 0))
                break;
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = next;
    }
    struct buf out = { .in = a };
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&out, '&');
        buf_text(&out, sorted[i].name);
        buf_char(&out, '=');
        buf_text(&out, sorted[i].value);
    }
    return buf_str(&out);
}

/* --- hashes --- */

static str hex_of(arena *a, const unsigned char *bytes, size_t count)
{
    static const char hex[] = "0123456789abcdef";
    char *out = arena_take(a, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    return (str){ out, 2 * count };
}

str sign_hash(arena *a, str bytes)
{
    unsigned char hash[HASH_BYTES] = { 0 };
    EVP_MD_CTX *h = EVP_MD_CTX_new();
    bool well = h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1;
    while (well && bytes.len > 0) {
        str now = { bytes.at, bytes.len < HASHED_AT_ONCE ? bytes.len : HASHED_AT_ONCE };
        well = EVP_DigestUpdate(h, now.at, now.len) == 1;
        bytes = str_after(bytes, now.len);
        if (bytes.len > 0 && fiber_self())
            fiber_give_way();
    }
    if (!well || EVP_DigestFinal_ex(h, hash, NULL) != 1)
        memset(hash, 0, sizeof hash); /* out of memory: AWS refuses it */
    EVP_MD_CTX_free(h);
    return hex_of(a, hash, sizeof hash);
}

static void hmac(unsigned char out[HASH_BYTES], const void *key, size_t key_bytes, str text)
{
    unsigned made = 0;
    if (!HMAC(EVP_sha256(), key, (int)key_bytes, (const unsigned char *)text.at, text.len, out, &made))
        memset(out, 0, HASH_BYTES);
}

/* --- the canonical form --- */

str sign_time(char room[SIGN_TIME_BYTES], instant at)
{
    char text[TIME_TEXT_MAX];
    str full = instant_text(text, at, TIME_Z);
    size_t len = 0;
    for (size_t i = 0; i < full.len && len + 1 < SIGN_TIME_BYTES; i++)
        if (full.at[i] != '-' && full.at[i] != ':')
            room[len++] = full.at[i];
    room[len] = '\0';
    return (str){ room, len };
}

/* Without "." and ".." and empty segments; a slash at the end stays. */
static str plain_path(arena *a, str path)
{
    struct buf out = { .in = a };
    str rest = str_after(path, 1), segment;
    bool open = true; /* the last segment left a slash behind it */
    while (str_cut(&rest, '/', &segment)) {
        open = segment.len == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR(".."));
        if (str_equal(segment, STR("..")))
            while (out.len > 0 && out.at[--out.len] != '/')
                continue;
        if (!open) {
            buf_char(&out, '/');
            buf_text(&out, segment);
        }
    }
    if (open)
        buf_char(&out, '/');
    return buf_str(&out);
}

static str lower(arena *a, str name)
{
    char *out = arena_take(a, name.len + 1);
    for (size_t i = 0; i < name.len; i++)
        out[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + ('a' - 'A') : name.at[i]);
    return (str){ out, name.len };
}

/* Names in small letters, in order; those of one name stay in theirs. */
static const struct header *sorted_headers(arena *a, const struct sign_request *r)
{
    struct header *sorted = NEW_ARRAY(a, struct header, r->header_count + 1);
    for (size_t i = 0; i < r->header_count; i++) {
        struct header next = { lower(a, r->headers[i].name), r->headers[i].value };
        size_t at = i;
        for (; at > 0 && order(sorted[at - 1].name, next.name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = next;
    }
    return sorted;
}

/* A run of spaces counts as one, those at the ends as none. */
static void value_put(struct buf *out, str value)
{
    value = str_trim(value);
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] != ' ' || value.at[i - 1] != ' ')
            buf_char(out, value.at[i]);
}

static str signed_names(arena *a, const struct header *sorted, size_t count)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(sorted[i].name, sorted[i - 1].name))
            continue;
        if (out.len > 0)
            buf_char(&out, ';');
        buf_text(&out, sorted[i].name);
    }
    return buf_str(&out);
}

str sign_canonical(arena *a, const struct sign_place *p, const struct sign_request *r)
{
    const struct header *sorted = sorted_headers(a, r);
    bool s3 = strcmp(p->service, "s3") == 0;
    struct buf out = { .in = a };
    buf_printf(&out, "%s\n", r->method);
    buf_text(&out, s3 ? r->path : sign_path(a, plain_path(a, r->path)));
    buf_char(&out, '\n');
    buf_text(&out, sign_query(a, r->query, r->query_count));
    for (size_t i = 0; i < r->header_count; i++) {
        bool more = i > 0 && str_equal(sorted[i].name, sorted[i - 1].name);
        buf_char(&out, more ? ',' : '\n');
        if (!more) {
            buf_text(&out, sorted[i].name);
            buf_char(&out, ':');
        }
        value_put(&out, sorted[i].value);
    }
    buf_literal(&out, "\n\n");
    buf_text(&out, signed_names(a, sorted, r->header_count));
    buf_char(&out, '\n');
    buf_text(&out, r->payload);
    return buf_str(&out);
}

/* --- signing --- */

static str scope(arena *a, const struct sign_place *p)
{
    char time[SIGN_TIME_BYTES];
    return arena_printf(a, "%.8s/%.*s/%s/aws4_request", sign_time(time, p->at).at, STR_ARG(p->region), p->service);
}

str sign_text(arena *a, const struct sign_place *p, str canonical)
{
    char time[SIGN_TIME_BYTES];
    return arena_printf(a, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%.*s", STR_ARG(sign_time(time, p->at)), STR_ARG(scope(a, p)),
                        STR_ARG(sign_hash(a, canonical)));
}

str sign_signature(arena *a, const struct sign_place *p, str secret, str text)
{
    char time[SIGN_TIME_BYTES];
    unsigned char one[HASH_BYTES], other[HASH_BYTES];
    str first = arena_printf(a, "AWS4%.*s", STR_ARG(secret));
    hmac(one, first.at, first.len, (str){ sign_time(time, p->at).at, 8 });
    hmac(other, one, sizeof one, p->region);
    hmac(one, other, sizeof other, str_of(p->service));
    hmac(other, one, sizeof one, STR("aws4_request"));
    hmac(one, other, sizeof other, text);
    return hex_of(a, one, sizeof one);
}

str sign_authorization(arena *a, const struct sign_place *p, const struct credentials *who, const struct sign_request *r)
{
    str text = sign_text(a, p, sign_canonical(a, p, r));
    return arena_printf(a, "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s", STR_ARG(who->key_id),
                        STR_ARG(scope(a, p)), STR_ARG(signed_names(a, sorted_headers(a, r), r->header_count)),
                        STR_ARG(sign_signature(a, p, who->secret, text)));
}

str sign_presigned(arena *a, const struct sign_place *p, const struct credentials *who, const struct sign_request *r, int64_t valid_s)
{
    char time[SIGN_TIME_BYTES];
    struct aws_parameter *all = NEW_ARRAY(a, struct aws_parameter, r->query_count + PRESIGN_PARAMETERS);
    struct sign_request with = *r;
    for (size_t i = 0; i < r->query_count; i++)
        all[i] = r->query[i];
    const struct aws_parameter ours[PRESIGN_PARAMETERS] = {
        { STR("X-Amz-Algorithm"), STR("AWS4-HMAC-SHA256") },
        { STR("X-Amz-Credential"), arena_printf(a, "%.*s/%.*s", STR_ARG(who->key_id), STR_ARG(scope(a, p))) },
        { STR("X-Amz-Date"), sign_time(time, p->at) },
        { STR("X-Amz-Expires"), arena_printf(a, "%lld", (long long)valid_s) },
        { STR("X-Amz-SignedHeaders"), signed_names(a, sorted_headers(a, r), r->header_count) },
        { STR("X-Amz-Security-Token"), who->token },
    };
    with.query = all;
    with.query_count = r->query_count + PRESIGN_PARAMETERS - (who->token.len == 0);
    memcpy(all + r->query_count, ours, (with.query_count - r->query_count) * sizeof ours[0]);
    str signature = sign_signature(a, p, who->secret, sign_text(a, p, sign_canonical(a, p, &with)));
    return arena_printf(a, "%.*s&X-Amz-Signature=%.*s", STR_ARG(sign_query(a, all, with.query_count)), STR_ARG(signature));
}
