/* store_sqlite_export.c - how the embedded store keeps the tables of rooms. */
#include "services/rooms/store_sqlite.h"
#include "services/rooms/store_tables.h"

/* Counted anew with the zone that the house has now, as at opening. */
static struct bind starts_at(arena *a, const void *row)
{
    instant at;
    (void)a;
    (void)wall_to_instant(((const struct schedule_row *)row)->show_time, &at);
    return sql_instant(at);
}

static const struct sqlite_table kept[] = {
    { .name = "rooms", .key = "id" },
    { .name = "seats", .key = "id" },
    { .name = "schedules", .key = "id", .also = "starts_at", .derive = starts_at },
    { .name = "sales_stops", .key = "schedule_id" },
    { .name = "waiting_rooms", .key = "schedule_id" },
    { .name = "log", .key = "position" },
    { .name = NULL },
};

void rooms_store_export_fill(struct sqlite_store *s)
{
    export_sqlite_fill(&s->exporter, s->db, rooms_tables, &(struct sqlite_restore){ .tables = kept });
    s->store.exporter = &s->exporter.exporter;
}
