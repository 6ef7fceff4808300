/* analytics_postgres.c - the suite of analytics' store on a PostgreSQL server. */
#include "tests/contract/analytics_store.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char database[32], directory[64];

static void url_make(char url[200], const char *name)
{
    const char *given = getenv("TAQUILLA_TEST_POSTGRES");
    if (!given)
        fail_msg("TAQUILLA_TEST_POSTGRES is not set: run this test by tests/harness/postgres.py");
    int base = (int)(strrchr(given, '/') - given) + 1;
    snprintf(url, 200, "%.*s%s", base, given, name);
}

static void server_run(const char *before, const char *after)
{
    char url[200], text[200];
    url_make(url, "postgres");
    snprintf(text, sizeof text, "%s %s%s", before, database, after);
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQexec(conn, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

void place_new(void)
{
    static int made;
    snprintf(database, sizeof database, "a%d_%d", (int)getpid(), ++made);
    server_run("CREATE DATABASE", "");
    strcpy(directory, "/tmp/test-analytics-XXXXXX");
    assert_non_null(mkdtemp(directory));
}

void place_drop(void)
{
    char command[96];
    server_run("DROP DATABASE", " WITH (FORCE)");
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

const fault *place_open(arena *boot, struct store **out, str zone, int32_t day_starts_s)
{
    struct feed_left left;
    char *url = arena_take(boot, 200);
    url_make(url, database);
    TRY(analytics_postgres_open(boot, out, str_of(url), zone, day_starts_s));
    return (*out)->feed_left(*out, boot, MOVIES, &left);
}

const fault *place_twin_open(arena *boot, struct store **out, str zone, int32_t day_starts_s)
{
    return analytics_sqlite_open(boot, out, directory, zone, day_starts_s);
}
