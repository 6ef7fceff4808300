/* test_owners.c - an export in pieces of any size, from an owner that keeps its word and from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/random.h"
#include "services/ingestion/owners.h"

static arena *a;

/* --- an owner that says what it is told to, a few bytes at a time --- */

static struct {
    str body;
    size_t piece_bytes_max;
    int status;
    const char *position; /* header; NULL: none */
    bool breaks;
} owner;

const char *upstream_name(const struct upstream *u)
{
    (void)u;
    return "reservations";
}

const fault *upstream_call(struct upstream *u, arena *in, const struct outgoing *want, struct message *answer)
{
    (void)u, (void)want, (void)answer;
    return fault_new(in, FAULT_UNAVAILABLE, "upstream_away", "Nothing is posted here.");
}

const fault *upstream_stream(struct upstream *u, arena *in, const struct outgoing *want, struct piece_taker *taker,
                             struct message *answer)
{
    (void)u;
    assert_true(want->internal && want->method == GET && str_equal(want->target, STR("/export")));
    answer->status = owner.status;
    if (owner.position)
        answer->headers[answer->header_count++] = (struct header){ STR("Taquilla-Position"), str_of(owner.position) };
    if (owner.status != 200) {
        answer->body = owner.body;
        return NULL;
    }
    for (str rest = owner.body; rest.len > 0;) {
        size_t length = 1 + (size_t)random_below(owner.piece_bytes_max);
        str piece = { rest.at, length < rest.len ? length : rest.len };
        TRY(taker->piece(taker, piece));
        rest = str_after(rest, piece.len);
    }
    return owner.breaks ? fault_new(in, FAULT_UNAVAILABLE, "upstream_away", "It broke off.") : NULL;
}

/* --- a sink that remembers --- */

static struct buf taken;
static size_t calls;

static const fault *remember(struct export_sink *sink, str table, str lines, int64_t rows)
{
    (void)sink;
    int64_t ends = 0;
    for (size_t i = 0; i < lines.len; i++)
        ends += lines.at[i] == '\n';
    assert_true(ends == rows && rows > 0 && lines.at[lines.len - 1] == '\n');
    buf_printf(&taken, "[%.*s]", STR_ARG(table));
    buf_text(&taken, lines);
    calls++;
    return NULL;
}

static const fault *export_of(const char *body, int64_t *position)
{
    struct export_sink sink = { remember, NULL };
    owner.body = str_of(body);
    taken.len = calls = 0;
    return ingestion_export_read(NULL, a, NULL, &sink, NULL, position);
}

static void assert_fault(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

#define USER(id) "{\"table\":\"users\",\"row\":{\"id\":" #id "}}\n"
#define EVENT(n) "{\"table\":\"log\",\"row\":{\"position\":" #n "}}\n"
#define END(p, n) "{\"end\":true,\"position\":" #p ",\"rows\":" #n "}\n"

static void tables_come_apart(void **state)
{
    (void)state;
    for (owner.piece_bytes_max = 1; owner.piece_bytes_max < 200; owner.piece_bytes_max += 3) {
        int64_t position = -1;
        assert_null(export_of(USER(1) USER(2) EVENT(1) END(1, 3), &position));
        assert_true(str_equal(buf_str(&taken), STR("[users]{\"id\":1}\n{\"id\":2}\n[log]{\"position\":1}\n")));
        assert_true(position == 1 && calls == 2);
        assert_null(export_of(END(0, 0), &position));
        assert_true(position == 0 && calls == 0);
    }
}

static void half_of_it_is_refused(void **state)
{
    (void)state;
    int64_t position;
    static const char *const wrong[] = { "", USER(1), USER(1) "{\"end\":true", USER(1) "{\"end\":true,\"position\":1,\"rows\":1}",
                                         USER(1) END(1, 2), USER(1) END(1, 0), END(1, 0) USER(1), END(1, 0) END(1, 0),
                                         USER(1) "\n" END(1, 1), USER(1) "{}\n" END(1, 1) };
    owner.piece_bytes_max = 7;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const fault *problem = export_of(wrong[i], &position);
        if (!problem || strcmp(problem->code, "export_strange") != 0)
            fail_msg("\"%s\": %s", wrong[i], problem ? problem->code : "taken");
    }
    owner.breaks = true;
    assert_fault(export_of(USER(1) END(1, 1), &position), "upstream_away");
}

static void the_head_must_agree(void **state)
{
    (void)state;
    int64_t position;
    owner.piece_bytes_max = 100;
    owner.position = "reservations/7";
    assert_null(export_of(USER(1) END(7, 1), &position));
    assert_fault(export_of(USER(1) END(8, 1), &position), "export_strange");
    owner.position = "7";
    assert_fault(export_of(USER(1) END(7, 1), &position), "export_strange");
}

static void a_refusal_is_handed_on(void **state)
{
    (void)state;
    int64_t position;
    owner.status = 503;
    const fault *problem = export_of("{\"success\":false,\"error\":\"Later.\",\"code\":\"restore_running\"}", &position);
    assert_fault(problem, "restore_running");
    assert_true(str_equal(problem->sentence, STR("reservations: Later.")));
    assert_fault(export_of("<html>", &position), "answer_strange");
    owner.status = 401;
    assert_fault(export_of("{}", &position), "token_unreadable");
}

static void much_comes_in_bounded_pieces(void **state)
{
    (void)state;
    struct buf body = { .in = a };
    int64_t position;
    enum { ROWS = 50000 };
    for (int i = 0; i < ROWS; i++)
        buf_printf(&body, "{\"table\":\"users\",\"row\":{\"id\":%d,\"name\":\"%050d\"}}\n", i, i);
    buf_printf(&body, "{\"end\":true,\"position\":5,\"rows\":%d}\n", ROWS);
    owner.piece_bytes_max = 64 * 1024;
    buf_char(&body, '\0');
    assert_null(export_of(body.at, &position));
    assert_true(calls > 10 && calls < 100);
    buf_free(&body);
}

static void a_line_has_an_end(void **state)
{
    (void)state;
    int64_t position;
    size_t length = (size_t)2 * 1024 * 1024;
    char *body = arena_take(a, length + 1);
    memset(body, 'x', length);
    owner.piece_bytes_max = 64 * 1024;
    assert_fault(export_of(body, &position), "export_strange");
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    int64_t position;
    bool stop = true;
    struct export_sink sink = { remember, NULL };
    owner.body = STR(USER(1) END(1, 1));
    assert_fault(ingestion_export_read(NULL, a, NULL, &sink, &stop, &position), "backup_stopped");
}

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    memset(&owner, 0, sizeof owner);
    owner.status = 200;
    owner.piece_bytes_max = 1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_free(&taken);
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_come_apart, begin, end),
        cmocka_unit_test_setup_teardown(half_of_it_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_head_must_agree, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_is_handed_on, begin, end),
        cmocka_unit_test_setup_teardown(much_comes_in_bounded_pieces, begin, end),
        cmocka_unit_test_setup_teardown(a_line_has_an_end, begin, end),
        cmocka_unit_test_setup_teardown(it_can_be_stopped, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
