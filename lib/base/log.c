/* log.c - lines wait in a bounded buffer until standard output takes them; who logs never waits. */
#include "lib/base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define WAITING_BYTES ((size_t)256 * 1024)
#define TERMINAL_PIECE_BYTES ((size_t)256) /* a terminal that polls as ready takes at least this   \
                                            */
#define LAST_FLUSH_MS 200 /* how long the end of the process waits for a slow reader */
/* So much, or what came so long ago, is not kept for the next turn. Each write wakes who reads, which costs as much as ten lines. */
#define GATHERED_BYTES ((size_t)32 * 1024)
#define GATHERED_MS 20
#define ESCAPED_BYTES_MAX 6               /* of one byte: \u0000 */
#define LINE_RESERVE_BYTES ((size_t)1024) /* of a line: its opening, names and numbers */

static struct {
    pthread_mutex_t lock;
    char bytes[WAITING_BYTES];
    size_t start, end; /* bytes[start .. end) wait */
    int64_t flushed_ms; /* when log_flush_gathered did so last */
    uint64_t dropped, dropped_unsaid;
    bool at_exit_set;
} waiting = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- out: all below with the lock held --- */

static bool is_ready(int fd)
{
    struct pollfd one = { .fd = fd, .events = POLLOUT };
    return poll(&one, 1, 0) == 1 && (one.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL));
}

/* Writes what surely does not block: a pipe that polls as ready has room for PIPE_BUF. O_NONBLOCK
 * is not set: it would belong to everybody who shares the terminal. */
static ssize_t write_some(int fd, mode_t mode, const char *at, size_t len)
{
    if (S_ISREG(mode))
        return write(fd, at, len);
    if (S_ISSOCK(mode))
        return send(fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!is_ready(fd)) {
        errno = EAGAIN;
        return -1;
    }
    size_t piece = S_ISCHR(mode) ? TERMINAL_PIECE_BYTES : PIPE_BUF;
    return write(fd, at, len < piece ? len : piece);
}

static void drop_waiting(void)
{
    for (size_t i = waiting.start; i < waiting.end; i++)
        waiting.dropped += waiting.bytes[i] == '\n';
    waiting.start = waiting.end = 0;
}

static void flush_locked(void)
{
    struct stat out;
    if (waiting.start == waiting.end)
        return;
    if (fstat(STDOUT_FILENO, &out) != 0) {
        drop_waiting();
        return;
    }
    while (waiting.start < waiting.end) {
        ssize_t wrote = write_some(STDOUT_FILENO, out.st_mode, waiting.bytes + waiting.start,
                                   waiting.end - waiting.start);
        if (wrote > 0)
            waiting.start += (size_t)wrote;
        else if (wrote < 0 && errno == EINTR)
            continue;
        else if (wrote < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOSPC)
            drop_waiting(); /* nobody reads any more */
        else
            break;
    }
    if (waiting.start == waiting.end)
        waiting.start = waiting.end = 0;
}

static void flush_at_exit(void)
{
    int64_t until_ms = clock_mono_ms() + LAST_FLUSH_MS;
    for (;;) {
        pthread_mutex_lock(&waiting.lock);
        flush_locked();
        bool all_out = waiting.start == waiting.end;
        pthread_mutex_unlock(&waiting.lock);
        if (all_out || clock_mono_ms() >= until_ms)
            return;
        struct pollfd one = { .fd = STDOUT_FILENO, .events = POLLOUT };
        poll(&one, 1, 10);
    }
}

static bool append_locked(const char *at, size_t len)
{
    if (len > WAITING_BYTES - (waiting.end - waiting.start))
        return false;
    if (len > WAITING_BYTES - waiting.end) {
        memmove(waiting.bytes, waiting.bytes + waiting.start, waiting.end - waiting.start);
        waiting.end -= waiting.start;
        waiting.start = 0;
    }
    memcpy(waiting.bytes + waiting.end, at, len);
    waiting.end += len;
    return true;
}

/* --- lines --- */

/* As TIME_Z_MS; the second is written once for all lines that fall into it. */
static void now_put(struct buf *line)
{
    static _Thread_local struct {
        int64_t s;
        char text[TIME_TEXT_MAX];
    } second;
    instant now = clock_now();
    int64_t ms = now.ms % 1000;
    if (second.s != now.ms / 1000)
        (void)instant_text(second.text, now, TIME_Z);
    second.s = now.ms / 1000;
    char fraction[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z' };
    buf_put(line, second.text, sizeof "2026-08-23T03:55:00" - 1);
    buf_put(line, fraction, sizeof fraction);
}

static void line_open(struct buf *line, const char *level, const char *event)
{
    line->len = 0;
    buf_literal(line, "{\"time\":\"");
    now_put(line);
    buf_literal(line, "\",\"level\":\"");
    buf_text(line, str_of(level));
    buf_literal(line, "\",\"event\":\"");
    buf_text(line, str_of(event));
    buf_char(line, '"');
}

static void say_dropped_locked(void)
{
    struct buf line = { 0 };
    line_open(&line, "warn", "log_lines_dropped");
    log_member_int(&line, "lines", (int64_t)waiting.dropped_unsaid);
    buf_literal(&line, "}\n");
    if (append_locked(line.at, line.len))
        waiting.dropped_unsaid = 0;
    buf_free(&line);
}

static void line_close(struct buf *line, bool flush)
{
    buf_literal(line, "}\n");
    pthread_mutex_lock(&waiting.lock);
    if (!waiting.at_exit_set)
        waiting.at_exit_set = atexit(flush_at_exit) == 0;
    if (waiting.dropped_unsaid && waiting.start == waiting.end)
        say_dropped_locked();
    if (!append_locked(line->at, line->len)) {
        flush_locked();
        if (!append_locked(line->at, line->len)) {
            waiting.dropped++;
            waiting.dropped_unsaid++;
        }
    }
    if (flush)
        flush_locked();
    pthread_mutex_unlock(&waiting.lock);
}

static struct buf open_line; /* of the loop thread, used again and again */

struct buf *log_begin(const char *level, const char *event)
{
    line_open(&open_line, level, event);
    return &open_line;
}

static void member_open(struct buf *line, const char *name)
{
    buf_literal(line, ",\"");
    buf_text(line, str_of(name));
    buf_literal(line, "\":");
}

/* What JSON would let through and a terminal or viewer takes for a command: C1 controls (80-9F), ends of a line (2028, 2029),
 * turns of the writing (202A-202E, 2066-2069). */
static bool code_point_unseen(const unsigned char *at, size_t bytes)
{
    if (bytes == 2)
        return at[0] == 0xC2 && at[1] < 0xA0;
    if (bytes != 3 || at[0] != 0xE2)
        return false;
    return (at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE) || (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9);
}

/* So much of a text as a line has room for, and '?' for what is not to be seen. */
static str text_shown(const struct buf *line, str text, char room[static LOG_TEXT_BYTES_MAX])
{
    size_t used = line->len + LINE_RESERVE_BYTES, len = 0;
    size_t most = used < LOG_LINE_BYTES_MAX ? (LOG_LINE_BYTES_MAX - used) / ESCAPED_BYTES_MAX : 0;
    if (most > LOG_TEXT_BYTES_MAX)
        most = LOG_TEXT_BYTES_MAX;
    if (text.len <= most && str_is_ascii(text))
        return text;
    for (size_t i = 0; i < text.len;) {
        const unsigned char *at = (const unsigned char *)text.at + i;
        size_t step = *at < 0x80 ? 1 : str_utf8_step(str_after(text, i));
        bool shown = step && !code_point_unseen(at, step);
        size_t bytes = shown ? step : 1;
        if (bytes > most - len)
            break;
        memcpy(room + len, shown ? text.at + i : "?", bytes);
        len += bytes;
        i += step ? step : 1;
    }
    return (str){ room, len };
}

void log_member_text(struct buf *line, const char *name, str value)
{
    char room[LOG_TEXT_BYTES_MAX];
    member_open(line, name);
    if (value.at)
        buf_quoted(line, text_shown(line, value, room));
    else
        buf_literal(line, "null");
}

void log_member_int(struct buf *line, const char *name, int64_t value)
{
    member_open(line, name);
    buf_int(line, value);
}

void log_end(struct buf *line)
{
    line_close(line, false);
}

void log_line(const char *level, const char *event, const char *format, ...)
{
    char message[LOG_TEXT_BYTES_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct buf line = { 0 };
    line_open(&line, level, event);
    size_t kept = len < 0 ? 0 : (size_t)len < sizeof message ? (size_t)len : sizeof message - 1;
    log_member_text(&line, "message", (str){ message, kept });
    line_close(&line, true);
    buf_free(&line);
}

void log_flush(void)
{
    pthread_mutex_lock(&waiting.lock);
    flush_locked();
    pthread_mutex_unlock(&waiting.lock);
}

int64_t log_flush_gathered(int64_t now_ms)
{
    pthread_mutex_lock(&waiting.lock);
    if (waiting.end - waiting.start >= GATHERED_BYTES || now_ms - waiting.flushed_ms >= GATHERED_MS) {
        flush_locked();
        waiting.flushed_ms = now_ms;
    }
    int64_t due_ms = waiting.start < waiting.end ? waiting.flushed_ms + GATHERED_MS : INT64_MAX;
    pthread_mutex_unlock(&waiting.lock);
    return due_ms;
}

uint64_t log_dropped_lines(void)
{
    pthread_mutex_lock(&waiting.lock);
    uint64_t dropped = waiting.dropped;
    pthread_mutex_unlock(&waiting.lock);
    return dropped;
}
