/* wire.c - the tables of a feed's page, and an event's way into its CloudEvent and back. */
#include "lib/feed/wire.h"

#define SCHEMA_VERSION 1

static const struct field wire_event_fields[] = {
    FIELD(struct wire_event, specversion, "specversion"),
    FIELD(struct wire_event, id, "id", .doc = "service and position: rooms-42"),
    FIELD(struct wire_event, source, "source", .doc = "taquilla/SERVICE"),
    FIELD(struct wire_event, type, "type"),
    FIELD(struct wire_event, subject, "subject", .doc = "the id of what changed"),
    FIELD(struct wire_event, time, "time", .form = TIME_Z_MS),
    FIELD(struct wire_event, datacontenttype, "datacontenttype"),
    FIELD(struct wire_event, schemaversion, "schemaversion"),
    FIELD(struct wire_event, position, "position", .min = 1, .doc = "dense: 1, 2, 3 ... in commit order"),
    FIELD(struct wire_event, data, "data", .doc = "the whole fact after the change"),
};
const struct shape wire_event_shape = SHAPE(wire_event, wire_event_fields);

static const struct field wire_page_fields[] = {
    FIELD(struct wire_page, events, "events", .shape = &wire_event_shape),
    FIELD(struct wire_page, position, "position", .doc = "the log's last"),
};
const struct shape wire_page_shape = SHAPE(wire_page, wire_page_fields);

static str service_of(const char *source)
{
    str rest = str_of(source), service = rest;
    while (str_cut(&rest, '/', &service))
        ;
    return service;
}

struct wire_event wire_event_of(arena *a, const char *source, const struct event *e)
{
    return (struct wire_event){
        .specversion = STR("1.0"),
        .id = arena_printf(a, "%.*s-%lld", STR_ARG(service_of(source)), (long long)e->position),
        .source = str_of(source),
        .type = e->type,
        .subject = e->subject,
        .time = e->time,
        .datacontenttype = STR("application/json"),
        .schemaversion = SCHEMA_VERSION,
        .position = e->position,
        .data = { e->data },
    };
}

struct event wire_event_back(const struct wire_event *w)
{
    return (struct event){
        .position = w->position,
        .type = w->type,
        .subject = w->subject,
        .time = w->time,
        .data = w->data.text,
    };
}

list wire_events_back(arena *a, const list *wire)
{
    list events = { NEW_ARRAY(a, struct event, wire->count + 1), wire->count };
    for (size_t i = 0; i < wire->count; i++)
        *LIST_AT(&events, struct event, i) = wire_event_back(LIST_AT(wire, struct wire_event, i));
    return events;
}
