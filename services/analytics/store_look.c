/* store_look.c - the migrations of either store, and which of them it has. */
#include "lib/db/schema.h"
#include "services/analytics/store_postgres.h"
#include "services/analytics/store_sqlite.h"

const fault *analytics_look(arena *a, str url, const char *directory, struct schema_seen *out)
{
    if (url.len == 0)
        return sqlite_look(a, &(struct sqlite_setup){ .directory = directory, .file = "analytics.db",
                                                      .migrations = analytics_migrations }, out);
    return postgres_look(a, &(struct postgres_setup){ .url = url, .service = "analytics",
                                                      .migrations = analytics_postgres_migrations }, out);
}
