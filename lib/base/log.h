/* log.h - one JSON line an event on standard output. Never blocks: a bounded buffer, then drop and count.
 *
 * Secrets and personal data never come here: log ids and routes, never what a client wrote. No text that does come here begins
 * a line, ends its member or moves a terminal's cursor. */
#ifndef TAQUILLA_BASE_LOG_H
#define TAQUILLA_BASE_LOG_H

#include "lib/base/buf.h"

#define LOG_TEXT_BYTES_MAX 2048                /* of a member; what is longer is cut */
#define LOG_LINE_BYTES_MAX ((size_t)16 * 1024) /* who gathers lines needs no more room for one */

/* Opens a line with time, level and event (words of ours that need no escapes, as the names of members); add members with log_member_*, end with log_end. Loop thread only. */
struct buf *log_begin(const char *level, const char *event);
void log_member_text(struct buf *line, const char *name, str value);
void log_member_int(struct buf *line, const char *name, int64_t value);
void log_end(struct buf *line);

/* A whole line with one message; level "info", "warn" or "error". From any thread. */
void log_line(const char *level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Writes what is buffered as far as the descriptor takes it now. */
void log_flush(void);
/* The same for the loop, once a turn: when much waits, or the last time is 20 ms ago. Gives when it wants to be called again; INT64_MAX:
 * not before there is another line. */
int64_t log_flush_gathered(int64_t now_mono_ms);
uint64_t log_dropped_lines(void);

#endif
