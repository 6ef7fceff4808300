/* status.c - asks every service, or the one named, how it is and prints a row for each. */
#include <stdio.h>

#include "lib/json/read.h"
#include "taquilla/flags.h"
#include "taquilla/probe.h"
#include "taquilla/services.h"
#include "taquilla/verbs.h"

#define ANSWER_BYTES_MAX ((size_t)64 * 1024)
#define TIMEOUT_MS 2000

struct health {
    str status, version;
    struct raw_json checks;
};

static const struct field health_fields[] = {
    FIELD(struct health, status, "status"),
    FIELD(struct health, version, "version"),
    FIELD(struct health, checks, "checks", .optional = true),
};
static const struct shape health_shape = SHAPE(health, health_fields);

/* {"store":{"status":"ok","age_s":0}} as "store ok": the names are each service's own, so no shape knows them. */
static void checks_print(str json)
{
    str rest = json, piece, before = { NULL, 0 }, name = { NULL, 0 };
    bool first = true;
    while (str_cut(&rest, '"', &piece)) {
        /* Between quotes come, in turn, a check's name, "status" and its word. */
        if (str_equal(piece, STR(":{")))
            name = before;
        if (name.at && str_equal(before, STR("status")) && str_equal(piece, STR(":")) && str_cut(&rest, '"', &piece)) {
            printf("%s%.*s %.*s", first ? "" : ", ", STR_ARG(name), STR_ARG(piece));
            first = false;
        }
        before = piece;
    }
}

static bool service_print(const struct service *s, const char *address, int port)
{
    arena *a = arena_new(ANSWER_BYTES_MAX * 8);
    char *room = arena_take(a, ANSWER_BYTES_MAX);
    struct health found = { 0 };
    str body;
    int status = probe_get(address, port, "/health", TIMEOUT_MS, room, ANSWER_BYTES_MAX, &body);
    bool read = status && !json_read(a, body, &health_shape, &found);
    printf("%-14s %-6d ", s->name, port);
    if (read) {
        printf("%-10.*s %-9.*s ", STR_ARG(found.status), STR_ARG(found.version));
        checks_print(found.checks.text);
    } else {
        printf("%s", status ? "strange" : "away");
    }
    printf("\n");
    arena_free(a);
    return read && status == 200;
}

/* Where the gateway listens, or a service that runs alone; those below `up` stay on 127.0.0.1. */
static const char *address_of(arena *a, const struct settings *shared, const struct service *s, bool alone)
{
    return alone || s == &gateway_service ? probe_address(arena_cstr(a, shared->listen)) : "127.0.0.1";
}

/* One that runs as a process of its own, by the very settings that it was given: a container asks itself so. */
static bool alone_print(arena *a, const struct settings *shared, const struct service *s, int base, bool base_given)
{
    int port = shared->port && !base_given ? (int)shared->port : base + s->port - BASE_PORT;
    return service_print(s, address_of(a, shared, s, true), port);
}

static bool all_print(arena *a, const struct settings *shared, int base)
{
    bool all = true;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        all &= service_print(services[i], address_of(a, shared, services[i], false), base + services[i]->port - BASE_PORT);
    return all;
}

int status_run(int argc, char **argv)
{
    const char *base_text = NULL, *data = NULL;
    const struct service *one = argc > 1 ? service_named(argv[1]) : NULL;
    /* --data is taken so that the same flags do for every verb. */
    const struct flag known[] = { { "--base-port", &base_text }, { "--data", &data } };
    if (one) {
        argv[1] = argv[0];
        argc--, argv++;
    }
    if (!flags_read(argc, argv, known, COUNT_OF(known)))
        return 2;
    int base = base_port_of(base_text);
    if (!base)
        return 2;
    arena *a = arena_new((size_t)1024 * 1024);
    struct settings shared;
    MUST(settings_read(a, &settings_shape, &shared));
    printf("%-14s %-6s %-10s %-9s %s\n", "service", "port", "status", "version", "checks");
    bool well = one ? alone_print(a, &shared, one, base, base_text) : all_print(a, &shared, base);
    arena_free(a);
    return well ? 0 : 1;
}
