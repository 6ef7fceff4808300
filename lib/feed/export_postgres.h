/* export_postgres.h - the exporter of a service whose store is on PostgreSQL: it says how its tables are kept, no more. */
#ifndef TAQUILLA_FEED_EXPORT_POSTGRES_H
#define TAQUILLA_FEED_EXPORT_POSTGRES_H

#include "lib/db/postgres_tables.h"
#include "lib/feed/export.h"

struct postgres_exporter {
    struct exporter exporter;
    struct postgres *db;
    struct pg_restore restore; /* its tables are exporter.tables, in their order */
};

void export_postgres_fill(struct postgres_exporter *e, struct postgres *db, const struct export_table *tables,
                          const struct pg_restore *restore);

#endif
