/* shelf.c - locks, lists and clears the directory of backups. */
#include "services/ingestion/backup/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "services/ingestion/backup/manifest.h"

#define LOCK_NAME "taquilla-backup.lock"
#define CLOCK_STEP_MS (3600 * 1000) /* names run a little ahead when several are made in a second, and clocks are set */

const fault *ingestion_disk_fault(arena *a, const char *path)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return fault_new(a, FAULT_UNAVAILABLE, full ? "storage_full" : "backup_unwritable", "%s cannot be written: %s.", path,
                     strerror(errno));
}

static const fault *unreadable(arena *a, const char *path)
{
    bool missing = errno == ENOENT || errno == ENOTDIR;
    return fault_new(a, FAULT_INVALID, missing ? "backup_missing" : "backup_unreadable", "%s cannot be read: %s.", path,
                     strerror(errno));
}

const fault *ingestion_directory_flush(arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const fault *problem = fd >= 0 && fsync(fd) == 0 ? NULL : ingestion_disk_fault(a, path);
    if (fd >= 0)
        close(fd);
    return problem;
}

/* --- entries --- */

/* Names in the directory of which `wanted` says yes, in any order. */
static const fault *entries(arena *a, const char *path, bool (*wanted)(str name), strs *names)
{
    DIR *directory = opendir(path);
    if (!directory)
        return unreadable(a, path);
    struct buf found = { .in = a };
    for (struct dirent *entry; (errno = 0, entry = readdir(directory));) {
        str name = str_of(entry->d_name);
        if (!wanted(name))
            continue;
        name = arena_copy(a, name);
        buf_put(&found, &name, sizeof name);
    }
    const fault *problem = errno ? unreadable(a, path) : NULL;
    closedir(directory);
    names->count = found.len / sizeof(str);
    names->at = NEW_ARRAY(a, str, names->count);
    if (names->count > 0)
        memcpy(names->at, found.at, found.len);
    return problem;
}

static bool not_dots(str name)
{
    return !str_equal(name, STR(".")) && !str_equal(name, STR(".."));
}

static const char *below(arena *a, const char *path, str name)
{
    return arena_printf(a, "%s/%.*s", path, STR_ARG(name)).at;
}

/* Anything deeper is somebody else's and stays, and the folders around it too. */
static const fault *clear(arena *a, const char *path, int depth)
{
    strs names = { NULL, 0 };
    TRY(entries(a, path, not_dots, &names));
    for (size_t i = 0; i < names.count; i++) {
        const char *inside = below(a, path, names.at[i]);
        struct stat is;
        if (lstat(inside, &is) != 0)
            return ingestion_disk_fault(a, inside);
        if (S_ISDIR(is.st_mode) && depth > 0)
            TRY(clear(a, inside, depth - 1));
        else if (unlink(inside) != 0)
            return ingestion_disk_fault(a, inside);
    }
    return rmdir(path) == 0 ? NULL : ingestion_disk_fault(a, path);
}

const fault *ingestion_folder_clear(arena *a, const char *path)
{
    return clear(a, path, 1);
}

const fault *ingestion_shelf_remove(arena *a, const char *shelf, str name)
{
    const char *from = below(a, shelf, name), *to = arena_printf(a, "%s.partial", from).at;
    if (rename(from, to) != 0)
        return ingestion_disk_fault(a, from);
    return ingestion_folder_clear(a, to);
}

/* --- lock --- */

static const fault *leftovers_clear(arena *a, const char *shelf)
{
    strs names;
    TRY(entries(a, shelf, ingestion_is_leftover_name, &names));
    for (size_t i = 0; i < names.count; i++)
        TRY(ingestion_folder_clear(a, below(a, shelf, names.at[i])));
    return NULL;
}

const fault *ingestion_shelf_lock(arena *a, const char *shelf, int *lock_fd)
{
    const char *path = below(a, shelf, STR(LOCK_NAME));
    if (mkdir(shelf, 0700) != 0 && errno != EEXIST)
        return ingestion_disk_fault(a, shelf);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ingestion_disk_fault(a, path);
    const fault *problem = NULL;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        problem = errno == EWOULDBLOCK ? fault_new(a, FAULT_UNAVAILABLE, "backup_running",
                                                   "Another backup is being written into %s.", shelf)
                                       : ingestion_disk_fault(a, path);
    if (!problem)
        problem = leftovers_clear(a, shelf);
    if (problem)
        close(fd);
    else
        *lock_fd = fd;
    return problem;
}

void ingestion_shelf_unlock(int lock_fd)
{
    if (lock_fd >= 0)
        close(lock_fd);
}

/* --- list and prune --- */

static int newest_first(const void *a, const void *b)
{
    const str *one = a, *two = b; /* of one length, both ended by NUL */
    return strcmp(two->at, one->at);
}

const fault *ingestion_shelf_list(arena *a, const char *shelf, strs *names)
{
    strs found;
    TRY(entries(a, shelf, ingestion_is_backup_name, &found));
    names->at = found.at;
    names->count = 0;
    for (size_t i = 0; i < found.count; i++)
        if (access(arena_printf(a, "%s/%.*s/" MANIFEST_NAME, shelf, STR_ARG(found.at[i])).at, F_OK) == 0)
            names->at[names->count++] = found.at[i];
    if (names->count > 1)
        qsort(names->at, names->count, sizeof(str), newest_first);
    return NULL;
}

const fault *ingestion_shelf_prune(arena *a, const char *shelf, size_t keep, instant now, size_t *removed)
{
    strs names;
    char to_come[BACKUP_NAME_MAX];
    size_t passed = 0;
    *removed = 0;
    TRY(ingestion_shelf_list(a, shelf, &names));
    ingestion_backup_name(to_come, (instant){ now.ms + CLOCK_STEP_MS });
    while (passed < names.count && strcmp(names.at[passed].at, to_come) > 0)
        passed++;
    for (size_t i = passed + keep; i < names.count; i++) {
        TRY(ingestion_shelf_remove(a, shelf, names.at[i]));
        ++*removed;
    }
    return NULL;
}
