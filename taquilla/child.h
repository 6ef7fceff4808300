/* child.h - one service as a child process of `taquilla up`. */
#ifndef TAQUILLA_CHILD_H
#define TAQUILLA_CHILD_H

#include <sys/types.h>

#include "lib/base/log.h"
#include "taquilla/services.h"

#define CHILD_LINE_MAX LOG_LINE_BYTES_MAX /* a longer one is none of ours, and comes out in pieces */

struct child {
    const struct service *of;
    const char *listen;   /* address it is given */
    const char *data;
    int port;

    pid_t pid;            /* 0: not running */
    int output, life;     /* -1 when not running; life is closed to tell it that we are gone */
    bool ready;           /* it has answered /health/ready since it was started */
    bool refused;         /* it ended because of a bad setting: no use in starting it again */
    int64_t started_ms;
    int64_t again_ms;     /* when to start it again; 0: not waiting for that */
    int64_t pause_ms;     /* before the next start again */
    int64_t probed_ms;

    char sentence[512];   /* its last line that was no JSON: what it said before it gave up */
    char line[CHILD_LINE_MAX];
    size_t line_length;
};

bool child_start(struct child *c);  /* false: the system refused, see errno */
void child_signal(struct child *c, int signo);
void child_read_output(struct child *c);
void child_ended(struct child *c, int wait_status); /* after waitpid: reads what is left, closes, plans the next start */
void child_probe(struct child *c); /* asks /health/ready unless it did so just now */

#endif
