/* aws_support.c - a client by the environment, and a line to its server that is cut. */
#include "tests/contract/aws_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/loop/fiber.h"

arena *a;
struct aws *cloud;
const char *server = "";

static str set(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value)
        fail_msg("%s is not set: run this test by tests/harness/aws.py", name);
    return str_of(value);
}

struct aws *cloud_open(const char *secret, str s3)
{
    const struct aws_settings settings = { .region = set("AWS_REGION"), .endpoint_s3 = s3.len > 0 ? s3 : set("AWS_ENDPOINT_URL_S3"),
                                           .endpoint_dynamodb = set("AWS_ENDPOINT_URL_DYNAMODB"), .retries_max = 3, .retry_delay_ms = 50 };
    const struct credential_settings where = { .key_id = set("AWS_ACCESS_KEY_ID"),
                                               .secret = secret ? str_of(secret) : set("AWS_SECRET_ACCESS_KEY"), .metadata_disabled = true };
    struct aws *made = NULL;
    well(aws_open(a, &made, &settings, &where));
    return made;
}

int scene_open(void **state)
{
    (void)state;
    a = arena_new((size_t)256 * 1024 * 1024);
    loop_open();
    cloud = cloud_open(NULL, STR(""));
    return 0;
}

int scene_close(void **state)
{
    (void)state;
    aws_close(cloud);
    loop_close();
    arena_free(a);
    return 0;
}

static void scene_run(void *run)
{
    (*(void (**)(void))run)();
    loop_stop();
}

void in_a_fiber(void (*run)(void))
{
    if (fiber_start("scene", scene_run, &run))
        loop_run();
    assert_int_equal(fiber_count(), 0);
}

void well(const fault *problem)
{
    if (problem)
        fail_msg("%s: %.*s %.*s", problem->code, STR_ARG(problem->sentence), STR_ARG(problem->internal));
}

void refused(const fault *problem, const char *code)
{
    assert_non_null(problem);
    if (strcmp(problem->code, code) != 0)
        fail_msg("%s instead of %s: %.*s", problem->code, code, STR_ARG(problem->sentence));
    assert_true(problem->sentence.len > 0);
    assert_null(memmem(problem->sentence.at, problem->sentence.len, set("AWS_SECRET_ACCESS_KEY").at, 8));
}

void is_text(str text, const char *wanted)
{
    if (!text.at || text.len != strlen(wanted) || memcmp(text.at, wanted, text.len) != 0)
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text), wanted);
}

/* --- the line: a thread that carries one connection after the other, each on a thread of its own --- */

struct line {
    int listener, to;
    size_t bytes;
    atomic_int cuts, carried;
    atomic_bool closing;
    pthread_t thread;
};

struct carried {
    struct line *line;
    int near;
};

static struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static bool pass_on(int from, int to, size_t *left)
{
    char room[16384];
    ssize_t got = recv(from, room, *left < sizeof room ? *left : sizeof room, 0);
    if (got <= 0 || send(to, room, (size_t)got, MSG_NOSIGNAL) != got)
        return false;
    *left -= (size_t)got;
    return *left > 0;
}

static void *carry(void *arg)
{
    struct carried *c = arg;
    struct line *l = c->line;
    struct sockaddr_in to = local(l->to);
    int far = socket(AF_INET, SOCK_STREAM, 0);
    bool goes_on = connect(far, (struct sockaddr *)&to, sizeof to) == 0;
    bool cut = goes_on && atomic_fetch_sub(&l->cuts, 1) > 0;
    size_t up = SIZE_MAX, down = cut ? l->bytes : SIZE_MAX;
    while (goes_on && !atomic_load(&l->closing)) {
        struct pollfd both[2] = { { c->near, POLLIN, 0 }, { far, POLLIN, 0 } };
        if (poll(both, 2, 50) < 0)
            break;
        if (both[0].revents)
            goes_on = pass_on(c->near, far, &up);
        if (goes_on && both[1].revents)
            goes_on = pass_on(far, c->near, &down);
    }
    close(far);
    close(c->near);
    free(c);
    atomic_fetch_sub(&l->carried, 1);
    return NULL;
}

static void *serve(void *arg)
{
    struct line *l = arg;
    while (!atomic_load(&l->closing)) {
        struct pollfd one = { l->listener, POLLIN, 0 };
        if (poll(&one, 1, 50) <= 0)
            continue;
        pthread_t thread;
        struct carried *c = malloc(sizeof *c);
        *c = (struct carried){ l, accept(l->listener, NULL, NULL) };
        atomic_fetch_add(&l->carried, 1);
        if (pthread_create(&thread, NULL, carry, c) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

struct line *line_open(const char *url, int cuts, size_t bytes)
{
    struct line *l = calloc(1, sizeof *l);
    struct sockaddr_in here = local(0);
    const char *port = strrchr(url, ':');
    assert_non_null(port);
    *l = (struct line){ .listener = socket(AF_INET, SOCK_STREAM, 0), .to = (int)strtol(port + 1, NULL, 10), .bytes = bytes };
    atomic_store(&l->cuts, cuts);
    assert_int_equal(bind(l->listener, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(l->listener, 16), 0);
    assert_int_equal(pthread_create(&l->thread, NULL, serve, l), 0);
    return l;
}

str line_url(struct line *l)
{
    struct sockaddr_in here;
    socklen_t len = sizeof here;
    assert_int_equal(getsockname(l->listener, (struct sockaddr *)&here, &len), 0);
    return arena_printf(a, "http://127.0.0.1:%d", ntohs(here.sin_port));
}

int line_cuts_left(struct line *l)
{
    int left = atomic_load(&l->cuts);
    return left > 0 ? left : 0;
}

void line_close(struct line *l)
{
    atomic_store(&l->closing, true);
    pthread_join(l->thread, NULL);
    while (atomic_load(&l->carried) > 0)
        usleep(1000);
    close(l->listener);
    free(l);
}
