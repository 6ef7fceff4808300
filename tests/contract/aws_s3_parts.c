/* aws_s3_parts.c - the contract of S3 where objects are long: sent in parts, read in pieces, broken off on the way. */
#include "tests/contract/aws_s3.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/loop/fiber.h"

#define MIB ((int64_t)1024 * 1024)

/* --- a source of any length: every byte follows from its place --- */

static char byte_at(int64_t at)
{
    return (char)(at * 31 + (at >> 9) + (at >> 18));
}

struct source {
    int64_t at, size, breaks_at; /* breaks_at 0: never */
    size_t asked;
};

static const fault *source_read(void *arg, char *to, size_t room, size_t *got)
{
    struct source *s = arg;
    size_t some = ++s->asked % 7 == 0 ? 12345 : 700001; /* never what a part holds */
    if (s->breaks_at > 0 && s->at >= s->breaks_at)
        return fault_new(a, FAULT_UNAVAILABLE, "source_broke", "The source broke.");
    some = some < room ? some : room;
    *got = (int64_t)some < s->size - s->at ? some : (size_t)(s->size - s->at);
    for (size_t i = 0; i < *got; i++)
        to[i] = byte_at(s->at++);
    if (s->asked % 5 == 0)
        fiber_sleep(1);
    return NULL;
}

static const fault *upload(struct s3_object *o, struct source *s, struct s3_sent *sent)
{
    return s3_upload(&bucket, a, o, &(struct s3_source){ source_read, s, s->size }, sent);
}

/* --- what is read --- */

struct taken {
    int64_t at;
    EVP_MD_CTX *sum;
    int64_t refuse_at;
};

static const fault *piece_take(void *arg, str bytes)
{
    struct taken *t = arg;
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] != byte_at(t->at + (int64_t)i))
            fail_msg("byte %lld is another", (long long)t->at + (long long)i);
    t->at += (int64_t)bytes.len;
    if (t->refuse_at > 0 && t->at >= t->refuse_at)
        return fault_new(a, FAULT_UNAVAILABLE, "taker_full", "The taker is full.");
    return NULL;
}

static void comes_back(const struct s3 *by, str key, int64_t from, int64_t size)
{
    struct taken t = { .at = from };
    struct s3_taker taker = { piece_take, &t, from };
    struct s3_seen seen;
    well(s3_get_stream(by, a, key, &taker, &seen));
    assert_int_equal(seen.size, size);
    assert_int_equal(t.at, from > size ? from : size);
}

static str sum_of(int64_t size)
{
    EVP_MD_CTX *all = EVP_MD_CTX_new();
    unsigned char sum[SHA256_BYTES];
    char room[4096];
    assert_int_equal(EVP_DigestInit_ex(all, EVP_sha256(), NULL), 1);
    for (int64_t at = 0; at < size;) {
        size_t some = 0;
        while (some < sizeof room && at < size)
            room[some++] = byte_at(at++);
        assert_int_equal(EVP_DigestUpdate(all, room, some), 1);
    }
    assert_int_equal(EVP_DigestFinal_ex(all, sum, NULL), 1);
    EVP_MD_CTX_free(all);
    return hex_of(a, sum, sizeof sum);
}

/* --- uploads --- */

/* On s3s-fs, which has no list of them, always 0. */
static size_t uploads_open(void)
{
    struct aws_question q = s3_question(&bucket, a, GET, STR(""));
    struct xml *root;
    size_t count = 0;
    s3_query(&q, "uploads", STR(""));
    const fault *problem = s3_ask_xml(&bucket, a, &q, &root);
    if (server_is("s3s")) {
        refused(problem, "aws_unsupported");
        return 0;
    }
    well(problem);
    for (const struct xml *one = xml_child(root, "Upload"); one; one = xml_next(one))
        count++;
    return count;
}

static void sizes(void)
{
    static const int64_t lengths[] = { 0, 100, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 20 * MIB + 7 };
    bucket_use();
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct s3_object o = { .key = STR("long one.bin"), .content_type = STR("application/octet-stream"), .metadata_count = 1,
                               .metadata = { { STR("table_name"), STR("seats") } } };
        struct source s = { .size = lengths[i] };
        struct s3_sent sent;
        struct s3_seen seen;
        well(upload(&o, &s, &sent));
        assert_int_equal(sent.bytes, lengths[i]);
        is_text(sent.sha256, arena_cstr(a, sum_of(lengths[i])));
        well(s3_head(&bucket, a, o.key, &seen));
        assert_int_equal(seen.size, lengths[i]);
        assert_true(str_equal(seen.etag, sent.etag));
        assert_int_equal(memchr(seen.etag.at, '-', seen.etag.len) != NULL, lengths[i] > 8 * MIB);
        is_text(seen.metadata[0].value, "seats");
        comes_back(&bucket, o.key, 0, lengths[i]);
    }
    assert_int_equal(uploads_open(), 0);
    struct s3_seen seen;
    str body;
    refused(s3_get(&bucket, a, STR("long one.bin"), &seen, &body), "aws_strange"); /* 20 MiB are not read whole */
}

static void any_length_goes_up_and_comes_back(void **state)
{
    (void)state;
    in_a_fiber(sizes);
}

static void breaks(void)
{
    static const int64_t places[] = { 1 * MIB, 9 * MIB, 17 * MIB, 20 * MIB };
    bucket_use();
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct s3_object o = { .key = STR("broken") };
        struct source s = { .size = 20 * MIB + 1, .breaks_at = places[i] };
        struct s3_sent sent;
        struct s3_seen seen;
        refused(upload(&o, &s, &sent), "source_broke");
        refused(s3_head(&bucket, a, o.key, &seen), "object_missing");
        assert_int_equal(uploads_open(), 0);
    }
}

static void a_source_that_breaks_leaves_nothing(void **state)
{
    (void)state;
    in_a_fiber(breaks);
}

static void taken(void)
{
    struct s3_object o = { .key = STR("taken"), .only_new = true };
    struct source s = { .size = 9 * MIB }, again = s, small = { .size = 3 };
    struct s3_sent sent;
    bucket_use();
    well(upload(&o, &s, &sent));
    refused(upload(&o, &small, &sent), "aws_condition_failed");
    refused(upload(&o, &again, &sent), "aws_condition_failed"); /* when its parts are put together */
    assert_int_equal(uploads_open(), 0);
    comes_back(&bucket, o.key, 0, 9 * MIB);
}

static void a_key_that_is_taken_is_not_written_over(void **state)
{
    (void)state;
    in_a_fiber(taken);
}

static void nowhere(void)
{
    struct s3 other = { .aws = cloud, .bucket = STR("not-there-0123456789") };
    struct source s = { .size = 9 * MIB };
    struct s3_sent sent;
    const fault *problem = s3_upload(&other, a, &(struct s3_object){ .key = STR("k") }, &(struct s3_source){ source_read, &s, s.size }, &sent);
    if (server_is("s3s")) /* for which a bucket is a folder, made when it is needed */
        well(problem);
    else
        refused(problem, "bucket_missing");
}

static void an_upload_to_nowhere_is_refused(void **state)
{
    (void)state;
    in_a_fiber(nowhere);
}

static void begin(const char *key)
{
    struct aws_question q = s3_question(&bucket, a, POST, str_of(key));
    struct xml *root;
    s3_query(&q, "uploads", STR(""));
    well(s3_ask_xml(&bucket, a, &q, &root));
    assert_true(xml_child_text(root, "UploadId").len > 0);
}

static void sweeping(void)
{
    int64_t aborted = -1;
    bucket_use();
    if (server_is("s3s")) {
        refused(s3_sweep(&bucket, a, STR("sweep/"), clock_now(), &aborted), "aws_unsupported");
        return;
    }
    begin("sweep/one a+b");
    begin("sweep/one a+b");
    begin("sweep/two");
    begin("kept");
    if (!server_is("moto")) { /* where all uploads are of 2010 */
        well(s3_sweep(&bucket, a, STR("sweep/"), (instant){ clock_now().ms - 3600000 }, &aborted));
        assert_int_equal(aborted, 0);
    }
    if (!server_is("versitygw")) /* which refuses the marker that it gave itself: it passes over the key before it looks for the upload */
        bucket.page_keys = 2;
    well(s3_sweep(&bucket, a, STR("sweep/"), (instant){ clock_now().ms + 3600000 }, &aborted));
    assert_int_equal(aborted, 3);
    assert_int_equal(uploads_open(), 1);
    well(s3_sweep(&bucket, a, STR(""), (instant){ clock_now().ms + 3600000 }, &aborted));
    assert_int_equal(aborted, 1);
    assert_int_equal(uploads_open(), 0);
}

static void uploads_left_behind_are_swept(void **state)
{
    (void)state;
    in_a_fiber(sweeping);
}

/* --- streams --- */

static void offsets(void)
{
    struct s3_object o = { .key = STR("stream") };
    struct source s = { .size = 2 * MIB + 3 };
    struct s3_sent sent;
    bucket_use();
    well(upload(&o, &s, &sent));
    comes_back(&bucket, o.key, 1, s.size);
    comes_back(&bucket, o.key, s.size - 1, s.size);
    comes_back(&bucket, o.key, s.size, s.size);
    comes_back(&bucket, o.key, s.size + 10, s.size);
    struct taken t = { .refuse_at = 100000 };
    struct s3_taker taker = { piece_take, &t, 0 };
    struct s3_seen seen;
    refused(s3_get_stream(&bucket, a, o.key, &taker, &seen), "taker_full");
    refused(s3_get_stream(&bucket, a, STR("absent"), &taker, &seen), "object_missing");
}

static void a_stream_begins_where_it_is_wanted(void **state)
{
    (void)state;
    in_a_fiber(offsets);
}

/* The first connection carries the question for the head as well. */
static void cuts(void)
{
    struct line *line = line_open(getenv("AWS_ENDPOINT_URL_S3"), 6, 700000);
    struct s3 cut = { .aws = cloud_open(NULL, line_url(line)) };
    bucket_use();
    cut.bucket = bucket.bucket;
    comes_back(&cut, STR("stream"), 0, 2 * MIB + 3);
    assert_in_range(line_cuts_left(line), 0, 3); /* three of 700 kB are not enough */
    aws_close(cut.aws);
    line_close(line);
}

static void a_stream_goes_on_where_it_was_cut(void **state)
{
    (void)state;
    in_a_fiber(cuts);
}

/* Connections that end before an answer are tried again; when none comes, the line is given up. */
static void dead(void)
{
    struct line *line = line_open(getenv("AWS_ENDPOINT_URL_S3"), 2, 1);
    struct s3 cut = { .aws = cloud_open(NULL, line_url(line)) };
    bucket_use();
    cut.bucket = bucket.bucket;
    comes_back(&cut, STR("stream"), 0, 2 * MIB + 3);
    aws_close(cut.aws);
    line_close(line);
    line = line_open(getenv("AWS_ENDPOINT_URL_S3"), 1000, 1);
    cut.aws = cloud_open(NULL, line_url(line));
    struct taken t = { 0 };
    struct s3_taker taker = { piece_take, &t, 0 };
    struct s3_seen seen;
    refused(s3_get_stream(&cut, a, STR("stream"), &taker, &seen), "aws_away");
    aws_close(cut.aws);
    line_close(line);
}

static void a_dead_line_is_given_up(void **state)
{
    (void)state;
    in_a_fiber(dead);
}

int s3_parts_run(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(any_length_goes_up_and_comes_back),
        SCENE(a_source_that_breaks_leaves_nothing),
        SCENE(a_key_that_is_taken_is_not_written_over),
        SCENE(an_upload_to_nowhere_is_refused),
        SCENE(uploads_left_behind_are_swept),
        SCENE(a_stream_begins_where_it_is_wanted),
        SCENE(a_stream_goes_on_where_it_was_cut),
        SCENE(a_dead_line_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
