/* test_service.c - a whole small service: its start, its common addresses, its description, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/frame/service.h"
#include "lib/loop/fiber.h"

/* --- a service --- */

struct seat {
    int64_t unused;
    int64_t number;
    str row;
    list rows;
};

static const struct field inner_fields[] = {
    FIELD(struct seat, row, "row", .max = 3),
};
static const struct shape inner_shape = { .name = "inner", .size = sizeof(struct seat), .fields = inner_fields, .count = 1 };
static const struct field seat_fields[] = {
    FIELD(struct seat, number, "number", .min = 1, .read_only = true),
    FIELD(struct seat, row, "row", .max = 3, .doc = "a letter"),
    FIELD(struct seat, rows, "rows", .shape = &inner_shape, .optional = true),
};
static const struct shape seat_shape = SHAPE(seat, seat_fields);
static const struct field query_fields[] = {
    FIELD(struct seat, number, "limit", .fallback = "10", .max = 100),
};
static const struct shape query_shape = { .name = "paging", .size = sizeof(struct seat), .fields = query_fields, .count = 1 };

static const fault *seat_show(struct call *c)
{
    const struct seat found = { .number = c->ids[0], .row = STR("A") };
    return reply(c, 200, &seat_shape, &found);
}

static const fault *seat_make(struct call *c)
{
    return reply(c, 201, &seat_shape, c->body);
}

static const fault *slow(struct call *c)
{
    fiber_sleep(300);
    return reply_raw(c, 200, "text/plain", STR("slept"));
}

/* Sends for ever, and takes a moment to put down what it holds. */
static const fault *endless(struct call *c)
{
    const fault *problem = NULL;
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    while (!problem) {
        buf_reserve(&c->out, 65536);
        memset(c->out.at, 'x', 65536);
        c->out.len = 65536;
        problem = stream_flush(c);
    }
    fiber_sleep(30);
    printf("put down\n");
    return problem;
}

static const char *const make_faults[] = { "seat_exists", "room_unknown", NULL };

static const struct route routes[] = {
    { GET, "/api/seats/{id}", seat_show, .gives = &seat_shape, .summary = "One seat" },
    { GET, "/api/seats", seat_show, .gives = &seat_shape, .gives_page = true, .query = &query_shape,
      .summary = "Seats" },
    { POST, "/api/seats", seat_make, .takes = &seat_shape, .gives = &seat_shape, .status = 201,
      .summary = "A seat \"more\"", .faults = make_faults },
    { DELETE, "/api/seats/{id}", seat_show, .summary = "Less", .also_status = 202 },
    { GET, "/api/notes/{*name}", slow, .summary = "By name", .access = ACCESS_CODE, .plain = true },
    { GET, "/api/films/{**rest}", slow, .any_method = true, .summary = "Passed on" },
    { GET, "/slow", slow, .plain = true },
    { GET, "/endless", endless, .plain = true },
    { 0 },
};

static int64_t closed_position = 7;

static void well(struct health_check *check, struct app *app)
{
    (void)app;
    check->away = getenv("TEST_AWAY") != NULL;
}

static const fault *open_seats(struct app *app)
{
    if (getenv("TEST_REFUSES"))
        return fault_new(app->boot, FAULT_INVALID, "store_in_use", "Another process is using the store.");
    app->service = &closed_position;
    app->checks[app->check_count++] = (struct health_check){ .name = "store", .run = well, .needed = true };
    fiber_sleep(1); /* a fiber is running */
    return NULL;
}

static void close_seats(struct app *app)
{
    fiber_sleep(1);
    printf("closed %s\n", app->of->name);
    fflush(stdout);
}

static int64_t position(void *service)
{
    return *(int64_t *)service;
}

static const struct service seats = {
    .name = "rooms", .health_name = "seats-api", .title = "Seats", .about = "Only seats.", .port = 3002,
    .routes = routes, .open = open_seats, .close = close_seats, .position = position,
};

/* --- running it --- */

struct running {
    pid_t pid;
    int out; /* its standard output */
    int port;
    char said[65536];
    size_t said_len;
};

/* A descriptor that the child must not keep: the end of a pipe that its parent will close. */
static int not_for_child = -1;

static struct running start(char *const flags[], int count)
{
    struct running r = { 0 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    r.pid = fork();
    if (r.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        if (not_for_child >= 0)
            close(not_for_child);
        char *argv[8] = { NULL };
        for (int i = 0; i < count; i++)
            argv[i] = flags[i];
        _exit(service_run(&seats, count, argv));
    }
    close(ends[1]);
    r.out = ends[0];
    return r;
}

static bool said(const struct running *r, const char *piece)
{
    return memmem(r->said, r->said_len, piece, strlen(piece)) != NULL;
}

/* Reads on until `piece` was said or it ended. */
static bool listen_for(struct running *r, const char *piece)
{
    while (!said(r, piece)) {
        ssize_t got = read(r->out, r->said + r->said_len, sizeof r->said - 1 - r->said_len);
        if (got <= 0)
            return false;
        r->said_len += (size_t)got;
    }
    return true;
}

static int ended(struct running *r)
{
    int status = 0;
    listen_for(r, "\1never");
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    close(r->out);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static struct running start_well(void)
{
    static char verb[] = "rooms", flag[] = "--port", any[] = "0";
    static char *const flags[] = { verb, flag, any };
    struct running r = start(flags, 3);
    if (!listen_for(&r, "\"listening\""))
        print_error("%.*s\n", (int)r.said_len, r.said);
    const char *at = strstr(r.said, "http://127.0.0.1:");
    assert_non_null(at);
    r.port = (int)strtol(at + 17, NULL, 10);
    return r;
}

static int dial(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof to), 0);
    return fd;
}

/* The whole answer, head and body, as text. */
static const char *get(int port, const char *path, const char *headers)
{
    static char answer[262144];
    char request[1024];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sConnection: close\r\n\r\n",
                          path, headers);
    int fd = dial(port);
    size_t got = 0;
    ssize_t more;
    assert_int_equal(write(fd, request, (size_t)length), length);
    while ((more = read(fd, answer + got, sizeof answer - 1 - got)) > 0)
        got += (size_t)more;
    close(fd);
    answer[got] = '\0';
    return answer;
}

static void assert_has(const char *answer, const char *piece)
{
    assert_non_null(answer);
    if (strstr(answer, piece))
        return;
    print_error("no \"%s\" in:\n%s\n", piece, answer);
    fail();
}

static void stop(struct running *r)
{
    kill(r->pid, SIGTERM);
    assert_int_equal(ended(r), 0);
    assert_true(said(r, "closed rooms"));
}

static void test_life(void **state)
{
    (void)state;
    setenv("SERVICE_TOKEN", "inner", 1);
    struct running r = start_well();
    assert_has(get(r.port, "/health", ""), "\"status\":\"healthy\",\"service\":\"seats-api\"");
    assert_has(get(r.port, "/health", ""), "\"checks\":{\"store\":{\"status\":\"ok\",\"age_s\":0}}");
    assert_has(get(r.port, "/health/live", ""), " 200 ");
    assert_has(get(r.port, "/health/ready", ""), "\"status\":\"ready\"");
    assert_has(get(r.port, "/api/seats/7", ""), "{\"success\":true,\"data\":{\"number\":7");
    assert_has(get(r.port, "/metrics", ""), " 401 ");
    assert_has(get(r.port, "/metrics", "Origin: http://localhost\r\n"), " 403 ");
    const char *metrics = get(r.port, "/metrics", "Authorization: Bearer inner\r\n");
    assert_has(metrics, "taquilla_requests_total{method=\"GET\",route=\"/api/seats/{id}\",class=\"2xx\"} 1\n");
    assert_has(metrics, "taquilla_request_seconds_count{method=\"GET\",route=\"/health\"} 2\n");
    assert_has(metrics, "taquilla_log_position 7\n");
    assert_has(get(r.port, "/docs", ""), "Content-Security-Policy: default-src 'none'");
    assert_has(get(r.port, "/docs/docs.js", ""), "Content-Type: text/javascript");
    assert_has(get(r.port, "/docs/other.js", ""), " 404 ");
    assert_has(get(r.port, "/apispec_1.json", ""), "Location: /openapi.json\r\n");
    assert_has(get(r.port, "/swagger-ui/index.html", ""), " 308 ");
    assert_has(get(r.port, "/api/docs", ""), " 404 "); /* that was movies' address */
    for (int i = 0; i < 2; i++) { /* made, and kept */
        assert_has(get(r.port, "/openapi.json", ""), "{\"openapi\":\"3.1.0\"");
        assert_has(get(r.port, "/openapi.json", "If-None-Match: *\r\n"), "HTTP/1.1 304 ");
    }
    stop(&r);
    unsetenv("SERVICE_TOKEN");
}

/* What runs when SIGTERM comes is answered; then the service is closed. */
static void test_drain(void **state)
{
    (void)state;
    struct running r = start_well();
    int fd = dial(r.port);
    char answer[1024] = { 0 };
    const char *request = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    usleep(100000);
    stop(&r);
    assert_true(read(fd, answer, sizeof answer - 1) > 0);
    assert_has(answer, "slept");
    assert_has(answer, "Connection: close");
    close(fd);
}

/* The second signal waits for no stream: it is cut, and its handler ends before the service closes. */
static void test_stream_is_cut(void **state)
{
    (void)state;
    struct running r = start_well();
    int fd = dial(r.port);
    const char *request = "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    usleep(100000);
    kill(r.pid, SIGTERM);
    usleep(300000);
    assert_int_equal(waitpid(r.pid, NULL, WNOHANG), 0); /* it waits for the stream */
    stop(&r);
    assert_true(said(&r, "\"code\":\"client_gone\""));
    const char *down = memmem(r.said, r.said_len, "put down", 8);
    assert_non_null(down);
    assert_true(down < (const char *)memmem(r.said, r.said_len, "closed rooms", 12));
    close(fd);
}

static void test_away(void **state)
{
    (void)state;
    setenv("TEST_AWAY", "1", 1);
    struct running r = start_well();
    assert_has(get(r.port, "/health", ""), " 503 ");
    assert_has(get(r.port, "/health", ""), "\"status\":\"unhealthy\"");
    assert_has(get(r.port, "/health/ready", ""), " 503 ");
    assert_has(get(r.port, "/health/live", ""), " 200 ");
    stop(&r);
    unsetenv("TEST_AWAY");
}

static void test_parent_gone(void **state)
{
    (void)state;
    int ends[2];
    char named[16];
    assert_int_equal(pipe(ends), 0);
    snprintf(named, sizeof named, "%d", ends[0]);
    setenv("TAQUILLA_PARENT_PIPE", named, 1);
    not_for_child = ends[1];
    struct running r = start_well();
    not_for_child = -1;
    close(ends[1]);
    assert_int_equal(ended(&r), 0);
    assert_true(said(&r, "closed rooms"));
    close(ends[0]);
    unsetenv("TAQUILLA_PARENT_PIPE");
}

static void refuses(const char *flag, const char *value, const char *piece)
{
    char first[64], second[64];
    snprintf(first, sizeof first, "%s", flag);
    snprintf(second, sizeof second, "%s", value);
    char *flags[] = { first, second };
    struct running r = start(flags, value[0] ? 2 : 1);
    int code = ended(&r);
    if (code != 2 || !said(&r, piece))
        print_error("exit %d: %.*s\n", code, (int)r.said_len, r.said);
    assert_int_equal(code, 2);
    assert_true(said(&r, piece));
}

static void test_refusals(void **state)
{
    (void)state;
    refuses("--port", "70000", "--port must be a number from 0 to 65535.");
    refuses("--port=x", "", "--port must be");
    refuses("--prot", "1", "--prot is no flag");
    refuses("--port", "", "value is missing");
    refuses("--listen", "0.0.0.0", "set ADMIN_TOKEN, or OPEN=true");
    refuses("--listen", "192.0.2.1", "set ADMIN_TOKEN, or OPEN=true");
    setenv("OPEN", "true", 1);
    refuses("--listen", "192.0.2.1", "Cannot listen on 192.0.2.1");
    unsetenv("OPEN");
    setenv("TIME_ZONE", "Mars/Olympus", 1);
    refuses("--port", "0", "time zone \"Mars/Olympus\"");
    unsetenv("TIME_ZONE");
    setenv("TEST_REFUSES", "1", 1);
    refuses("--port", "0", "Another process is using the store.");
    unsetenv("TEST_REFUSES");
}

/* --- the description --- */

static json_t *at(json_t *whole, const char *path)
{
    char part[100];
    while (whole && *path) {
        size_t length = strcspn(path, " ");
        snprintf(part, sizeof part, "%.*s", (int)length, path);
        whole = json_is_array(whole) ? json_array_get(whole, (size_t)atoi(part)) : json_object_get(whole, part);
        path += length + (path[length] == ' ');
    }
    return whole;
}

/* Every $ref points at something. */
static void assert_refs(json_t *whole, json_t *node)
{
    const char *key;
    json_t *value;
    size_t index;
    json_array_foreach(node, index, value)
        assert_refs(whole, value);
    json_object_foreach(node, key, value) {
        if (strcmp(key, "$ref") == 0) {
            char path[200];
            snprintf(path, sizeof path, "%s", json_string_value(value) + 2);
            for (char *c = path; *c; c++)
                *c = *c == '/' ? ' ' : *c;
            if (!at(whole, path))
                print_error("%s points at nothing\n", json_string_value(value));
            assert_non_null(at(whole, path));
        }
        assert_refs(whole, value);
    }
}

static void assert_text(json_t *whole, const char *path, const char *want)
{
    const char *found = json_string_value(at(whole, path));
    if (!found || strcmp(found, want) != 0)
        print_error("%s is %s\n", path, found ? found : "absent");
    assert_non_null(found);
    assert_string_equal(found, want);
}

static void test_openapi(void **state)
{
    (void)state;
    struct buf out = { 0 };
    openapi_write(&seats, &out);
    json_error_t error;
    json_t *whole = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, &error);
    if (!whole)
        print_error("%s at %d:\n%.*s\n", error.text, error.position, (int)out.len, out.at);
    assert_non_null(whole);
    assert_refs(whole, whole);
    assert_text(whole, "openapi", "3.1.0");
    assert_text(whole, "info title", "Seats");
    assert_text(whole, "paths /api/seats post summary", "A seat \"more\"");
    assert_text(whole, "paths /api/seats post operationId", "post_api_seats");
    assert_text(whole, "paths /api/seats/{id} get parameters 0 name", "id");
    assert_text(whole, "paths /api/notes/{name} get parameters 0 schema type", "string");
    assert_text(whole, "paths /api/seats get parameters 0 name", "limit");
    assert_text(whole, "paths /health/live get responses 200 content application/json schema properties status const",
                "alive");
    assert_text(whole, "paths /api/seats post responses 409 description", "Conflict: seat_exists");
    assert_text(whole, "paths /api/seats post responses 404 description", "Not Found: room_unknown");
    static const char *const there[] = {
        "paths /api/seats post responses 201 content", "paths /api/seats post responses 415",
        "paths /api/seats post responses 422", "paths /api/seats get responses 304",
        "paths /api/seats/{id} delete responses 401", "paths /api/seats/{id} delete responses 200",
        "paths /api/seats/{id} delete responses 202", "paths /api/films/{rest} patch",
        "paths /health get", "paths /metrics get responses 403", "components schemas seatInput properties row",
        "components schemas innerInput", "components schemas inner", "components schemas Error",
    };
    for (size_t i = 0; i < COUNT_OF(there); i++) {
        if (!at(whole, there[i]))
            print_error("%s is absent\n", there[i]);
        assert_non_null(at(whole, there[i]));
    }
    assert_null(at(whole, "components schemas seatInput properties number"));
    assert_null(at(whole, "paths /slow"));
    assert_null(at(whole, "paths /api/seats get responses 401"));
    json_decref(whole);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),        cmocka_unit_test(test_drain),    cmocka_unit_test(test_away),
        cmocka_unit_test(test_stream_is_cut),
        cmocka_unit_test(test_parent_gone), cmocka_unit_test(test_refusals), cmocka_unit_test(test_openapi),
    };
    static char directory[] = "/tmp/service-XXXXXX"; /* no .env of anybody there */
    if (!mkdtemp(directory) || chdir(directory) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
