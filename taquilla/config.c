/* config.c - config, version, openapi, routes and errors: what the program's own tables say, printed. */
#include <stdio.h>

#include "taquilla/services.h"
#include "taquilla/verbs.h"

#define SETTINGS_BYTES_MAX ((size_t)4 * 1024 * 1024)

static const fault *print_settings(arena *a, const char *heading, const struct shape *s, size_t size)
{
    void *values = arena_take(a, size);
    TRY(settings_read(a, s, values));
    printf("# %s\n\n", heading);
    settings_print(s, values);
    printf("\n");
    return NULL;
}

static const fault *print_all_settings(arena *a)
{
    TRY(print_settings(a, "every service", &settings_shape, sizeof(struct settings)));
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (services[i]->settings)
            TRY(print_settings(a, services[i]->name, services[i]->settings, services[i]->settings_size));
    return NULL;
}

static bool takes_nothing(int argc, char **argv)
{
    if (argc > 1)
        fprintf(stderr, "taquilla %s: it takes no arguments.\n", argv[0]);
    return argc <= 1;
}

int config_run(int argc, char **argv)
{
    if (!takes_nothing(argc, argv))
        return 2;
    arena *a = arena_new(SETTINGS_BYTES_MAX);
    MUST(print_all_settings(a));
    arena_free(a);
    return 0;
}

int version_run(int argc, char **argv)
{
    if (!takes_nothing(argc, argv))
        return 2;
    printf("taquilla %s\n", taquilla_version);
    return 0;
}

int openapi_run(int argc, char **argv)
{
    const struct service *s = argc == 2 ? service_named(argv[1]) : NULL;
    if (s)
        return openapi_print(s);
    fprintf(stderr, "taquilla openapi: name one service: movies, rooms, reservations, gateway, analytics or ingestion.\n");
    return 2;
}

int routes_run(int argc, char **argv)
{
    if (!takes_nothing(argc, argv))
        return 2;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        routes_print(services[i]);
    return 0;
}

int errors_run(int argc, char **argv)
{
    return takes_nothing(argc, argv) ? codes_print() : 2;
}
