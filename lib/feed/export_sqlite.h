/* export_sqlite.h - the exporter of a service whose store is SQLite: it says how its tables are kept, no more. */
#ifndef TAQUILLA_FEED_EXPORT_SQLITE_H
#define TAQUILLA_FEED_EXPORT_SQLITE_H

#include "lib/db/sqlite_tables.h"
#include "lib/feed/export.h"

struct sqlite_exporter {
    struct exporter exporter;
    struct sqlite *db;
    struct sqlite_restore restore; /* its tables are exporter.tables, in their order */
};

void export_sqlite_fill(struct sqlite_exporter *e, struct sqlite *db, const struct export_table *tables,
                        const struct sqlite_restore *restore);

#endif
