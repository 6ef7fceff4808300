/* ticket_keys.c - the keys of the tickets: read, made, kept in a file that only its owner reads. */
#include "services/reservations/ticket_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 4096
#define NO_OWN (-1)

/* A file that begins so, with one key, was made here and follows the store's secret. */
static const char made_here[] =
    "# The key that tickets are signed with, made of this store's own secret. To sign with another, write this file anew:\n"
    "# a line with the new key (openssl rand -hex 32), then a line with this one as long as its tickets are to open the door.\n";

/* --- as texts --- */

static const fault *keys_refused(arena *a, const char *what)
{
    return fault_new(a, FAULT_INVALID, "setting_invalid",
                     "%s must have one key or two, each of 64 hex digits (openssl rand -hex 32); the first signs.", what);
}

static bool key_read(str word, struct ticket_ring *ring)
{
    unsigned char seed[TICKET_SEED_BYTES];
    size_t count = 0;
    if (ring->keys.count == TICKET_KEYS_MAX)
        return false;
    if (str_equal(word, STR("own")) && ring->own_at == NO_OWN) {
        ring->own_at = (int)ring->keys.count++;
        return true;
    }
    if (sodium_hex2bin(seed, sizeof seed, word.at, word.len, NULL, &count, NULL) != 0 || count != sizeof seed)
        return false;
    ticket_key_make(&ring->keys.at[ring->keys.count++], seed);
    sodium_memzero(seed, sizeof seed);
    return true;
}

const fault *ticket_keys_read(arena *a, str text, const char *what, struct ticket_ring *out)
{
    struct ticket_ring read = { .own_at = NO_OWN };
    str line, word;
    while (str_cut(&text, '\n', &line)) {
        if (str_starts(str_trim(line), STR("#")))
            continue;
        while (str_cut(&line, ',', &word))
            if (!str_blank(word) && !key_read(str_trim(word), &read))
                return keys_refused(a, what);
    }
    if (read.keys.count == 0 || (read.keys.count == 2 && read.own_at == NO_OWN && strcmp(read.keys.at[0].id, read.keys.at[1].id) == 0))
        return keys_refused(a, what);
    out->keys = read.keys;
    out->own_at = read.own_at;
    return NULL;
}

/* --- the file --- */

static const fault *file_refused(arena *a, const char *path, int problem)
{
    return fault_new(a, FAULT_INVALID, "store_unreadable", "%s: %s.", path, strerror(problem));
}

/* No text when it is not there. Whoever has it makes tickets: a copy that came with wider rights is narrowed. */
static const fault *file_read(arena *a, const char *path, str *text)
{
    struct stat is;
    char *room = arena_take(a, FILE_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *text = (str){ NULL, 0 };
    if (fd < 0)
        return errno == ENOENT ? NULL : file_refused(a, path, errno);
    ssize_t length = read(fd, room, FILE_BYTES_MAX);
    bool narrow = fstat(fd, &is) == 0 && ((is.st_mode & 077) == 0 || fchmod(fd, 0600) == 0);
    int problem = errno;
    close(fd);
    if (length < 0 || !narrow)
        return file_refused(a, path, problem);
    *text = (str){ room, (size_t)length };
    return NULL;
}

/* Written beside and moved into place, so that nobody ever reads half of it. */
static const fault *file_write(arena *a, const char *path, str text)
{
    const char *beside = arena_printf(a, "%s.new", path).at;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_refused(a, beside, errno);
    bool good = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    int problem = errno;
    if (!good)
        unlink(beside);
    return good ? NULL : file_refused(a, path, problem);
}

static const fault *file_open(struct ticket_ring *ring, arena *a, struct store *store, const char *path)
{
    unsigned char seed[TICKET_SEED_BYTES];
    char hex[2 * TICKET_SEED_BYTES + 1];
    str found;
    TRY(file_read(a, path, &found));
    if (!store->ticket_seed(store, seed))
        return NULL; /* a restore runs */
    str made = arena_printf(a, "%s%s\n", made_here, sodium_bin2hex(hex, sizeof hex, seed, sizeof seed));
    bool ours = found.len == made.len && str_starts(found, str_of(made_here));
    if ((!found.at || ours) && !str_equal(found, made)) {
        TRY(file_write(a, path, made));
        found = made;
    }
    sodium_memzero(seed, sizeof seed);
    return ticket_keys_read(a, found, path, ring);
}

/* --- the ring --- */

const fault *ticket_ring_open(struct ticket_ring *ring, arena *a, struct store *store, str said, const char *directory)
{
    *ring = (struct ticket_ring){ .own_at = NO_OWN };
    if (said.len > 0)
        return ticket_keys_read(a, said, "TICKET_KEY", ring);
    if (!directory)
        return ticket_keys_read(a, STR("own"), "TICKET_KEY", ring);
    return file_open(ring, a, store, arena_printf(a, "%s/ticket.key", directory).at);
}

const fault *ticket_ring_keys(struct ticket_ring *ring, arena *a, struct store *store, const struct ticket_keys **out)
{
    unsigned char seed[TICKET_SEED_BYTES];
    bool known = ring->own_at == NO_OWN || store->ticket_seed(store, seed);
    if (!known || ring->keys.count == 0)
        return fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", "The store cannot be reached at the moment; please try again.");
    /* A store that another replica restored has another secret from then on. */
    if (ring->own_at != NO_OWN && (ring->keys.at[ring->own_at].id[0] == '\0' || memcmp(seed, ring->own_seed, sizeof seed) != 0)) {
        ticket_key_make(&ring->keys.at[ring->own_at], seed);
        memcpy(ring->own_seed, seed, sizeof seed);
    }
    sodium_memzero(seed, sizeof seed);
    *out = &ring->keys;
    return NULL;
}
