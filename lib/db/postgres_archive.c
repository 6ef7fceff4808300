/* postgres_archive.c - who reads the log, and the end of its old beginning. */
#include "lib/db/postgres_internal.h"

const fault *postgres_reader_passed(struct postgres *p, arena *a, str reader, int64_t position)
{
    int64_t done;
    return pg_number(&p->lists, a, &done,
                     "INSERT INTO log_readers (reader, position, asked_at) VALUES ($1, $2::bigint, now()) "
                     "ON CONFLICT (reader) DO UPDATE SET position = excluded.position, asked_at = excluded.asked_at RETURNING 1::bigint",
                     PG_BIND(pg_text(reader), pg_int(position)));
}

/* The first young row ends it, since nobody's clock is trusted to rise; so does the first that some reader lacks, and the last of all,
 * which says where the log goes on. It needs no lock: who writes is at the other end. */
static const char remove_text[] =
    "WITH silent AS (DELETE FROM log_readers WHERE asked_at <= now() - interval '1 day'),"
    " bound AS (SELECT least($1::bigint, (SELECT max(position) - 1 FROM log),"
    "  (SELECT min(position) FROM log_readers WHERE asked_at > now() - interval '1 day')) AS at),"
    " head AS (SELECT position, time FROM log ORDER BY position LIMIT $3::bigint),"
    " stays AS (SELECT coalesce(min(head.position), 9223372036854775807) AS at FROM head, bound"
    "  WHERE head.time >= now() - $2::bigint * interval '1 day' OR head.position > bound.at),"
    " gone AS (DELETE FROM log WHERE position IN (SELECT head.position FROM head, stays WHERE head.position < stays.at)"
    "  AND NOT EXISTS (SELECT 1 FROM restore_state) RETURNING position)"
    " SELECT count(*) FROM gone";

const fault *postgres_log_archive(struct postgres *p, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    int64_t removed = 0, first = 1;
    if (want->keep_days > 0)
        TRY(pg_number(&p->lists, a, &removed, remove_text,
                      PG_BIND(pg_int(want->position), pg_int(want->keep_days), pg_int(ARCHIVE_ROWS_MAX))));
    TRY(pg_number(&p->lists, a, &first, "SELECT min(position) FROM log", PG_NO_BINDS));
    *out = (struct archive_made){ first - 1, removed, removed == ARCHIVE_ROWS_MAX };
    return NULL;
}
