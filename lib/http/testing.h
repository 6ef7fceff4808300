/* testing.h - one request through a site, without a server: for tests of routes, here and in the services. */
#ifndef TAQUILLA_HTTP_TESTING_H
#define TAQUILLA_HTTP_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/http/route.h"

/* "PUT /api/rooms/1?x=y", then headers as "Name: value" lines, "" or NULL for none. */
static inline struct call *ask(struct site *site, arena *a, const char *request_line, const char *headers,
                               const char *body)
{
    struct message *m = NEW(a, struct message);
    struct call *c = NEW(a, struct call);
    str rest = str_of(request_line), word, line, lines = str_of(headers);
    assert_true(str_cut(&rest, ' ', &word));
    m->method = METHOD_OTHER;
    for (enum method i = GET; i < METHOD_OTHER; i++)
        if (str_equal(word, str_of(method_name(i))))
            m->method = i;
    m->target = rest;
    m->query = rest;
    assert_true(str_cut(&m->query, '?', &m->path));
    while (lines.at && str_cut(&lines, '\n', &line)) {
        struct header *h = &m->headers[m->header_count];
        if (!str_cut(&line, ':', &h->name) || !line.at)
            continue;
        h->value = str_trim(line);
        m->header_count++;
    }
    m->body = body ? str_of(body) : STR("");
    c->arena = a;
    c->request = m;
    site_answer(site, c);
    return c;
}

/* No text when the answer does not have it. */
static inline str answered_header(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->header_count; i++)
        if (str_equal_nocase(c->headers[i].name, str_of(name)))
            return c->headers[i].value;
    return (str){ NULL, 0 };
}

static inline bool answered_with(const struct call *c, const char *piece)
{
    return memmem(c->out.at ? c->out.at : "", c->out.len, piece, strlen(piece)) != NULL;
}

static inline void assert_answered(const struct call *c, int status, const char *piece)
{
    if (c->status == status && (!piece || answered_with(c, piece)))
        return;
    print_error("answer %d, wanted %d with %s:\n%.*s\n", c->status, status, piece ? piece : "anything",
                (int)c->out.len, c->out.at ? c->out.at : "");
    fail();
}

static inline void assert_header(const struct call *c, const char *name, const char *value)
{
    str found = answered_header(c, name);
    if (value == NULL ? found.at == NULL : str_equal(found, str_of(value)))
        return;
    print_error("%s is \"%.*s\", wanted \"%s\"\n", name, (int)found.len, found.at ? found.at : "(absent)",
                value ? value : "(absent)");
    fail();
}

#endif
