/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it. */
#ifndef TAQUILLA_ROOMS_STORE_SQLITE_H
#define TAQUILLA_ROOMS_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "lib/feed/export_sqlite.h"
#include "services/rooms/store_rows.h"

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    struct sqlite_exporter exporter;
};
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))

extern const struct migration rooms_migrations[];

struct rooms_rows rooms_sqlite_rows(struct sql *db, const struct house_rules *rules);
void rooms_store_export_fill(struct sqlite_store *s);

#endif
