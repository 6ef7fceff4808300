/* movies_store.h - what an implementation gives the suite of movies' store: where its stores live, and how one is opened. */
#ifndef TAQUILLA_TESTS_CONTRACT_MOVIES_STORE_H
#define TAQUILLA_TESTS_CONTRACT_MOVIES_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/movies/store.h"

/* --- of the implementation --- */

extern const bool place_takes_replicas; /* several stores may be open on one place */
void place_new(void);                   /* empty */
void place_drop(void);
const fault *place_open(arena *a, struct store **out);
int place_tests(void); /* what is promised of this implementation alone; how many failed */

int poster_tests(void); /* movies_store_posters.c; how many failed */
int scan_tests(void); /* movies_store_scan.c: lists against a plain scan; how many failed */

/* --- for its own tests --- */

#define DAY_MS INT64_C(86400000)

extern arena *a;
extern struct store *store;
extern int64_t moved_to;
void moved(void *arg, int64_t position);

/* As a fiber, on a fresh place: with its store open in `store`, or with nothing there yet. */
void on_store(void (*body)(void));
void on_place(void (*body)(void));
void store_open(void);
struct store *store_another(void); /* on the same place */
void assert_refused(const fault *problem, const char *code);
void assert_text(str found, const char *wanted);
struct movie film(const char *title, const char *genres, int64_t released, double rating); /* "genre,genre"; day of release */
struct movie created(struct store *at, struct movie want);
struct movie told(const list *found, size_t at); /* a row of a list of struct written */
void assert_same(struct store *one, struct store *other); /* every table of both */

/* Films made by many fibers on two stores at once, while two read the logs; what is not as it should be. */
struct race {
    size_t acknowledged, refused; /* refused: busy */
    size_t holes, lost;           /* of the log that a new store reads; films that nobody finds in it */
};
struct race race_run(void);
#define RACE_WRITERS 32
#define RACE_FILMS_EACH 4

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
