/* upload.c - reads a table's lines as the elements of an array, and hands them to S3 piece by piece. */
#include "services/ingestion/cloud/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/loop/fiber.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/backup/shelf.h"

#define READ_BYTES ((size_t)256 * 1024)
#define ARRAY_ENDS 8 /* "[\n" and "\n]\n" */

/* --- lines as an array --- */

struct lines {
    arena *a;
    const char *path;
    const bool *stop;
    int fd;
    char *room;          /* read and not yet handed on: room[from .. to) */
    size_t from, to;
    int64_t rows_left;
    char owed[ARRAY_ENDS]; /* what comes before the next byte of the file */
    size_t owed_len, owed_at;
    const fault *problem;
};

static void owe(struct lines *l, const char *text)
{
    l->owed_at = 0;
    l->owed_len = strlen(text);
    memcpy(l->owed, text, l->owed_len);
}

static void lines_fill(void *arg)
{
    struct lines *l = arg;
    ssize_t got;
    do
        got = read(l->fd, l->room, READ_BYTES);
    while (got < 0 && errno == EINTR);
    l->from = 0;
    l->to = got > 0 ? (size_t)got : 0;
    if (got < 0)
        l->problem = fault_new(l->a, FAULT_INVALID, "backup_unreadable", "%s cannot be read: %s.", l->path, strerror(errno));
    else if (got == 0)
        l->problem = fault_new(l->a, FAULT_INVALID, "backup_damaged", "%s is damaged: it is shorter than its manifest says.", l->path);
}

/* Up to the end of the line, and what stands between it and the next. */
static size_t line_take(struct lines *l, char *at, size_t room)
{
    const char *begin = l->room + l->from, *end = memchr(begin, '\n', l->to - l->from);
    size_t bytes = end ? (size_t)(end - begin) : l->to - l->from;
    bool whole = end && bytes <= room;
    if (bytes > room)
        bytes = room;
    memcpy(at, begin, bytes);
    l->from += bytes;
    if (whole) {
        l->from++;
        l->rows_left--;
        owe(l, l->rows_left > 0 ? ",\n" : "\n]\n");
    }
    return bytes;
}

static size_t owed_take(struct lines *l, char *at, size_t room)
{
    size_t bytes = l->owed_len - l->owed_at;
    if (bytes > room)
        bytes = room;
    memcpy(at, l->owed + l->owed_at, bytes);
    l->owed_at += bytes;
    return bytes;
}

static const fault *lines_read(void *arg, char *at, size_t room, size_t *got)
{
    struct lines *l = arg;
    *got = 0;
    while (*got < room) {
        if (l->owed_at < l->owed_len) {
            *got += owed_take(l, at + *got, room - *got);
            continue;
        }
        if (l->rows_left == 0)
            return NULL;
        if (*l->stop)
            return fault_new(l->a, FAULT_UNAVAILABLE, "backup_stopped", "The backup was stopped.");
        if (l->from == l->to && !offload("the disk of a backup", lines_fill, l))
            return fault_new(l->a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
        TRY(l->problem);
        *got += line_take(l, at + *got, room - *got);
    }
    return NULL;
}

static const fault *lines_open(arena *a, struct lines *l, const struct upload_order *want, str owner, const struct backup_table *t)
{
    *l = (struct lines){ .a = a, .stop = want->stop, .rows_left = t->rows };
    l->path = arena_printf(a, "%s/%.*s/%.*s.ndjson", want->folder, STR_ARG(owner), STR_ARG(t->name)).at;
    l->fd = open(l->path, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0)
        return fault_new(a, FAULT_INVALID, "backup_damaged", "%s cannot be read: %s.", l->path, strerror(errno));
    l->room = malloc(READ_BYTES);
    owe(l, t->rows > 0 ? "[\n" : "[]\n");
    return NULL;
}

static void lines_close(struct lines *l)
{
    free(l->room);
    close(l->fd);
}

/* --- objects --- */

static struct s3_object object_of(arena *a, const struct upload_order *want, str key, str owner, const struct backup_table *t)
{
    char room[TIME_TEXT_MAX];
    struct s3_object o = { .key = key, .content_type = STR("application/json"), .metadata_count = 5 };
    o.metadata[0] = (struct header){ STR("table_name"), t->name };
    o.metadata[1] = (struct header){ STR("source_database"), str_of(ingestion_source_of(owner)) };
    o.metadata[2] = (struct header){ STR("backup_timestamp"),
                                     arena_copy(a, instant_text(room, want->manifest->made_at, TIME_Z)) };
    o.metadata[3] = (struct header){ STR("record_count"), arena_printf(a, "%lld", (long long)t->rows) };
    o.metadata[4] = (struct header){ STR("sha256"), t->sha256 };
    return o;
}

/* By an earlier try of this backup. */
static const fault *is_there(arena *a, const struct upload_order *want, str key, const struct backup_table *t, bool *there)
{
    struct s3_seen seen;
    *there = false;
    if (!want->again)
        return NULL;
    const fault *problem = s3_head(&want->cloud->s3, a, key, &seen);
    if (problem)
        return problem->kind == FAULT_NOT_FOUND ? NULL : problem;
    for (size_t i = 0; i < seen.metadata_count; i++)
        if (str_equal(seen.metadata[i].name, STR("sha256")))
            *there = str_equal(seen.metadata[i].value, t->sha256);
    return NULL;
}

static const fault *table_send(arena *a, const struct upload_order *want, str owner, const struct backup_table *t,
                               struct upload_made *made)
{
    struct lines l;
    struct s3_sent sent;
    bool there;
    str key = ingestion_table_key(a, want->cloud->backup_folder, owner, t->name, want->stamp);
    TRY(is_there(a, want, key, t, &there));
    if (there)
        return NULL;
    TRY(lines_open(a, &l, want, owner, t));
    const struct s3_object o = object_of(a, want, key, owner, t);
    const struct s3_source from = { lines_read, &l, t->bytes + t->rows + ARRAY_ENDS };
    const fault *problem = s3_upload(&want->cloud->s3, a, &o, &from, &sent);
    lines_close(&l);
    TRY(problem);
    made->objects++;
    made->bytes += sent.bytes;
    return NULL;
}

static const fault *tables_send(arena *a, const struct upload_order *want, struct upload_made *made)
{
    for (size_t i = 0; i < want->manifest->services.count; i++) {
        const struct backup_service *s = LIST_AT(&want->manifest->services, const struct backup_service, i);
        for (size_t k = 0; k < s->tables.count; k++) {
            const struct backup_table *t = LIST_AT(&s->tables, const struct backup_table, k);
            if (*want->stop)
                return fault_new(a, FAULT_UNAVAILABLE, "backup_stopped", "The backup was stopped.");
            TRY(table_send(a, want, s->name, t, made));
            made->rows += t->rows;
            if (want->told)
                want->told(want->arg, made->rows, made->bytes);
        }
    }
    return NULL;
}

const fault *ingestion_upload(arena *a, const struct upload_order *want, struct upload_made *made)
{
    str etag, text = ingestion_manifest_text(a, want->manifest);
    *made = (struct upload_made){ 0 };
    TRY(tables_send(a, want, made));
    const struct s3_object manifest = { .key = ingestion_manifest_key(a, want->cloud->backup_folder, want->stamp),
                                        .content_type = STR("application/json") };
    TRY(s3_put(&want->cloud->s3, a, &manifest, text, &etag));
    made->objects++;
    made->bytes += (int64_t)text.len;
    return NULL;
}
