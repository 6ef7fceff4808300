/* kept.c - a second look at the same figures costs no scan of the sales. */
#include "services/analytics/kept.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash_of(const void *bytes, size_t len)
{
    static const unsigned char secret[crypto_shorthash_KEYBYTES] = "taquilla figure";
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, bytes, len, secret);
    return hash;
}

static struct kept_entry *slot_of(struct kept *k, const struct kept_key *key)
{
    return &k->slots[hash_of(key, sizeof *key) % KEPT_SLOTS];
}

void analytics_kept_key(struct kept_key *out, const struct call *c, const struct known *known, int64_t today)
{
    memset(out, 0, sizeof *out);
    out->route = c->route;
    out->today = today;
    memcpy(out->serial, known->serial, sizeof out->serial);
    size_t size = c->route->query->size;
    assert(size <= sizeof out->query);
    memcpy(out->query, c->query, size);
}

static bool is_outdated(const struct kept *k, const struct kept_key *key)
{
    for (size_t i = 0; i < OWNER_COUNT; i++)
        if (key->serial[i] != 0 && key->serial[i] < k->serial[i])
            return true;
    return false;
}

/* Nobody asks for an answer of older facts again. */
static void outdated_drop(struct kept *k, const struct kept_key *key)
{
    bool newer = false;
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        newer |= key->serial[i] > k->serial[i];
        if (key->serial[i] > k->serial[i])
            k->serial[i] = key->serial[i];
    }
    for (size_t i = 0; newer && i < KEPT_SLOTS; i++) {
        struct kept_entry *entry = &k->slots[i];
        if (!is_outdated(k, &entry->key))
            continue;
        buf_free(&entry->body);
        memset(&entry->key, 0, sizeof entry->key);
    }
}

bool analytics_kept_reply(struct kept *k, const struct kept_key *key, struct call *c)
{
    outdated_drop(k, key);
    const struct kept_entry *entry = slot_of(k, key);
    if (memcmp(&entry->key, key, sizeof *key) != 0) {
        k->misses++;
        return false;
    }
    k->hits++;
    c->etag = arena_copy(c->arena, str_of(entry->etag));
    return reply_raw(c, 200, NULL, buf_str(&entry->body)) == NULL;
}

void analytics_kept_store(struct kept *k, const struct kept_key *key, struct call *c)
{
    if (c->out.len > KEPT_BODY_BYTES_MAX || is_outdated(k, key))
        return;
    struct kept_entry *entry = slot_of(k, key);
    entry->key = *key;
    entry->body.len = 0;
    buf_put(&entry->body, c->out.at, c->out.len);
    snprintf(entry->etag, sizeof entry->etag, "\"%016llx\"",
             (unsigned long long)hash_of(c->out.at, c->out.len));
    c->etag = arena_copy(c->arena, str_of(entry->etag));
}

void analytics_kept_free(struct kept *k)
{
    for (size_t i = 0; i < KEPT_SLOTS; i++)
        buf_free(&k->slots[i].body);
}
