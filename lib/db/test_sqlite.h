/* test_sqlite.h - a fresh store on a loop of its own, and a few acts: shared by the tests of this folder. */
#ifndef TAQUILLA_DB_TEST_SQLITE_H
#define TAQUILLA_DB_TEST_SQLITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/sqlite_internal.h"

extern char directory[64];
extern arena *boot;
extern struct sqlite *store;
extern int64_t moved_to, moved_calls;
extern const struct migration migrations[];

struct sqlite_setup setup_of(const struct migration *texts);
const fault *open_again(void);
void on_loop(void (*body)(void));        /* as a fiber, with a fresh store in a directory of its own */
void on_loop_again(void (*body)(void));  /* with the store that is in `directory` */
void directory_new(void);
void directory_drop(void);

struct thing {
    int64_t id;
    str name;
};
extern const struct shape thing_shape;

sqlite_act thing_insert;       /* arg: struct thing */
sqlite_act insert_then_refuse; /* the same, and then a fault */
const fault *name_insert(const char *name);

int64_t number_of(const char *text);
void assert_code(const fault *problem, enum fault_kind kind, const char *code);
void assert_positions_dense(void); /* from 1, and as many as the store says */

#endif
