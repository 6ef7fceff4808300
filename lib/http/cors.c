/* cors.c - which pages of other origins may read our answers (contract.md section 1). */
#include "lib/http/site.h"

static bool origin_local(str origin)
{
    str host = origin, scheme;
    if (!str_cut(&host, ':', &scheme) ||
        !(str_equal(scheme, STR("http")) || str_equal(scheme, STR("https"))) || !str_starts(host, STR("//")))
        return false;
    host = str_after(host, 2);
    str name = host_without_port(host), port = str_after(host, name.len);
    int64_t number;
    if (port.len > 0 && !str_to_int(str_after(port, 1), &number))
        return false;
    return str_equal_nocase(name, STR("localhost")) || str_equal(name, STR("127.0.0.1")) ||
           str_equal(name, STR("[::1]"));
}

bool cors_origin_allowed(const struct site *site, str origin)
{
    if (origin_local(origin))
        return true;
    for (size_t i = 0; i < site->cors_origins.count; i++)
        if (str_equal(site->cors_origins.at[i], STR("*")) ||
            str_equal_nocase(site->cors_origins.at[i], origin))
            return true;
    return false;
}

/* True when the page may read the answer. Vary goes out in any case: a cache between must not give one origin the
 * answer made for another. */
static bool cors_origin_echo(struct call *c)
{
    answer_header(c, "Vary", STR("Origin"));
    str origin = message_header(c->request, "Origin");
    if (!origin.at || !cors_origin_allowed(c->site, origin))
        return false;
    answer_header(c, "Access-Control-Allow-Origin", origin);
    return true;
}

void cors_answer(struct call *c)
{
    if (cors_origin_echo(c))
        answer_header(c, "Access-Control-Expose-Headers",
                      STR("ETag, Location, Retry-After, X-Request-Id, RateLimit, Taquilla-Position"));
}

/* Names of headers as a browser asks for them: token characters, commas and spaces. */
static bool header_names_safe(str names)
{
    for (size_t i = 0; i < names.len; i++) {
        char ch = names.at[i];
        bool word = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (!word && ch != '-' && ch != '_' && ch != ',' && ch != ' ')
            return false;
    }
    return names.len > 0;
}

void cors_preflight(struct call *c, str allowed_methods)
{
    c->status = 204;
    answer_header(c, "Allow", allowed_methods);
    if (!cors_origin_echo(c))
        return;
    str asked = message_header(c->request, "Access-Control-Request-Headers");
    answer_header(c, "Access-Control-Allow-Methods", allowed_methods);
    if (header_names_safe(asked))
        answer_header(c, "Access-Control-Allow-Headers", asked);
    answer_header(c, "Access-Control-Max-Age", STR("600"));
}
