/* store_sqlite_export.c - how the embedded store keeps the tables of reservations. */
#include "services/reservations/store_sqlite.h"
#include "services/reservations/store_tables.h"

static const struct sqlite_table kept[] = {
    { .name = "users", .key = "id" },
    { .name = "showings", .key = "schedule_id" },
    { .name = "reservations", .key = "id" },
    { .name = "reserved_seats", .key = "id" },
    { .name = "seat_claims", .key = "schedule_id, seat_id" },
    { .name = "payments", .key = "id" },
    { .name = "payment_keys", .key = "payment_id" },
    { .name = "checkins", .key = "id" },
    { .name = "secrets", .key = "name", .own = true },
    { .name = "log", .key = "position" },
    { .name = NULL },
};

/* Of e-mails that differ only in case, as an adopted database may have them, the first is the one that is found. */
static const fault *restored(struct sql *db, arena *a, void *arg)
{
    TRY(sql_run(db, a,
                "UPDATE users SET email_key = lower(email) WHERE id IN "
                "(SELECT min(id) FROM users WHERE email IS NOT NULL GROUP BY lower(email))",
                NO_BINDS));
    return access_key_use(db, a, arg);
}

void store_export_fill(struct sqlite_store *s)
{
    export_sqlite_fill(&s->exporter, s->db, reservations_tables,
                       &(struct sqlite_restore){ .tables = kept, .rebuild = restored, .arg = s });
    s->store.exporter = &s->exporter.exporter;
}
