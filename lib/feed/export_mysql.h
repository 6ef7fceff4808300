/* export_mysql.h - the exporter of a service whose store is MySQL: it says how its tables are kept, no more. */
#ifndef TAQUILLA_FEED_EXPORT_MYSQL_H
#define TAQUILLA_FEED_EXPORT_MYSQL_H

#include "lib/db/mysql_tables.h"
#include "lib/feed/export.h"

struct my_exporter {
    struct exporter exporter;
    struct my_store *db;
    struct my_restore restore; /* its tables are exporter.tables, in their order */
};

void export_mysql_fill(struct my_exporter *e, struct my_store *db, const struct export_table *tables,
                        const struct my_restore *restore);

#endif
