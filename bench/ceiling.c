/* ceiling.c - PORT FILE: what the kernel allows. One epoll loop that answers every head it sees with the bytes of FILE: it reads
 * nothing of them but where they end, so no HTTP server of one thread can be faster here. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((size_t)1 << 20)
#define READ_BYTES ((size_t)16 * 1024)
#define EVENTS_AT_ONCE 256

static char answer[ANSWER_BYTES_MAX];
static size_t answer_len;

static void need(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static int listening(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    need(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1024) == 0, "listen");
    return fd;
}

static void accept_all(int poll, int from)
{
    int fd, one = 1;
    while ((fd = accept4(from, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        need(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.fd = fd }) == 0, "epoll_ctl");
    }
}

/* wrk sends a head whole, and the next when it has the answer. */
static void answer_one(int fd)
{
    char bytes[READ_BYTES];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 4 && memcmp(bytes + got - 4, "\r\n\r\n", 4) == 0)
        need(send(fd, answer, answer_len, MSG_NOSIGNAL) == (ssize_t)answer_len || errno == EPIPE || errno == ECONNRESET, "send");
    else if (got == 0 || (got < 0 && errno != EAGAIN))
        close(fd);
}

int main(int count, char **arguments)
{
    need(count == 3, "ceiling PORT FILE");
    int file = open(arguments[2], O_RDONLY);
    ssize_t got = file >= 0 ? read(file, answer, sizeof answer) : -1;
    need(got > 0, arguments[2]);
    answer_len = (size_t)got;
    int from = listening(atoi(arguments[1])), poll = epoll_create1(0);
    epoll_ctl(poll, EPOLL_CTL_ADD, from, &(struct epoll_event){ .events = EPOLLIN, .data.fd = from });
    for (;;) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(poll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd == from)
                accept_all(poll, from);
            else
                answer_one(events[i].data.fd);
    }
}
