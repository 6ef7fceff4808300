/* head.h - the strict look at lines that comes before any parser: llhttp 8.1 alone lets smuggling
 * through.
 *
 * Refused (CVE-2023-30589, CVE-2024-27982, CVE-2025-23167 and their kin, and what fuzzing found): a
 * CR without LF, an LF without CR, a line that begins with white space, a header whose name is no
 * token or that has no colon, a control byte; in a start line a tab. A request line has exactly two
 * spaces. */
#ifndef TAQUILLA_HTTP_HEAD_H
#define TAQUILLA_HTTP_HEAD_H

#include "lib/base/str.h"

enum lines_at { LINES_START, LINES_NAME, LINES_INSIDE, LINES_AFTER_CR };

/* Where a look at lines stands; it goes on with the next bytes, however they were cut. */
struct lines {
    enum lines_at at;
    bool bad;
    bool ended; /* an empty line was seen: these lines are whole */
    bool in_start_line;
    bool of_request;
    bool empty; /* after a CR: nothing stood before it */
    int spaces; /* of the start line */
};

/* The beginnings: a request's head, a response's, and what follows the last chunk of a body. */
#define LINES_OF_REQUEST ((struct lines){ .in_start_line = true, .of_request = true })
#define LINES_OF_RESPONSE ((struct lines){ .in_start_line = true })
#define LINES_OF_TRAILERS ((struct lines){ 0 })

/* How many bytes were looked at: all of them, or up to and with the empty line (ended), or up to
 * the first byte that may not stand there (bad). */
size_t lines_scan(struct lines *l, const char *bytes, size_t len);

#endif
