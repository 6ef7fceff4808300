/* console.c - gathers lines and writes them as fast as standard output takes them. */
#include "taquilla/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define WAITING_BYTES ((size_t)256 * 1024)
#define TERMINAL_PIECE_BYTES ((size_t)256)
#define FINISH_MS 500

static char waiting[WAITING_BYTES];
static size_t waiting_from, waiting_to;
static unsigned long dropped;

bool console_waits(void)
{
    return waiting_from < waiting_to;
}

static bool room_for(size_t bytes)
{
    if (bytes > WAITING_BYTES - waiting_to) {
        memmove(waiting, waiting + waiting_from, waiting_to - waiting_from);
        waiting_to -= waiting_from;
        waiting_from = 0;
    }
    return bytes <= WAITING_BYTES - waiting_to;
}

static void add(str text)
{
    memcpy(waiting + waiting_to, text.at, text.len);
    waiting_to += text.len;
}

static void add_line(const char *who, str text)
{
    if (who) {
        add(str_of(who));
        add(STR(" | "));
    }
    if (text.len)
        add(text);
    add(STR("\n"));
}

void console_line(const char *who, str text)
{
    char said[64];
    size_t bytes = text.len + (who ? strlen(who) : 0) + 4;
    if (!room_for(bytes + sizeof(said) + 8)) {
        dropped++;
        return;
    }
    if (dropped) {
        int length = snprintf(said, sizeof(said), "%lu lines were dropped", dropped);
        add_line("up", (str){ said, (size_t)length });
        dropped = 0;
    }
    add_line(who, text);
}

void console_say(const char *format, ...)
{
    char said[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(said, sizeof(said), format, arguments);
    va_end(arguments);
    if (length > 0)
        console_line("up", (str){ said, (size_t)length < sizeof(said) ? (size_t)length : sizeof(said) - 1 });
}

/* What surely does not block. O_NONBLOCK would belong to everybody who shares the terminal. */
static size_t piece_now(mode_t mode)
{
    size_t all = waiting_to - waiting_from, most = S_ISCHR(mode) ? TERMINAL_PIECE_BYTES : PIPE_BUF;
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    if (S_ISREG(mode))
        return all;
    if (poll(&out, 1, 0) != 1)
        return 0;
    return all < most ? all : most;
}

void console_flush(void)
{
    struct stat out;
    bool open = fstat(STDOUT_FILENO, &out) == 0;
    for (size_t piece; console_waits() && open && (piece = piece_now(out.st_mode)) > 0;) {
        ssize_t wrote = write(STDOUT_FILENO, waiting + waiting_from, piece);
        if (wrote > 0)
            waiting_from += (size_t)wrote;
        else if (errno == EAGAIN || errno == ENOSPC)
            return;
        else if (errno != EINTR)
            open = false;
    }
    if (!open) /* nobody reads any more */
        waiting_from = waiting_to;
    if (!console_waits())
        waiting_from = waiting_to = 0;
}

void console_finish(void)
{
    int64_t until_ms = clock_mono_ms() + FINISH_MS;
    for (console_flush(); console_waits() && clock_mono_ms() < until_ms; console_flush()) {
        struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
        poll(&out, 1, 20);
    }
}
