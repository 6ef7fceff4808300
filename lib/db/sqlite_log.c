/* sqlite_log.c - the owner's log: dense positions in commit order, given out by the one writer. */
#include "lib/db/sqlite_internal.h"

#include <assert.h>

#include "lib/json/write.h"

const fault *log_insert(struct sql *db, arena *a, const struct event *e)
{
    return sql_run(db, a, "INSERT INTO log (position, type, subject, time_ms, data) VALUES (?1, ?2, ?3, ?4, ?5)",
                   BIND(sql_int(e->position), sql_text(e->type), sql_text(e->subject), sql_instant(e->time),
                        sql_text(e->data)));
}

const fault *sqlite_log(struct sql *db, arena *a, const char *type, str subject, const struct shape *s,
                        const void *data, int64_t *position)
{
    assert(db->writes);
    struct buf text = { .in = a };
    json_write(&text, s, data);
    struct event next = { db->position + 1 + db->spent, str_of(type), subject, db->now, buf_str(&text) };
    TRY(log_insert(db, a, &next));
    db->position = next.position;
    db->spent = 0;
    if (position)
        *position = next.position;
    return NULL;
}

const fault *sqlite_log_take(struct sql *db, arena *a, const struct event *e)
{
    assert(db->writes);
    if (e->position != db->position + 1)
        return fault_new(a, FAULT_INVALID, "log_hole", "The event after position %lld is missing; %lld was told.",
                         (long long)db->position, (long long)e->position);
    TRY(log_insert(db, a, e));
    db->position = e->position;
    return NULL;
}

static const struct field event_fields[] = {
    FIELD(struct event, position, "position"),
    FIELD(struct event, type, "type"),
    FIELD(struct event, subject, "subject"),
    FIELD(struct event, time, "time"),
    FIELD(struct event, data, "data"),
};
static const struct shape event_shape = SHAPE(event, event_fields);

const fault *log_rows(struct sql *db, arena *a, int64_t after, int64_t limit, list *events)
{
    return sql_list(db, a, &event_shape, events,
                    "SELECT position, type, subject, time_ms AS time, data FROM log"
                    " WHERE position > ?1 ORDER BY position LIMIT ?2",
                    BIND(sql_int(after), sql_int(limit)));
}

/* A page that does not begin with the next event: is what is missing archived, or is it a hole? */
static const fault *log_begins(struct sql *db, arena *a, int64_t after, int64_t *archived)
{
    int64_t first = 1;
    TRY(sql_number(db, a, &first, "SELECT min(position) FROM log", NO_BINDS));
    *archived = first > after + 1 ? first - 1 : 0;
    return NULL;
}

/* What is committed can be read a moment before its writer says so: a reader that has all is told where the log really ends, or
 * ours would look like an older copy to him. */
const fault *sqlite_log_read(struct sqlite *s, arena *a, int64_t after, int64_t limit,
                             struct event_page *out)
{
    struct event_page page = { .position = sqlite_position(s) };
    TRY(log_rows(sqlite_reader(s), a, after, limit, &page.events));
    if (page.events.count == 0) {
        page.position = 0;
        TRY(sql_number(sqlite_reader(s), a, &page.position, "SELECT max(position) FROM log", NO_BINDS));
    } else {
        int64_t last = LIST_AT(&page.events, struct event, page.events.count - 1)->position;
        if (last > page.position)
            page.position = last;
        if (LIST_AT(&page.events, struct event, 0)->position > after + 1)
            TRY(log_begins(sqlite_reader(s), a, after, &page.archived));
    }
    *out = page;
    return NULL;
}
