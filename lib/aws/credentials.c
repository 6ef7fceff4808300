/* credentials.c - who we are to AWS: one set of credentials for all, looked for once, renewed by one before they run out. */
#include "lib/aws/keyring.h"

#include <assert.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/loop/fiber.h"

#define RENEW_AHEAD_MS ((int64_t)5 * 60 * 1000)
#define LOOK_AGAIN_MS 5000          /* after nothing was found */
#define RENEW_AGAIN_MS 30000        /* after a renewal failed while the old ones still hold; up to twice that */
#define LOOK_MS_MAX 60000           /* longer than all sources together may take */
#define RING_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct waiter {
    fiber *who;
    struct waiter *next;
};

struct keyring {
    struct wire *wire;
    str region;
    struct credential_settings settings;
    arena *room; /* of the two below */
    struct credentials now;
    const fault *problem; /* why there are none */
    bool looked, spent, told;
    bool looking;            /* somebody is at it */
    int64_t again_ms;        /* not before (loop time) */
    struct waiter *waiters;
};

const fault *credentials_environment(struct finding *f, struct credentials *out)
{
    const struct credential_settings *s = f->s;
    if (s->key_id.len == 0 && s->secret.len == 0)
        return NULL;
    if (s->key_id.len == 0 || s->secret.len == 0)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "%s is set and %s is not.",
                         s->key_id.len ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         s->key_id.len ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    *out = (struct credentials){ s->key_id, s->secret, s->token, INSTANT_NONE, "environment" };
    return NULL;
}

static bool is_visible(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return true;
}

static const fault *find(struct finding *f, struct credentials *out)
{
    static const fault *(*const sources[])(struct finding *, struct credentials *) = {
        credentials_environment, credentials_web, credentials_profile, credentials_container, credentials_machine,
    };
    *out = (struct credentials){ .expires = INSTANT_NONE };
    for (size_t i = 0; i < COUNT_OF(sources) && out->key_id.len == 0; i++)
        TRY(sources[i](f, out));
    if (out->key_id.len > 0 && !(is_visible(out->key_id) && is_visible(out->secret) && is_visible(out->token)))
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "The credentials of the %s hold characters that none have.",
                         out->source);
    if (out->key_id.len > 0)
        return NULL;
    return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials",
                     "No credentials for AWS were found: not in the environment, in ~/.aws, of a container or of the machine.");
}

const fault *keyring_open(arena *a, struct keyring **out, struct wire *w, str region, const struct credential_settings *s)
{
    struct keyring *k = NEW(a, struct keyring);
    *k = (struct keyring){ .wire = w, .region = region, .settings = *s, .room = arena_new(RING_BYTES_MAX) };
    *out = k;
    return NULL;
}

void keyring_close(struct keyring *k)
{
    assert(!k->looking);
    arena_free(k->room);
}

/* --- renewal --- */

static int64_t left_ms(const struct keyring *k)
{
    return k->now.expires.ms == TIME_NONE ? INT64_MAX : k->now.expires.ms - clock_now().ms;
}

static bool holds(const struct keyring *k)
{
    return k->now.key_id.len > 0 && !k->spent && left_ms(k) > 0;
}

static bool fresh(const struct keyring *k)
{
    return holds(k) && left_ms(k) > RENEW_AHEAD_MS;
}

/* Sooner when they hold for less: half of what is left to them. */
static void renew_after(struct keyring *k, int64_t after_ms)
{
    int64_t left = left_ms(k);
    k->again_ms = loop_now_ms() + (holds(k) && left / 2 < after_ms ? left / 2 : after_ms);
}

/* Some are handed out when they have run out already: by a machine whose service has troubles, or so it seems to a clock that is
 * wrong. AWS is let to say whether they have. */
static void extend(struct credentials *found)
{
    int64_t now_ms = clock_now().ms;
    if (found->expires.ms != TIME_NONE && found->expires.ms <= now_ms)
        found->expires.ms = now_ms + RENEW_AHEAD_MS;
}

/* Those at hand stay when there are no new ones, as long as they hold; that is told once. */
static void look(struct keyring *k)
{
    struct finding f = { k->wire, arena_new(RING_BYTES_MAX), k->region, &k->settings };
    struct credentials found;
    k->looking = true;
    const fault *problem = find(&f, &found);
    if (problem)
        found = (struct credentials){ .expires = INSTANT_NONE };
    extend(&found);
    k->looking = false;
    k->looked = true;
    if (problem && holds(k)) {
        if (!k->told)
            log_line("warn", "aws_renewal_failed", "The credentials of the %s could not be renewed (%s); the old ones hold for %lld s.",
                     k->now.source, problem->code, (long long)(left_ms(k) / 1000));
        k->told = true;
        renew_after(k, RENEW_AGAIN_MS + (int64_t)random_below(RENEW_AGAIN_MS));
        arena_free(f.a);
    } else {
        arena_free(k->room);
        k->room = f.a;
        k->now = found;
        k->problem = problem;
        k->spent = k->told = false;
        renew_after(k, problem ? LOOK_AGAIN_MS : RENEW_AGAIN_MS);
    }
    for (struct waiter *w = k->waiters; w; w = w->next)
        fiber_wake(w->who);
    k->waiters = NULL;
}

/* The one who looks is another. */
static void look_await(struct keyring *k)
{
    struct waiter me = { fiber_self(), k->waiters };
    int64_t deadline_ms = loop_now_ms() + LOOK_MS_MAX;
    k->waiters = &me;
    while (k->looking && fiber_park("credentials of AWS", deadline_ms))
        continue;
    for (struct waiter **at = &k->waiters; *at; at = &(*at)->next)
        if (*at == &me) {
            *at = me.next;
            break;
        }
}

const fault *keyring_get(struct keyring *k, arena *a, struct credentials *out)
{
    bool due = !k->looked || (!fresh(k) && loop_now_ms() >= k->again_ms) || (!k->problem && !holds(k));
    if (!k->looking && due)
        look(k);
    else if (k->looking && !holds(k))
        look_await(k);
    if (!holds(k)) {
        if (k->problem)
            return fault_copy(a, k->problem);
        return fault_new(a, FAULT_UNAVAILABLE, "aws_token_expired", "The session's token for AWS ran out, and there is no newer one.");
    }
    *out = k->now;
    out->key_id = arena_copy(a, k->now.key_id);
    out->secret = arena_copy(a, k->now.secret);
    out->token = arena_copy(a, k->now.token);
    return NULL;
}

void keyring_spent(struct keyring *k, const struct credentials *used)
{
    if (!str_equal(used->key_id, k->now.key_id) || !str_equal(used->token, k->now.token))
        return; /* there are others by now */
    k->spent = true;
    k->again_ms = 0;
}
