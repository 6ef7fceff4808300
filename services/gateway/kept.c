/* kept.c - an answer that was just given is given again as long as nothing it was made of has changed. */
#include "services/gateway/kept.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/http/gzip.h"
#include "lib/loop/loop.h"

static uint64_t hash_of(str text)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "taquilla kept";
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text.at, text.len, key);
    return hash;
}

struct stamp stamp_now(const struct owners *o, int64_t schedule_id)
{
    return (struct stamp){ .movies = o->of[MOVIES].generation,
                           .rooms = o->of[ROOMS].generation,
                           .claims = schedule_id ? o->claims_generation[(uint64_t)schedule_id % SHOWING_SLOTS] : 0,
                           .schedule_id = schedule_id };
}

static bool stamp_good(const struct owners *o, const struct stamp *s)
{
    struct stamp now = stamp_now(o, s->schedule_id);
    return now.movies == s->movies && now.rooms == s->rooms && now.claims == s->claims;
}

static void entry_empty(struct kept_entry *entry)
{
    shared_body_drop(entry->body);
    shared_body_drop(entry->packed);
    entry->body = entry->packed = NULL;
}

/* The twin is made once, by the first who takes it. */
static void entry_reply(struct kept_entry *entry, struct call *c)
{
    answer_header(c, "Vary", STR("Accept-Encoding"));
    c->packed = entry->body->text.len >= GZIP_BYTES_MIN && gzip_accepted(c->request);
    if (c->packed && !entry->packed) {
        entry->packed = shared_body_new();
        gzip_put(&entry->packed->text, buf_str(&entry->body->text));
    }
    str etag = arena_copy(c->arena, str_of(c->packed ? entry->packed_etag : entry->etag));
    (void)reply_shared(c, NULL, c->packed ? entry->packed : entry->body, etag);
}

bool kept_reply(struct kept *k, const struct owners *o, struct call *c)
{
    str key = c->request->target;
    struct kept_entry *entry = &k->slots[hash_of(key) % KEPT_SLOTS];
    if (key.len != entry->key_len || memcmp(key.at, entry->key, key.len) != 0 || key.len == 0 ||
        entry->until_ms <= loop_now_ms() || !stamp_good(o, &entry->stamp)) {
        k->misses++;
        return false;
    }
    k->hits++;
    entry_reply(entry, c);
    return true;
}

void kept_store(struct kept *k, const struct owners *o, struct call *c, const struct stamp *made_under,
                int64_t keep_ms)
{
    str key = c->request->target;
    if (key.len > KEPT_KEY_BYTES_MAX || c->out.len > KEPT_BODY_BYTES_MAX || !stamp_good(o, made_under))
        return;
    struct kept_entry *entry = &k->slots[hash_of(key) % KEPT_SLOTS];
    uint64_t hash = hash_of(buf_str(&c->out));
    memcpy(entry->key, key.at, key.len);
    entry->key_len = key.len;
    entry_empty(entry);
    entry->body = shared_body_new();
    buf_text(&entry->body->text, buf_str(&c->out));
    entry->stamp = *made_under;
    entry->until_ms = loop_now_ms() + keep_ms;
    snprintf(entry->etag, sizeof entry->etag, "\"%016llx\"", (unsigned long long)hash);
    snprintf(entry->packed_etag, sizeof entry->packed_etag, "\"%016llx-gz\"", (unsigned long long)hash);
    entry_reply(entry, c);
}

void kept_free(struct kept *k)
{
    for (size_t i = 0; i < KEPT_SLOTS; i++)
        entry_empty(&k->slots[i]);
}
