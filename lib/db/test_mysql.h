/* test_mysql.h - a fresh database on the server of the tests, and a wire to it that can be cut: for the tests of this folder. */
#ifndef TAQUILLA_DB_TEST_MYSQL_H
#define TAQUILLA_DB_TEST_MYSQL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/mysql_internal.h"

extern arena *boot;
extern struct my_store *store;
extern int64_t moved_to;
extern bool awaited;

struct my_address address_of(const char *database, const char *account); /* "root", "ed:secret"; options after a ? */
struct my_setup setup_of(const char *database);
void on_store(void (*body)(void));  /* as a fiber, `store` being a fresh one on a fresh database */
void server_run(const char *text);  /* as root, without a database of its own */
struct my_store *store_another(void); /* a second replica on the same database */

struct thing {
    int64_t id;
    str name;
};
extern const struct shape thing_shape;
my_act thing_insert; /* arg: struct thing */
const fault *name_insert(struct my_store *s, const char *name);
int64_t number_of(const char *text);
void assert_text(str found, const char *wanted);
void assert_code(const fault *problem, enum fault_kind kind, const char *code);

#define ON_STORE(name)                                                                             \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        on_store(name);                                                                            \
    }

/* A thread that passes bytes between a port and the server. What holds a line back or cuts it: */
enum wire_cut {
    WIRE_WHOLE,
    WIRE_CUT_BEFORE_COMMIT, /* the client's COMMIT never arrives */
    WIRE_CUT_AFTER_COMMIT,  /* it arrives, its answer does not */
    WIRE_DEAF,              /* nobody is let in, and all lines are cut */
};
int wire_open(void); /* its port */
void wire_set(enum wire_cut cut); /* the next COMMIT alone */
void wire_close(void);

#endif
