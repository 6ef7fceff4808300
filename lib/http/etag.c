/* etag.c - strong ETags from the body's bytes, and 304 for who has them already. */
#include <sodium.h>

#include "lib/http/site.h"

/* One fixed key: every replica and every restart gives the same bytes the same tag. */
static const unsigned char etag_key[crypto_shorthash_KEYBYTES] = "taquilla-etag-1";

str etag_of(arena *a, str body)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const unsigned char *)body.at, body.len, etag_key);
    char *tag = arena_take(a, 2 * sizeof hash + 2);
    size_t at = 0;
    tag[at++] = '"';
    for (size_t i = 0; i < sizeof hash; i++) {
        tag[at++] = digits[hash[i] >> 4];
        tag[at++] = digits[hash[i] & 15];
    }
    tag[at++] = '"';
    return (str){ tag, at };
}

static str tag_weakened(str tag)
{
    return str_starts(tag, STR("W/")) ? str_after(tag, 2) : tag;
}

/* Weak comparison (RFC 9110 13.1.2): a proxy that compresses makes our tag weak. */
static bool tags_contain(str known, str etag)
{
    str wanted = tag_weakened(etag), piece;
    if (str_equal(str_trim(known), STR("*")))
        return true;
    while (str_cut(&known, ',', &piece))
        if (str_equal(tag_weakened(str_trim(piece)), wanted))
            return true;
    return false;
}

static bool client_has(const struct call *c)
{
    str known = message_header(c->request, "If-None-Match");
    return known.at && tags_contain(known, c->etag);
}

const fault *reply_tagged(struct call *c, const char *content_type, str body, str etag)
{
    c->etag = etag;
    if (!client_has(c))
        return reply_raw(c, 200, content_type, body);
    c->status = 304;
    return NULL;
}

void etag_answer(struct call *c)
{
    enum method m = c->request->method;
    bool told = c->status == 304 && c->etag.len > 0; /* by reply_tagged; that of another service has its tag with it */
    if ((c->status != 200 && !told) || (m != GET && m != HEAD) || c->route->access == ACCESS_INTERNAL)
        return;
    if (c->etag.len == 0)
        c->etag = etag_of(c->arena, buf_str(&c->out));
    answer_header(c, "ETag", c->etag);
    if (told || !client_has(c))
        return;
    c->status = 304;
    c->out.len = 0;
}
