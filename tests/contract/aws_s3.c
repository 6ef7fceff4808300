/* aws_s3.c - what lib/aws/s3.h promises, against a server that speaks S3: aws.py SERVER this-program SERVER. */
#include "tests/contract/aws_s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

static void there(str key, str body)
{
    str etag;
    well(s3_put(&bucket, a, &(struct s3_object){ .key = key, .content_type = STR("text/plain") }, body, &etag));
}

static void holds(str key, str wanted)
{
    struct s3_seen seen;
    str body;
    well(s3_get(&bucket, a, key, &seen, &body));
    assert_int_equal(body.len, wanted.len);
    assert_memory_equal(body.at, wanted.at, wanted.len);
    assert_int_equal(seen.size, wanted.len);
}

/* --- the bucket --- */

static void buckets(void)
{
    bool is;
    bucket_use();
    well(s3_bucket_there(&bucket, a, &is));
    assert_false(is);
    well(s3_bucket_make(&bucket, a));
    well(s3_bucket_there(&bucket, a, &is));
    assert_true(is);
    well(s3_bucket_make(&bucket, a));
}

static void a_bucket_is_made_once(void **state)
{
    (void)state;
    in_a_fiber(buckets);
}

/* Made so and looked at; what the server does not know it must say. */
static void setting(const char *name, const fault *(*look)(const struct s3 *, arena *, bool *),
                    const fault *(*make)(const struct s3 *, arena *))
{
    bool is = true;
    const fault *problem = look(&bucket, a, &is);
    if (problem) {
        refused(problem, "aws_unsupported");
        print_message("%s does not know %s\n", server, name);
        return;
    }
    well(make(&bucket, a));
    well(look(&bucket, a, &is));
    assert_true(is);
}

static void settings(void)
{
    bucket_use();
    setting("versions", s3_bucket_versioning, s3_bucket_version);
    setting("encryption", s3_bucket_encryption, s3_bucket_encrypt);
    setting("public access", s3_bucket_blocking, s3_bucket_block);
}

static void what_a_bucket_is_set_to_is_seen(void **state)
{
    (void)state;
    in_a_fiber(settings);
}

static void rules(void)
{
    const struct s3_rule wanted[] = {
        { .id = STR("backups"), .prefix = STR("backups/"), .standard_ia_days = 30, .glacier_days = 90, .expire_days = 365,
          .noncurrent_days = 30 },
        { .id = STR("parts"), .prefix = STR(""), .abort_days = 7 },
    };
    list found;
    bucket_use();
    const fault *problem = s3_bucket_rules(&bucket, a, &found);
    if (problem) {
        refused(problem, "aws_unsupported");
        print_message("%s does not know rules\n", server);
        return;
    }
    assert_int_equal(found.count, 0);
    well(s3_bucket_rule(&bucket, a, wanted, COUNT_OF(wanted)));
    well(s3_bucket_rules(&bucket, a, &found));
    assert_int_equal(found.count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct s3_rule *is = LIST_AT(&found, struct s3_rule, i), *was = &wanted[i];
        assert_true(str_equal(is->id, was->id) && str_equal(is->prefix, was->prefix));
        assert_int_equal(is->standard_ia_days, was->standard_ia_days);
        assert_int_equal(is->glacier_days, was->glacier_days);
        assert_int_equal(is->expire_days, was->expire_days);
        assert_int_equal(is->noncurrent_days, was->noncurrent_days);
        assert_int_equal(is->abort_days, was->abort_days);
    }
}

static void rules_are_read_as_they_were_set(void **state)
{
    (void)state;
    in_a_fiber(rules);
}

/* --- objects --- */

/* In the order of a list. */
static const char *const odd_keys[] = {
    "odd/a b+c&d=e(f).json", "odd/a//b", "odd/ni\xC3\xB1o \xF0\x9F\x8E\xAC.txt", "odd/p%20q%2F", "odd/plain", "odd/q?x=1#y;z,'\"<>",
};

static void odd_ones(void)
{
    struct s3_seen seen;
    bucket_use();
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        there(str_of(odd_keys[i]), str_of(odd_keys[i]));
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        holds(str_of(odd_keys[i]), str_of(odd_keys[i]));
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++) {
        well(s3_delete(&bucket, a, str_of(odd_keys[i])));
        refused(s3_head(&bucket, a, str_of(odd_keys[i]), &seen), "object_missing");
    }
}

static void keys_may_be_odd(void **state)
{
    (void)state;
    in_a_fiber(odd_ones);
}

static void described(void)
{
    struct s3_object o = { .key = STR("described"), .content_type = STR("application/json"), .metadata_count = 2,
                           .metadata = { { STR("table_name"), STR("rooms") }, { STR("record_count"), STR("12") } } };
    struct s3_seen seen, headed;
    str etag, body;
    instant before = clock_now();
    bucket_use();
    well(s3_put(&bucket, a, &o, STR("[1,2]"), &etag));
    assert_true(etag.len > 2);
    well(s3_get(&bucket, a, o.key, &seen, &body));
    well(s3_head(&bucket, a, o.key, &headed));
    is_text(body, "[1,2]");
    const struct s3_seen *both[] = { &seen, &headed };
    for (size_t i = 0; i < 2; i++) {
        is_text(both[i]->key, "described");
        assert_true(str_equal(both[i]->etag, etag));
        assert_int_equal(both[i]->size, 5);
        assert_in_range(both[i]->modified.ms, before.ms - 2000, before.ms + 60000);
        assert_int_equal(both[i]->metadata_count, 2);
        for (size_t m = 0; m < 2; m++)
            is_text(both[i]->metadata[m].value, str_equal(both[i]->metadata[m].name, STR("table_name")) ? "rooms" : "12");
    }
    there(STR("nothing"), STR(""));
    holds(STR("nothing"), STR(""));
}

static void an_object_keeps_what_is_said_of_it(void **state)
{
    (void)state;
    in_a_fiber(described);
}

static void absences(void)
{
    struct s3 elsewhere = { .aws = cloud, .bucket = STR("not-there-0123456789") };
    struct s3_seen seen;
    str body, etag;
    bucket_use();
    refused(s3_get(&bucket, a, STR("none"), &seen, &body), "object_missing");
    refused(s3_head(&bucket, a, STR("none"), &seen), "object_missing");
    well(s3_delete(&bucket, a, STR("none")));
    if (server_is("s3s")) { /* for which a bucket is a folder, made when it is needed */
        refused(s3_get(&elsewhere, a, STR("none"), &seen, &body), "object_missing");
        return;
    }
    refused(s3_get(&elsewhere, a, STR("none"), &seen, &body), "bucket_missing");
    refused(s3_put(&elsewhere, a, &(struct s3_object){ .key = STR("k") }, STR("x"), &etag), "bucket_missing");
}

static void what_is_not_there_has_a_name(void **state)
{
    (void)state;
    in_a_fiber(absences);
}

static void conditions(void)
{
    struct s3_object o = { .key = STR("conditions"), .only_new = true };
    str first, second;
    bucket_use();
    well(s3_put(&bucket, a, &o, STR("one"), &first));
    refused(s3_put(&bucket, a, &o, STR("two"), &second), "aws_condition_failed");
    holds(o.key, STR("one"));
    o.only_new = false;
    o.only_over = first;
    well(s3_put(&bucket, a, &o, STR("three"), &second));
    refused(s3_put(&bucket, a, &o, STR("four"), &second), "aws_condition_failed");
    holds(o.key, STR("three"));
}

static void a_put_may_have_a_condition(void **state)
{
    (void)state;
    in_a_fiber(conditions);
}

static void checksums(void)
{
    bucket_use();
    struct aws_question q = s3_question(&bucket, a, PUT, STR("wrong-sum"));
    struct aws_answer answer;
    unsigned char sum[SHA256_BYTES] = { 1 };
    s3_body(&q, a, STR("body"), sum);
    const fault *problem = aws_ask(cloud, a, &q, &answer);
    if (server_is("moto")) /* which looks at none */
        well(problem);
    else
        refused(problem, "aws_refused");
}

static void a_wrong_checksum_is_refused(void **state)
{
    (void)state;
    in_a_fiber(checksums);
}

static void strangers(void)
{
    bucket_use();
    struct s3_seen seen;
    struct s3 other = { .aws = cloud_open("not-this-one-0123456789", STR("")), .bucket = bucket.bucket };
    str etag;
    bool is;
    refused(s3_put(&other, a, &(struct s3_object){ .key = STR("k") }, STR("x"), &etag), "aws_denied");
    refused(s3_head(&other, a, STR("k"), &seen), "aws_denied");
    refused(s3_bucket_there(&other, a, &is), "aws_denied");
    aws_close(other.aws);
}

static void who_has_the_wrong_key_is_not_let_in(void **state)
{
    (void)state;
    in_a_fiber(strangers);
}

/* --- lists --- */

struct listed {
    size_t count;
    char last[200];
    int64_t bytes;
};

static const fault *count_one(void *arg, const struct s3_seen *seen)
{
    struct listed *l = arg;
    l->count++;
    l->bytes += seen->size;
    assert_true(seen->key.len < sizeof l->last && (seen->etag.len > 0 || server_is("s3s")) && seen->modified.ms != TIME_NONE);
    snprintf(l->last, sizeof l->last, "%.*s", STR_ARG(seen->key));
    struct s3_seen again;
    if (l->count == 4) /* it may park: the page stays */
        well(s3_head(&bucket, a, seen->key, &again));
    return NULL;
}

static const fault *stop_at_two(void *arg, const struct s3_seen *seen)
{
    size_t *count = arg;
    (void)seen;
    return ++*count == 2 ? fault_new(a, FAULT_INTERNAL, "enough", "Enough.") : NULL;
}

/* But on s3s-fs, which says that it encoded the keys of a list and did not. */
static void odd_pages(void)
{
    struct listed all = { 0 }, one = { 0 };
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        there(str_of(odd_keys[i]), STR("12345"));
    well(s3_list(&bucket, a, STR("odd/"), count_one, &all));
    assert_int_equal(all.count, COUNT_OF(odd_keys));
    assert_int_equal(all.bytes, 5 * (int64_t)COUNT_OF(odd_keys));
    assert_string_equal(all.last, odd_keys[COUNT_OF(odd_keys) - 1]);
    well(s3_list(&bucket, a, STR("odd/ni\xC3\xB1o "), count_one, &one));
    assert_int_equal(one.count, 1);
}

static void pages(void)
{
    struct listed some = { 0 }, none = { 0 };
    size_t count = 0;
    bucket_use();
    for (int i = 0; i < 7; i++)
        there(arena_printf(a, "list/%d", i), STR("1"));
    bucket.page_keys = 3;
    well(s3_list(&bucket, a, STR("list/"), count_one, &some));
    assert_int_equal(some.count, 7);
    assert_string_equal(some.last, "list/6");
    if (!server_is("s3s"))
        odd_pages();
    well(s3_list(&bucket, a, STR("absent/"), count_one, &none));
    assert_int_equal(none.count, 0);
    refused(s3_list(&bucket, a, STR("list/"), stop_at_two, &count), "enough");
    assert_int_equal(count, 2);
}

static void a_list_has_every_page(void **state)
{
    (void)state;
    in_a_fiber(pages);
}

static void deletions(void)
{
    struct listed left = { 0 };
    strs keys = { .at = NEW_ARRAY(a, str, 1005) };
    bucket_use();
    for (int i = 0; i < 1005 - (int)COUNT_OF(odd_keys); i++)
        keys.at[keys.count++] = arena_printf(a, "list/%d", i); /* most are not there */
    for (size_t i = 0; i < COUNT_OF(odd_keys); i++)
        keys.at[keys.count++] = str_of(odd_keys[i]);
    well(s3_delete_many(&bucket, a, &keys));
    well(s3_list(&bucket, a, STR("list/"), count_one, &left));
    well(s3_list(&bucket, a, STR("odd/"), count_one, &left));
    assert_int_equal(left.count, 0);
    well(s3_delete_many(&bucket, a, &(strs){ 0 }));
}

static void many_are_deleted_at_once(void **state)
{
    (void)state;
    in_a_fiber(deletions);
}

struct s3 bucket;
static char bucket_name[40];

void bucket_use(void)
{
    bucket = (struct s3){ .aws = cloud, .bucket = str_of(bucket_name) };
}

bool server_is(const char *name)
{
    return strcmp(server, name) == 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_bucket_is_made_once),
        SCENE(what_a_bucket_is_set_to_is_seen),
        SCENE(rules_are_read_as_they_were_set),
        SCENE(keys_may_be_odd),
        SCENE(an_object_keeps_what_is_said_of_it),
        SCENE(what_is_not_there_has_a_name),
        SCENE(a_put_may_have_a_condition),
        SCENE(a_wrong_checksum_is_refused),
        SCENE(who_has_the_wrong_key_is_not_let_in),
        SCENE(a_list_has_every_page),
        SCENE(many_are_deleted_at_once),
    };
    server = argc > 1 ? argv[1] : "";
    snprintf(bucket_name, sizeof bucket_name, "taquilla-%08x", (unsigned)random_below(UINT32_MAX));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + s3_parts_run();
}
