/* store_mongo_fold.c - entries of the log: their shape, and what each does to the tables in memory. */
#include "services/movies/store_mongo.h"

#include "lib/json/read.h"

static const struct field event_fields[] = {
    FIELD(struct log_event, type, "type"),
    FIELD(struct log_event, subject, "subject"),
    FIELD(struct log_event, time, "time"),
    FIELD(struct log_event, data, "data"),
    FIELD(struct log_event, scope, "scope", .nullable = true),
    FIELD(struct log_event, key, "key", .nullable = true),
    FIELD(struct log_event, body_hash, "bodyHash", .nullable = true),
};
static const struct shape event_shape = SHAPE(log_event, event_fields);
static const struct field entry_fields[] = {
    FIELD(struct log_entry, first, "_id"),
    FIELD(struct log_entry, by, "by"),
    FIELD(struct log_entry, events, "events", .shape = &event_shape),
};
const struct shape log_entry_shape = SHAPE(log_entry, entry_fields);

/* What memory has beside the embedded store's tables: which documents are behind the log, and which of the old system
 * have a text for an _id. */
const struct migration movies_tables_more[] = {
    { 1000, "collections",
      "CREATE TABLE projections_due (subject TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
      "CREATE INDEX projections_due_by_position ON projections_due (position);"
      "CREATE TABLE text_ids (id TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;"
      "CREATE INDEX log_by_subject ON log (subject, position);" },
    { 0, NULL, NULL },
};

const fault *movies_due_all(struct sql *db, arena *a)
{
    return sql_run(db, a,
                   "INSERT OR REPLACE INTO projections_due (subject, position) SELECT subject, max(position) FROM log GROUP BY subject",
                   NO_BINDS);
}

/* An event of a kind that this program does not know stays in the log and changes nothing. */
static const fault *subject_put(struct sql *db, arena *a, const struct event *e)
{
    if (str_starts(e->type, STR("movie."))) {
        struct movie movie;
        TRY(json_restore(a, e->data, &movie_shape, &movie));
        TRY(movie_put(db, a, &movie));
    } else if (str_starts(e->type, STR("genre."))) {
        struct genre genre;
        TRY(json_restore(a, e->data, &genre_shape, &genre));
        TRY(genre_put(db, a, &genre));
    } else {
        return NULL;
    }
    return sql_run(db, a, "INSERT OR REPLACE INTO projections_due (subject, position) VALUES (?1, ?2)",
                   BIND(sql_text(e->subject), sql_int(e->position)));
}

static const fault *fold_act(struct sql *db, arena *a, void *arg)
{
    const struct log_entry *entry = arg;
    int64_t oldest_ms = clock_now().ms - (int64_t)ONCE_KEPT_S * 1000;
    for (size_t i = 0; i < entry->events.count; i++) {
        const struct log_event *found = LIST_AT(&entry->events, struct log_event, i);
        struct event e = { entry->first + (int64_t)i, found->type, found->subject, found->time, found->data.text };
        TRY(sqlite_log_put(db, a, &e));
        TRY(subject_put(db, a, &e));
        struct once key = { found->scope, found->key, found->body_hash };
        if (found->key.at && found->time.ms > oldest_ms)
            TRY(sqlite_once_put(db, a, &key, e.data, found->time));
    }
    return NULL;
}

/* All of it or nothing. */
const fault *movies_entry_fold(struct mongo_store *s, arena *a, const struct log_entry *entry)
{
    struct log_entry copy = *entry;
    return sqlite_memory_run(s->inner.db, a, fold_act, &copy);
}
