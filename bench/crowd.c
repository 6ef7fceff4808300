/* crowd.c - PORT PLAN NOTES CLIENTS RATE SECONDS: clients who each have a connection, and send what stands in PLAN, a request a line:
 * "METHOD PATH [BODY]", or "METHOD PATH HEADER" where the rest does not begin as a body. RATE 0: who has an answer sends the next line
 * at once. RATE above 0: the line n is due n / RATE seconds after the start, and whoever is free sends it then, or as soon as somebody
 * is; as it counts from when it was due, a server that stops cannot hide how many would have waited. Ends when the lines or the seconds
 * are over and all that was sent is answered. NOTES gets a struct note for each answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES ((size_t)4096)
#define REQUEST_BYTES ((size_t)2048)
#define EVENTS_AT_ONCE 256
#define LAST_ANSWERS_NS ((int64_t)20 * 1000000000)
#define LENGTH "Content-Length: "

/* CLOCK_MONOTONIC in nanoseconds: when it was due, sent and answered. */
struct note {
    int64_t due_ns, sent_ns, done_ns;
    int32_t status, line;
};

struct client {
    int fd;
    struct note now;
    size_t len;  /* of the head that is not whole yet */
    size_t left; /* of the body that is still to come; 0 while the head is */
    bool waits;
    char head[HEAD_BYTES];
};

static char *plan, *plan_end;
static struct note *notes;
static size_t line_count, note_count, lines_sent;
static struct client *clients, **idle;
static size_t client_count, idle_count, idle_first; /* in turns: everybody asks */

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

static void plan_read(const char *path)
{
    struct stat about;
    int fd = open(path, O_RDONLY);
    need(fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0, path);
    plan = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    need(plan != MAP_FAILED, "mmap");
    plan_end = plan + about.st_size;
    for (char *at = plan; (at = memchr(at, '\n', (size_t)(plan_end - at))); at++)
        line_count++;
    notes = malloc(line_count * sizeof *notes);
    need(notes != NULL, "malloc");
}

static void idle_add(struct client *c)
{
    idle[(idle_first + idle_count++) % client_count] = c;
}

static struct client *idle_take(void)
{
    struct client *c = idle[idle_first];
    idle_first = (idle_first + 1) % client_count;
    idle_count--;
    return c;
}

static void client_open(struct client *c, int poll, int port)
{
    int one = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    need(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&at, sizeof at) == 0, "connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    need(epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = c }) == 0, "epoll_ctl");
    idle_add(c);
}

/* A line of the plan as a request. */
static int request_write(char request[static REQUEST_BYTES], const char *line, const char *end)
{
    const char *path = memchr(line, ' ', (size_t)(end - line));
    need(path != NULL, "a line of the plan has no path");
    const char *space = memchr(path + 1, ' ', (size_t)(end - path - 1)), *rest = space ? space + 1 : end;
    int asked = (int)((space ? space : end) - line), len = (int)(end - rest);
    bool body = *rest == '{';
    const char *header = body ? "Content-Type: application/json" : rest;
    int all = snprintf(request, REQUEST_BYTES, "%.*s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*s%s" LENGTH "%d\r\n\r\n%.*s", asked, line,
                       body ? (int)strlen(header) : len, header, len > 0 ? "\r\n" : "", body ? len : 0, body ? len : 0, rest);
    need(all > 0 && (size_t)all < REQUEST_BYTES, "a line of the plan is too long");
    return all;
}

static void send_next(int64_t due_ns)
{
    struct client *c = idle_take();
    char request[REQUEST_BYTES], *end = memchr(plan, '\n', (size_t)(plan_end - plan));
    int all = request_write(request, plan, end);
    c->now = (struct note){ .sent_ns = now_ns(), .line = (int32_t)lines_sent++ };
    c->now.due_ns = due_ns ? due_ns : c->now.sent_ns;
    c->waits = true;
    need(send(c->fd, request, (size_t)all, MSG_NOSIGNAL) == all, "send");
    plan = end + 1;
}

static size_t body_bytes(const char *head, int32_t status)
{
    if (status == 304)
        return 0;
    const char *at = strcasestr(head, "\r\n" LENGTH);
    need(at != NULL, "an answer does not say how long it is");
    return strtoul(at + 2 + strlen(LENGTH), NULL, 10);
}

static void answered(struct client *c)
{
    c->now.done_ns = now_ns();
    notes[note_count++] = c->now;
    c->len = 0;
    c->waits = false;
    idle_add(c);
}

/* Bodies are counted, not kept. */
static void hear(struct client *c)
{
    char rest[16384];
    if (c->left > 0) {
        ssize_t got = recv(c->fd, rest, c->left < sizeof rest ? c->left : sizeof rest, MSG_DONTWAIT);
        need(got > 0 || (got < 0 && errno == EAGAIN), "an answer ended too early");
        c->left -= got > 0 ? (size_t)got : 0;
        if (c->left == 0)
            answered(c);
        return;
    }
    ssize_t got = recv(c->fd, c->head + c->len, HEAD_BYTES - 1 - c->len, MSG_DONTWAIT);
    need(c->waits && (got > 0 || (got < 0 && errno == EAGAIN)), "the server closed a connection");
    c->len += got > 0 ? (size_t)got : 0;
    c->head[c->len] = '\0';
    char *end = strstr(c->head, "\r\n\r\n");
    need(end || c->len < HEAD_BYTES - 1, "the head of an answer is too long");
    if (!end)
        return;
    end[2] = '\0';
    c->now.status = (int32_t)strtol(c->head + strlen("HTTP/1.1 "), NULL, 10);
    size_t have = c->len - (size_t)(end + 4 - c->head), all = body_bytes(c->head, c->now.status);
    need(have <= all, "an answer is longer than it says");
    c->left = all - have;
    if (c->left == 0)
        answered(c);
}

/* Sends all that is due; how long until the next is, in nanoseconds. */
static int64_t send_due(int64_t began_ns, double rate, int64_t end_ns)
{
    int64_t now = now_ns();
    while (now < end_ns && lines_sent < line_count) {
        int64_t due = rate > 0 ? began_ns + (int64_t)((double)lines_sent / rate * 1e9) : 0;
        if (due > now)
            return due - now;
        if (idle_count == 0)
            return 100000000;
        send_next(due);
    }
    return 100000000;
}

static void run(int poll, double rate, double seconds)
{
    int64_t began = now_ns(), end = began + (int64_t)(seconds * 1e9);
    for (;;) {
        int64_t wait = send_due(began, rate, end);
        bool over = lines_sent == line_count || now_ns() >= end;
        if (over && idle_count == client_count)
            break;
        need(!over || now_ns() < end + LAST_ANSWERS_NS, "an answer never came");
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_pwait2(poll, events, EVENTS_AT_ONCE, &(struct timespec){ .tv_nsec = wait < 999999999 ? wait : 999999999 }, NULL);
        for (int i = 0; i < ready; i++)
            hear(events[i].data.ptr);
    }
}

int main(int count, char **arguments)
{
    need(count == 7, "crowd PORT PLAN NOTES CLIENTS RATE SECONDS");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files.rlim_max, files.rlim_max });
    plan_read(arguments[2]);
    client_count = strtoul(arguments[4], NULL, 10);
    clients = calloc(client_count, sizeof *clients);
    idle = calloc(client_count, sizeof *idle);
    need(client_count > 0 && clients && idle, "calloc");
    int poll = epoll_create1(0);
    for (size_t i = 0; i < client_count; i++)
        client_open(&clients[i], poll, atoi(arguments[1]));
    run(poll, strtod(arguments[5], NULL), strtod(arguments[6], NULL));
    FILE *file = fopen(arguments[3], "wb");
    need(file && fwrite(notes, sizeof *notes, note_count, file) == note_count && fclose(file) == 0, arguments[3]);
}
