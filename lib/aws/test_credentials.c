/* test_credentials.c - the parts of finding credentials that need no server: AWS's files, which hosts are trusted, what is handed out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/aws/keyring.h"

static void assert_value(const char *file, bool config, const char *section, const char *name, const char *wanted)
{
    bool known;
    str got = profile_value(str_of(file), config, str_of(section), name, &known);
    if (!str_equal(got, str_of(wanted)) || (got.at == NULL) != (wanted == NULL))
        fail_msg("[%s] %s: got %.*s, wanted %s", section, name, STR_ARG(got), wanted ? wanted : "none");
}

static const char shared[] = "# keys\n"
                             "[default]\r\n"
                             "aws_access_key_id = AKIA1\r\n"
                             "aws_secret_access_key=se/cr=et+1 # mine\r\n"
                             "\n"
                             "[ other one ]\n"
                             "; aws_access_key_id = AKIA9\n"
                             "AWS_ACCESS_KEY_ID\t=  AKIA2\n"
                             "s3 =\n"
                             "  aws_secret_access_key = nested\n"
                             "aws_session_token = a;b#c\n"
                             "[broken\n"
                             "aws_access_key_id = AKIA3\n";

static void test_shared_file(void **state)
{
    (void)state;
    assert_value(shared, false, "default", "aws_access_key_id", "AKIA1");
    assert_value(shared, false, "default", "aws_secret_access_key", "se/cr=et+1");
    assert_value(shared, false, "default", "aws_session_token", NULL);
    assert_value(shared, false, "other one", "aws_access_key_id", "AKIA2");
    assert_value(shared, false, "other one", "aws_secret_access_key", NULL);
    assert_value(shared, false, "other one", "aws_session_token", "a;b#c");
    assert_value(shared, false, "broken", "aws_access_key_id", NULL);
    assert_value("", false, "default", "aws_access_key_id", NULL);
    assert_value("aws_access_key_id = x", false, "default", "aws_access_key_id", NULL);
    bool known = true;
    (void)profile_value(str_of(shared), false, STR("third"), "aws_access_key_id", &known);
    assert_false(known);
    (void)profile_value(STR("[third]"), false, STR("third"), "aws_access_key_id", &known);
    assert_true(known);
}

static void test_config_file(void **state)
{
    (void)state;
    static const char config[] = "[default]\nrole_arn = a\n[profile x]\nrole_arn = b\n[profile \"y z\"]\nrole_arn = c\n[x]\nrole_arn = d\n"
                                 "[sso-session x]\nrole_arn = e\n";
    assert_value(config, true, "default", "role_arn", "a");
    assert_value(config, true, "x", "role_arn", "b");
    assert_value(config, true, "y z", "role_arn", "c");
}

static void test_container_uris(void **state)
{
    (void)state;
    static const char *const good[] = {
        "http://169.254.170.2/v2/x", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1", "http://localhost:80/", "http://127.0.0.1:8080/x",
        "http://127.9.9.9/", "http://[::1]:90/x", "https://anybody.example/x",
    };
    static const char *const bad[] = {
        "http://169.254.169.254/", "http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "ftp://127.0.0.1/",
        "http://169.254.170.2@example.com/", "http://127.0.0.1:80@example.com/", "169.254.170.2/x", "http://169.254.170.233/", "http://127.0.0.1?@x/",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!container_uri_allowed(str_of(good[i])))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (container_uri_allowed(str_of(bad[i])))
            fail_msg("%s is allowed", bad[i]);
}

static void test_what_is_handed_out(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)256 * 1024);
    struct credentials c;
    assert_true(credentials_read(a, STR("{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
                                        "\"Expiration\":\"2013-05-24T00:00:00Z\"}"), &c));
    assert_true(str_equal(c.key_id, STR("ASIA1")) && str_equal(c.secret, STR("s")) && str_equal(c.token, STR("t")));
    assert_int_equal(c.expires.ms, 1369353600000);
    assert_true(credentials_read(a, STR("{\"AccessKeyId\":\"AKIA1\",\"SecretAccessKey\":\"s\"}"), &c));
    assert_true(c.expires.ms == TIME_NONE);
    assert_false(credentials_read(a, STR("{\"Code\":\"AssumeRoleUnauthorizedAccess\"}"), &c));
    assert_false(credentials_read(a, STR("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}"), &c));
    assert_false(credentials_read(a, STR("<html>"), &c));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_file), cmocka_unit_test(test_config_file), cmocka_unit_test(test_container_uris),
        cmocka_unit_test(test_what_is_handed_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
