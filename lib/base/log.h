/* log.h - one JSON line an event on standard output. Never blocks: a bounded buffer, then drop and count.
 *
 * Secrets and personal data never come here: log ids. */
#ifndef TAQUILLA_BASE_LOG_H
#define TAQUILLA_BASE_LOG_H

#include "lib/base/buf.h"

/* Opens a line with time, level and event; add members with log_member_*, end with log_end. Loop thread only. */
struct buf *log_begin(const char *level, const char *event);
void log_member_text(struct buf *line, const char *name, str value);
void log_member_int(struct buf *line, const char *name, int64_t value);
void log_end(struct buf *line);

/* A whole line with one message; level "info", "warn" or "error". From any thread. */
void log_line(const char *level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Writes what is buffered as far as the descriptor takes it now; the loop calls it once a turn. */
void log_flush(void);
uint64_t log_dropped_lines(void);

#endif
