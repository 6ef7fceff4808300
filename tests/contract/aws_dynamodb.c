/* aws_dynamodb.c - what lib/aws/dynamodb.h promises, against a server that speaks DynamoDB: aws.py SERVER this-program SERVER. */
#include "lib/aws/dynamodb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/random.h"
#include "tests/contract/aws_support.h"

static char table_name[40];
static struct dynamodb_table movies = {
    .key = { "movie_id", 'S' },
    .indexes = { { "GenreIndex", { "genre_id", 'S' } }, { "YearIndex", { "year", 'N' } } },
    .index_count = 1,
    .ttl = "gone_at",
};

static str item(int id, const char *genre, int64_t position)
{
    return arena_printf(a,
                        "{\"movie_id\":{\"S\":\"%d\"},\"genre_id\":{\"S\":\"%s\"},\"year\":{\"N\":\"%d\"},"
                        "\"title\":{\"S\":\"a \\\"b\\\" ni\xC3\xB1o \\u00e9\"},\"position\":{\"N\":\"%" PRId64 "\"}}",
                        id, genre, 1990 + id % 3, position);
}

static str key(int id)
{
    return arena_printf(a, "{\"movie_id\":{\"S\":\"%d\"}}", id);
}

static str plain_item(int id)
{
    str found, plain = { NULL, 0 };
    well(dynamodb_get(cloud, a, movies.name, key(id), &found));
    if (found.at)
        well(dynamodb_plain(a, found, &plain));
    return plain;
}

static void says(int id, const char *words)
{
    str plain = plain_item(id);
    if (!plain.at || !memmem(plain.at, plain.len, words, strlen(words)))
        fail_msg("%s is not in %.*s", words, STR_ARG(plain));
}

/* --- tables --- */

static void tables(void)
{
    struct dynamodb_seen seen;
    str attribute;
    well(dynamodb_describe(cloud, a, movies.name, &seen));
    assert_false(seen.there);
    well(dynamodb_create(cloud, a, &movies));
    well(dynamodb_describe(cloud, a, movies.name, &seen));
    assert_true(seen.there && seen.on_demand);
    is_text(seen.status, "ACTIVE");
    assert_int_equal(seen.item_count, 0);
    assert_int_equal(seen.indexes.count, 1);
    is_text(seen.indexes.at[0], "GenreIndex");
    well(dynamodb_ttl(cloud, a, movies.name, &attribute));
    is_text(attribute, "gone_at");
    well(dynamodb_ttl_on(cloud, a, movies.name, "gone_at"));
    well(dynamodb_create(cloud, a, &movies));
}

static void a_table_is_made_once(void **state)
{
    (void)state;
    in_a_fiber(tables);
}

static void indexes(void)
{
    struct dynamodb_seen seen;
    movies.index_count = 2;
    well(dynamodb_index_add(cloud, a, &movies, 1));
    well(dynamodb_describe(cloud, a, movies.name, &seen));
    assert_int_equal(seen.indexes.count, 2);
    well(dynamodb_index_add(cloud, a, &movies, 1));
}

static void an_index_is_added_once(void **state)
{
    (void)state;
    in_a_fiber(indexes);
}

static void absences(void)
{
    str found, attribute;
    bool taken;
    const strs one = { (str[]){ item(1, "g", 1) }, 1 };
    refused(dynamodb_get(cloud, a, STR("not-there"), key(1), &found), "table_missing");
    refused(dynamodb_batch_put(cloud, a, STR("not-there"), &one), "table_missing");
    refused(dynamodb_put_newer(cloud, a, STR("not-there"), one.at[0], 1, &taken), "table_missing");
    if (strcmp(server, "moto") != 0) /* which has another code for it here */
        refused(dynamodb_ttl(cloud, a, STR("not-there"), &attribute), "table_missing");
    assert_null(plain_item(999).at);
}

static void what_is_not_there_has_a_name(void **state)
{
    (void)state;
    in_a_fiber(absences);
}

static void strangers(void)
{
    struct aws *other = cloud_open("not-this-one-0123456789", STR(""));
    struct dynamodb_seen seen;
    const fault *problem = dynamodb_describe(other, a, movies.name, &seen);
    if (strcmp(server, "dynamodb") == 0) /* which looks at no signature */
        well(problem);
    else
        refused(problem, "aws_denied");
    aws_close(other);
}

static void who_has_the_wrong_key_is_not_let_in(void **state)
{
    (void)state;
    in_a_fiber(strangers);
}

/* --- items --- */

#define LONG_BYTES ((size_t)200 * 1024)
#define LONG_ITEMS 25 /* five pages of what a scan reads at once */

static void batches(void)
{
    strs items = { NEW_ARRAY(a, str, DYNAMODB_BATCH_MAX), 0 };
    char *filling = arena_take(a, LONG_BYTES);
    memset(filling, 'x', LONG_BYTES);
    while (items.count < DYNAMODB_BATCH_MAX) {
        items.at[items.count] = item((int)items.count, items.count % 2 ? "odd" : "even", 5);
        items.count++;
    }
    well(dynamodb_batch_put(cloud, a, movies.name, &items));
    well(dynamodb_batch_put(cloud, a, movies.name, &(strs){ 0 }));
    says(7, "\"movie_id\":\"7\"");
    says(7, "\"genre_id\":\"odd\"");
    says(7, "\"position\":5");
    const strs twice = { (str[]){ item(1, "odd", 5), item(1, "odd", 6) }, 2 };
    if (strcmp(server, "moto") != 0) /* which takes both */
        refused(dynamodb_batch_put(cloud, a, movies.name, &twice), "aws_refused");
    for (size_t i = 0; i < LONG_ITEMS; i++) {
        strs one = { (str[]){ arena_printf(a, "{\"movie_id\":{\"S\":\"long %zu\"},\"genre_id\":{\"S\":\"long\"},\"x\":{\"S\":\"", i) }, 1 };
        struct buf whole = { .in = a };
        buf_text(&whole, one.at[0]);
        buf_put(&whole, filling, LONG_BYTES);
        buf_literal(&whole, "\"}}");
        one.at[0] = buf_str(&whole);
        well(dynamodb_batch_put(cloud, a, movies.name, &one));
    }
}

static void items_go_in_by_the_batch(void **state)
{
    (void)state;
    in_a_fiber(batches);
}

static void newer(void)
{
    bool taken = false;
    well(dynamodb_put_newer(cloud, a, movies.name, item(100, "first", 10), 10, &taken));
    assert_true(taken);
    well(dynamodb_put_newer(cloud, a, movies.name, item(100, "same", 10), 10, &taken));
    assert_false(taken);
    well(dynamodb_put_newer(cloud, a, movies.name, item(100, "older", 9), 9, &taken));
    assert_false(taken);
    says(100, "\"genre_id\":\"first\"");
    well(dynamodb_put_newer(cloud, a, movies.name, item(100, "newer", 11), 11, &taken));
    assert_true(taken);
    says(100, "\"genre_id\":\"newer\"");
}

static void only_what_is_newer_is_put(void **state)
{
    (void)state;
    in_a_fiber(newer);
}

static bool changed(int64_t position, const char *expression, const char *names, const char *values)
{
    bool taken = false;
    const struct dynamodb_change c = { .table = movies.name, .key = key(200), .expression = str_of(expression), .names = str_of(names),
                                       .values = str_of(values), .position = position };
    well(dynamodb_change_newer(cloud, a, &c, &taken));
    return taken;
}

static void changes(void)
{
    assert_true(changed(3, "SET #a = :a, title = :t", "{\"#a\":\"status\"}", "{\":a\":{\"S\":\"PENDING\"},\":t\":{\"S\":\"SET one\"}}"));
    says(200, "\"status\":\"PENDING\"");
    says(200, "\"position\":3");
    assert_false(changed(3, "SET #a = :a", "{\"#a\":\"status\"}", "{\":a\":{\"S\":\"LATE\"}}"));
    assert_false(changed(2, "SET #a = :a", "{\"#a\":\"status\"}", "{\":a\":{\"S\":\"LATE\"}}"));
    says(200, "\"status\":\"PENDING\"");
    assert_true(changed(4, "REMOVE #t SET #a = :a", "{ \"#a\":\"status\", \"#t\":\"title\" }", "{ \":a\":{\"S\":\"PAID\"} }"));
    says(200, "\"status\":\"PAID\"");
    assert_null(memmem(plain_item(200).at, plain_item(200).len, "title", 5));
    assert_true(changed(5, "REMOVE #a", "{\"#a\":\"status\"}", ""));
    assert_true(changed(6, "", "", "{}"));
    says(200, "\"position\":6");
    assert_null(memmem(plain_item(200).at, plain_item(200).len, "status", 6));
}

static void only_what_is_newer_changes(void **state)
{
    (void)state;
    in_a_fiber(changes);
}

static bool changed_if(const char *guard, const char *also, int64_t position)
{
    bool taken = false;
    const struct dynamodb_change c = { .table = movies.name, .key = key(300), .expression = STR("SET #a = :a"),
                                       .names = STR("{\"#a\":\"status\"}"), .values = STR("{\":a\":{\"S\":\"PAID\"}}"),
                                       .position = position, .guard = guard, .also = also };
    well(dynamodb_change_newer(cloud, a, &c, &taken));
    return taken;
}

/* A condition that does not hold keeps out what is newer; an attribute of another log is compared for itself. */
static void conditions(void)
{
    assert_false(changed_if(NULL, "attribute_exists(#a)", 1));
    assert_true(changed_if(NULL, "(attribute_not_exists(#a) OR #a = :a)", 5));
    assert_false(changed_if(NULL, "(attribute_not_exists(#a) OR #a = :a)", 5));
    assert_false(changed_if(NULL, "attribute_exists(#a) AND #a <> :a", 6));
    assert_true(changed_if("elsewhere", "attribute_exists(#a)", 2));
    assert_false(changed_if("elsewhere", NULL, 2));
    says(300, "\"elsewhere\":2");
    says(300, "\"position\":5");
}

static void a_further_condition_counts_too(void **state)
{
    (void)state;
    in_a_fiber(conditions);
}

/* --- reading --- */

static const fault *count_one(void *arg, str one)
{
    size_t *count = arg;
    str plain;
    ++*count;
    well(dynamodb_plain(a, one, &plain));
    if (*count == 3) /* it may park: the page stays */
        (void)plain_item(1);
    return NULL;
}

static const fault *stop_at_two(void *arg, str one)
{
    size_t *count = arg;
    (void)one;
    return ++*count == 2 ? fault_new(a, FAULT_INTERNAL, "enough", "Enough.") : NULL;
}

static size_t count_of(struct dynamodb_wish want)
{
    size_t count = 0;
    want.table = movies.name;
    well(dynamodb_read(cloud, a, &want, count_one, &count));
    return count;
}

static void reading(void)
{
    const struct dynamodb_key genre = { "genre_id", 'S' }, year = { "year", 'N' };
    size_t count = 0;
    assert_int_equal(count_of((struct dynamodb_wish){ 0 }), 25 + LONG_ITEMS + 3);
    assert_int_equal(count_of((struct dynamodb_wish){ .limit = 7 }), 7);
    assert_int_equal(count_of((struct dynamodb_wish){ .limit = 1000 }), 25 + LONG_ITEMS + 3);
    assert_int_equal(count_of((struct dynamodb_wish){ .index = "GenreIndex", .key = genre, .value = STR("odd") }), 12);
    assert_int_equal(count_of((struct dynamodb_wish){ .index = "GenreIndex", .key = genre, .value = STR("odd"), .limit = 5 }), 5);
    assert_int_equal(count_of((struct dynamodb_wish){ .index = "GenreIndex", .key = genre, .value = STR("long") }), LONG_ITEMS);
    assert_int_equal(count_of((struct dynamodb_wish){ .index = "GenreIndex", .key = genre, .value = STR("\"none\"") }), 0);
    assert_int_equal(count_of((struct dynamodb_wish){ .index = "YearIndex", .key = year, .value = STR("1990") }), 9);
    refused(dynamodb_read(cloud, a, &(struct dynamodb_wish){ .table = movies.name }, stop_at_two, &count), "enough");
    assert_int_equal(count, 2);
    refused(dynamodb_read(cloud, a, &(struct dynamodb_wish){ .table = STR("not-there") }, stop_at_two, &count), "table_missing");
}

static void every_page_is_read(void **state)
{
    (void)state;
    in_a_fiber(reading);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_table_is_made_once),
        SCENE(an_index_is_added_once),
        SCENE(what_is_not_there_has_a_name),
        SCENE(who_has_the_wrong_key_is_not_let_in),
        SCENE(items_go_in_by_the_batch),
        SCENE(only_what_is_newer_is_put),
        SCENE(only_what_is_newer_changes),
        SCENE(a_further_condition_counts_too),
        SCENE(every_page_is_read),
    };
    server = argc > 1 ? argv[1] : "";
    snprintf(table_name, sizeof table_name, "taquilla-%08x", (unsigned)random_below(UINT32_MAX));
    movies.name = str_of(table_name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
