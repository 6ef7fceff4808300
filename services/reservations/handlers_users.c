/* handlers_users.c - the people who buy: made, changed, erased, listed. */
#include "services/reservations/handlers.h"

const fault *user_create(struct call *c)
{
    struct reservations *svc = c->service;
    struct user made;
    TRY(svc->store->user_create(svc->store, c->arena, c->body, c->once, &made));
    location(c, "/api/users/%lld", (long long)made.id);
    return reply(c, 201, &user_shape, &made);
}

const fault *user_change(struct call *c)
{
    struct reservations *svc = c->service;
    struct user made;
    TRY(svc->store->user_change(svc->store, c->arena, c->ids[0], c->body, &made));
    return reply(c, 200, &user_shape, &made);
}

const fault *user_erase(struct call *c)
{
    struct reservations *svc = c->service;
    TRY(svc->store->user_erase(svc->store, c->arena, c->ids[0]));
    return reply_sentence(c, "User deleted successfully");
}

const fault *user_show(struct call *c)
{
    struct reservations *svc = c->service;
    struct user found;
    TRY(svc->store->user_show(svc->store, c->arena, c->ids[0], &found));
    return reply(c, 200, &user_shape, &found);
}

const fault *user_list(struct call *c)
{
    struct reservations *svc = c->service;
    const struct page_query *page = c->query;
    list found;
    TRY(svc->store->user_list(svc->store, c->arena, page->limit, page->offset, &found));
    return reply_list(c, &user_shape, &found);
}
