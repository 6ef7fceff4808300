/* head.h - the strict look at lines that comes before any parser: llhttp 8.1 alone lets smuggling through.
 *
 * Refused (CVE-2023-30589, CVE-2024-27982, CVE-2025-23167 and their kin): a CR without LF, an LF without CR, a line that
 * begins with a space, a tab or a colon, a control byte; and in a start line a tab. A request line has exactly two
 * spaces. */
#ifndef TAQUILLA_HTTP_HEAD_H
#define TAQUILLA_HTTP_HEAD_H

#include "lib/base/str.h"

enum lines_at { LINES_START, LINES_INSIDE, LINES_AFTER_CR };

/* Where a look at lines stands; it goes on with the next bytes, however they were cut. */
struct lines {
    enum lines_at at;
    bool bad;
    bool ended;         /* an empty line was the last thing seen */
    bool in_start_line;
    bool of_request;
    bool empty;         /* after a CR: nothing stood before it */
    int spaces;         /* of the start line */
};

/* The beginnings: a request's head, a response's, and what stands between the chunks of a body. */
#define LINES_OF_REQUEST ((struct lines){ .in_start_line = true, .of_request = true })
#define LINES_OF_RESPONSE ((struct lines){ .in_start_line = true })
#define LINES_OF_CHUNKS ((struct lines){ 0 })

/* How many bytes were looked at: all of them, or up to and with an empty line (ended), or up to the first byte that may
 * not stand there (bad). After `ended` it may be called again: a new line begins. */
size_t lines_scan(struct lines *l, const char *bytes, size_t len);

/* A header's name: the token of RFC 9110. llhttp also takes names with spaces in them. */
bool is_token(str name);

#endif
