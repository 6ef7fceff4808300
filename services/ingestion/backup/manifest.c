/* manifest.c - writes and reads what a backup says about itself, and holds the files against it. */
#include "services/ingestion/backup/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "lib/json/read.h"
#include "lib/json/write.h"

#define MANIFEST_BYTES_MAX ((size_t)64 * 1024)
#define SEAL_BEGIN ",\"sha256\":\""
#define SEAL_LENGTH (sizeof SEAL_BEGIN - 1 + 2 * crypto_hash_sha256_BYTES + 3) /* and "}\n behind it */

str ingestion_hex(arena *a, const unsigned char *bytes, size_t count)
{
    char *text = arena_take(a, 2 * count + 1);
    sodium_bin2hex(text, 2 * count + 1, bytes, count);
    return (str){ text, 2 * count };
}

static str digest_of(arena *a, str text)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text.at, text.len);
    return ingestion_hex(a, digest, sizeof digest);
}

str ingestion_manifest_text(arena *a, const struct backup_manifest *m)
{
    struct buf out = { .in = a };
    json_write(&out, &ingestion_manifest_shape, m);
    out.len--; /* its closing brace comes behind the seal */
    str seal = digest_of(a, buf_str(&out));
    buf_printf(&out, SEAL_BEGIN "%.*s\"}\n", STR_ARG(seal));
    return buf_str(&out);
}

static const fault *damaged(arena *a, const char *folder, const char *what)
{
    return fault_new(a, FAULT_INVALID, "backup_damaged", "%s is damaged: %s", folder, what);
}

static const fault *unreadable(arena *a, const char *path)
{
    bool missing = errno == ENOENT || errno == ENOTDIR;
    return fault_new(a, FAULT_INVALID, missing ? "backup_missing" : "backup_unreadable", "%s cannot be read: %s.", path,
                     strerror(errno));
}

static const fault *manifest_bytes(arena *a, const char *path, str *text)
{
    char *room = arena_take(a, MANIFEST_BYTES_MAX);
    size_t length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return unreadable(a, path);
    ssize_t got;
    while ((got = read(fd, room + length, MANIFEST_BYTES_MAX - length)) > 0)
        length += (size_t)got;
    const fault *problem = got < 0 ? unreadable(a, path) : NULL;
    close(fd);
    *text = (str){ room, length };
    return problem;
}

static bool seal_holds(arena *a, str text)
{
    if (text.len < SEAL_LENGTH)
        return false;
    str body = { text.at, text.len - SEAL_LENGTH };
    str wanted = arena_printf(a, SEAL_BEGIN "%.*s\"}\n", STR_ARG(digest_of(a, body)));
    return str_equal(str_after(text, body.len), wanted);
}

const fault *ingestion_manifest_load(arena *a, const char *folder, struct backup_manifest *out)
{
    str text;
    TRY(manifest_bytes(a, arena_printf(a, "%s/" MANIFEST_NAME, folder).at, &text));
    if (!seal_holds(a, text))
        return damaged(a, folder, "its manifest is not as it was written.");
    const fault *problem = json_read(a, text, &ingestion_manifest_shape, out);
    if (!problem)
        problem = ingestion_manifest_check(a, out);
    return problem ? damaged(a, folder, arena_cstr(a, problem->sentence)) : NULL;
}

/* --- lines --- */

#define ROOM_BYTES (ROW_BYTES_MAX + 64 * 1024)

const fault *ingestion_rows_open(arena *a, struct rows_file *f, const char *folder, str service, str table)
{
    *f = (struct rows_file){ .at = f->at };
    f->path = arena_printf(a, "%s/%.*s/%.*s.ndjson", folder, STR_ARG(service), STR_ARG(table)).at;
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 && errno == ENOENT)
        return damaged(a, f->path, "the file is missing.");
    if (f->fd < 0)
        return unreadable(a, f->path);
    if (!f->at)
        f->at = arena_take_raw(a, ROOM_BYTES);
    return NULL;
}

/* Reads on; false at the end of the file. */
static const fault *rows_fill(arena *a, struct rows_file *f, bool *more)
{
    memmove(f->at, f->at + f->from, f->to - f->from);
    f->to -= f->from;
    f->from = 0;
    ssize_t got;
    do
        got = read(f->fd, f->at + f->to, ROOM_BYTES - f->to);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return unreadable(a, f->path);
    f->to += (size_t)got;
    *more = got > 0;
    return NULL;
}

static const fault *row_wrong(arena *a, const struct rows_file *f, const char *what)
{
    return fault_new(a, FAULT_INVALID, "backup_damaged", "%s is damaged: line %lld %s.", f->path, (long long)f->row + 1,
                     what);
}

const fault *ingestion_rows_next(arena *a, struct rows_file *f, str *line)
{
    bool more = true;
    size_t looked = 0;
    const char *end;
    while (!(end = memchr(f->at + f->from + looked, '\n', f->to - f->from - looked)) && more) {
        looked = f->to - f->from;
        if (looked > ROW_BYTES_MAX)
            return row_wrong(a, f, "is longer than any row");
        TRY(rows_fill(a, f, &more));
    }
    *line = (str){ NULL, 0 };
    if (!end && f->to > f->from)
        return row_wrong(a, f, "has no end");
    if (!end)
        return NULL;
    *line = (str){ f->at + f->from, (size_t)(end - (f->at + f->from)) };
    f->from += line->len + 1;
    if (line->len == 0 || line->len > ROW_BYTES_MAX)
        return row_wrong(a, f, line->len ? "is longer than any row" : "is empty");
    f->row++;
    return NULL;
}

void ingestion_rows_close(struct rows_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* --- check --- */

static const fault *rows_sum(arena *a, struct rows_file *f, struct backup_table *found)
{
    crypto_hash_sha256_state hash;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&hash);
    for (str line; ;) {
        TRY(ingestion_rows_next(a, f, &line));
        if (!line.at)
            break;
        crypto_hash_sha256_update(&hash, (const unsigned char *)line.at, line.len + 1); /* the line's end stands behind it */
        found->rows++;
        found->bytes += (int64_t)line.len + 1;
    }
    crypto_hash_sha256_final(&hash, digest);
    found->sha256 = ingestion_hex(a, digest, sizeof digest);
    return NULL;
}

static const fault *table_check(arena *a, struct rows_file *f, const char *folder, str service,
                                const struct backup_table *t)
{
    struct backup_table found = { 0 };
    TRY(ingestion_rows_open(a, f, folder, service, t->name));
    const fault *problem = rows_sum(a, f, &found);
    ingestion_rows_close(f);
    TRY(problem);
    if (found.rows != t->rows || found.bytes != t->bytes)
        return fault_new(a, FAULT_INVALID, "backup_damaged",
                         "%s is damaged: it has %lld rows in %lld bytes, and the manifest says %lld in %lld.", f->path,
                         (long long)found.rows, (long long)found.bytes, (long long)t->rows, (long long)t->bytes);
    if (!str_equal(found.sha256, t->sha256))
        return damaged(a, f->path, "its SHA-256 is not the manifest's.");
    return NULL;
}

const fault *ingestion_table_check(arena *a, const char *folder, str service, const struct backup_table *t)
{
    struct rows_file f = { 0 };
    return table_check(a, &f, folder, service, t);
}

const fault *ingestion_backup_check(arena *a, const char *folder, const struct backup_manifest *m)
{
    struct rows_file f = { 0 };
    for (size_t i = 0; i < m->services.count; i++) {
        const struct backup_service *s = LIST_AT(&m->services, const struct backup_service, i);
        for (size_t k = 0; k < s->tables.count; k++)
            TRY(table_check(a, &f, folder, s->name, LIST_AT(&s->tables, const struct backup_table, k)));
    }
    return NULL;
}
