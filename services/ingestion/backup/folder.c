/* folder.c - writes one backup: files for the owner's eyes alone, flushed before the name says that they are whole. */
#include "services/ingestion/backup/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ingestion/backup/manifest.h"

#define NAMES_TRIED 120

static const fault *bytes_write(arena *a, int fd, const char *path, str bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);
        if (wrote < 0 && errno != EINTR)
            return ingestion_disk_fault(a, path);
        bytes = str_after(bytes, wrote > 0 ? (size_t)wrote : 0);
    }
    return NULL;
}

/* Two backups of one second: the later is named after the next one that is free. */
static const fault *folder_make(arena *a, struct folder *f, instant made_at)
{
    for (int tried = 0; tried < NAMES_TRIED; tried++, made_at.ms += 1000) {
        str name = ingestion_backup_name(f->name, made_at);
        const char *whole = arena_printf(a, "%s/%.*s", f->shelf, STR_ARG(name)).at;
        f->path = arena_printf(a, "%s.partial", whole).at;
        if (access(whole, F_OK) == 0)
            continue;
        if (mkdir(f->path, 0700) == 0)
            return NULL;
        if (errno != EEXIST)
            break;
    }
    return ingestion_disk_fault(a, f->path);
}

const fault *ingestion_folder_begin(arena *a, struct folder *f, const char *shelf, instant made_at)
{
    *f = (struct folder){ .shelf = shelf };
    TRY(ingestion_shelf_lock(a, shelf, &f->lock_fd));
    const fault *problem = folder_make(a, f, made_at);
    if (problem)
        ingestion_shelf_unlock(f->lock_fd);
    return problem;
}

const fault *ingestion_folder_service(arena *a, struct folder *f, const char *service)
{
    f->service_path = arena_printf(a, "%s/%s", f->path, service).at;
    f->table_count = 0;
    return mkdir(f->service_path, 0700) == 0 ? NULL : ingestion_disk_fault(a, f->service_path);
}

static const char *table_path(arena *a, const struct folder *f, const struct folder_table *t)
{
    return arena_printf(a, "%s/%s.ndjson", f->service_path, t->name).at;
}

static const fault *table_open(arena *a, struct folder *f, str name, struct folder_table **out)
{
    if (f->table_count == BACKUP_TABLES_MAX)
        return fault_new(a, FAULT_UNAVAILABLE, "export_strange", "%s has more than %d tables.", f->service_path,
                         BACKUP_TABLES_MAX);
    struct folder_table *t = &f->tables[f->table_count];
    *t = (struct folder_table){ 0 };
    snprintf(t->name, sizeof t->name, "%.*s", STR_ARG(name));
    const char *path = table_path(a, f, t);
    t->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (t->fd < 0)
        return ingestion_disk_fault(a, path);
    crypto_hash_sha256_init(&t->hash);
    f->table_count++;
    *out = t;
    return NULL;
}

const fault *ingestion_folder_append(arena *a, struct folder *f, str table, str lines, int64_t rows)
{
    struct folder_table *t = f->table_count > 0 ? &f->tables[f->table_count - 1] : NULL;
    if (!t || !str_equal(str_of(t->name), table))
        TRY(table_open(a, f, table, &t));
    TRY(bytes_write(a, t->fd, t->name, lines));
    crypto_hash_sha256_update(&t->hash, (const unsigned char *)lines.at, lines.len);
    t->rows += rows;
    t->bytes += (int64_t)lines.len;
    return NULL;
}

static const fault *table_flush(arena *a, struct folder *f, struct folder_table *t)
{
    const fault *problem = fsync(t->fd) == 0 ? NULL : ingestion_disk_fault(a, table_path(a, f, t));
    if (close(t->fd) != 0 && !problem)
        problem = ingestion_disk_fault(a, table_path(a, f, t));
    t->fd = -1;
    return problem;
}

const fault *ingestion_folder_service_end(arena *a, struct folder *f, list *tables)
{
    struct backup_table *made = NEW_ARRAY(a, struct backup_table, f->table_count);
    for (size_t i = 0; i < f->table_count; i++) {
        struct folder_table *t = &f->tables[i];
        unsigned char digest[crypto_hash_sha256_BYTES];
        crypto_hash_sha256_final(&t->hash, digest);
        made[i] = (struct backup_table){ .name = arena_copy(a, str_of(t->name)), .rows = t->rows, .bytes = t->bytes,
                                         .sha256 = ingestion_hex(a, digest, sizeof digest) };
        TRY(table_flush(a, f, t));
    }
    *tables = (list){ made, f->table_count };
    f->table_count = 0;
    return ingestion_directory_flush(a, f->service_path);
}

static const fault *manifest_write(arena *a, const struct folder *f, const struct backup_manifest *m)
{
    const char *path = arena_printf(a, "%s/" MANIFEST_NAME, f->path).at;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ingestion_disk_fault(a, path);
    const fault *problem = bytes_write(a, fd, path, ingestion_manifest_text(a, m));
    if (!problem && fsync(fd) != 0)
        problem = ingestion_disk_fault(a, path);
    close(fd);
    return problem;
}

const fault *ingestion_folder_finish(arena *a, struct folder *f, const struct backup_manifest *m)
{
    const char *whole = arena_printf(a, "%s/%s", f->shelf, f->name).at;
    TRY(manifest_write(a, f, m));
    TRY(ingestion_directory_flush(a, f->path));
    if (rename(f->path, whole) != 0)
        return ingestion_disk_fault(a, whole);
    f->path = NULL;
    TRY(ingestion_directory_flush(a, f->shelf));
    ingestion_shelf_unlock(f->lock_fd);
    f->lock_fd = -1;
    return NULL;
}

/* What cannot be taken away now is taken away by the next backup. */
void ingestion_folder_abandon(arena *a, struct folder *f)
{
    for (size_t i = 0; i < f->table_count; i++)
        if (f->tables[i].fd >= 0)
            close(f->tables[i].fd);
    f->table_count = 0;
    if (f->path)
        (void)ingestion_folder_clear(a, f->path);
    ingestion_shelf_unlock(f->lock_fd);
    f->lock_fd = -1;
}
