/* store_look.c - the migrations of either store, and which of them it has. */
#include "lib/db/schema.h"
#include "services/rooms/store_mysql.h"
#include "services/rooms/store_sqlite.h"

const fault *rooms_look(arena *a, str url, const char *directory, struct schema_seen *out)
{
    if (url.len == 0)
        return sqlite_look(a, &(struct sqlite_setup){ .directory = directory, .file = "rooms.db",
                                                      .migrations = rooms_migrations }, out);
    struct my_setup setup = { .service = "rooms", .migrations = rooms_mysql_migrations };
    TRY(my_address_read(a, "ROOMS_DATABASE_URL", url, &setup.address));
    return my_look(a, &setup, out);
}
