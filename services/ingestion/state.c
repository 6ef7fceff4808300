/* state.c - writes beside and renames; reads what was renamed. */
#include "services/ingestion/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "services/ingestion/backup/shelf.h"

static const fault *all_write(arena *a, int fd, const char *path, str text)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.at, text.len);
        if (wrote < 0 && errno != EINTR)
            return ingestion_disk_fault(a, path);
        text = str_after(text, wrote > 0 ? (size_t)wrote : 0);
    }
    return fsync(fd) == 0 ? NULL : ingestion_disk_fault(a, path);
}

const fault *ingestion_state_write(arena *a, const char *path, str text)
{
    const char *beside = arena_printf(a, "%s.new", path).at;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ingestion_disk_fault(a, beside);
    const fault *problem = all_write(a, fd, beside, text);
    close(fd);
    if (!problem && rename(beside, path) != 0)
        problem = ingestion_disk_fault(a, path);
    if (problem) {
        unlink(beside);
        return problem;
    }
    const char *slash = strrchr(path, '/');
    return ingestion_directory_flush(a, arena_printf(a, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".").at);
}

static const fault *unreadable(arena *a, const char *path)
{
    return fault_new(a, FAULT_INVALID, "backup_unreadable", "%s cannot be read: %s.", path, strerror(errno));
}

const fault *ingestion_state_read(arena *a, const char *path, str *text)
{
    *text = (str){ NULL, 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? NULL : unreadable(a, path);
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0 || (size_t)size > STATE_BYTES_MAX) {
        close(fd);
        return fault_new(a, FAULT_INVALID, "backup_unreadable", "%s is not one of ours: it is too long.", path);
    }
    char *room = arena_take_raw(a, (size_t)size + 1);
    ssize_t got = pread(fd, room, (size_t)size, 0);
    close(fd);
    if (got != size)
        return unreadable(a, path);
    *text = (str){ room, (size_t)size };
    return NULL;
}
