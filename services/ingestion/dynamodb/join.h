/* join.h - rows of a backup's tables brought together: of each row the rows of other tables that belong to it.
 *
 * Of the other tables only the places of rows are kept in memory, for some thousands of parents at a time, so that its size does not
 * depend on the tables'. They are read once for each such part. All of it waits for the disk. Faults as manifest.h. */
#ifndef TAQUILLA_INGESTION_JOIN_H
#define TAQUILLA_INGESTION_JOIN_H

#include "services/ingestion/backup/manifest.h"

#define JOIN_PARENTS_MAX 65536 /* of a part */
#define JOIN_KINDS_MAX 2

/* A row in its file. */
struct join_row {
    int64_t parent, id, at;
    size_t bytes;
};

struct join_kind {
    const char *table, *parent; /* "seats", its column "room_id" */
    bool empty;                 /* a backup has no file of a table without rows */
    struct rows_file file;
    struct join_row *rows;      /* of this part, by parent and id; on the heap */
    size_t count, room;
    struct join_window {
        char *text;
        int64_t at;
        size_t bytes;
    } window;
};

struct join {
    const char *folder, *service, *table; /* the parents' */
    struct rows_file file;
    struct join_window window;
    int64_t at;                 /* of the next parent's line */
    bool over;
    struct join_row *parents;   /* of this part */
    size_t count, next;
    struct join_kind kinds[JOIN_KINDS_MAX];
    size_t kind_count;
};

/* folder, service, table, and of each kind table, parent and empty are set, all else is zero. Only after success join_close must follow. */
const fault *join_open(arena *a, struct join *j) MUST_CHECK;
void join_close(struct join *j);

/* The next parent: its line (no text: there is none any more) and of each kind its rows, by id. The line is valid until the next call. */
struct joined {
    str line;
    const struct join_row *rows[JOIN_KINDS_MAX];
    size_t counts[JOIN_KINDS_MAX];
};
const fault *join_next(arena *a, struct join *j, struct joined *out) MUST_CHECK;
/* The line of one of them, valid until the next of its kind is read. */
const fault *join_line(arena *a, struct join *j, size_t kind, const struct join_row *row, str *line) MUST_CHECK;

#endif
