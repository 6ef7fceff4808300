/* store_postgres_export.c - how the store on PostgreSQL keeps the tables of reservations. */
#include "services/reservations/store_postgres.h"
#include "services/reservations/store_tables.h"

static const struct pg_table kept[] = {
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

void postgres_export_fill(struct postgres_store *s)
{
    export_postgres_fill(&s->exporter, s->db, reservations_tables,
                         &(struct pg_restore){ .tables = kept, .rebuild = "SELECT reservations_restored()" });
    s->store.exporter = &s->exporter.exporter;
}
