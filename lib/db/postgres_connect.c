/* postgres_connect.c - one connection: its addresses looked up, connected without blocking, and messages over it. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/db/postgres_internal.h"

#define ADDRESSES_MAX 8
#define WORDS_MAX 64

/* --- names --- */

/* libpq would look a name up while everybody waits: so it gets addresses, and the name beside them for TLS. */
struct places {
    struct buf hosts, addresses, ports;
    int count;
};

struct lookup {
    const char *host, *port;
    char found[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    int count;
};

static void lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *all = NULL;
    if (getaddrinfo(l->host, l->port, &wanted, &all) != 0)
        return;
    for (struct addrinfo *each = all; each && l->count < ADDRESSES_MAX; each = each->ai_next)
        if (getnameinfo(each->ai_addr, each->ai_addrlen, l->found[l->count], INET6_ADDRSTRLEN, NULL, 0,
                        NI_NUMERICHOST) == 0)
            l->count++;
    freeaddrinfo(all);
}

static void place_add(struct places *to, str host, const char *address, str port)
{
    const char *comma = to->count++ > 0 ? "," : "";
    buf_printf(&to->hosts, "%s%.*s", comma, STR_ARG(host));
    buf_printf(&to->addresses, "%s%s", comma, address);
    buf_printf(&to->ports, "%s%.*s", comma, STR_ARG(port));
}

static const fault *host_add(arena *a, struct places *to, str host, str port)
{
    struct lookup asked = { .host = arena_cstr(a, host), .port = arena_cstr(a, port) };
    struct in6_addr number;
    if (inet_pton(AF_INET, asked.host, &number) == 1 || inet_pton(AF_INET6, asked.host, &number) == 1) {
        place_add(to, host, asked.host, port);
        return NULL;
    }
    if (!offload("a name of the store", lookup_run, &asked) || asked.count == 0)
        return pg_away(a, "the host's name is not known");
    for (int i = 0; i < asked.count; i++)
        place_add(to, host, asked.found[i], port);
    return NULL;
}

/* host=a,b port=1,2 or port=1. A directory (of a socket) needs no looking up. */
static const fault *places_find(arena *a, str hosts, str ports, struct places *to)
{
    *to = (struct places){ { .in = a }, { .in = a }, { .in = a }, 0 };
    str host, port = { NULL, 0 };
    bool more_ports = ports.len > 0;
    for (str rest = hosts; str_cut(&rest, ',', &host);) {
        str next;
        if (more_ports && str_cut(&ports, ',', &next))
            port = next;
        if (host.len == 0 || host.at[0] == '/' || host.at[0] == '@') {
            to->count = 0;
            return NULL;
        }
        TRY(host_add(a, to, host, port.len > 0 ? port : STR("5432")));
    }
    return NULL;
}

/* --- words of a connection string --- */

struct words {
    const char *names[WORDS_MAX], *values[WORDS_MAX];
    int count;
};

static void word_set(struct words *w, const char *name, const char *value)
{
    int i = 0;
    while (i < w->count && strcmp(w->names[i], name) != 0)
        i++;
    if (i == w->count && w->count < WORDS_MAX - 1)
        w->count++;
    w->names[i] = name;
    w->values[i] = value;
}

static const char *word_of(const struct words *w, const char *name)
{
    for (int i = 0; i < w->count; i++)
        if (strcmp(w->names[i], name) == 0)
            return w->values[i];
    return NULL;
}

/* libpq's own message may repeat the password. */
static const fault *url_invalid(arena *a)
{
    return fault_new(a, FAULT_INVALID, "setting_invalid",
                     "The store's URL is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require.");
}

static const fault *words_read(arena *a, const char *url, struct words *w)
{
    PQconninfoOption *all = PQconninfoParse(url, NULL);
    *w = (struct words){ .count = 0 };
    if (!all)
        return url_invalid(a);
    for (PQconninfoOption *each = all; each->keyword; each++)
        if (each->val)
            word_set(w, arena_cstr(a, str_of(each->keyword)), arena_cstr(a, str_of(each->val)));
    PQconninfoFree(all);
    return NULL;
}

/* What libpq would find out only when it connects. */
const fault *pg_url_check(arena *a, const char *url)
{
    struct words w;
    TRY(words_read(a, url, &w));
    const char *port = word_of(&w, "port"), *mode = word_of(&w, "sslmode");
    static const char *const modes[] = { "disable", "allow", "prefer", "require", "verify-ca", "verify-full" };
    bool known = !mode;
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        known = known || strcmp(mode, modes[i]) == 0;
    return known && (!port || port[strspn(port, "0123456789,")] == '\0') ? NULL : url_invalid(a);
}

static const fault *words_make(struct pg_link *l, arena *a, struct words *w)
{
    TRY(words_read(a, l->store->url, w));
    const char *given = word_of(w, "options");
    str options = arena_printf(a, "-c timezone=UTC -c datestyle=ISO -c jit=off -c idle_in_transaction_session_timeout=10s %s %s",
                               l->options, given ? given : "");
    word_set(w, "options", options.at);
    word_set(w, "client_encoding", "UTF8");
    word_set(w, "application_name",
             arena_printf(a, "taquilla %s %s", l->store->setup.service, l->name).at);
    static const char *const unless_given[][2] = { { "gssencmode", "disable" },  { "keepalives_idle", "10" },
                                                   { "keepalives_interval", "5" }, { "keepalives_count", "3" },
                                                   { "tcp_user_timeout", "10000" } };
    for (size_t i = 0; i < COUNT_OF(unless_given); i++)
        if (!word_of(w, unless_given[i][0]))
            word_set(w, unless_given[i][0], unless_given[i][1]);
    const char *host = word_of(w, "host"), *port = word_of(w, "port");
    if (!host || word_of(w, "hostaddr"))
        return NULL;
    struct places found;
    TRY(places_find(a, str_of(host), str_of(port), &found));
    if (found.count > 0) {
        word_set(w, "host", arena_cstr(a, buf_str(&found.hosts)));
        word_set(w, "hostaddr", arena_cstr(a, buf_str(&found.addresses)));
        word_set(w, "port", arena_cstr(a, buf_str(&found.ports)));
    }
    return NULL;
}

/* --- connecting --- */

static void notice_ignore(void *arg, const PGresult *notice)
{
    (void)arg;
    (void)notice;
}

static const fault *link_refused(struct pg_link *l, arena *a, const char *why)
{
    const fault *problem = pg_away(a, l->conn ? PQerrorMessage(l->conn) : why);
    pg_link_drop(l);
    return problem;
}

/* The socket may be another after each step: libpq tries one address after the other. */
static const fault *connect_steps(struct pg_link *l, arena *a, int64_t deadline_ms)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED || PQstatus(l->conn) == CONNECTION_BAD)
            return link_refused(l, a, "not connected");
        uint32_t wanted = next == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT;
        if (!await_fd(PQsocket(l->conn), wanted, deadline_ms)) {
            pg_link_drop(l);
            return pg_away(a, "no connection within five seconds");
        }
        next = PQconnectPoll(l->conn);
    }
    return NULL;
}

static const fault *backend_note(struct pg_link *l, arena *a, int64_t deadline_ms)
{
    PGresult *found;
    TRY(pg_link_run(l, a, "SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()", deadline_ms, &found));
    l->backend = PQbackendPID(l->conn);
    l->began[0] = '\0';
    if (PQntuples(found) == 1)
        snprintf(l->began, sizeof l->began, "%s", PQgetvalue(found, 0, 0));
    PQclear(found);
    return NULL;
}

const fault *pg_link_open(struct pg_link *l, arena *a)
{
    pg_link_drop(l);
    int64_t deadline_ms = loop_now_ms() + CONNECT_WAIT_MS;
    struct words w;
    TRY(words_make(l, a, &w));
    w.names[w.count] = w.values[w.count] = NULL;
    l->conn = PQconnectStartParams(w.names, w.values, 0);
    if (!l->conn)
        return pg_away(a, "no memory for a connection");
    PQsetNoticeReceiver(l->conn, notice_ignore, NULL);
    TRY(connect_steps(l, a, deadline_ms));
    if (PQsetnonblocking(l->conn, 1) != 0)
        return link_refused(l, a, "");
    TRY(backend_note(l, a, deadline_ms));
    l->pause_ms = 0;
    return NULL;
}

void pg_link_drop(struct pg_link *l)
{
    if (l->conn)
        PQfinish(l->conn);
    l->conn = NULL;
}

void pg_link_pause(struct pg_link *l)
{
    int64_t pause = l->pause_ms;
    l->pause_ms = pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause < PAUSE_MIN_MS ? PAUSE_MIN_MS : pause * 2;
    if (pause > 0 && !l->store->closing)
        fiber_park("the next try to connect", loop_now_ms() + pause / 2 + (int64_t)random_below((uint64_t)pause));
}

/* --- messages --- */

bool pg_link_flush(struct pg_link *l, int64_t deadline_ms)
{
    for (int left; (left = PQflush(l->conn)) != 0;) {
        if (left < 0)
            return false;
        uint32_t seen = await_fd(PQsocket(l->conn), EPOLLIN | EPOLLOUT, deadline_ms);
        if (!seen || ((seen & EPOLLIN) && !PQconsumeInput(l->conn)))
            return false;
    }
    return true;
}

bool pg_link_result(struct pg_link *l, int64_t deadline_ms, PGresult **out)
{
    *out = NULL;
    while (PQisBusy(l->conn))
        if (!await_fd(PQsocket(l->conn), EPOLLIN, deadline_ms) || !PQconsumeInput(l->conn))
            return false;
    *out = PQgetResult(l->conn);
    return true;
}

const fault *pg_link_run(struct pg_link *l, arena *a, const char *text, int64_t deadline_ms, PGresult **out)
{
    *out = NULL;
    if (!l->conn)
        return pg_away(a, "not connected");
    if (!PQsendQuery(l->conn, text) || !pg_link_flush(l, deadline_ms))
        return link_refused(l, a, "");
    PGresult *last = NULL;
    const fault *problem = NULL;
    for (;;) {
        PGresult *next;
        if (!pg_link_result(l, deadline_ms, &next)) {
            PQclear(last);
            return link_refused(l, a, "");
        }
        if (!next)
            break;
        if (!problem)
            problem = pg_fault(a, next, text);
        PQclear(last);
        last = next;
    }
    if (PQstatus(l->conn) == CONNECTION_BAD) {
        PQclear(last);
        return problem ? problem : link_refused(l, a, "");
    }
    if (problem) {
        PQclear(last);
        return problem;
    }
    *out = last;
    return NULL;
}

const fault *pg_ask(struct pg_link *link, arena *a, const char *text, str *out)
{
    PGresult *found;
    *out = (str){ NULL, 0 };
    TRY(pg_link_run(link, a, text, loop_now_ms() + CONNECT_WAIT_MS, &found));
    if (found && PQntuples(found) > 0 && PQnfields(found) > 0 && !PQgetisnull(found, 0, 0))
        *out = arena_copy(a, (str){ PQgetvalue(found, 0, 0), (size_t)PQgetlength(found, 0, 0) });
    PQclear(found);
    return NULL;
}

const fault *pg_ask_alone(struct pg_link *link, arena *a, const char *text, str *out)
{
    str whole = arena_printf(a, "SELECT pg_advisory_xact_lock(%lld);%s", (long long)link->store->lock_key, text);
    return pg_ask(link, a, whole.at, out);
}
