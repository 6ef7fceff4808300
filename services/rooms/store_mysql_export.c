/* store_mysql_export.c - how MySQL keeps the tables of rooms. */
#include "services/rooms/store_mysql.h"
#include "services/rooms/store_tables.h"

/* Counted anew with the zone that the house has now, as at opening. */
static struct my_bind starts_at(arena *a, const void *row)
{
    instant at;
    (void)a;
    (void)wall_to_instant(((const struct schedule_row *)row)->show_time, &at);
    return my_int(at.ms);
}

static const struct my_table kept[] = {
    { .name = "rooms", .key = "id" },
    { .name = "seats", .key = "id" },
    { .name = "schedules", .key = "id", .also = "starts_at", .derive = starts_at },
    { .name = "sales_stops", .key = "schedule_id" },
    { .name = "waiting_rooms", .key = "schedule_id" },
    { .name = "log", .key = "position" },
    { .name = NULL },
};

void rooms_mysql_export_fill(struct mysql_store *s)
{
    export_mysql_fill(&s->exporter, s->db, rooms_tables, &(struct my_restore){ .tables = kept });
    s->store.exporter = &s->exporter.exporter;
}
