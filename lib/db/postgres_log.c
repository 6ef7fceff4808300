/* postgres_log.c - the owner's log and its idempotency keys, read; the batch's function writes them. */
#include "lib/db/postgres_internal.h"

static const struct field event_fields[] = {
    FIELD(struct event, position, "position"),
    FIELD(struct event, type, "type"),
    FIELD(struct event, subject, "subject"),
    FIELD(struct event, time, "time"),
    FIELD(struct event, data, "data"),
};
static const struct shape event_shape = SHAPE(event, event_fields);

/* A page that does not begin with the next event: is what is missing archived, or is it a hole? */
static const fault *log_begins(struct postgres *p, arena *a, int64_t after, int64_t *archived)
{
    int64_t first = 1;
    TRY(pg_number(&p->lists, a, &first, "SELECT min(position) FROM log", PG_NO_BINDS));
    *archived = first > after + 1 ? first - 1 : 0;
    return NULL;
}

/* A reader that has all, or more than all, is told where the log really ends: what we have heard of it may be old. A
 * replica that answered with less would look like an older copy. */
const fault *postgres_log_read(struct postgres *p, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct event_page page = { .position = p->position };
    if (after >= page.position || limit == 0)
        TRY(pg_number(&p->lists, a, &page.position, "SELECT max(position) FROM log", PG_NO_BINDS));
    if (after < page.position && limit > 0)
        TRY(pg_list(&p->lists, a, &event_shape, &page.events,
                    "SELECT position, type, subject, time, data FROM log WHERE position > $1 ORDER BY position LIMIT $2",
                    PG_BIND(pg_int(after), pg_int(limit))));
    if (page.events.count > 0) {
        int64_t last = LIST_AT(&page.events, struct event, page.events.count - 1)->position;
        if (last > page.position)
            page.position = last;
        if (LIST_AT(&page.events, struct event, 0)->position > after + 1)
            TRY(log_begins(p, a, after, &page.archived));
    }
    *out = page;
    return NULL;
}

struct kept {
    str body_hash, data;
};
static const struct field kept_fields[] = {
    FIELD(struct kept, body_hash, "bodyHash"),
    FIELD(struct kept, data, "data"),
};
static const struct shape kept_shape = SHAPE(kept, kept_fields);

const fault *postgres_once_recall(struct postgres *p, arena *a, const struct once *key, str *data, bool *seen)
{
    *seen = false;
    if (!key)
        return NULL;
    struct kept known;
    bool found;
    TRY(pg_one(&p->keys, a, &kept_shape, &known, &found,
               "SELECT k.body_hash, l.data FROM once_keys k JOIN log l ON l.position = k.position "
               "WHERE k.scope = $1 AND k.key = $2 AND k.made_at + interval '24 hours' > now()",
               PG_BIND(pg_text(key->scope), pg_text(key->key))));
    if (!found)
        return NULL;
    if (!str_equal(known.body_hash, key->body_hash))
        return fault_new(a, FAULT_KEY_REUSED, "idempotency_key_reused",
                         "This Idempotency-Key was used before with another request.");
    *data = known.data;
    *seen = true;
    return NULL;
}

const fault *postgres_position_now(struct postgres *p, arena *a, int64_t *out)
{
    int64_t position = 0;
    TRY(pg_number(&p->keys, a, &position, "SELECT max(position) FROM log", PG_NO_BINDS));
    pg_position_reached(p, position);
    *out = position;
    return NULL;
}
