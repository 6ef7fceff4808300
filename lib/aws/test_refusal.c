/* test_refusal.c - what AWS's answers are read as, and what is done about each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/aws/refusal.h"
#include "lib/base/buf.h"

static arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)4 * 1024 * 1024);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void assert_text(str got, const char *wanted)
{
    if (!str_equal(got, str_of(wanted)))
        fail_msg("got %.*s, wanted %s", STR_ARG(got), wanted);
}

static void test_xml_of_s3_and_sts(void **state)
{
    (void)state;
    struct refusal r = { 0 };
    assert_true(refusal_read_xml(a, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified &amp; "
                                        "key</Message><Key>a</Key><RequestId>1</RequestId></Error>"), &r));
    assert_text(r.code, "NoSuchKey");
    assert_text(r.message, "The specified & key");
    assert_true(refusal_read_xml(a, STR("  \n<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"), &r)); /* after a wait */
    assert_text(r.code, "InternalError");
    assert_true(refusal_read_xml(a, STR("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
                                        "<Code>ExpiredTokenException</Code></Error></ErrorResponse>"), &r));
    assert_text(r.code, "ExpiredTokenException");
    assert_int_equal(r.message.len, 0);
}

static void test_what_is_no_refusal(void **state)
{
    (void)state;
    struct refusal r = { 0 };
    static const char *const others[] = {
        "", "no xml", "<Error><Code>Cut", "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>", "{}", "\xff\xfe",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><Error><Code>&b;</Code></Error>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Error><Code>&a;</Code></Error>",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(refusal_read_xml(a, str_of(others[i]), &r));
    assert_false(refusal_read_json(a, STR("<Error/>"), &r));
    assert_false(refusal_read_json(a, STR("{\"TableNames\":[]}"), &r));
    assert_null(r.code.at);
}

/* Codes reach sentences and logs: what is no code does not. */
static void test_codes_are_words(void **state)
{
    (void)state;
    struct refusal r = { 0 };
    assert_true(refusal_read_xml(a, STR("<Error><Code>Bad\nOne</Code></Error>"), &r));
    assert_null(r.code.at);
    assert_true(refusal_read_json(a, STR("{\"__type\":\"com.amazon.coral.service#AKIA \\u001b[2J\"}"), &r));
    assert_null(r.code.at);
    struct buf deep = { .in = a };
    for (int i = 0; i < 5000; i++)
        buf_literal(&deep, "<Error>");
    assert_false(refusal_read_xml(a, buf_str(&deep), &r));
}

static void test_json_of_dynamodb(void **state)
{
    (void)state;
    struct refusal r = { 0 };
    assert_true(refusal_read_json(a, STR("{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\"message\":"
                                         "\"The conditional request failed\"}"), &r));
    assert_text(r.code, "ConditionalCheckFailedException");
    assert_text(r.message, "The conditional request failed");
    assert_true(refusal_read_json(a, STR("{\"message\":null,\"__type\":\"ThrottlingException\"}"), &r));
    assert_text(r.code, "ThrottlingException");
}

static void check(int status, const char *code, enum refusal_next next, const char *ours)
{
    struct verdict v = refusal_judge(&(struct refused){ .status = status, .said = { .code = str_of(code) } });
    if (v.next != next || (ours && strcmp(v.code, ours) != 0))
        fail_msg("%d %s: %d %s", status, code ? code : "-", (int)v.next, v.code ? v.code : "-");
}

static void test_judgement(void **state)
{
    (void)state;
    check(200, NULL, NEXT_WELL, NULL);
    check(304, NULL, NEXT_WELL, NULL);
    check(500, NULL, NEXT_AGAIN, "aws_failing");
    check(503, "SlowDown", NEXT_AGAIN, "aws_throttled");
    check(503, "ServiceUnavailable", NEXT_AGAIN, "aws_failing");
    check(400, "ProvisionedThroughputExceededException", NEXT_AGAIN, "aws_throttled");
    check(400, "ThrottlingException", NEXT_AGAIN, "aws_throttled");
    check(400, "Throttling", NEXT_AGAIN, "aws_throttled");
    check(400, "RequestLimitExceeded", NEXT_AGAIN, "aws_throttled");
    check(429, NULL, NEXT_AGAIN, "aws_throttled");
    check(400, "RequestTimeout", NEXT_AGAIN, "aws_failing");
    check(409, "ConditionalRequestConflict", NEXT_AGAIN, "aws_condition_failed");
    check(400, "ExpiredToken", NEXT_RENEW, "aws_token_expired");
    check(400, "ExpiredTokenException", NEXT_RENEW, "aws_token_expired");
    check(403, "RequestTimeTooSkewed", NEXT_CLOCK, "aws_clock_off");
    check(403, "RequestExpired", NEXT_CLOCK, "aws_clock_off");
    check(403, "SignatureDoesNotMatch", NEXT_FAULT, "aws_denied");
    check(403, NULL, NEXT_FAULT, "aws_denied");
    check(404, "NoSuchBucket", NEXT_FAULT, "bucket_missing");
    check(404, "NoSuchKey", NEXT_FAULT, "object_missing");
    check(404, NULL, NEXT_FAULT, "object_missing");
    check(404, "NoSuchUpload", NEXT_FAULT, "aws_refused");
    check(400, "ResourceNotFoundException", NEXT_FAULT, "table_missing");
    check(400, "ConditionalCheckFailedException", NEXT_FAULT, "aws_condition_failed");
    check(412, NULL, NEXT_FAULT, "aws_condition_failed");
    check(400, "ValidationException", NEXT_FAULT, "aws_refused");
    check(301, "PermanentRedirect", NEXT_FAULT, "aws_refused");
    check(507, NULL, NEXT_FAULT, "aws_full");
    assert_string_equal(refusal_judge(&(struct refused){ .status = 404, .bucket_itself = true }).code, "bucket_missing");
}

/* DynamoDB tells a wrong clock as a wrong signature, and an answer to HEAD tells nothing but the time. */
static void test_clock_in_disguise(void **state)
{
    (void)state;
    struct refused r = { .status = 400, .said = { STR("InvalidSignatureException"), STR("Signature expired: 20130524T000000Z is now earlier") } };
    assert_int_equal(refusal_judge(&r).next, NEXT_CLOCK);
    r.said.message = STR("Signature not yet current: 20990524T000000Z is still later");
    assert_int_equal(refusal_judge(&r).next, NEXT_CLOCK);
    r.said.message = STR("The request signature we calculated does not match");
    assert_int_equal(refusal_judge(&r).next, NEXT_FAULT);
    struct refused head = { .status = 403, .clock_off_ms = -16 * 60 * 1000 };
    assert_int_equal(refusal_judge(&head).next, NEXT_CLOCK);
    head.clock_off_ms = 60 * 1000;
    assert_int_equal(refusal_judge(&head).next, NEXT_FAULT);
    head = (struct refused){ .status = 404, .clock_off_ms = 16 * 60 * 1000 };
    assert_int_equal(refusal_judge(&head).next, NEXT_FAULT); /* it let us in */
}

/* HEAD has no body that could say why: a session's token may have run out. */
static void test_head_with_a_token(void **state)
{
    (void)state;
    struct refused r = { .status = 400, .token_unjudged = true };
    assert_int_equal(refusal_judge(&r).next, NEXT_RENEW);
    assert_string_equal(refusal_judge(&r).code, "aws_refused");
    r.token_unjudged = false;
    assert_int_equal(refusal_judge(&r).next, NEXT_FAULT);
}

static void test_dates(void **state)
{
    (void)state;
    instant at;
    assert_true(http_date_read(STR("Fri, 24 May 2013 00:00:01 GMT"), &at));
    assert_int_equal(at.ms, 1369353601000);
    assert_false(http_date_read(STR("yesterday"), &at));
    assert_false(http_date_read(STR(""), &at));
    assert_false(http_date_read(STR("Fri, 24 May 2013 00:00:01 GMT and more"), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xml_of_s3_and_sts), cmocka_unit_test(test_what_is_no_refusal), cmocka_unit_test(test_codes_are_words),
        cmocka_unit_test(test_json_of_dynamodb), cmocka_unit_test(test_judgement),
        cmocka_unit_test(test_clock_in_disguise),
        cmocka_unit_test(test_head_with_a_token), cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
