/* quotas.c - whom a request counts for, and what the answer says of it. */
#include "services/gateway/quotas.h"

#include "lib/http/route.h"
#include "lib/json/read.h"
#include "lib/loop/loop.h"

#define V6_SITE_BYTES 8 /* of an IPv6 address: a customer has all that follow */

/* --- what is said --- */

static void rate_answer(struct call *c, const char *policy, const struct rate *r, const struct rate_state *now)
{
    answer_header(c, "RateLimit-Policy", arena_printf(c->arena, "\"%s\";q=%lld;w=60", policy, (long long)r->a_minute));
    answer_header(c, "RateLimit", arena_printf(c->arena, "\"%s\";r=%lld;t=%lld", policy, (long long)now->left, (long long)now->whole_s));
}

static const fault *too_many(arena *a, const char *what, int64_t wait_s)
{
    fault *problem = fault_new(a, FAULT_TOO_MANY, "too_many_requests", "%s; try again in %lld second%s.", what, (long long)wait_s,
                               wait_s == 1 ? "" : "s");
    problem->retry_after_s = wait_s;
    return problem;
}

/* --- by address --- */

/* Balancers and figures ask as often as they like. */
static bool counted(const struct call *c)
{
    str path = c->request->path;
    return !(c->admin && c->site->admin_token.at) && !str_equal(path, STR("/health")) && !str_starts(path, STR("/health/")) &&
           !str_equal(path, STR("/metrics"));
}

static bool address_take(const struct quotas *l, struct rate *of, const struct call *c, struct rate_state *now)
{
    static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
    struct peer who = peer_behind(c->request, &c->peer, &l->trusted);
    bool four = str_equal((str){ (const char *)who.at, sizeof v4 }, (str){ (const char *)v4, sizeof v4 });
    return rate_take(of, who.at, four ? sizeof who.at : V6_SITE_BYTES, loop_now_ms(), now);
}

static const fault *address_admit(struct quotas *l, struct call *c)
{
    struct rate_state now;
    bool taken = address_take(l, &l->addresses, c, &now);
    rate_answer(c, "address", &l->addresses, &now);
    return taken ? NULL : too_many(c->arena, "Too many requests came from your address", now.wait_s);
}

const fault *quotas_place(struct quotas *l, struct call *c)
{
    struct rate_state now;
    if (l->places.a_minute == 0 || !counted(c) || address_take(l, &l->places, c, &now))
        return NULL;
    return too_many(c->arena, "Too many places in waiting rooms were asked for from your address", now.wait_s);
}

/* --- by user --- */

static bool books(const struct call *c)
{
    str path = c->request->path;
    return c->request->method == POST && (str_equal(path, STR("/api/book-ticket")) || str_equal(path, STR("/api/reservations")) ||
                                          (str_starts(path, STR("/api/showtimes/")) && str_ends(path, STR("/best-seats"))));
}

struct asker {
    str email;
};
struct asking {
    int64_t user_id;
    struct asker *buyer;
};
static const struct field asker_fields[] = { FIELD(struct asker, email, "email") };
static const struct shape asker_shape = SHAPE(asker, asker_fields);
static const struct field asking_fields[] = {
    FIELD(struct asking, user_id, "userId", .optional = true),
    FIELD(struct asking, buyer, "buyer", .optional = true, .shape = &asker_shape),
};
static const struct shape asking_shape = SHAPE(asking, asking_fields);

/* As e-mails are compared: without case, without space around. */
static str email_key(arena *a, str email)
{
    email = str_trim(email);
    char *lowered = arena_take(a, email.len + 1);
    for (size_t i = 0; i < email.len; i++)
        lowered[i] = email.at[i] >= 'A' && email.at[i] <= 'Z' ? (char)(email.at[i] + 32) : email.at[i];
    return (str){ lowered, email.len };
}

/* A body that cannot be read is refused by its owner. */
static const fault *user_admit(struct quotas *l, struct call *c)
{
    struct asking asked = { 0 };
    struct rate_state now;
    if (json_read(c->arena, c->request->body, &asking_shape, &asked) || (!asked.user_id && !asked.buyer))
        return NULL;
    str key = asked.buyer ? email_key(c->arena, asked.buyer->email) : arena_printf(c->arena, "%lld", (long long)asked.user_id);
    if (rate_take(&l->users, key.at, key.len, loop_now_ms(), &now))
        return NULL;
    rate_answer(c, "user", &l->users, &now);
    return too_many(c->arena, "Too many bookings were asked for this user", now.wait_s);
}

const fault *quotas_admit(struct quotas *l, struct call *c)
{
    if (l->addresses.a_minute > 0 && counted(c))
        TRY(address_admit(l, c));
    if (l->users.a_minute > 0 && books(c) && counted(c))
        TRY(user_admit(l, c));
    return NULL;
}
