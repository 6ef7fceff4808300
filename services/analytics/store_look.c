/* store_look.c - the migrations of analytics' store, and which of them it has. */
#include "lib/db/schema.h"
#include "services/analytics/store_sqlite.h"

const fault *analytics_look(arena *a, const char *directory, struct schema_seen *out)
{
    return sqlite_look(a, &(struct sqlite_setup){ .directory = directory, .file = "analytics.db",
                                                  .migrations = analytics_migrations }, out);
}
