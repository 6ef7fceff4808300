/* store_sqlite_export.c - how the embedded store keeps the tables of reservations. */
#include "services/reservations/store_sqlite.h"
#include "services/reservations/store_tables.h"

static struct bind key_of_email(arena *a, const void *row)
{
    str email = ((const struct user_row *)row)->email;
    return sql_text(email.at ? email_key(a, email) : email);
}

static const struct sqlite_table kept[] = {
    { .name = "users", .key = "id", .also = "email_key", .derive = key_of_email },
    { .name = "showings", .key = "schedule_id" },
    { .name = "reservations", .key = "id" },
    { .name = "reserved_seats", .key = "id" },
    { .name = "seat_claims", .key = "schedule_id, seat_id" },
    { .name = "payments", .key = "id" },
    { .name = "payment_keys", .key = "payment_id" },
    { .name = "secrets", .key = "name", .own = true },
    { .name = "log", .key = "position" },
    { .name = NULL },
};

void store_export_fill(struct sqlite_store *s)
{
    export_sqlite_fill(&s->exporter, s->db, reservations_tables,
                       &(struct sqlite_restore){ .tables = kept, .rebuild = access_key_use, .arg = s });
    s->store.exporter = &s->exporter.exporter;
}
