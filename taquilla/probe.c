/* probe.c - a blocking GET with a short deadline, and a look whether a port is free. */
#include "taquilla/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

struct place {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t size;
};

/* Addresses in digits alone, and localhost: no name server is asked. */
static bool place_of(const char *address, int port, struct place *out)
{
    *out = (struct place){ 0 };
    if (strcmp(address, "localhost") == 0)
        address = "127.0.0.1";
    if (inet_pton(AF_INET, address, &out->at.v4.sin_addr) == 1) {
        out->at.v4.sin_family = AF_INET;
        out->at.v4.sin_port = htons((uint16_t)port);
        out->size = sizeof(out->at.v4);
        return true;
    }
    if (inet_pton(AF_INET6, address, &out->at.v6.sin6_addr) == 1) {
        out->at.v6.sin6_family = AF_INET6;
        out->at.v6.sin6_port = htons((uint16_t)port);
        out->size = sizeof(out->at.v6);
        return true;
    }
    return false;
}

const char *probe_address(const char *listen)
{
    if (strcmp(listen, "0.0.0.0") == 0)
        return "127.0.0.1";
    if (strcmp(listen, "::") == 0)
        return "::1";
    return listen;
}

str url_host(char room[URL_HOST_MAX], const char *address)
{
    int length = snprintf(room, URL_HOST_MAX, strchr(address, ':') ? "[%s]" : "%s", address);
    return (str){ room, length < URL_HOST_MAX ? (size_t)length : URL_HOST_MAX - 1 };
}

bool port_is_free(const char *listen, int port)
{
    struct place p;
    if (!place_of(listen, port, &p))
        return true;
    int fd = socket(p.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    if (fd < 0)
        return true;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    bool taken = bind(fd, &p.at.any, p.size) != 0 && errno == EADDRINUSE;
    close(fd);
    return !taken;
}

static bool wait_for(int fd, short events, int64_t until_ms)
{
    struct pollfd one = { .fd = fd, .events = events };
    int64_t left = until_ms - clock_mono_ms();
    return left > 0 && poll(&one, 1, (int)left) == 1;
}

static int connect_by(const struct place *p, int64_t until_ms)
{
    int fd = socket(p->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, &p->at.any, p->size) == 0)
        return fd;
    int problem = errno;
    socklen_t size = sizeof(problem);
    if (problem == EINPROGRESS && wait_for(fd, POLLOUT, until_ms))
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem == 0)
        return fd;
    close(fd);
    return -1;
}

/* Reads until the other side closes, the room is full or time is up; how much there is. */
static size_t read_by(int fd, char *room, size_t size, int64_t until_ms)
{
    size_t length = 0;
    while (length < size && wait_for(fd, POLLIN, until_ms)) {
        ssize_t got = read(fd, room + length, size - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return length;
}

static int answer_status(str answer, str *body)
{
    int64_t status;
    if (!str_starts(answer, STR("HTTP/1.1 ")) || answer.len < 12 || !str_to_int((str){ answer.at + 9, 3 }, &status))
        return 0;
    *body = (str){ NULL, 0 };
    const char *end = memmem(answer.at, answer.len, "\r\n\r\n", 4);
    if (end)
        *body = str_after(answer, (size_t)(end - answer.at) + 4);
    return (int)status;
}

int probe_get(const char *address, int port, const char *path, int timeout_ms, char *room, size_t size, str *body)
{
    struct place p;
    char request[URL_HOST_MAX + 256], host[URL_HOST_MAX];
    int64_t until_ms = clock_mono_ms() + timeout_ms;
    if (!place_of(address, port, &p))
        return 0;
    int fd = connect_by(&p, until_ms);
    if (fd < 0)
        return 0;
    int length = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %.*s:%d\r\nConnection: close\r\n\r\n", path,
                          STR_ARG(url_host(host, address)), port);
    int status = 0;
    if (length > 0 && (size_t)length < sizeof(request) && send(fd, request, (size_t)length, MSG_NOSIGNAL) == length)
        status = answer_status((str){ room, read_by(fd, room, size, until_ms) }, body);
    close(fd);
    return status;
}
