/* console.h - lines of several processes on one standard output. Never blocks: a bounded buffer, then drop and count. */
#ifndef TAQUILLA_CONSOLE_H
#define TAQUILLA_CONSOLE_H

#include "lib/base/str.h"

void console_line(const char *who, str text); /* "movies | text"; who NULL: the text alone */
void console_say(const char *format, ...) PRINTF_LIKE(1, 2); /* "up | ..." */
void console_flush(void);  /* as far as standard output takes it now */
bool console_waits(void);  /* is there something left to flush? */
void console_finish(void); /* flushes, and waits a moment for a slow reader */

#endif
