/* test_loopback.h - for tests of both sides over real sockets: a server, and a scenario that runs as a fiber beside it.
 *
 * Inside a fiber cmocka's asserts must not jump: EXPECT notes what is wrong, and loopback_run asserts that nothing was. */
#ifndef TAQUILLA_HTTP_TEST_LOOPBACK_H
#define TAQUILLA_HTTP_TEST_LOOPBACK_H

#include <stdio.h>

#include "lib/http/client.h"
#include "lib/http/connection.h"

struct loopback {
    arena *arena;
    struct site site;
    struct server *server;
    int port;
    char url[64];
    /* What the test site's handlers leave behind. */
    int slow_begun, slow_ended;
    fiber *held; /* parked in /hold */
};

extern const struct route *loopback_routes; /* of a test, beside those that all have */
extern int loopback_failures;
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            loopback_failures++;                                                                   \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);               \
        }                                                                                          \
    } while (0)

/* Opens loop and server (limits NULL: as in life), runs the scenario to its end, closes all, asserts. */
void loopback_run(const struct server_limits *limits, void (*scenario)(struct loopback *));

/* A client by hand. */
int dial(int port);
void say(int fd, const char *text);
void say_bytes(int fd, const void *bytes, size_t len);

struct heard {
    str text;
    bool ended;
};
/* All that comes until the other side ends, `count` answers' heads are there, or ms passed. */
struct heard hear(arena *a, int fd, int count, int64_t ms);
int answers_in(str text);
bool contains(str text, const char *part);

/* An upstream by hand: listens, and gives each connection to `serve` in a fiber of its own. */
struct scripted {
    int listener, port;
    int connections;
    void (*serve)(struct scripted *, int fd);
    bool stopped;
};
void scripted_start(struct scripted *s);
void scripted_stop(struct scripted *s);
bool hear_request(int fd); /* up to an empty line */

#endif
