/* store_mysql.h - what the parts of the MySQL store share; nobody else includes it. */
#ifndef TAQUILLA_ROOMS_STORE_MYSQL_H
#define TAQUILLA_ROOMS_STORE_MYSQL_H

#include "lib/feed/export_mysql.h"
#include "services/rooms/store_rows.h"

struct mysql_store {
    struct store store; /* first: a struct store * is one of these */
    struct my_store *db;
    struct my_exporter exporter;
    struct store_news news;
    str replica; /* random; whose stopped sales are whose */
};
#define MYSQL_STORE_OF(store_pointer) ((struct mysql_store *)(void *)(store_pointer))

extern const struct migration rooms_mysql_migrations[];

/* A list of ids as a table `wanted` with the one column id; its value by my_ids. */
#define MYSQL_WANTED "JSON_TABLE(CAST(? AS CHAR), '$[*]' COLUMNS (id BIGINT PATH '$')) wanted "

struct rooms_rows rooms_mysql_rows(struct my *db, const struct house_rules *rules);

/* Before anybody may ask: begins the log of a database that the old system made, one .adopted event a row. */
const fault *rooms_mysql_adopt(struct store *store, arena *a) MUST_CHECK;

/* The functions of each part, for the table in store_mysql.c. */
void rooms_mysql_stops_fill(struct store *s);
void rooms_mysql_export_fill(struct mysql_store *s);

#endif
