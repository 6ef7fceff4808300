/* child.c - starts a service's process, passes its lines on, and knows when to start it again. */
#include "taquilla/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "taquilla/console.h"
#include "taquilla/probe.h"

#define PAUSE_MS_MIN 200
#define PAUSE_MS_MAX 10000
#define LIVED_WELL_MS 30000
#define PROBE_MS 10
#define PROBE_LATER_MS 500 /* once it has not been ready for HURRY_MS */
#define HURRY_MS 3000
#define PROBE_TIMEOUT_MS 300
#define EXIT_BAD_SETTING 2

/* --- start --- */

/* In the child. A process group of its own: Ctrl-C in the terminal is for the parent, which stops them in order. */
static void become(const struct child *c, int output, int life, pid_t parent)
{
    char port[16], pipe_end[16];
    sigset_t none;
    snprintf(port, sizeof(port), "%d", c->port);
    snprintf(pipe_end, sizeof(pipe_end), "%d", life);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int nothing = open("/dev/null", O_RDONLY);
    if (getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0 || fcntl(life, F_SETFD, 0) != 0 ||
        setenv("TAQUILLA_PARENT_PIPE", pipe_end, 1) != 0 ||
        setenv("MONGOC_DISABLE_SHM", "1", 0) != 0) /* nobody reads its counters, and a killed process leaves their file */
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/proc/self/exe", "taquilla", c->of->name, "--port", port, "--listen", c->listen, "--data", c->data,
          (char *)NULL);
    fprintf(stderr, "taquilla: the program cannot start itself: %s\n", strerror(errno));
    _exit(1);
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

bool child_start(struct child *c)
{
    int output[2], life[2];
    /* A socket takes much at once without ever blocking; a pipe surely takes PIPE_BUF. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, output) != 0)
        return false;
    if (pipe2(life, O_CLOEXEC) != 0) {
        close_both(output);
        return false;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(c, output[1], life[0], parent);
    if (pid < 0) {
        close_both(output);
        close_both(life);
        return false;
    }
    close(output[1]);
    close(life[0]);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    c->pid = pid;
    c->output = output[0];
    c->life = life[1];
    c->ready = false;
    c->started_ms = clock_mono_ms();
    c->again_ms = c->probed_ms = 0;
    c->sentence[0] = '\0';
    return true;
}

void child_signal(struct child *c, int signo)
{
    if (c->pid)
        kill(c->pid, signo);
}

/* --- its lines --- */

static void line_done(struct child *c)
{
    str line = { c->line, c->line_length };
    c->line_length = 0;
    if (line.len == 0)
        return;
    console_line(c->of->name, line);
    if (line.at[0] != '{')
        snprintf(c->sentence, sizeof(c->sentence), "%.*s", STR_ARG(line));
}

static void take_output(struct child *c, str text)
{
    while (text.len) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t length = end ? (size_t)(end - text.at) : text.len, room = CHILD_LINE_MAX - c->line_length;
        size_t taken = length < room ? length : room;
        memcpy(c->line + c->line_length, text.at, taken);
        c->line_length += taken;
        bool whole = end && taken == length;
        if (whole || c->line_length == CHILD_LINE_MAX)
            line_done(c);
        text = str_after(text, taken + whole);
    }
}

void child_read_output(struct child *c)
{
    char room[32 * 1024];
    ssize_t got;
    while (c->output >= 0 && (got = read(c->output, room, sizeof(room))) > 0) {
        take_output(c, (str){ room, (size_t)got });
        if ((size_t)got < sizeof(room))
            return;
    }
}

/* --- its end --- */

static void say_end(const struct child *c, int wait_status)
{
    if (WIFSIGNALED(wait_status))
        console_say("%s was ended by signal %d (%s)", c->of->name, WTERMSIG(wait_status),
                    strsignal(WTERMSIG(wait_status)));
    else
        console_say("%s ended with exit code %d", c->of->name, WEXITSTATUS(wait_status));
}

void child_ended(struct child *c, int wait_status)
{
    child_read_output(c);
    if (c->line_length)
        line_done(c);
    close(c->output);
    close(c->life);
    int64_t now = clock_mono_ms();
    bool lived_well = now - c->started_ms >= LIVED_WELL_MS;
    c->pause_ms = lived_well || !c->pause_ms ? PAUSE_MS_MIN : c->pause_ms * 2;
    if (c->pause_ms > PAUSE_MS_MAX)
        c->pause_ms = PAUSE_MS_MAX;
    c->again_ms = now + c->pause_ms;
    c->pid = 0;
    c->output = c->life = -1;
    c->ready = false;
    c->refused = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == EXIT_BAD_SETTING;
    say_end(c, wait_status);
}

void child_probe(struct child *c)
{
    char room[4096];
    str body;
    int64_t now = clock_mono_ms();
    int64_t every_ms = now - c->started_ms < HURRY_MS ? PROBE_MS : PROBE_LATER_MS;
    if (!c->pid || c->ready || now - c->probed_ms < every_ms)
        return;
    c->probed_ms = now;
    c->ready = probe_get(probe_address(c->listen), c->port, "/health/ready", PROBE_TIMEOUT_MS, room, sizeof(room),
                         &body) == 200;
}
