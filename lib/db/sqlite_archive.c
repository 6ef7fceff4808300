/* sqlite_archive.c - who reads the log, and the end of its old beginning. */
#include "lib/db/sqlite_internal.h"

struct passed_act {
    str reader;
    int64_t position;
};

static const fault *passed_act(struct sql *db, arena *a, void *arg)
{
    const struct passed_act *act = arg;
    return sql_run(db, a, "INSERT OR REPLACE INTO log_readers (reader, position, asked_ms) VALUES (?1, ?2, ?3)",
                   BIND(sql_text(act->reader), sql_int(act->position), sql_int(sql_now(db).ms)));
}

const fault *sqlite_reader_passed(struct sqlite *s, arena *a, str reader, int64_t position)
{
    struct passed_act act = { reader, position };
    return sqlite_write(s, a, passed_act, &act);
}

struct archive_act {
    struct archive_wish want;
    struct archive_made made;
};

/* Up to where the log may go now. Nobody's clock is trusted to rise: the first young row ends it. */
static const fault *archive_end(struct sql *db, arena *a, const struct archive_wish *want, int64_t first, int64_t *end)
{
    int64_t now_ms = sql_now(db).ms, passed = INT64_MAX, young = first + ARCHIVE_ROWS_MAX;
    TRY(sql_run(db, a, "DELETE FROM log_readers WHERE asked_ms <= ?1", BIND(sql_int(now_ms - ARCHIVE_DAY_MS))));
    TRY(sql_number(db, a, &passed, "SELECT min(position) FROM log_readers", NO_BINDS));
    TRY(sql_number(db, a, &young,
                   "SELECT min(position) FROM (SELECT position, time_ms FROM log ORDER BY position LIMIT ?1) WHERE time_ms >= ?2",
                   BIND(sql_int(ARCHIVE_ROWS_MAX), sql_int(now_ms - want->keep_days * ARCHIVE_DAY_MS))));
    *end = young - 1;
    *end = want->position < *end ? want->position : *end;
    *end = passed < *end ? passed : *end;
    *end = db->position - 1 < *end ? db->position - 1 : *end; /* the last says where the log goes on */
    return NULL;
}

static const fault *archive_act(struct sql *db, arena *a, void *arg)
{
    struct archive_act *act = arg;
    int64_t first = 1, end = 0;
    TRY(sql_number(db, a, &first, "SELECT min(position) FROM log", NO_BINDS));
    if (act->want.keep_days > 0)
        TRY(archive_end(db, a, &act->want, first, &end));
    act->made = (struct archive_made){ .archived = first - 1 };
    if (end < first)
        return NULL;
    TRY(sql_run(db, a, "DELETE FROM log WHERE position <= ?1", BIND(sql_int(end))));
    act->made = (struct archive_made){ end, end - first + 1, end - first + 1 == ARCHIVE_ROWS_MAX };
    return NULL;
}

const fault *sqlite_log_archive(struct sqlite *s, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    struct archive_act act = { .want = *want };
    TRY(sqlite_write(s, a, archive_act, &act));
    *out = act.made;
    return NULL;
}
