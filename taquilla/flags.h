/* flags.h - "--name VALUE" and "--name=VALUE" of a verb. */
#ifndef TAQUILLA_FLAGS_H
#define TAQUILLA_FLAGS_H

#include <stdbool.h>

struct flag {
    const char *name;   /* "--data" */
    const char **value; /* stays as it was when the flag is not given */
};

/* All of argv after argv[0] must be such flags; false after a sentence on standard error that names the wrong one. */
bool flags_read(int argc, char **argv, const struct flag *known, int count);

/* Takes one argument out of argv, before flags_read: a flag without a value; was it there? */
bool flag_taken(int *argc, char **argv, const char *name);
/* The same with its value, "--mode api" or "--mode=api"; NULL when it is not there, or has none. */
const char *flag_value_taken(int *argc, char **argv, const char *name);

/* The first port of a cinema: text NULL is the usual one. 0 after a sentence on standard error. */
int base_port_of(const char *text);

#endif
