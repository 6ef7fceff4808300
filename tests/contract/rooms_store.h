/* rooms_store.h - what an implementation gives the suite of rooms' store: where its stores live, and how one is opened. */
#ifndef TAQUILLA_TESTS_CONTRACT_ROOMS_STORE_H
#define TAQUILLA_TESTS_CONTRACT_ROOMS_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/rooms/store.h"

extern const struct house_rules house;
extern bool awaited; /* what a store's news answer */

/* --- of the implementation --- */

extern const bool place_takes_replicas; /* several stores may be open on one place */
void place_new(void);                   /* empty */
void place_drop(void);
const fault *place_open(arena *a, struct store **out);
int place_tests(void); /* what is promised of this implementation alone; how many failed */

int import_tests(void); /* rooms_store_import.c: a part of the suite; how many failed */

/* --- for its own tests --- */

/* As a fiber, on a fresh place: with its store open in `store`, or with nothing there yet. */
void on_store(void (*body)(void));
void on_place(void (*body)(void));
extern arena *a;
extern struct store *store;
void store_open(void);
void assert_refused(const fault *problem, const char *code);
void assert_text(str found, const char *wanted);
struct room room_make(int64_t capacity);
const fault *showing_try(struct store *at, int64_t room_id, const char *movie_id, int64_t minutes, struct showing *out);
struct showing showing_make(int64_t room_id, const char *movie_id, int64_t minutes);

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
