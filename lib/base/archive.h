/* archive.h - taking the old beginning of a log away, some rows at a time: what is wished, and what came of it (ADR 24). */
#ifndef TAQUILLA_BASE_ARCHIVE_H
#define TAQUILLA_BASE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#define ARCHIVE_ROWS_MAX 1000              /* of one act: nobody who sells waits long for it */
#define ARCHIVE_DAY_MS INT64_C(86400000)   /* a reader that was silent for longer is gone */

struct archive_wish {
    int64_t position;  /* kept elsewhere up to here */
    int64_t keep_days; /* younger rows stay; 0: all stay */
};
struct archive_made {
    int64_t archived; /* the log begins after this position; 0: it is whole */
    int64_t removed;  /* rows, now */
    bool more;        /* the same again may remove more */
};

#endif
