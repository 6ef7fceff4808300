/* test_up.c - the parts of `taquilla up` that need no service: its token, children's lines, flags, ports. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "taquilla/child.h"
#include "taquilla/console.h"
#include "taquilla/flags.h"
#include "taquilla/probe.h"
#include "taquilla/token.h"

static arena *memory;
static char folder[64];

static int scene_open(void **state)
{
    (void)state;
    memory = arena_new(1 << 20);
    strcpy(folder, "/tmp/test-up-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    return 0;
}

static int scene_close(void **state)
{
    (void)state;
    const char *const left[] = { "a/b/service.token", "a/b", "a", "out" };
    for (size_t i = 0; i < COUNT_OF(left); i++)
        remove(left[i]);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
    arena_free(memory);
    return 0;
}

/* --- the token --- */

static mode_t mode_of(const char *path)
{
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    return is.st_mode & 0777;
}

static void a_token_is_made_once(void **state)
{
    (void)state;
    str first, second;
    assert_null(service_token_of(memory, "a/b", &first));
    assert_int_equal(first.len, 64);
    assert_int_equal(mode_of("a/b/service.token"), 0600);
    assert_int_equal(mode_of("a/b"), 0700);
    assert_null(service_token_of(memory, "a/b", &second));
    assert_true(str_equal(first, second));
}

static void token_file(const char *text, mode_t mode)
{
    mkdir("a", 0700);
    mkdir("a/b", 0700);
    FILE *file = fopen("a/b/service.token", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod("a/b/service.token", mode), 0);
}

static void a_token_for_everybodys_eyes_is_narrowed(void **state)
{
    (void)state;
    str token;
    token_file("0123456789abcdef0123456789abcdef\n", 0644);
    assert_null(service_token_of(memory, "a/b", &token));
    assert_true(str_equal(token, STR("0123456789abcdef0123456789abcdef")));
    assert_int_equal(mode_of("a/b/service.token"), 0600);
}

static void a_damaged_token_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = { "", "short", "0123456789abcdef 123456789abcdef0", "0123456789abcdef\n0123456789abcdef" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        str token;
        token_file(bad[i], 0600);
        const fault *problem = service_token_of(memory, "a/b", &token);
        assert_non_null(problem);
        assert_string_equal(problem->code, "token_unreadable");
    }
}

/* --- a child's lines --- */

/* What the console writes when a child named movies says all of this, in two pieces. */
static const char *said(const char *all, size_t cut, char *room, size_t size)
{
    static const struct service movies = { .name = "movies" };
    static struct child c;
    int ends[2], out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600), before = dup(STDOUT_FILENO);
    size_t length = strlen(all);
    assert_true(out >= 0 && before >= 0);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    c = (struct child){ .of = &movies, .output = ends[0], .life = dup(ends[0]) };
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    assert_int_equal(write(ends[1], all, cut), cut);
    child_read_output(&c);
    assert_int_equal(write(ends[1], all + cut, length - cut), length - cut);
    close(ends[1]);
    child_ended(&c, SIGKILL);
    console_finish();
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t got = pread(out, room, size - 1, 0);
    close(out);
    assert_true(got >= 0);
    room[got] = '\0';
    return room;
}

#define END "up | movies was ended by signal 9 (Killed)\n"

static void lines_get_their_services_name(void **state)
{
    (void)state;
    static char room[64 * 1024];
    assert_string_equal(said("", 0, room, sizeof(room)), END);
    const char *all = "{\"a\":1}\n{\"b\":2}\n\nnot JSON\nunfinished";
    for (size_t cut = 0; cut <= strlen(all); cut++)
        assert_string_equal(said(all, cut, room, sizeof(room)),
                            "movies | {\"a\":1}\nmovies | {\"b\":2}\nmovies | not JSON\nmovies | unfinished\n" END);
}

static void a_line_without_end_comes_in_pieces(void **state)
{
    (void)state;
    static char all[2 * CHILD_LINE_MAX + 101], room[64 * 1024];
    memset(all, 'x', sizeof(all) - 1);
    const char *got = said(all, 5000, room, sizeof(room));
    size_t prefixes = 0, marks = 0;
    for (const char *at = got; (at = strstr(at, "movies | ")); at++)
        prefixes++;
    for (const char *at = got; *at; at++)
        marks += *at == 'x';
    assert_int_equal(prefixes, 3);
    assert_int_equal(marks, sizeof(all) - 1);
}

static void a_child_waits_longer_each_time_it_dies(void **state)
{
    (void)state;
    static const struct service movies = { .name = "movies" };
    static struct child c;
    const int64_t pauses[] = { 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
    c = (struct child){ .of = &movies };
    for (size_t i = 0; i < COUNT_OF(pauses); i++) {
        c.output = c.life = -1;
        c.started_ms = clock_mono_ms();
        child_ended(&c, 0);
        assert_int_equal(c.pause_ms, pauses[i]);
        assert_true(c.again_ms >= c.started_ms + pauses[i]);
        assert_false(c.refused);
    }
    c.started_ms = clock_mono_ms() - 30000;
    child_ended(&c, 0);
    assert_int_equal(c.pause_ms, 200);
    child_ended(&c, W_EXITCODE(2, 0));
    assert_true(c.refused);
    console_finish();
}

/* --- flags, ports, probes --- */

static void flags_are_read(void **state)
{
    (void)state;
    const char *data = NULL, *port = NULL;
    const struct flag known[] = { { "--data", &data }, { "--base-port", &port } };
    char *good[] = { (char[]){ "up" }, (char[]){ "--data=x" }, (char[]){ "--base-port" }, (char[]){ "4000" } };
    char *unknown[] = { (char[]){ "up" }, (char[]){ "--dat=x" } };
    char *without[] = { (char[]){ "up" }, (char[]){ "--data" } };
    assert_true(flags_read(4, good, known, 2));
    assert_string_equal(data, "x");
    assert_string_equal(port, "4000");
    assert_false(flags_read(2, unknown, known, 2));
    assert_false(flags_read(2, without, known, 2));
    assert_int_equal(base_port_of(NULL), 3001);
    assert_int_equal(base_port_of("4000"), 4000);
    assert_int_equal(base_port_of("0"), 0);
    assert_int_equal(base_port_of("65531"), 0);
    assert_int_equal(base_port_of("x"), 0);
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void answer_one(int listening, const char *answer)
{
    if (fork() != 0)
        return;
    char room[1024];
    int fd = accept(listening, NULL, NULL);
    if (read(fd, room, sizeof(room)) > 0 && write(fd, answer, strlen(answer)) > 0)
        close(fd);
    _exit(0);
}

static void a_port_is_probed(void **state)
{
    (void)state;
    int port, listening = listen_somewhere(&port);
    char room[1024];
    str body;
    assert_false(port_is_free("127.0.0.1", port));
    answer_one(listening, "HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{}");
    assert_int_equal(probe_get("127.0.0.1", port, "/x", 2000, room, sizeof(room), &body), 503);
    assert_true(str_equal(body, STR("{}")));
    answer_one(listening, "SSH-2.0-whatever\r\n");
    assert_int_equal(probe_get("localhost", port, "/x", 2000, room, sizeof(room), &body), 0);
    assert_int_equal(probe_get("127.0.0.1", port, "/x", 20, room, sizeof(room), &body), 0); /* nobody answers */
    close(listening);
    while (wait(NULL) > 0)
        ;
    assert_true(port_is_free("127.0.0.1", port));
    assert_int_equal(probe_get("127.0.0.1", port, "/x", 2000, room, sizeof(room), &body), 0);
    assert_int_equal(probe_get("not an address", port, "/x", 2000, room, sizeof(room), &body), 0);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_token_is_made_once),
        SCENE(a_token_for_everybodys_eyes_is_narrowed),
        SCENE(a_damaged_token_is_refused),
        SCENE(lines_get_their_services_name),
        SCENE(a_line_without_end_comes_in_pieces),
        SCENE(a_child_waits_longer_each_time_it_dies),
        SCENE(flags_are_read),
        SCENE(a_port_is_probed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
