/* test_mysql_support.c - the store that the tests of MySQL share, and the wire that they cut. */
#include "lib/db/test_mysql.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct migration migrations[] = {
    { 1, "things", "CREATE TABLE IF NOT EXISTS things (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) UNIQUE)" },
    { 0, NULL, NULL },
};

arena *boot;
struct my_store *store;
int64_t moved_to;
bool awaited;
static char database[32];

static struct my_address server_address(void)
{
    const char *url = getenv("TAQUILLA_TEST_MYSQL");
    struct my_address server;
    if (!url)
        fail_msg("TAQUILLA_TEST_MYSQL is not set: run this test by tests/harness/mariadb.py");
    assert_null(my_address_read(boot, "TAQUILLA_TEST_MYSQL", arena_printf(boot, "%s/mysql", url), &server));
    return server;
}

struct my_address address_of(const char *name, const char *account)
{
    struct my_address made;
    str url = arena_printf(boot, "mysql://%s@127.0.0.1:%lld/%s", account, (long long)server_address().port, name);
    assert_null(my_address_read(boot, "TEST", url, &made));
    return made;
}

/* Blocking: what the test wants done beside the store. */
void server_run(const char *text)
{
    struct my_address to = server_address();
    MYSQL *handle = mysql_init(NULL);
    unsigned protocol = MYSQL_PROTOCOL_TCP;
    mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol);
    assert_non_null(mysql_real_connect(handle, to.host, to.user, to.password, NULL, (unsigned)to.port, NULL, 0));
    if (mysql_query(handle, text) != 0)
        fail_msg("%s: %s", text, mysql_error(handle));
    MYSQL_RES *result = mysql_store_result(handle);
    mysql_free_result(result);
    mysql_close(handle);
}

static void moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
}

static bool somebody_waits(void *arg)
{
    (void)arg;
    return awaited;
}

struct my_setup setup_of(const char *name)
{
    return (struct my_setup){ .address = address_of(name, "root"), .service = "test", .migrations = migrations,
                              .moved = moved, .awaited = somebody_waits };
}

struct my_store *store_another(void)
{
    struct my_store *made;
    struct my_setup setup = setup_of(database);
    assert_null(my_open(boot, &made, &setup));
    return made;
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1);
    store = store_another();
    body();
    my_close(store);
    loop_stop();
}

void on_store(void (*run)(void))
{
    static int count;
    boot = arena_new((size_t)256 << 20);
    moved_to = 0;
    awaited = false;
    snprintf(database, sizeof database, "t%d_%d", (int)getpid(), ++count);
    server_run(arena_cstr(boot, arena_printf(boot, "CREATE DATABASE %s CHARACTER SET utf8mb4", database)));
    loop_open();
    body = run;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    server_run(arena_cstr(boot, arena_printf(boot, "DROP DATABASE %s", database)));
    arena_free(boot);
}

static const struct field thing_fields[] = {
    FIELD(struct thing, id, "id"),
    FIELD(struct thing, name, "name", .nullable = true),
};
const struct shape thing_shape = SHAPE(thing, thing_fields);

const fault *thing_insert(struct my *db, arena *a, void *arg)
{
    struct thing *want = arg;
    TRY(my_run(db, a, "INSERT INTO things (name) VALUES (?)", MY_BIND(my_text(want->name))));
    want->id = my_last_id(db);
    return my_log(db, a, "thing.changed", want->name, &thing_shape, want, NULL);
}

const fault *name_insert(struct my_store *s, const char *name)
{
    struct thing want = { .name = str_of(name) };
    return my_write(s, boot, thing_insert, &want);
}

int64_t number_of(const char *text)
{
    int64_t n = -1;
    assert_null(my_number(my_reader(store), boot, &n, text, MY_NO_BINDS));
    return n;
}

void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

void assert_code(const fault *problem, enum fault_kind kind, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
    assert_int_equal(problem->kind, kind);
}

/* --- the wire --- */

#define LINES_MAX 32
static struct {
    pthread_t thread;
    int listener, port;
    atomic_int cut;
    atomic_bool ending;
    int clients[LINES_MAX], servers[LINES_MAX];
} wire;

static int connect_to_server(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)wire.port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void line_end(int i)
{
    if (wire.clients[i] < 0)
        return;
    close(wire.clients[i]);
    close(wire.servers[i]);
    wire.clients[i] = wire.servers[i] = -1;
}

static void line_begin(void)
{
    int client = accept4(wire.listener, NULL, NULL, SOCK_CLOEXEC);
    for (int i = 0; i < LINES_MAX && client >= 0 && wire.cut != WIRE_DEAF; i++)
        if (wire.clients[i] < 0) {
            wire.clients[i] = client;
            wire.servers[i] = connect_to_server();
            return;
        }
    close(client);
}

static bool pass(int from, int to)
{
    char bytes[65536];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    return got > 0 && send(to, bytes, (size_t)got, MSG_NOSIGNAL) == got;
}

/* After the COMMIT the answer is waited for, so that the server has done it, and thrown away. */
static bool pass_up(int i)
{
    char bytes[65536];
    ssize_t got = recv(wire.clients[i], bytes, sizeof bytes, 0);
    if (got <= 0)
        return false;
    if (wire.cut != WIRE_WHOLE && memmem(bytes, (size_t)got, "COMMIT", 6)) {
        int cut = atomic_exchange(&wire.cut, WIRE_WHOLE);
        if (cut == WIRE_CUT_AFTER_COMMIT) {
            (void)!send(wire.servers[i], bytes, (size_t)got, MSG_NOSIGNAL);
            (void)!recv(wire.servers[i], bytes, sizeof bytes, 0);
        }
        return false;
    }
    return send(wire.servers[i], bytes, (size_t)got, MSG_NOSIGNAL) == got;
}

static void *wire_run(void *arg)
{
    (void)arg;
    while (!wire.ending) {
        struct pollfd looks[1 + 2 * LINES_MAX] = { { .fd = wire.listener, .events = POLLIN } };
        for (int i = 0; i < LINES_MAX; i++) {
            looks[1 + 2 * i] = (struct pollfd){ .fd = wire.clients[i], .events = POLLIN };
            looks[2 + 2 * i] = (struct pollfd){ .fd = wire.servers[i], .events = POLLIN };
        }
        if (poll(looks, 1 + 2 * LINES_MAX, 20) <= 0 && wire.cut != WIRE_DEAF)
            continue;
        if (looks[0].revents)
            line_begin();
        for (int i = 0; i < LINES_MAX; i++)
            if (wire.cut == WIRE_DEAF || (looks[1 + 2 * i].revents && !pass_up(i)) ||
                (looks[2 + 2 * i].revents && wire.clients[i] >= 0 && !pass(wire.servers[i], wire.clients[i])))
                line_end(i);
    }
    return NULL;
}

int wire_open(void)
{
    struct sockaddr_in own = { .sin_family = AF_INET };
    socklen_t size = sizeof own;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire.port = (int)server_address().port;
    wire.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(wire.listener, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(listen(wire.listener, 64), 0);
    assert_int_equal(getsockname(wire.listener, (struct sockaddr *)&own, &size), 0);
    memset(wire.clients, -1, sizeof wire.clients);
    memset(wire.servers, -1, sizeof wire.servers);
    wire.cut = WIRE_WHOLE;
    wire.ending = false;
    assert_int_equal(pthread_create(&wire.thread, NULL, wire_run, NULL), 0);
    return ntohs(own.sin_port);
}

void wire_set(enum wire_cut cut)
{
    wire.cut = (int)cut;
}

void wire_close(void)
{
    wire.ending = true;
    pthread_join(wire.thread, NULL);
    for (int i = 0; i < LINES_MAX; i++)
        line_end(i);
    close(wire.listener);
}
