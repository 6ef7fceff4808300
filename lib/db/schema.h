/* schema.h - what a store says of its own schema, looked at without changing anything there. */
#ifndef TAQUILLA_DB_SCHEMA_H
#define TAQUILLA_DB_SCHEMA_H

#include "lib/base/clock.h"
#include "lib/base/fault.h"
#include "lib/base/ids.h"
#include "lib/db/migration.h"

struct migration_done {
    int64_t number;
    str name;
    instant applied_at;
};

struct schema_seen {
    const char *kind;              /* "SQLite" */
    str place;                     /* a file, or host:port/database; never a password */
    bool there;                    /* false: the next start makes it */
    const struct migration *known; /* this program's, ended by number 0; NULL: the store keeps documents, and has none */
    list done;                     /* of struct migration_done, by number */
    const char *note;              /* a sentence, of a store that keeps documents */
};

#endif
