/* movies_mongo.c - the suite of movies' store on a server that speaks MongoDB's protocol, and what it alone promises: adoption,
 * several replicas, collections as the old system has them. */
#include "tests/contract/movies_store.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/loop/fiber.h"
#include "services/movies/model_poster.h"
#include "services/movies/store_mongo_posters.h"

const bool place_takes_replicas = true;
static char database[32];
static bool awaited;

static bool somebody_waits(void *arg)
{
    (void)arg;
    return awaited;
}

static str server_url(const char *name)
{
    const char *url = getenv("TAQUILLA_TEST_MONGODB");
    if (!url)
        fail_msg("TAQUILLA_TEST_MONGODB is not set: run this test by tests/harness/ferretdb.py");
    return arena_printf(a, "%s/%s", url, name);
}

void place_new(void)
{
    static int count;
    snprintf(database, sizeof database, "movies%d_%d", (int)getpid(), ++count);
    awaited = false;
}

/* Blocking: what a test wants done beside the store. */
static mongoc_client_t *client_open(void)
{
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(arena_cstr(a, server_url(database)));
    assert_non_null(client);
    return client;
}

void place_drop(void)
{
    mongoc_client_t *client = client_open();
    mongoc_database_t *whole = mongoc_client_get_database(client, database);
    bson_error_t error;
    if (!mongoc_database_drop(whole, &error))
        fail_msg("%s", error.message);
    mongoc_database_destroy(whole);
    mongoc_client_destroy(client);
}

const fault *place_open(arena *boot, struct store **out)
{
    struct store_news news = { moved, somebody_waits, NULL };
    return movies_mongo_open(boot, out, server_url(database), &news);
}

/* One document, in MongoDB's extended JSON. */
static void put(const char *collection, const char *json)
{
    bson_error_t error = { 0 };
    mongoc_client_t *client = client_open();
    mongoc_collection_t *to = mongoc_client_get_collection(client, database, collection);
    bson_t *document = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (!document || !mongoc_collection_insert_one(to, document, NULL, NULL, &error))
        fail_msg("%s: %s", json, error.message);
    bson_destroy(document);
    mongoc_collection_destroy(to);
    mongoc_client_destroy(client);
}

/* The document that the filter finds, as canonical extended JSON; NULL: none. */
static const char *get(const char *collection, const char *filter)
{
    bson_error_t error = { 0 };
    const bson_t *document;
    const char *made = NULL;
    mongoc_client_t *client = client_open();
    mongoc_collection_t *from = mongoc_client_get_collection(client, database, collection);
    bson_t *which = bson_new_from_json((const uint8_t *)filter, -1, &error);
    assert_non_null(which);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(from, which, NULL, NULL);
    if (mongoc_cursor_next(cursor, &document)) {
        char *text = bson_as_canonical_extended_json(document, NULL);
        made = arena_cstr(a, str_of(text));
        bson_free(text);
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(which);
    mongoc_collection_destroy(from);
    mongoc_client_destroy(client);
    return made;
}

static const char *document(const char *collection, str id)
{
    return get(collection, arena_printf(a, "{\"_id\":{\"$oid\":\"%.*s\"}}", STR_ARG(id)).at);
}

static void assert_holds(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("%s does not hold %s", text ? text : "(nothing)", part);
}

/* --- posters --- */

/* All that stands there came long ago. */
static void aged(const char *collection)
{
    bson_error_t error = { 0 };
    mongoc_client_t *client = client_open();
    mongoc_collection_t *of = mongoc_client_get_collection(client, database, collection);
    bson_t *all = bson_new(), *change = bson_new_from_json((const uint8_t *)"{\"$set\":{\"at\":{\"$numberLong\":\"1000\"}}}", -1, &error);
    if (!mongoc_collection_update_many(of, all, change, NULL, NULL, &error))
        fail_msg("%s", error.message);
    bson_destroy(change);
    bson_destroy(all);
    mongoc_collection_destroy(of);
    mongoc_client_destroy(client);
}

static bool kept(const char *collection, str digest)
{
    return get(collection, arena_printf(a, "{\"digest\":\"%.*s\"}", STR_ARG(digest)).at) != NULL;
}

static void posters_of_no_film_go_after_an_hour(void)
{
    struct movie m = created(store, film("Volver", "Drama", 3, 5)), made;
    str first = poster_digest_of(a, STR("first")), second = poster_digest_of(a, STR("second")), found;
    assert_null(store->poster_put(store, a, m.id, STR("first"), &made));
    assert_null(store->poster_put(store, a, m.id, STR("second"), &made));
    assert_null(store->sweep(store, a));
    assert_true(kept(PARTS_COLLECTION, first)); /* an export may be at it */
    aged(POSTERS_COLLECTION);
    assert_null(store->poster_put(store, a, m.id, STR("first"), &made)); /* its parts came again meanwhile */
    assert_null(store->poster_put(store, a, m.id, STR("second"), &made));
    aged(POSTERS_COLLECTION);
    assert_null(store->sweep(store, a));
    assert_true(kept(PARTS_COLLECTION, first));
    assert_null(store->poster_put(store, a, m.id, STR("first"), &made));
    assert_null(store->poster_put(store, a, m.id, STR("second"), &made));
    aged(POSTERS_COLLECTION);
    aged(PARTS_COLLECTION);
    assert_null(store->sweep(store, a));
    assert_false(kept(PARTS_COLLECTION, first));
    assert_false(kept(POSTERS_COLLECTION, first));
    assert_null(store->poster_bytes(store, a, m.id, second, &found)); /* old, but the film's */
    assert_true(str_equal(found, STR("second")));
}

/* --- collections --- */

static void collections_follow_the_log(void)
{
    struct movie made = created(store, film("Am\xc3\xa9lie", "Comedy,Drama", 10, 8.3)), after;
    struct genre genre = { .name = STR("Drama"), .description = STR("") }, drama;
    struct movie edit = { .rating = 9 };
    edit.given = UINT64_C(1) << (shape_field(&movie_edit_shape, STR("rating")) - movie_edit_shape.fields);
    assert_null(store->genre_create(store, a, &genre, NULL, &drama));
    assert_null(store->movie_edit(store, a, made.id, &edit, &after));
    store->close(store); /* the collections are up to the log then */
    const char *found = document("movies", made.id);
    assert_holds(found, "\"title\" : \"Am\xc3\xa9lie\"");
    assert_holds(found, "\"genre\" : [ \"Comedy\", \"Drama\" ]");
    assert_holds(found, "\"rating\" : { \"$numberDouble\" : \"9.0\" }");
    assert_holds(found, "\"releaseDate\" : { \"$date\" : { \"$numberLong\" : \"864000000\" } }");
    assert_holds(found, "\"isActive\" : true");
    assert_holds(found, "\"rev\" : { \"$numberLong\" : \"3\" }");
    assert_holds(document("genres", drama.id), "\"name\" : \"Drama\"");
    store_open();
}

/* Nobody looks into the collections to decide; but who broke off before they were written makes that good at the next start. */
static void collections_that_lag_are_brought_up(void)
{
    struct movie made = created(store, film("One", "", 1, 5));
    store->close(store);
    mongoc_client_t *client = client_open();
    mongoc_collection_t *movies = mongoc_client_get_collection(client, database, "movies");
    bson_t all = BSON_INITIALIZER;
    assert_true(mongoc_collection_delete_many(movies, &all, NULL, NULL, NULL));
    mongoc_collection_destroy(movies);
    mongoc_client_destroy(client);
    assert_null(document("movies", made.id));
    store_open();
    store->close(store);
    assert_holds(document("movies", made.id), "\"title\" : \"One\"");
    store_open();
    assert_int_equal(store->position(store), 1); /* it was not taken for one of the old system */
}

/* --- databases of the old system --- */

#define GOOD "507f1f77bcf86cd799439011"
#define TEXT "507f1f77bcf86cd799439012"
#define BARE "507f1f77bcf86cd799439013"

static void old_database(void)
{
    put("movies", "{\"_id\":{\"$oid\":\"" GOOD "\"},\"title\":\"El sur\",\"description\":\"d\",\"duration\":95,\"genre\":[\"Drama\"],"
                  "\"director\":\"V\xc3\xad" "ctor Erice\",\"cast\":[\"Omero Antonutti\"],\"releaseDate\":{\"$date\":\"1983-05-19T00:00:00Z\"},"
                  "\"rating\":7.7,\"posterUrl\":\"p\",\"trailerUrl\":\"\",\"isActive\":true,\"__v\":3,"
                  "\"createdAt\":{\"$date\":\"2025-01-02T03:04:05.678Z\"},\"updatedAt\":{\"$date\":\"2025-01-03T03:04:05.678Z\"}}");
    put("movies", "{\"_id\":\"" TEXT "\",\"title\":\"Text\",\"description\":\"d\",\"duration\":\"120\",\"genre\":\"Noir\","
                  "\"director\":\"D\",\"releaseDate\":\"2008-07-18\",\"rating\":\"8.5\",\"isActive\":false,\"note\":\"kept\"}");
    put("movies", "{\"_id\":{\"$oid\":\"" BARE "\"},\"title\":\"Bare\"}");
    put("movies", "{\"_id\":\"not an id\",\"title\":\"Left alone\"}");
    put("genres", "{\"_id\":{\"$oid\":\"607f1f77bcf86cd799439011\"},\"name\":\"Drama\",\"description\":\"tears\",\"__v\":0}");
}

static void assert_adopted(struct store *at)
{
    struct movie found;
    struct event_page page;
    assert_int_equal(at->position(at), 4);
    assert_null(at->movie_show(at, a, STR(GOOD), &found));
    assert_text(found.title, "El sur");
    assert_int_equal(found.duration, 95);
    assert_int_equal(found.created_at.ms, INT64_C(1735787045678));
    assert_int_equal(found.release_date.ms, INT64_C(422150400000));
    assert_null(at->movie_show(at, a, STR(TEXT), &found));
    assert_true(found.rating == 8.5 && found.duration == 120 && !found.is_active && found.genre.count == 1);
    assert_int_equal(found.release_date.ms, INT64_C(1216339200000));
    assert_null(at->movie_show(at, a, STR(BARE), &found));
    assert_true(found.is_active && found.duration == 1 && found.rating == 0);
    assert_int_equal(found.created_at.ms, INT64_C(1350508407000)); /* its id says so */
    assert_null(at->feed_read(at, a, 0, 100, &page));
    assert_int_equal(page.events.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(str_ends(LIST_AT(&page.events, struct event, i)->type, STR(".adopted")));
}

static void an_old_database_is_adopted(void)
{
    old_database();
    store_open();
    assert_adopted(store);
    store->close(store);
    store_open();
    assert_adopted(store); /* not twice */
    store->close(store);
    const char *found = document("movies", STR(GOOD));
    assert_holds(found, "\"__v\"");
    assert_holds(found, "\"rev\"");
    found = get("movies", "{\"_id\":\"" TEXT "\"}");
    assert_holds(found, "\"rating\" : \"8.5\""); /* as it was found */
    store_open();
}

static void what_is_odd_is_mended_by_the_next_write(void)
{
    struct movie made, edit = { .title = STR("Mended"), .given = 1 };
    old_database();
    store_open();
    assert_null(store->movie_edit(store, a, STR(TEXT), &edit, &made));
    assert_null(store->movie_edit(store, a, STR(GOOD), &edit, &made));
    store->close(store);
    assert_null(get("movies", "{\"_id\":\"" TEXT "\"}"));
    const char *found = document("movies", STR(TEXT));
    assert_holds(found, "\"title\" : \"Mended\"");
    assert_holds(found, "\"rating\" : { \"$numberDouble\" : \"8.5\" }");
    found = document("movies", STR(GOOD));
    assert_holds(found, "\"__v\"");
    assert_holds(found, "\"title\" : \"Mended\"");
    assert_non_null(get("movies", "{\"_id\":\"not an id\"}"));
    store_open();
    assert_int_equal(store->position(store), 6);
}

static struct store *starting[2];

static void start_one(void *arg)
{
    assert_null(place_open(a, arg));
}

static void two_that_start_together_adopt_once(void)
{
    struct group both = { 0 };
    old_database();
    for (size_t i = 0; i < 2; i++)
        assert_true(group_start(&both, "start", start_one, &starting[i]));
    group_wait(&both);
    for (size_t i = 0; i < 2; i++) {
        struct movie found;
        while (starting[i]->movie_show(starting[i], a, STR(GOOD), &found))
            fiber_sleep(20); /* it lost, and begins anew */
        assert_adopted(starting[i]);
    }
    assert_same(starting[0], starting[1]);
    starting[0]->close(starting[0]);
    starting[1]->close(starting[1]);
}

/* --- replicas --- */

static void other_replicas_commits_are_told(void)
{
    struct store *other = store_another();
    struct movie found;
    awaited = true;
    struct movie made = created(other, film("One", "", 1, 5));
    while (store->position(store) < 1)
        fiber_sleep(5);
    assert_int_equal(moved_to, 1);
    assert_null(store->movie_show(store, a, made.id, &found));
    other->close(other);
}

/* What was made a moment ago elsewhere is not said to be unknown, and an edit is decided on it. */
static void nobody_misses_what_another_replica_made(void)
{
    struct store *other = store_another();
    for (int i = 0; i < 10; i++) {
        struct movie made = created(other, film("One", "", 1, 5)), found, edit = { .title = STR("Two"), .given = 1 };
        struct written text;
        assert_null(store->movie_text(store, a, made.id, &text));
        assert_null(store->movie_edit(store, a, made.id, &edit, &found));
        assert_null(other->movie_deactivate(other, a, made.id));
        struct event_page page;
        assert_null(store->feed_read(store, a, 0, 0, &page));
        assert_int_equal(page.position, 3 * (i + 1));
        assert_null(store->movie_show(store, a, made.id, &found));
        assert_true(!found.is_active && str_equal(found.title, STR("Two")));
    }
    assert_same(store, other);
    other->close(other);
}

/* --- a server that is away --- */

static void a_store_without_its_server_opens_and_refuses(void)
{
    struct store *lonely;
    struct movie want = film("One", "", 1, 5), made;
    list found;
    struct store_news news = { moved, somebody_waits, NULL };
    assert_null(movies_mongo_open(a, &lonely, STR("mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"), &news));
    assert_refused(lonely->movie_create(lonely, a, &want, NULL, &made), "store_unavailable");
    assert_refused(lonely->movie_featured(lonely, a, 5, &found), "store_unavailable");
    assert_refused(lonely->check(lonely, a), "store_unavailable");
    assert_int_equal(lonely->position(lonely), 0);
    lonely->close(lonely);
    assert_refused(movies_mongo_open(a, &lonely, STR("mongodb://user:secret@"), &news), "setting_invalid");
}

/* --- the twin --- */

#ifdef TAQUILLA_TEST_TWINS
/* It takes last + 1 without looking whether somebody else did: the race that the store stands must find that out. */
static void positions_counted_plainly_are_found_out(void)
{
    setenv("TAQUILLA_TEST_UNSAFE", "positions", 1);
    struct race seen = race_run();
    unsetenv("TAQUILLA_TEST_UNSAFE");
    assert_true(seen.lost > 0);
}
ON_STORE(positions_counted_plainly_are_found_out)
#endif

ON_STORE(posters_of_no_film_go_after_an_hour)
ON_STORE(collections_follow_the_log)
ON_STORE(collections_that_lag_are_brought_up)
ON_PLACE(an_old_database_is_adopted)
ON_PLACE(what_is_odd_is_mended_by_the_next_write)
ON_PLACE(two_that_start_together_adopt_once)
ON_STORE(other_replicas_commits_are_told)
ON_STORE(nobody_misses_what_another_replica_made)
ON_PLACE(a_store_without_its_server_opens_and_refuses)

int place_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posters_of_no_film_go_after_an_hour),
        cmocka_unit_test(test_collections_follow_the_log),
        cmocka_unit_test(test_collections_that_lag_are_brought_up),
        cmocka_unit_test(test_an_old_database_is_adopted),
        cmocka_unit_test(test_what_is_odd_is_mended_by_the_next_write),
        cmocka_unit_test(test_two_that_start_together_adopt_once),
        cmocka_unit_test(test_other_replicas_commits_are_told),
        cmocka_unit_test(test_nobody_misses_what_another_replica_made),
        cmocka_unit_test(test_a_store_without_its_server_opens_and_refuses),
#ifdef TAQUILLA_TEST_TWINS
        cmocka_unit_test(test_positions_counted_plainly_are_found_out),
#endif
    };
    return cmocka_run_group_tests_name("movies' store on MongoDB alone", tests, NULL, NULL);
}
