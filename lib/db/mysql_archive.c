/* mysql_archive.c - who reads the log, and the end of its old beginning. */
#include "lib/db/mysql_internal.h"

const fault *my_reader_passed(struct my_store *s, arena *a, str reader, int64_t position)
{
    return my_run(&s->reader, a, "REPLACE INTO log_readers (reader, position, asked_ms) VALUES (?, ?, ?)",
                  MY_BIND(my_text(reader), my_int(position), my_int(clock_now().ms)));
}

struct archive_act {
    struct archive_wish want;
    struct archive_made made;
};

/* Up to where the log may go now. Nobody's clock is trusted to rise: the first young row ends it. */
static const fault *archive_end(struct my *db, arena *a, const struct archive_wish *want, int64_t first, int64_t *end)
{
    int64_t now_ms = my_now(db).ms, passed = INT64_MAX, young = first + ARCHIVE_ROWS_MAX;
    TRY(my_run(db, a, "DELETE FROM log_readers WHERE asked_ms <= ?", MY_BIND(my_int(now_ms - ARCHIVE_DAY_MS))));
    TRY(my_number(db, a, &passed, "SELECT MIN(position) FROM log_readers", MY_NO_BINDS));
    TRY(my_number(db, a, &young,
                  "SELECT MIN(position) FROM (SELECT position, time_ms FROM log ORDER BY position LIMIT ?) AS head WHERE time_ms >= ?",
                  MY_BIND(my_int(ARCHIVE_ROWS_MAX), my_int(now_ms - want->keep_days * ARCHIVE_DAY_MS))));
    *end = young - 1;
    *end = want->position < *end ? want->position : *end;
    *end = passed < *end ? passed : *end;
    *end = db->position - 1 < *end ? db->position - 1 : *end; /* the last says where the log goes on */
    return NULL;
}

static const fault *archive_act(struct my *db, arena *a, void *arg)
{
    struct archive_act *act = arg;
    int64_t first = 1, end = 0;
    TRY(my_number(db, a, &first, "SELECT MIN(position) FROM log", MY_NO_BINDS));
    if (act->want.keep_days > 0)
        TRY(archive_end(db, a, &act->want, first, &end));
    act->made = (struct archive_made){ .archived = first - 1 };
    if (end < first)
        return NULL;
    TRY(my_run(db, a, "DELETE FROM log WHERE position <= ?", MY_BIND(my_int(end))));
    act->made = (struct archive_made){ end, end - first + 1, end - first + 1 == ARCHIVE_ROWS_MAX };
    return NULL;
}

const fault *my_log_archive(struct my_store *s, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    struct archive_act act = { .want = *want };
    TRY(my_write(s, a, archive_act, &act));
    *out = act.made;
    return NULL;
}
