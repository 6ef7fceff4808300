/* mysql_log.c - the owner's log: dense positions in commit order, given out under the counter's lock. */
#include "lib/db/mysql_internal.h"

#include <assert.h>

#include "lib/base/twin.h"
#include "lib/json/write.h"

#ifdef TAQUILLA_TEST_TWINS
/* What the tests must be able to tell from the real thing: a number as soon as it is asked for, whoever commits first. */
static const fault *position_bare(struct my *db, arena *a, int64_t *position)
{
    TRY(my_run(db, a, "INSERT INTO log_bare VALUES (NULL)", MY_NO_BINDS));
    *position = my_last_id(db);
    return NULL;
}
#endif

static const fault *position_next(struct my *db, arena *a, int64_t *position)
{
#ifdef TAQUILLA_TEST_TWINS
    if (twin_lacks("positions"))
        return position_bare(db, a, position);
#endif
    (void)a;
    *position = db->position + 1;
    return NULL;
}

const fault *my_log(struct my *db, arena *a, const char *type, str subject, const struct shape *s, const void *data,
                    int64_t *position)
{
    assert(db->writes);
    struct buf text = { .in = a };
    json_write(&text, s, data);
    int64_t next = 0;
    TRY(position_next(db, a, &next));
    TRY(my_run(db, a, "INSERT INTO log (position, type, subject, time_ms, data, command) VALUES (?, ?, ?, ?, ?, ?)",
               MY_BIND(my_int(next), my_text(str_of(type)), my_text(subject), my_int(db->now.ms),
                       my_text(buf_str(&text)), my_text(db->command))));
    db->position = next;
    if (position)
        *position = next;
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

/* A page that does not begin with the next event: is what is missing archived, or is it a hole? */
static const fault *log_begins(struct my *db, arena *a, int64_t after, int64_t *archived)
{
    int64_t first = 1;
    TRY(my_number(db, a, &first, "SELECT MIN(position) FROM log", MY_NO_BINDS));
    *archived = first > after + 1 ? first - 1 : 0;
    return NULL;
}

/* A reader that has all, or more than all, is told where the log really ends: what we know of it may be old. */
const fault *my_log_read(struct my_store *s, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct event_page page = { .position = s->position };
    TRY(my_list(&s->reader, a, &event_shape, &page.events,
                "SELECT position, type, subject, time_ms AS time, data FROM log"
                " WHERE position > ? ORDER BY position LIMIT ?",
                MY_BIND(my_int(after), my_int(limit))));
    if (page.events.count == 0) {
        TRY(my_number(&s->reader, a, &page.position, "SELECT position FROM log_counter WHERE id = 1", MY_NO_BINDS));
    } else {
        int64_t last = LIST_AT(&page.events, struct event, page.events.count - 1)->position;
        if (last > page.position)
            page.position = last;
        if (LIST_AT(&page.events, struct event, 0)->position > after + 1)
            TRY(log_begins(&s->reader, a, after, &page.archived));
    }
    *out = page;
    return NULL;
}
