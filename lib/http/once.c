/* once.c - Idempotency-Key at the door: its form, and whether a request with the same key runs right now. */
#include <sodium.h>

#include "lib/http/site.h"

#define KEY_BYTES_MAX 255

static bool key_well_formed(str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] < 0x21 || key.at[i] > 0x7e)
            return false;
    return key.len >= 1 && key.len <= KEY_BYTES_MAX;
}

static str hash_hex(arena *a, str bytes)
{
    unsigned char hash[16];
    char *hex = arena_take(a, 2 * sizeof hash + 1);
    crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes.at, bytes.len, NULL, 0);
    sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
    return (str){ hex, 2 * sizeof hash };
}

const fault *once_read(struct call *c, struct once *room)
{
    if (c->request->method != POST)
        return NULL;
    str key = message_header(c->request, "Idempotency-Key");
    if (!key.at)
        return NULL;
    if (!key_well_formed(key))
        return fault_new(c->arena, FAULT_MALFORMED, "idempotency_key_invalid",
                         "An Idempotency-Key has 1 to %d visible ASCII characters.", KEY_BYTES_MAX);
    *room = (struct once){
        .scope = arena_printf(c->arena, "POST %.*s", STR_ARG(c->request->path)),
        .key = key,
        .body_hash = hash_hex(c->arena, c->request->body),
    };
    c->once = room;
    return NULL;
}

static unsigned bucket_of(const struct once *once)
{
    uint32_t hash = 2166136261u; /* FNV-1a; a client that makes them collide slows only keys of its own bucket */
    for (size_t i = 0; i < once->key.len; i++)
        hash = (hash ^ (unsigned char)once->key.at[i]) * 16777619u;
    return hash % ONCE_BUCKETS;
}

/* The list holds one entry a running request, each in its fiber's frame, so it is bounded by FIBERS_MAX. */
const fault *once_enter(struct call *c, struct under_way *mine)
{
    if (!c->once)
        return NULL;
    mine->scope = c->once->scope;
    mine->key = c->once->key;
    mine->bucket = bucket_of(c->once);
    struct under_way **first = &c->site->inside->under_way[mine->bucket];
    for (struct under_way *other = *first; other; other = other->next)
        if (str_equal(other->key, mine->key) && str_equal(other->scope, mine->scope)) {
            fault *problem = fault_new(c->arena, FAULT_CONFLICT, "idempotency_in_progress",
                                       "A request with this Idempotency-Key is still running.");
            problem->retry_after_s = 1;
            return problem;
        }
    mine->next = *first;
    mine->listed = true;
    *first = mine;
    return NULL;
}

void once_leave(struct call *c, struct under_way *mine)
{
    if (!mine->listed)
        return;
    struct under_way **at = &c->site->inside->under_way[mine->bucket];
    while (*at != mine)
        at = &(*at)->next;
    *at = mine->next;
    mine->listed = false;
}
