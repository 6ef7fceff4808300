/* postgres_archive.c - who reads the log, and the end of its old beginning. */
#include "lib/db/postgres_internal.h"

#define WAIT_MS 10000

/* On a line of its own, once a minute for each reader and a few times a day: the lines for reads take no writes, and what is said on the
 * writer's is only its batches. *number: the first column of the first row. */
static const fault *number_of(struct postgres *p, arena *a, const struct buf *text, int64_t *number)
{
    struct pg_link link = { .store = p, .name = "archive", .options = "-c lock_timeout=2s -c statement_timeout=5s" };
    PGresult *rows;
    if (!p->migrated)
        return pg_away(a, "not connected");
    TRY(pg_link_open(&link, a));
    const fault *problem = pg_link_run(&link, a, text->at, loop_now_ms() + WAIT_MS, &rows);
    if (!problem) {
        if (PQntuples(rows) != 1 || !str_to_int(str_of(PQgetvalue(rows, 0, 0)), number))
            problem = pg_away(a, "no number came");
        PQclear(rows);
    }
    pg_link_drop(&link);
    return problem;
}

const fault *postgres_reader_passed(struct postgres *p, arena *a, str reader, int64_t position)
{
    struct buf text = { .in = a };
    int64_t done;
    buf_literal(&text, "INSERT INTO log_readers (reader, position, asked_at) SELECT ");
    if (!pg_literal(&text, reader))
        return fault_new(a, FAULT_INVALID, "constraint_broken", "A reader's name must be text.");
    buf_printf(&text, ", %lld, now() ON CONFLICT (reader) DO UPDATE SET position = excluded.position, asked_at = excluded.asked_at "
               "RETURNING 1", (long long)position);
    buf_char(&text, '\0');
    return number_of(p, a, &text, &done);
}

/* The first young row ends it, since nobody's clock is trusted to rise; so does the first that some reader lacks, and the last of all,
 * which says where the log goes on. It needs no lock: who writes is at the other end. */
/* Of position, rows, days. */
#define REMOVE \
    "WITH silent AS (DELETE FROM log_readers WHERE asked_at <= now() - interval '1 day')," \
    " bound AS (SELECT least(%lld, (SELECT max(position) - 1 FROM log)," \
    "  (SELECT min(position) FROM log_readers WHERE asked_at > now() - interval '1 day')) AS at)," \
    " head AS (SELECT position, time FROM log ORDER BY position LIMIT %d)," \
    " stays AS (SELECT coalesce(min(head.position), 9223372036854775807) AS at FROM head, bound" \
    "  WHERE head.time >= now() - %lld * interval '1 day' OR head.position > bound.at)," \
    " gone AS (DELETE FROM log WHERE position IN (SELECT head.position FROM head, stays WHERE head.position < stays.at)" \
    "  AND NOT EXISTS (SELECT 1 FROM restore_state) RETURNING position)" \
    " SELECT count(*) FROM gone"

const fault *postgres_log_archive(struct postgres *p, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    int64_t removed = 0, first = 1;
    struct buf text = { .in = a };
    buf_printf(&text, REMOVE, (long long)want->position, ARCHIVE_ROWS_MAX, (long long)want->keep_days);
    buf_char(&text, '\0');
    if (want->keep_days > 0)
        TRY(number_of(p, a, &text, &removed));
    TRY(pg_number(&p->lists, a, &first, "SELECT min(position) FROM log", PG_NO_BINDS));
    *out = (struct archive_made){ first - 1, removed, removed == ARCHIVE_ROWS_MAX };
    return NULL;
}
