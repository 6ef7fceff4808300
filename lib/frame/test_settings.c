/* test_settings.c - .env, the environment, and the words in which a bad value is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/frame/settings.h"

static arena *memory;

/* A directory of its own, so that nobody's .env is read. */
static int set_up(void **state)
{
    static char directory[32];
    strcpy(directory, "/tmp/settings-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    for (size_t i = 0; i < settings_shape.count; i++)
        unsetenv(settings_shape.fields[i].name);
    memory = arena_new((size_t)8 * 1024 * 1024);
    *state = directory;
    return 0;
}

static int tear_down(void **state)
{
    unlink(".env");
    assert_int_equal(chdir("/"), 0);
    rmdir(*state);
    arena_free(memory);
    return 0;
}

static void dotenv(const char *text)
{
    FILE *file = fopen(".env", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct settings read_well(void)
{
    struct settings s;
    const fault *problem = settings_read(memory, &settings_shape, &s);
    if (problem)
        print_error("%.*s\n", STR_ARG(problem->sentence));
    assert_null(problem);
    return s;
}

static void refused(const char *piece)
{
    struct settings s;
    const fault *problem = settings_read(memory, &settings_shape, &s);
    assert_non_null(problem);
    assert_string_equal(problem->code, "setting_invalid");
    if (!memmem(problem->sentence.at, problem->sentence.len, piece, strlen(piece))) {
        print_error("%.*s\n", STR_ARG(problem->sentence));
        fail();
    }
}

#define IS(text, literal) assert_true(str_equal(text, STR(literal)))

static void test_defaults(void **state)
{
    (void)state;
    struct settings s = read_well();
    IS(s.currency, "USD");
    IS(s.cinema_name, "Taquilla");
    IS(s.language, "es");
    IS(s.day_starts, "05:00");
    IS(s.listen, "127.0.0.1");
    IS(s.data_dir, "./var");
    assert_int_equal(s.port, 0);
    assert_false(s.open);
    assert_null(s.admin_token.at);
    assert_null(s.time_zone.at);
    assert_int_equal(s.cors_origins.count, 0);
}

static void test_dotenv(void **state)
{
    (void)state;
    dotenv("# the house\n"
           "\n"
           "export CINEMA_NAME=\"Cine \\\"Sol\\\" #1\"   # with quotes\n"
           "CURRENCY = PEN \r\n"
           "LANGUAGE='en' # english\n"
           "LISTEN=127.0.0.2 # comment\n"
           "DATA_DIR=./a#b\n"
           "PORT=1\nPORT=4000\n"
           "OPEN=Yes\n"
           "CORS_ORIGINS=https://a.example, https://b.example\n"
           "ADMIN_TOKEN=\n"
           "SOMETHING_ELSE=ignored\n");
    struct settings s = read_well();
    IS(s.cinema_name, "Cine \"Sol\" #1");
    IS(s.currency, "PEN");
    IS(s.language, "en");
    IS(s.listen, "127.0.0.2");
    IS(s.data_dir, "./a#b");
    assert_int_equal(s.port, 4000);
    assert_true(s.open);
    assert_null(s.admin_token.at);
    assert_int_equal(s.cors_origins.count, 2);
    IS(str_trim(s.cors_origins.at[1]), "https://b.example");
}

static void test_environment_wins(void **state)
{
    (void)state;
    dotenv("CINEMA_NAME=File\nLANGUAGE=en\n");
    setenv("CINEMA_NAME", "Ñandú & co = 100%", 1);
    struct settings s = read_well();
    IS(s.cinema_name, "Ñandú & co = 100%");
    IS(s.language, "en");
}

static void test_refusals(void **state)
{
    (void)state;
    setenv("PORT", "abc", 1);
    refused("PORT");
    setenv("PORT", "70000", 1);
    refused("PORT");
    setenv("CURRENCY", "DOLLARS", 1);
    refused("CURRENCY"); /* both are told at once */
    refused("PORT");
    unsetenv("PORT");
    setenv("CURRENCY", "USD", 1);
    setenv("OPEN", "perhaps", 1);
    refused("OPEN");
    setenv("OPEN", "1", 1);
    setenv("DAY_STARTS", "25:00", 1);
    refused("DAY_STARTS");
    setenv("DAY_STARTS", "06:00", 1);
    setenv("ADMIN_TOKEN", "two words", 1);
    refused("ADMIN_TOKEN");
    setenv("ADMIN_TOKEN", "secret-of-the-house\x01", 1);
    struct settings s;
    const fault *problem = settings_read(memory, &settings_shape, &s);
    assert_non_null(problem);
    assert_null(memmem(problem->sentence.at, problem->sentence.len, "secret-of", 9));
}

static void test_bad_files(void **state)
{
    (void)state;
    dotenv("CINEMA_NAME=x\nthis is no setting\n");
    refused("Line 2 of .env");
    dotenv("\n\nCINEMA_NAME=\"open\n");
    refused("Line 3 of .env");
    dotenv("CINEMA_NAME='open\n");
    refused("Line 1 of .env");
    dotenv("=x\n");
    refused("Line 1 of .env");
}

static void test_print(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *kept = stdout;
    setenv("ADMIN_TOKEN", "sesame", 1);
    setenv("PUBLIC_HOSTS", "a.example,b.example", 1);
    struct settings s = read_well();
    stdout = open_memstream(&text, &length);
    settings_print(&settings_shape, &s);
    fclose(stdout);
    stdout = kept;
    assert_non_null(strstr(text, "\nLISTEN=127.0.0.1\n"));
    assert_non_null(strstr(text, "\nPUBLIC_HOSTS=a.example,b.example\n"));
    assert_non_null(strstr(text, "\nADMIN_TOKEN=(set, not shown)\n"));
    assert_non_null(strstr(text, "\nSERVICE_TOKEN=\n"));
    assert_null(strstr(text, "sesame"));
    free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults), TEST(test_dotenv), TEST(test_environment_wins), TEST(test_refusals), TEST(test_bad_files),
        TEST(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
