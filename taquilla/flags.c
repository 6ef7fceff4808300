/* flags.c - reads a verb's flags and refuses what it does not know. */
#include "taquilla/flags.h"

#include <stdio.h>
#include <string.h>

#include "taquilla/services.h"

#define PORTS_OF_A_CINEMA 6 /* two are kept for analytics and ingestion */

/* The value of argv[*at] when it is this flag; takes the next argument when there is no '='. */
static const char *flag_value(const struct flag *f, int argc, char **argv, int *at)
{
    const char *given = argv[*at];
    size_t length = strlen(f->name);
    if (strncmp(given, f->name, length) != 0)
        return NULL;
    if (given[length] == '=')
        return given + length + 1;
    if (given[length] == '\0' && *at + 1 < argc)
        return argv[++*at];
    return NULL;
}

bool flags_read(int argc, char **argv, const struct flag *known, int count)
{
    for (int at = 1; at < argc; at++) {
        const char *given = argv[at], *value = NULL;
        for (int i = 0; i < count && !value; i++)
            if ((value = flag_value(&known[i], argc, argv, &at)))
                *known[i].value = value;
        if (!value) {
            /* Without what follows =: it may be a password that was meant for another program. */
            fprintf(stderr, "taquilla %s: %.*s is not known here, or its value is missing; see taquilla --help.\n",
                    argv[0], (int)strcspn(given, "="), given);
            return false;
        }
    }
    return true;
}

static void arguments_drop(int *argc, char **argv, int at, int count)
{
    for (int i = at; i + count <= *argc; i++) /* the NULL behind the last too */
        argv[i] = argv[i + count];
    *argc -= count;
}

bool flag_taken(int *argc, char **argv, const char *name)
{
    bool found = false;
    for (int at = *argc - 1; at > 0; at--)
        if (strcmp(argv[at], name) == 0) {
            arguments_drop(argc, argv, at, 1);
            found = true;
        }
    return found;
}

const char *flag_value_taken(int *argc, char **argv, const char *name)
{
    const struct flag wanted = { name, NULL };
    for (int at = 1; at < *argc; at++) {
        int value_at = at;
        const char *value = flag_value(&wanted, *argc, argv, &value_at);
        if (!value)
            continue;
        arguments_drop(argc, argv, at, value_at - at + 1);
        return value;
    }
    return NULL;
}

int base_port_of(const char *text)
{
    int64_t port = BASE_PORT;
    if (text && (!str_to_int(str_of(text), &port) || port < 1 || port > 65535 - PORTS_OF_A_CINEMA + 1)) {
        fprintf(stderr, "taquilla: --base-port must be a number from 1 to %d: six ports are taken from there on.\n",
                65535 - PORTS_OF_A_CINEMA + 1);
        return 0;
    }
    return (int)port;
}
