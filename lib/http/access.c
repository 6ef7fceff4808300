/* access.c - who may ask: the Host that is ours, the tokens, and where a page that asks may come from. */
#include <arpa/inet.h>
#include <sodium.h>

#include "lib/http/site.h"

str host_without_port(str host)
{
    if (host.len > 0 && host.at[0] == '[') {
        for (size_t i = 1; i < host.len; i++)
            if (host.at[i] == ']')
                return (str){ host.at, i + 1 };
        return host;
    }
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] == ':')
            return (str){ host.at, i };
    return host;
}

static bool host_is_address(str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr room;
    bool v6 = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    str bare = v6 ? (str){ host.at + 1, host.len - 2 } : host;
    if (bare.len >= sizeof text)
        return false;
    for (size_t i = 0; i < bare.len; i++)
        text[i] = bare.at[i];
    text[bare.len] = '\0';
    return inet_pton(v6 ? AF_INET6 : AF_INET, text, &room) == 1;
}

static bool host_public(const struct site *site, str host)
{
    for (size_t i = 0; i < site->public_hosts.count; i++)
        if (str_equal_nocase(host_without_port(site->public_hosts.at[i]), host))
            return true;
    return false;
}

/* A name that somebody else points at us (DNS rebinding) would make his page one of our own. */
const fault *access_check_host(const struct site *site, arena *a, const struct message *request)
{
    str sent = message_header(request, "Host");
    if (!sent.at) /* HTTP/1.0; no browser leaves it out */
        return NULL;
    str host = host_without_port(sent);
    if (str_equal_nocase(host, STR("localhost")) || host_is_address(host) || host_public(site, host))
        return NULL;
    return fault_new(a, FAULT_MISDIRECTED, "host_not_ours",
                     "This server does not answer to that name; its owner can list it in PUBLIC_HOSTS.");
}

static bool bearer_is(str authorization, str token)
{
    static const str scheme = { "Bearer ", 7 };
    if (!token.at || token.len == 0 || authorization.len != scheme.len + token.len ||
        !str_equal_nocase((str){ authorization.at, scheme.len }, scheme))
        return false;
    return sodium_memcmp(authorization.at + scheme.len, token.at, token.len) == 0;
}

static const fault *unauthenticated(struct call *c, const char *sentence)
{
    answer_header(c, "WWW-Authenticate", STR("Bearer"));
    return fault_new(c->arena, FAULT_UNAUTHENTICATED, "unauthenticated", "%s", sentence);
}

static const fault *origin_refused(struct call *c)
{
    return fault_new(c->arena, FAULT_FORBIDDEN, "origin_refused",
                     "A page of that origin may not ask for this; CORS_ORIGINS and PUBLIC_HOSTS list those that may.");
}

static const fault *access_check_internal(struct call *c, str origin)
{
    if (origin.at)
        return origin_refused(c);
    if (!c->site->service_token.at)
        return fault_new(c->arena, FAULT_FORBIDDEN, "service_token_unset",
                         "This address is closed until SERVICE_TOKEN is set.");
    if (!c->internal)
        return unauthenticated(c, "This address needs the service token.");
    return NULL;
}

/* Is the page that asks one of ours: served from the very host it asks, or from a public one? */
static bool origin_ours(const struct call *c, str origin)
{
    str host = origin, scheme;
    if (!str_cut(&host, ':', &scheme) || !str_starts(host, STR("//")))
        return false;
    host = str_after(host, 2);
    return str_equal_nocase(host, message_header(c->request, "Host")) ||
           host_public(c->site, host_without_port(host));
}

/* A proxy on this machine speaks for somebody else, and says so. */
static bool comes_from_here(const struct call *c)
{
    return c->local && !message_header(c->request, "X-Forwarded-For").at && !message_header(c->request, "Forwarded").at;
}

static const fault *operator_check(struct call *c)
{
    if (c->site->admin_token.at ? c->admin : comes_from_here(c))
        return NULL;
    if (c->site->admin_token.at)
        return unauthenticated(c, "This needs the administrator's token: Authorization: Bearer TOKEN.");
    return fault_new(c->arena, FAULT_FORBIDDEN, "operator_only",
                     "This is answered to the machine itself alone until ADMIN_TOKEN is set.");
}

static bool method_writes(enum method m)
{
    return m != GET && m != HEAD && m != OPTIONS;
}

static bool token_needed(const struct call *c)
{
    switch (c->route->access) {
    case ACCESS_BY_METHOD:
        return method_writes(c->request->method);
    case ACCESS_ADMIN:
        return true;
    case ACCESS_ANYONE:
    case ACCESS_CODE:     /* the handler compares the reservation's code */
    case ACCESS_OPERATOR: /* judged by operator_check */
    case ACCESS_INTERNAL: /* judged by its own token */
        return false;
    }
    return true;
}

void access_read(struct call *c)
{
    str authorization = message_header(c->request, "Authorization");
    c->admin = !c->site->admin_token.at || bearer_is(authorization, c->site->admin_token);
    c->internal = bearer_is(authorization, c->site->service_token);
}

const fault *access_check(struct call *c)
{
    str origin = message_header(c->request, "Origin");
    if (c->route->access == ACCESS_INTERNAL)
        return access_check_internal(c, origin);
    /* A foreign page may send a plain POST without asking first; the browser only hides the answer from it. */
    if (origin.at && method_writes(c->request->method) && !origin_ours(c, origin) &&
        !cors_origin_allowed(c->site, origin))
        return origin_refused(c);
    if (c->route->access == ACCESS_OPERATOR)
        return operator_check(c);
    if (token_needed(c) && !c->admin)
        return unauthenticated(c, "This needs the administrator's token: Authorization: Bearer TOKEN.");
    return NULL;
}
