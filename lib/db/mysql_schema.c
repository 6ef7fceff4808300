/* mysql_schema.c - brings a database to this program's schema. The server commits each change of a table by itself: so a step that
 * broke off is run again, and its statements are written to bear that. */
#include "lib/db/mysql_internal.h"

/* What every store has. A position is taken from log_counter under its lock; a command tells its transaction's events.
 * restore_state has a row while a restore is under way. */
static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number INT PRIMARY KEY, name VARCHAR(100) NOT NULL, applied_ms BIGINT NOT NULL"
    ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;"
    "CREATE TABLE IF NOT EXISTS log ("
    " position BIGINT PRIMARY KEY, type VARCHAR(64) NOT NULL, subject VARCHAR(100) NOT NULL, time_ms BIGINT NOT NULL,"
    " data LONGTEXT NOT NULL, command VARCHAR(32) NOT NULL DEFAULT ''"
    ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;"
    "CREATE TABLE IF NOT EXISTS log_counter (id INT PRIMARY KEY, position BIGINT NOT NULL) ENGINE = InnoDB;"
    "INSERT IGNORE INTO log_counter (id, position) VALUES (1, 0);"
    "CREATE TABLE IF NOT EXISTS log_readers ("
    " reader VARCHAR(60) PRIMARY KEY, position BIGINT NOT NULL, asked_ms BIGINT NOT NULL"
    ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;"
    "CREATE TABLE IF NOT EXISTS restore_state (started_ms BIGINT PRIMARY KEY) ENGINE = InnoDB;"
    "CREATE TABLE IF NOT EXISTS once_keys ("
    " scope VARBINARY(512) NOT NULL, once_key VARBINARY(255) NOT NULL, body_hash VARCHAR(64) NOT NULL,"
    " answer LONGTEXT NOT NULL, owner BIGINT NOT NULL, made_ms BIGINT NOT NULL,"
    " PRIMARY KEY (scope, once_key), KEY once_keys_by_time (made_ms), KEY once_keys_by_owner (owner)"
    ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin"
#ifdef TAQUILLA_TEST_TWINS
    ";CREATE TABLE IF NOT EXISTS log_bare (position BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB"
#endif
    ;

static const fault *last_applied(struct my_connection *c, arena *a, int64_t *last)
{
    int64_t numbers[TEXT_NUMBERS_MAX] = { 0 };
    size_t count;
    TRY(connection_text(c, a, STR("SELECT COALESCE(MAX(number), 0) FROM schema_migrations"), STATEMENT_MS, numbers,
                        &count));
    *last = numbers[0];
    return NULL;
}

static const fault *migration_apply(struct my *db, arena *a, const struct migration *m)
{
    TRY(connection_text(db->on, a, str_of(m->sql), MIGRATION_MS, NULL, NULL));
    return my_run(db, a, "INSERT INTO schema_migrations (number, name, applied_ms) VALUES (?, ?, ?)",
                  MY_BIND(my_int(m->number), my_text(str_of(m->name)), my_int(clock_now().ms)));
}

const fault *my_schema_apply(struct my_store *s, arena *a, struct my_connection *c)
{
    struct my db = { .store = s, .on = c };
    int64_t last = 0, known = 0;
    TRY(connection_text(c, a, str_of(own_tables), MIGRATION_MS, NULL, NULL));
    TRY(last_applied(c, a, &last));
    for (const struct migration *m = s->setup.migrations; m && m->number; m++) {
        if (m->number > last)
            TRY(migration_apply(&db, a, m));
        known = m->number;
    }
    if (last > known)
        return fault_new(a, FAULT_INVALID, "store_unreadable",
                         "The store was made by a newer version (schema %lld, this program knows %lld).",
                         (long long)last, (long long)known);
    return NULL;
}
