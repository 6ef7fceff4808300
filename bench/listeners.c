/* listeners.c - PORT TARGET COUNT FILE: opens COUNT streams of server-sent events on 127.0.0.1, says "ready" when each has had its
 * first event, and from then on notes when which listener had which seat. Ends at SIGTERM and leaves FILE: for each note 16 bytes, the
 * seat's id and CLOCK_MONOTONIC in nanoseconds. A seat is what stands behind "id": in a "data:" line. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NOTES_MAX ((size_t)8 * 1000 * 1000)
#define BUFFER_BYTES ((size_t)384 * 1024) /* the map of a room of 2,000 seats takes 230 KB */

struct listener {
    int fd;
    char *bytes; /* of the event that is not whole yet */
    size_t len;
    bool begun;
};
struct note {
    int64_t seat_id, at_ns;
};

static volatile sig_atomic_t over;
static struct note *notes;
static size_t note_count, begun;

static void need(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void listen_to(struct listener *l, int port, const char *target)
{
    char head[512];
    int one = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    l->bytes = malloc(BUFFER_BYTES);
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    need(connect(l->fd, (struct sockaddr *)&at, sizeof at) == 0, "connect");
    int len = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", target);
    need(send(l->fd, head, (size_t)len, 0) == len, "send");
}

static void event_take(struct listener *l, char *event, int64_t at_ns)
{
    char *data = strstr(event, "data:");
    if (!data)
        return;
    if (!l->begun) { /* the map, or the rival's greeting */
        l->begun = true;
        if (++begun % 100 == 0)
            fprintf(stderr, "%zu listen\n", begun);
        return;
    }
    for (char *id = strstr(data, "{\"id\":"); id && note_count < NOTES_MAX; id = strstr(id + 1, "{\"id\":"))
        notes[note_count++] = (struct note){ strtoll(id + 6, NULL, 10), at_ns };
}

/* Chunks' sizes may stand between events; nothing of them looks like one. */
static void hear(struct listener *l)
{
    ssize_t got = recv(l->fd, l->bytes + l->len, BUFFER_BYTES - 1 - l->len, MSG_DONTWAIT);
    int64_t at_ns = now_ns();
    need(got > 0 || (got < 0 && errno == EAGAIN), "a stream ended");
    l->len += got > 0 ? (size_t)got : 0;
    l->bytes[l->len] = '\0';
    char *from = l->bytes, *end;
    while ((end = strstr(from, "\n\n"))) {
        *end = '\0';
        event_take(l, from, at_ns);
        from = end + 2;
    }
    l->len -= (size_t)(from - l->bytes);
    memmove(l->bytes, from, l->len);
    need(l->len < BUFFER_BYTES - 1, "an event is too long");
}

static void end(int signal_number)
{
    (void)signal_number;
    over = 1;
}

int main(int count, char **arguments)
{
    need(count == 5, "listeners PORT TARGET COUNT FILE");
    size_t all = (size_t)atoi(arguments[3]);
    struct listener *listeners = calloc(all, sizeof *listeners);
    notes = malloc(NOTES_MAX * sizeof *notes);
    int poll = epoll_create1(0);
    signal(SIGTERM, end);
    for (size_t i = 0; i < all; i++) {
        listen_to(&listeners[i], atoi(arguments[1]), arguments[2]);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &listeners[i] };
        need(epoll_ctl(poll, EPOLL_CTL_ADD, listeners[i].fd, &event) == 0, "epoll_ctl");
    }
    for (bool told = false; !over;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, 100);
        for (int i = 0; i < ready; i++)
            hear(events[i].data.ptr);
        if (begun == all && !told) {
            told = true;
            puts("ready");
            fflush(stdout);
        }
    }
    FILE *file = fopen(arguments[4], "wb");
    need(file && fwrite(notes, sizeof *notes, note_count, file) == note_count && fclose(file) == 0, arguments[4]);
}
