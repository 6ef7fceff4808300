/* migration.h - a numbered step of a store's schema, the same for every kind of database. */
#ifndef TAQUILLA_DB_MIGRATION_H
#define TAQUILLA_DB_MIGRATION_H

struct migration {
    int number;       /* 1, 2, 3 ... recorded in table schema_migrations; 0 ends a list of them */
    const char *name;
    const char *sql;  /* several statements; runs in one transaction, where the database has such */
};

#endif
