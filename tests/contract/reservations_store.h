/* reservations_store.h - what an implementation gives the suite of the reservations' store: where its stores live, how one is opened. */
#ifndef TAQUILLA_TESTS_CONTRACT_RESERVATIONS_STORE_H
#define TAQUILLA_TESTS_CONTRACT_RESERVATIONS_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/reservations/store.h"
#include "services/reservations/store_tables.h"

/* --- of the implementation --- */

void place_new(void); /* empty; several may be there at once, the last is meant */
void place_drop(void);
const fault *place_open(arena *a, struct store **out, void (*moved)(void *, int64_t), void *arg);
int place_tests(void); /* what is promised of this implementation alone; how many failed */

int import_tests(void);  /* reservations_store_import.c: a part of the suite; how many failed */
int checkin_tests(void); /* reservations_store_checkins.c: another */

/* --- for its own tests --- */

/* As a fiber, on a fresh place: with its store open in `store`, or with nothing there yet. */
void on_store(void (*body)(void));
void on_place(void (*body)(void));
extern arena *a;
extern struct store *store;
extern int64_t moved_to;
void store_open(void);
void assert_refused(const fault *problem, const char *code);
void assert_text(str found, const char *wanted);
int64_t user_make(const char *email);
/* Seats of showing 5, by a list that ends with 0; held for hold_s. */
const fault *book(struct store *at, int64_t user, int64_t hold_s, struct reservation *out, ...);
const fault *book_racing(struct store *at, int64_t user, int64_t hold_s, struct reservation *out, ...); /* one of many fibers */
/* The types of all events from `after` on, with spaces between. */
const char *events_after(int64_t after);
/* Who has the seats of a showing: of struct claim_row, by seat. */
list claims_of(int64_t schedule_id);
/* Positions dense from 1, every fact what its shape writes, each seat claimed at most once and by a live reservation that has it. */
void assert_whole(void);

#define ON_STORE(name)                                                                             \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        on_store(name);                                                                            \
    }
#define ON_PLACE(name)                                                                             \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        on_place(name);                                                                            \
    }

#endif
