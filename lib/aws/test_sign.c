/* test_sign.c - the signer gives what AWS's documents say: the examples of the Amazon S3 API Reference and of the IAM User Guide. The
 * whole published test suite is run by tests/api/test_aws_signatures.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/aws/sign.h"

#define DAY_2013 ((instant){ 1369353600000 }) /* 20130524T000000Z */
#define S3_HOST { STR("Host"), STR("examplebucket.s3.amazonaws.com") }
#define S3_DATE { STR("x-amz-date"), STR("20130524T000000Z") }
#define S3_NOTHING { STR("x-amz-content-sha256"), STR(SIGN_NOTHING) }

static const struct credentials example = { .key_id = { "AKIAIOSFODNN7EXAMPLE", 20 },
                                            .secret = { "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40 } };

static arena *fresh(void)
{
    static arena *a;
    if (a)
        arena_free(a);
    return a = arena_new((size_t)1024 * 1024);
}

static void assert_text(str got, const char *wanted)
{
    if (!str_equal(got, str_of(wanted)))
        fail_msg("\n got    %.*s\n wanted %s", STR_ARG(got), wanted);
}

static void check_s3(const struct sign_request *r, const char *names, const char *signature)
{
    arena *a = fresh();
    const struct sign_place place = { STR("us-east-1"), "s3", DAY_2013 };
    assert_text(sign_authorization(a, &place, &example, r),
                arena_printf(a, "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=%s, "
                                "Signature=%s", names, signature).at);
}

static void test_s3_get(void **state)
{
    (void)state;
    const struct header headers[] = { S3_HOST, { STR("Range"), STR("bytes=0-9") }, S3_NOTHING, S3_DATE };
    check_s3(&(struct sign_request){ .method = "GET", .path = STR("/test.txt"), .headers = headers, .header_count = 4,
                                     .payload = STR(SIGN_NOTHING) },
             "host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_s3_put(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)64 * 1024);
    str hash = sign_hash(a, STR("Welcome to Amazon S3."));
    assert_text(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    const struct header headers[] = { S3_HOST, { STR("Date"), STR("Fri, 24 May 2013 00:00:00 GMT") }, S3_DATE,
                                      { STR("x-amz-storage-class"), STR("REDUCED_REDUNDANCY") }, { STR("x-amz-content-sha256"), hash } };
    check_s3(&(struct sign_request){ .method = "PUT", .path = sign_path(a, STR("/test$file.text")), .headers = headers,
                                     .header_count = 5, .payload = hash },
             "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
             "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    arena_free(a);
}

static void test_s3_lifecycle(void **state)
{
    (void)state;
    const struct header headers[] = { S3_HOST, S3_NOTHING, S3_DATE };
    const struct aws_parameter query[] = { { STR("lifecycle"), STR("") } };
    check_s3(&(struct sign_request){ .method = "GET", .path = STR("/"), .query = query, .query_count = 1, .headers = headers,
                                     .header_count = 3, .payload = STR(SIGN_NOTHING) },
             "host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void test_s3_list(void **state)
{
    (void)state;
    const struct header headers[] = { S3_HOST, S3_NOTHING, S3_DATE };
    const struct aws_parameter query[] = { { STR("prefix"), STR("J") }, { STR("max-keys"), STR("2") } };
    check_s3(&(struct sign_request){ .method = "GET", .path = STR("/"), .query = query, .query_count = 2, .headers = headers,
                                     .header_count = 3, .payload = STR(SIGN_NOTHING) },
             "host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_s3_presigned(void **state)
{
    (void)state;
    arena *a = fresh();
    const struct sign_place place = { STR("us-east-1"), "s3", DAY_2013 };
    const struct header headers[] = { S3_HOST };
    const struct sign_request r = { .method = "GET", .path = STR("/test.txt"), .headers = headers, .header_count = 1,
                                    .payload = STR(SIGN_UNSIGNED) };
    assert_text(sign_presigned(a, &place, &example, &r, 86400),
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void test_iam_list_users(void **state)
{
    (void)state;
    arena *a = fresh();
    const struct sign_place place = { STR("us-east-1"), "iam", { 1440938160000 } };
    const struct credentials who = { .key_id = STR("AKIDEXAMPLE"), .secret = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") };
    const struct header headers[] = { { STR("Content-Type"), STR("application/x-www-form-urlencoded; charset=utf-8") },
                                      { STR("Host"), STR("iam.amazonaws.com") }, { STR("X-Amz-Date"), STR("20150830T123600Z") } };
    const struct aws_parameter query[] = { { STR("Action"), STR("ListUsers") }, { STR("Version"), STR("2010-05-08") } };
    const struct sign_request r = { .method = "GET", .path = STR("/"), .query = query, .query_count = 2, .headers = headers,
                                    .header_count = 3, .payload = STR(SIGN_NOTHING) };
    str canonical = sign_canonical(a, &place, &r);
    assert_text(sign_hash(a, canonical), "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    assert_text(sign_signature(a, &place, who.secret, sign_text(a, &place, canonical)),
                "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void test_encoding(void **state)
{
    (void)state;
    arena *a = fresh();
    assert_text(sign_path(a, STR("/a b/../c+d//\xc3\xb1~_-.")), "/a%20b/../c%2Bd//%C3%B1~_-.");
    assert_text(sign_encode(a, STR("a/b=c&")), "a%2Fb%3Dc%26");
    const struct aws_parameter query[] = { { STR("b"), STR("2") }, { STR("a"), STR("z") }, { STR("a"), STR("1") }, { STR("B"), STR("") } };
    assert_text(sign_query(a, query, COUNT_OF(query)), "B=&a=1&a=z&b=2");
    assert_text(sign_query(a, query, 0), "");
}

/* S3's keys are signed as they are, other services' paths made plain and encoded twice. */
static void test_paths_differ_by_service(void **state)
{
    (void)state;
    const struct header headers[] = { S3_HOST };
    const struct sign_request r = { .method = "GET", .path = STR("/a/../b%20c//"), .headers = headers, .header_count = 1,
                                    .payload = STR(SIGN_NOTHING) };
    arena *a = fresh();
    assert_true(str_starts(sign_canonical(a, &(struct sign_place){ STR("us-east-1"), "s3", DAY_2013 }, &r), STR("GET\n/a/../b%20c//\n")));
    assert_true(str_starts(sign_canonical(a, &(struct sign_place){ STR("us-east-1"), "x", DAY_2013 }, &r), STR("GET\n/b%2520c/\n")));
}

static void test_session_token_is_presigned(void **state)
{
    (void)state;
    arena *a = fresh();
    const struct sign_place place = { STR("us-east-1"), "s3", DAY_2013 };
    const struct header headers[] = { S3_HOST };
    struct credentials who = example;
    who.token = STR("to/ken=");
    const struct sign_request r = { .method = "GET", .path = STR("/x"), .headers = headers, .header_count = 1, .payload = STR(SIGN_UNSIGNED) };
    str query = sign_presigned(a, &place, &who, &r, 60);
    assert_non_null(strstr(arena_cstr(a, query), "&X-Amz-Security-Token=to%2Fken%3D&X-Amz-SignedHeaders=host&X-Amz-Signature="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3_get), cmocka_unit_test(test_s3_put), cmocka_unit_test(test_s3_lifecycle),
        cmocka_unit_test(test_s3_list), cmocka_unit_test(test_s3_presigned), cmocka_unit_test(test_iam_list_users),
        cmocka_unit_test(test_encoding), cmocka_unit_test(test_paths_differ_by_service),
        cmocka_unit_test(test_session_token_is_presigned),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)fresh();
    return failed;
}
