/* token.c - DIR/service.token: made once, complete or not at all, then only read. */
#include "taquilla/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/random.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT_MIN 32
#define TOKEN_TEXT_MAX 200

static const fault *refuse(arena *a, const char *path, const char *what)
{
    return fault_new(a, FAULT_INVALID, "token_unreadable", "%s %s.", path, what);
}

/* The directory and those above it that are missing. */
static const fault *directory_make(arena *a, const char *directory)
{
    char *path = arena_take(a, strlen(directory) + 1);
    memcpy(path, directory, strlen(directory) + 1);
    for (char *at = path + 1;; at++) {
        char here = *at;
        if (here != '/' && here != '\0')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return refuse(a, path, strerror(errno));
        *at = here;
        if (here == '\0')
            return NULL;
    }
}

static const fault *token_read(arena *a, const char *path, str *token, bool *found)
{
    char room[TOKEN_TEXT_MAX + 2];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *found = fd >= 0;
    if (fd < 0)
        return errno == ENOENT ? NULL : refuse(a, path, strerror(errno));
    ssize_t length = read(fd, room, sizeof(room));
    /* Whoever reads it may do anything: a copy that came with wider rights is narrowed. */
    struct stat is;
    if (fstat(fd, &is) == 0 && (is.st_mode & 077) && fchmod(fd, 0600) != 0)
        length = -1;
    close(fd);
    str text = str_trim((str){ room, length > 0 ? (size_t)length : 0 });
    bool good = text.len >= TOKEN_TEXT_MIN && text.len <= TOKEN_TEXT_MAX;
    for (size_t i = 0; i < text.len; i++)
        good &= text.at[i] > ' ' && text.at[i] < 127;
    if (!good)
        return refuse(a, path, "is not a token of at least 32 visible characters; delete it and a new one is made");
    *token = arena_copy(a, text);
    return NULL;
}

/* Written beside and linked into place, so that nobody ever reads half of it; who comes second finds the first's. */
static const fault *token_make(arena *a, const char *path)
{
    const char *beside = arena_printf(a, "%s.%d", path, (int)getpid()).at;
    str text = arena_printf(a, "%.*s\n", STR_ARG(random_hex(a, TOKEN_BYTES)));
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(a, beside, strerror(errno));
    bool good = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    int problem = errno;
    close(fd);
    if (good && link(beside, path) != 0 && errno != EEXIST) {
        problem = errno;
        good = false;
    }
    unlink(beside);
    return good ? NULL : refuse(a, path, strerror(problem));
}

const fault *service_token_of(arena *a, const char *directory, str *token)
{
    const char *path = arena_printf(a, "%s/service.token", directory).at;
    bool found;
    TRY(directory_make(a, directory));
    TRY(token_read(a, path, token, &found));
    if (found)
        return NULL;
    TRY(token_make(a, path));
    TRY(token_read(a, path, token, &found));
    return found ? NULL : refuse(a, path, "could not be made");
}
