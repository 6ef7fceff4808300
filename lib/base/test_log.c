/* test_log.c - lines are whole and are JSON; a reader that stops reading costs lines, never time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* Standard output becomes a pipe while a test runs; cmocka's own words wait until it is back. */
struct captured {
    int reader, stdout_before;
    struct buf seen;
};

static struct captured capture(void)
{
    int ends[2];
    fflush(stdout);
    struct captured c = { .stdout_before = dup(STDOUT_FILENO) };
    assert_int_equal(pipe(ends), 0);
    c.reader = ends[0];
    fcntl(c.reader, F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    return c;
}

static bool drain(struct captured *c)
{
    buf_reserve(&c->seen, 64 * 1024);
    ssize_t got = read(c->reader, c->seen.at + c->seen.len, 64 * 1024);
    c->seen.len += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void release(struct captured *c)
{
    dup2(c->stdout_before, STDOUT_FILENO);
    close(c->stdout_before);
    close(c->reader);
    buf_free(&c->seen);
}

static bool contains(str text, const char *wanted)
{
    return memmem(text.at, text.len, wanted, strlen(wanted)) != NULL;
}

static void lines_have_their_members(void **state)
{
    (void)state;
    struct captured c = capture();
    struct buf *line = log_begin("info", "request");
    log_member_text(line, "path", STR("/api/\"x\"\n"));
    log_member_int(line, "status", 200);
    log_member_text(line, "code", (str){ NULL, 0 });
    log_end(line);
    bool waited = !drain(&c); /* nothing leaves before the flush */
    log_flush();
    log_line("warn", "disk_full", "store %s has %d bytes", "movies", 7);
    drain(&c);
    str seen = buf_str(&c.seen), first, second, rest;
    str_cut(&seen, '\n', &first);
    str_cut(&seen, '\n', &second);
    rest = seen;
    instant written;
    bool timed = instant_read((str){ first.at + 9, 24 }, &written);
    bool good =
        str_starts(first, STR("{\"time\":\"")) && timed &&
        str_ends(first,
                 STR("Z\",\"level\":\"info\",\"event\":\"request\",\"path\":\"/api/\\\"x\\\"\\n\","
                     "\"status\":200,\"code\":null}"));
    bool worded = str_ends(second, STR("\"level\":\"warn\",\"event\":\"disk_full\","
                                       "\"message\":\"store movies has 7 bytes\"}"));
    release(&c);
    assert_true(waited);
    assert_true(good);
    assert_true(worded);
    assert_int_equal(rest.len, 0);
}

/* What any reader may take for the end of a line, a command to the terminal or a turn of the writing. */
static void texts_cannot_begin_a_line(void **state)
{
    (void)state;
    struct captured c = capture();
    struct buf *line = log_begin("info", "request");
    log_member_text(line, "a", STR("1\r\n2\x1b[2J\x7f\v\f3"));
    log_member_text(line, "b", STR("\xc2\x85\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6\xff\xe2\x80"));
    log_member_text(line, "c", STR("Mu\xc3\xb1oz \xc2\xa1\xe2\x80\xa7\xe2\x80\xaf\xe2\x82\xac\xf0\x9f\x8e\xac"));
    log_end(line);
    log_flush();
    drain(&c);
    bool good = str_ends(buf_str(&c.seen),
                         STR(",\"a\":\"1\\r\\n2\\u001b[2J\\u007f\\u000b\\f3\",\"b\":\"?????????\","
                             "\"c\":\"Mu\xc3\xb1oz \xc2\xa1\xe2\x80\xa7\xe2\x80\xaf\xe2\x82\xac\xf0\x9f\x8e\xac\"}\n"));
    release(&c);
    assert_true(good);
}

/* Who gathers lines has room for LOG_LINE_BYTES_MAX: the rest of a longer one would be a line of its own. */
static void a_line_is_no_longer_than_told(void **state)
{
    (void)state;
    static char most[8 * LOG_TEXT_BYTES_MAX];
    memset(most, 1, sizeof most); /* each byte becomes six */
    struct captured c = capture();
    struct buf *line = log_begin("info", "request");
    for (int i = 0; i < 8; i++)
        log_member_text(line, "long", (str){ most, sizeof most });
    log_member_int(line, "n", INT64_MIN);
    log_end(line);
    memset(most, '\xc3', sizeof most); /* and each of these, broken UTF-8, is one */
    log_line("info", "long", "%.*s", (int)sizeof most, most);
    log_flush();
    drain(&c);
    str seen = buf_str(&c.seen), first, second;
    str_cut(&seen, '\n', &first);
    str_cut(&seen, '\n', &second);
    bool good = first.len > LOG_LINE_BYTES_MAX / 2 && first.len < LOG_LINE_BYTES_MAX &&
                str_ends(first, STR(",\"n\":-9223372036854775808}")) && second.len > LOG_TEXT_BYTES_MAX &&
                second.len < LOG_LINE_BYTES_MAX && str_ends(second, STR("\"}"));
    release(&c);
    assert_true(good);
}

/* Every line that came out begins and ends as a line, whatever was dropped between. */
static size_t whole_lines(str seen)
{
    size_t count = 0;
    str line;
    while (str_cut(&seen, '\n', &line) && seen.at) {
        if (!str_starts(line, STR("{\"time\":\"")) || !str_ends(line, STR("}")))
            return 0;
        count++;
    }
    return count;
}

static void a_full_pipe_does_not_stop_us(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    struct captured c = capture();
    uint64_t dropped_before = log_dropped_lines();
    int64_t began_ms = clock_mono_ms();
    for (int i = 0; i < LINES; i++) {
        struct buf *line = log_begin("info", "storm");
        log_member_int(line, "n", i);
        log_end(line);
        if (i % 100 == 0)
            log_flush();
    }
    int64_t took_ms = clock_mono_ms() - began_ms;
    uint64_t dropped = log_dropped_lines() - dropped_before;
    do
        log_flush();
    while (drain(&c));
    log_line("info", "after", "the reader is back");
    do
        log_flush();
    while (drain(&c));
    size_t lines = whole_lines(buf_str(&c.seen));
    bool said = contains(buf_str(&c.seen), "\"event\":\"log_lines_dropped\",\"lines\":");
    release(&c);
    assert_true(took_ms < 5000);
    assert_true(dropped > 0);
    assert_true(said);
    assert_int_equal(lines, LINES - dropped + 2);
}

/* A line alone leaves at once; those that follow soon leave together, and when much waits at once again. */
static void lines_of_a_busy_time_are_gathered(void **state)
{
    (void)state;
    struct captured c = capture();
    int64_t now_ms = clock_mono_ms();
    log_end(log_begin("info", "first"));
    int64_t none_due = log_flush_gathered(now_ms);
    bool first = drain(&c);
    log_end(log_begin("info", "second"));
    int64_t due_ms = log_flush_gathered(now_ms + 1);
    bool early = drain(&c);
    (void)log_flush_gathered(due_ms);
    bool second = drain(&c);
    for (int i = 0; i < 1000; i++)
        log_end(log_begin("info", "many"));
    (void)log_flush_gathered(due_ms);
    bool many = drain(&c);
    do
        log_flush();
    while (drain(&c));
    size_t lines = whole_lines(buf_str(&c.seen));
    release(&c);
    assert_true(first && !early && second && many);
    assert_true(none_due == INT64_MAX);
    assert_in_range(due_ms, now_ms + 2, now_ms + 100);
    assert_int_equal(lines, 1002);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_line("info", "thread", "%s %d", (const char *)arg, i);
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    struct captured c = capture();
    static char names[4][2] = { "a", "b", "c", "d" };
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, log_many, names[i]);
    while (whole_lines(buf_str(&c.seen)) < 2000) {
        log_flush();
        if (!drain(&c))
            usleep(500);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    size_t lines = whole_lines(buf_str(&c.seen));
    release(&c);
    assert_int_equal(lines, 2000);
}

static void a_reader_that_left_is_forgotten(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct captured c = capture();
    close(c.reader);
    uint64_t before = log_dropped_lines();
    log_line("info", "nobody", "reads this");
    log_line("info", "nobody", "reads this either");
    uint64_t dropped = log_dropped_lines() - before;
    c.reader = dup(STDOUT_FILENO);
    release(&c);
    assert_int_equal(dropped, 2);
}

static void files_take_everything(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    for (int i = 0; i < 3000; i++)
        log_end(log_begin("info", "file"));
    log_flush();
    dup2(before, STDOUT_FILENO);
    close(before);
    long size = lseek(fileno(file), 0, SEEK_END);
    fclose(file);
    assert_true(size >= 3000 * 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_their_members),
        cmocka_unit_test(texts_cannot_begin_a_line),
        cmocka_unit_test(a_line_is_no_longer_than_told),
        cmocka_unit_test(lines_of_a_busy_time_are_gathered),
        cmocka_unit_test(a_full_pipe_does_not_stop_us),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(a_reader_that_left_is_forgotten),
        cmocka_unit_test(files_take_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
