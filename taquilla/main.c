/* main.c - one program: the services by name, and the verbs around them. */
#include <stdio.h>
#include <string.h>

#include "taquilla/services.h"
#include "taquilla/verbs.h"

const struct service *const services[SERVICE_COUNT] = {
    &movies_service,
    &rooms_service,
    &reservations_service,
    &gateway_service,
    &analytics_service,
    &ingestion_service,
};

static const struct verb {
    const char *name, *arguments, *about;
    int (*run)(int argc, char **argv);
} verbs[] = {
    { "up", "[--base-port N] [--data DIR] [--listen ADDR]",
      "the whole cinema: every service as a process of its own, started again when it dies.\n"
      "      Only the gateway listens on ADDR; the others stay on 127.0.0.1", up_run },
    { "demo", "[--data DIR] [--seed N] [--base-port N]",
      "fills an empty cinema with films, rooms, showings and sales around today; with --base-port one that is\n"
      "      open, else that of DIR, which it opens and closes itself", demo_run },
    { "import", "movies|rooms|users|schedules FILE [--check] [--map COLUMN=FIELD]... [--report FILE.csv]\n"
                "         [--base-port N] [--data DIR]",
      "rows of a JSON, NDJSON or CSV file into the cinema that is open, else that of DIR; --check only looks and tells\n"
      "      what would become of them, --report tells it row by row", import_run },
    { "backup", "--to DIR [--base-port N] [--data DIR]",
      "everything that the cinema knows into a folder of DIR, while it runs: the one that is open, else that of --data", backup_run },
    { "restore", "--from DIR|s3://BUCKET[/PREFIX] [--at TIME] [--check] [--base-port N] [--data DIR]",
      "such a folder, or the newest whole one in DIR or in the bucket, into an empty cinema; --at brings one of the bucket on\n"
      "      to that moment by what happened after it; --check only looks whether it is whole", restore_run },
    { "copy", "FROM TO",
      "a closed cinema into an empty one, for a move between embedded and real databases: each is a data directory,\n"
      "      or a file like .env that says where its stores are. What broke off goes on when it is run again", copy_run },
    { "setup", "[--plan | --policy] [--data DIR]",
      "makes what the cloud needs once, bucket and tables, where they are missing; --plan only says what it would make,\n"
      "      --policy prints the rights that this and the service need", setup_run },
    { "schema", "[--data DIR]",
      "which migrations each owner's store has, and which the next start would apply; changes nothing. There is no way\n"
      "      down but a restore of the backup from before", schema_run },
    { "replay", "[--base-port N] [--data DIR]",
      "makes the sales anew from their log, in a store of its own, and compares them with what the cinema holds", replay_run },
    { "status", "[SERVICE] [--base-port N]", "how each service is, or the one that runs alone; exit 1 when one is away", status_run },
    { "config", "", "every setting with its value, meaning and default", config_run },
    { "openapi", "SERVICE", "the service's API description", openapi_run },
    { "routes", "", "every address of every service, and who may ask", routes_run },
    { "errors", "", "every error code and what it means", errors_run },
    { "version", "", "the version", version_run },
};

const struct service *service_named(const char *name)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(services[i]->name, name) == 0)
            return services[i];
    return NULL;
}

static int usage(FILE *to, int code)
{
    fprintf(to, "taquilla runs a cinema: its films, rooms and showings, and the sale of its seats.\n\n"
                "  taquilla VERB [FLAGS]\n\n");
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        fprintf(to, "  %s%s%s\n      %s\n", verbs[i].name, verbs[i].arguments[0] ? " " : "", verbs[i].arguments,
                verbs[i].about);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        fprintf(to, "  %s [--port N] [--listen ADDR] [--data DIR]\n      that service alone; port %d\n",
                services[i]->name, services[i]->port);
    fprintf(to, "      ingestion takes --mode too: api (the same), scheduler (the same, but not without BACKUP_DIR), backup and\n"
                "      restore (once, BACKUP_DIR), migrate and setup (with the cloud)\n");
    fprintf(to, "\nSettings come from .env in the working directory, the environment and flags; the later wins.\n");
    return code;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return argc > 1 && strcmp(argv[1], "help") == 0;
}

int main(int argc, char **argv)
{
    if (asks_for_help(argc, argv))
        return usage(stdout, 0);
    if (argc < 2)
        return usage(stderr, 2);
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    const struct service *s = service_named(name);
    if (s == &ingestion_service)
        return ingestion_run(argc - 1, argv + 1);
    if (s)
        return service_run(s, argc - 1, argv + 1);
    fprintf(stderr, "taquilla: there is no verb \"%s\".\n\n", name);
    return usage(stderr, 2);
}
