/* store_look.c - the migrations of either store, and which of them it has. */
#include "lib/db/schema.h"
#include "services/reservations/store_postgres.h"
#include "services/reservations/store_sqlite.h"

const fault *reservations_look(arena *a, str url, const char *directory, struct schema_seen *out)
{
    if (url.len == 0)
        return sqlite_look(a, &(struct sqlite_setup){ .directory = directory, .file = "reservations.db",
                                                      .migrations = reservations_migrations }, out);
    return postgres_look(a, &(struct postgres_setup){ .url = url, .service = "reservations",
                                                      .migrations = reservations_postgres_migrations }, out);
}
