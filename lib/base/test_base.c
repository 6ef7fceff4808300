/* test_base.c - texts, memory, lists, chance and faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fault.h"
#include "lib/base/random.h"

#define assert_text(made, wanted) assert_text_at((made), (wanted), __LINE__)

static void assert_text_at(str made, const char *wanted, int line)
{
    if (!str_equal(made, str_of(wanted)))
        fail_msg("line %d: \"%.*s\" is not \"%s\"", line, STR_ARG(made), wanted);
}

static void texts_compare(void **state)
{
    (void)state;
    assert_true(str_equal(STR("a"), STR("a")));
    assert_false(str_equal(STR("a"), STR("ab")));
    assert_true(str_equal(STR(""), (str){ NULL, 0 }));
    assert_true(str_equal_nocase(STR("Ana@CINE.pe"), STR("ana@cine.PE")));
    assert_false(str_equal_nocase(STR("["), STR("{")));
    assert_true(str_starts(STR("Bearer x"), STR("Bearer ")));
    assert_false(str_starts(STR("Be"), STR("Bearer")));
    assert_true(str_ends(STR("a.json"), STR(".json")));
    assert_false(str_ends(STR("n"), STR("json")));
    assert_null(str_of(NULL).at);
    assert_text(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    assert_true(str_blank(STR(" \n")));
    assert_true(str_blank((str){ NULL, 0 }));
    assert_false(str_blank(STR(" x ")));
    assert_text(str_after(STR("abc"), 2), "c");
    assert_text(str_after(STR("abc"), 9), "");
}

static void texts_are_cut(void **state)
{
    (void)state;
    str rest = STR("a,,b"), piece;
    assert_true(str_cut(&rest, ',', &piece));
    assert_text(piece, "a");
    assert_true(str_cut(&rest, ',', &piece));
    assert_text(piece, "");
    assert_true(str_cut(&rest, ',', &piece));
    assert_text(piece, "b");
    assert_false(str_cut(&rest, ',', &piece));

    rest = STR("a,");
    assert_true(str_cut(&rest, ',', &piece));
    assert_true(str_cut(&rest, ',', &piece)); /* what follows the last separator is a piece too */
    assert_text(piece, "");
    assert_false(str_cut(&rest, ',', &piece));
}

static void integers_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0",                     true,  0        },
        { "007",                  true,  7        },
        { "-12",                  true,  -12      },
        { "9223372036854775807",  true,  INT64_MAX},
        { "-9223372036854775808", true,  INT64_MIN},
        { "9223372036854775808",  false, 0        },
        { "-9223372036854775809", false, 0        },
        { "92233720368547758070", false, 0        },
        { "",                     false, 0        },
        { "-",                    false, 0        },
        { "+1",                   false, 0        },
        { " 1",                   false, 0        },
        { "1 ",                   false, 0        },
        { "1.0",                  false, 0        },
        { "0x1",                  false, 0        },
        { "--1",                  false, 0        },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t n = 42;
        if (str_to_int(str_of(cases[i].text), &n) != cases[i].good)
            fail_msg("\"%s\"", cases[i].text);
        assert_int_equal(n, cases[i].good ? cases[i].value : 42);
    }
}

static void utf8_is_strict(void **state)
{
    (void)state;
    static const char *const good[] = { "",
                                        "plain",
                                        "Añoranza",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x8E\xAC",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "eight by eight, then \xC3\xA9" };
    static const char *const bad[] = {
        "\x80",             /* a tail alone */
        "\xC3",             /* cut short */
        "\xC0\xAF",         /* overlong / */
        "\xE0\x9F\xBF",     /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF8\x88\x80\x80\x80",
        "\xFF",
        "eight by eight, then \xC3(",
        "a\xE2\x82",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!str_is_utf8(str_of(good[i])))
            fail_msg("good %zu", i);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (str_is_utf8(str_of(bad[i])))
            fail_msg("bad %zu", i);
    assert_int_equal(str_code_points(STR("Año \xF0\x9F\x8E\xAC")), 5);
    assert_int_equal(str_utf8_step(STR("\xE2\x82\xAC!")), 3);
    assert_int_equal(str_utf8_step(STR("\xE2\x82")), 0);
}

static void arenas_grow_and_start_again(void **state)
{
    (void)state;
    arena *a = arena_new(8 * 1024 * 1024);
    size_t taken = 0;
    for (size_t i = 1; i < 3000; i++) {
        unsigned char *at = arena_take(a, i);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k += 97)
            assert_int_equal(at[k], 0);
        memset(at, 0xEE, i); /* what is dirty must come back zeroed after the reset */
        taken += i;
    }
    assert_true(arena_used_bytes(a) >= taken);
    arena_reset(a);
    assert_int_equal(arena_used_bytes(a), 0);
    const char *again = arena_take(a, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(again[i], 0);
    arena_free(a);
    arena_free(NULL);
}

static void arena_texts(void **state)
{
    (void)state;
    arena *a = arena_new(1024 * 1024);
    str copy = arena_copy(a, str_after(STR("xSala 1"), 1));
    assert_text(copy, "Sala 1");
    assert_int_equal(copy.at[copy.len], '\0');
    assert_null(arena_copy(a, (str){ NULL, 0 }).at);
    assert_string_equal(arena_cstr(a, (str){ NULL, 0 }), "");
    assert_text(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    str wide = arena_printf(a, "%1000d", 7);
    assert_int_equal(wide.len, 1000);
    assert_int_equal(wide.at[999], '7');
    int64_t *numbers = NEW_ARRAY(a, int64_t, 10);
    assert_int_equal(numbers[9], 0);
    arena_free(a);
}

static void arena_extends_only_the_last(void **state)
{
    (void)state;
    arena *a = arena_new(1024 * 1024);
    char *first = arena_take(a, 100);
    memset(first, 'a', 100);
    assert_true(arena_extend(a, first, 100, 300));
    memset(first + 100, 'b', 200);
    assert_int_equal(first[99], 'a');
    char *second = arena_take(a, 10);
    assert_true(second >= first + 300);
    assert_false(arena_extend(a, first, 300, 400));
    assert_false(arena_extend(a, second, 10, 64 * 1024)); /* its chunk is not that large */
    assert_true(arena_extend(a, second, 10, 1000));
    arena_free(a);
}

/* Runs act in a child and gives its wait status, with its standard error in said. */
static int child_status(void (*act)(void), char *said, size_t room)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (len < room - 1 && (got = read(ends[0], said + len, room - 1 - len)) > 0)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void take_too_much(void)
{
    arena *a = arena_new(64 * 1024);
    for (int i = 0; i < 65; i++)
        (void)!arena_take(a, 1024);
}

static void arena_cap_ends_the_process(void **state)
{
    (void)state;
    char said[512];
    int status = child_status(take_too_much, said, sizeof said);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "arena reached its cap"));
}

static void must_fail(void)
{
    static arena *a; /* static, since the leak check runs at this exit too */
    a = arena_new(64 * 1024);
    MUST(NULL);
    MUST(fault_internal(a, FAULT_INVALID, "setting_invalid", "PORT must be a number.", "%s",
                        "from .env"));
}

static void must_says_why_and_exits_2(void **state)
{
    (void)state;
    char said[512];
    int status = child_status(must_fail, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_string_equal(said, "taquilla: PORT must be a number. (from .env)\n");
}

static const fault *tries(const fault *inner, int *went_on)
{
    TRY(inner);
    *went_on = 1;
    return NULL;
}

static void faults_are_handed_up(void **state)
{
    (void)state;
    arena *a = arena_new(64 * 1024);
    int went_on = 0;
    fault *taken = fault_new(a, FAULT_CONFLICT, "seats_taken", "Seat %d is taken.", 7);
    assert_ptr_equal(tries(taken, &went_on), taken);
    assert_int_equal(went_on, 0);
    assert_null(tries(NULL, &went_on));
    assert_int_equal(went_on, 1);
    assert_text(taken->sentence, "Seat 7 is taken.");
    assert_string_equal(taken->code, "seats_taken");
    assert_int_equal(taken->kind, FAULT_CONFLICT);
    assert_null(taken->fields);

    const fault *hidden = fault_internal(a, FAULT_UNAVAILABLE, "store_unavailable",
                                         "The store is away.", "SQLITE_IOERR %d", 10);
    assert_text(hidden->sentence, "The store is away.");
    assert_text(hidden->internal, "SQLITE_IOERR 10");
    char wide[3000];
    memset(wide, 'x', sizeof wide);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(fault_new(a, FAULT_INVALID, "x", "%s", wide)->sentence.len, 1023);
    arena_free(a);
}

static void buf_grows_either_way(struct buf *b)
{
    for (int i = 0; i < 5000; i++) {
        buf_int(b, i);
        buf_char(b, ' ');
    }
    buf_printf(b, "%s|%500d", "end", 1);
    str all = buf_str(b);
    assert_int_equal(all.len, 10 * 2 + 90 * 3 + 900 * 4 + 4000 * 5 + 504);
    assert_true(str_starts(all, STR("0 1 2 3 ")));
    assert_true(str_ends(all, STR(" 1")));
    buf_drop_front(b, 4);
    assert_true(str_starts(buf_str(b), STR("2 3 ")));
    buf_drop_front(b, SIZE_MAX);
    assert_int_equal(b->len, 0);
    buf_literal(b, "again");
    assert_text(buf_str(b), "again");
}

static void bufs_grow(void **state)
{
    (void)state;
    arena *a = arena_new(1024 * 1024);
    struct buf in_arena = { .in = a }, on_heap = { 0 };
    buf_grows_either_way(&in_arena);
    /* Two that grow in turn must not write over each other. */
    struct buf left = { .in = a }, right = { .in = a };
    for (int i = 0; i < 4000; i++) {
        buf_char(&left, 'l');
        buf_char(&right, 'r');
    }
    for (size_t i = 0; i < 4000; i++)
        assert_true(left.at[i] == 'l' && right.at[i] == 'r');
    buf_grows_either_way(&on_heap);
    buf_free(&on_heap);
    assert_null(on_heap.at);
    assert_text(buf_str(&on_heap), "");
    arena_free(a);
}

static void buf_numbers(void **state)
{
    (void)state;
    struct buf b = { 0 };
    buf_int(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_int(&b, INT64_MAX);
    buf_char(&b, ' ');
    buf_int(&b, 0);
    buf_int(&b, -7);
    assert_text(buf_str(&b), "-9223372036854775808 9223372036854775807 0-7");
    buf_free(&b);
}

static void quoted_texts_are_json(void **state)
{
    (void)state;
    struct buf b = { 0 };
    buf_quoted(&b, STR("a\"b\\c\n\t\r\b\f\x01\x1f\x7f/"));
    assert_text(buf_str(&b), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u007f/\"");
    b.len = 0;
    buf_quoted(&b, STR("Año \xF0\x9F\x8E\xAC"));
    assert_text(buf_str(&b), "\"Año \xF0\x9F\x8E\xAC\"");
    b.len = 0;
    buf_quoted(&b, STR("x\xFFy\xC3"));
    assert_text(buf_str(&b), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
    b.len = 0;
    buf_quoted(&b, (str){ NULL, 0 });
    assert_text(buf_str(&b), "\"\"");
    b.len = 0;
    buf_quoted(&b, STR("\0z"));
    assert_text(buf_str(&b), "\"\\u0000z\"");
    b.len = 0;
    buf_markup(&b, STR("<a b=\"&\">\n\x01" "Añ'"));
    assert_text(buf_str(&b), "&lt;a b=&quot;&amp;&quot;&gt;  Añ'");
    buf_free(&b);
}

static void ids_sort_and_find(void **state)
{
    (void)state;
    int64_t at[] = { 5, -1, INT64_MAX, 3, INT64_MIN, 3 };
    ids numbers = { at, COUNT_OF(at) };
    ids_sort(&numbers);
    for (size_t i = 1; i < numbers.count; i++)
        assert_true(at[i - 1] <= at[i]);
    assert_true(ids_contain_sorted(&numbers, INT64_MIN));
    assert_true(ids_contain_sorted(&numbers, 3));
    assert_true(ids_contain_sorted(&numbers, INT64_MAX));
    assert_false(ids_contain_sorted(&numbers, 4));
    assert_false(ids_contain_sorted(&(ids){ NULL, 0 }, 4));
    ids_sort(&(ids){ NULL, 0 });
}

static void chance_is_even(void **state)
{
    (void)state;
    int count[10] = { 0 };
    for (int i = 0; i < 20000; i++)
        count[random_below(10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(count[i], 1700, 2300); /* 7 sigma */
    assert_int_equal(random_below(0), 0);
    assert_int_equal(random_below(1), 0);

    arena *a = arena_new(64 * 1024);
    str one = random_hex(a, 16), other = random_hex(a, 16);
    assert_int_equal(one.len, 32);
    assert_int_equal(strspn(one.at, "0123456789abcdef"), 32);
    assert_false(str_equal(one, other));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_compare),
        cmocka_unit_test(texts_are_cut),
        cmocka_unit_test(integers_are_read_whole),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(arenas_grow_and_start_again),
        cmocka_unit_test(arena_texts),
        cmocka_unit_test(arena_extends_only_the_last),
        cmocka_unit_test(arena_cap_ends_the_process),
        cmocka_unit_test(must_says_why_and_exits_2),
        cmocka_unit_test(faults_are_handed_up),
        cmocka_unit_test(bufs_grow),
        cmocka_unit_test(buf_numbers),
        cmocka_unit_test(quoted_texts_are_json),
        cmocka_unit_test(ids_sort_and_find),
        cmocka_unit_test(chance_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
