/* sync_state.c - which table belongs to whom, and DIR/sync.json: how far each is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/shelf.h"
#include "services/ingestion/sync_parts.h"

#define STATE_BYTES_MAX 4096

const char *const sync_table_names[SYNC_TABLES] = { "movies", "genres", "rooms", "seats", "schedules", "users", "reservations",
                                                    "reserved_seats", "payments" };
const char *const sync_owner_names[SYNC_OWNERS] = { "movies", "rooms", "reservations" };

bool sync_table_find(str name, enum sync_table *out)
{
    for (unsigned i = 0; i < SYNC_TABLES; i++) {
        if (str_equal(name, str_of(sync_table_names[i]))) {
            *out = (enum sync_table)i;
            return true;
        }
    }
    return false;
}

enum sync_owner sync_owner_of(enum sync_table table)
{
    if (table <= SYNC_GENRES)
        return SYNC_OF_MOVIES;
    return table <= SYNC_SCHEDULES ? SYNC_OF_ROOMS : SYNC_OF_RESERVATIONS;
}

struct upstream *sync_upstream(const struct sync *s, enum sync_owner owner)
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (str_equal(str_of(ingestion_owner_names[i]), str_of(sync_owner_names[owner])))
            return s->set.cloud->owners.of[i];
    return NULL;
}

/* --- the file --- */

struct state {
    instant last_ok;
    int64_t positions[SYNC_TABLES];
};
#define POSITION(table, its_name)                                                                    \
    { .name = its_name, .column = its_name, .kind = KIND_INTEGER, .fallback = "0",                  \
      .offset = offsetof(struct state, positions) + (table) * sizeof(int64_t) }
static const struct field state_fields[] = {
    POSITION(SYNC_MOVIES, "movies"), POSITION(SYNC_GENRES, "genres"), POSITION(SYNC_ROOMS, "rooms"),
    POSITION(SYNC_SEATS, "seats"), POSITION(SYNC_SCHEDULES, "schedules"), POSITION(SYNC_USERS, "users"),
    POSITION(SYNC_RESERVATIONS, "reservations"), POSITION(SYNC_RESERVED_SEATS, "reserved_seats"),
    POSITION(SYNC_PAYMENTS, "payments"),
    FIELD(struct state, last_ok, "last_ok", .nullable = true),
};
static const struct shape state_shape = SHAPE(state, state_fields);

static str file_read(const char *path, char room[STATE_BYTES_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, room, STATE_BYTES_MAX);
    if (fd >= 0)
        close(fd);
    return got < 0 ? (str){ NULL, 0 } : (str){ room, (size_t)got };
}

void sync_state_load(struct sync *s, arena *a)
{
    char room[STATE_BYTES_MAX];
    struct state found = { 0 };
    str text = file_read(arena_printf(a, "%s/sync.json", s->set.cloud->dir).at, room);
    s->last_ok = INSTANT_NONE;
    if (!text.at)
        return;
    if (json_restore(a, text, &state_shape, &found)) {
        log_line("warn", "sync_forgotten", "sync.json cannot be read: the next sync reads the owners' logs from their beginning");
        return;
    }
    memcpy(s->positions, found.positions, sizeof s->positions);
    s->last_ok = found.last_ok;
}

struct saving {
    arena *a;
    const char *dir;
    str text;
    const fault *problem;
};

static bool written(int fd, str text)
{
    for (ssize_t put; text.len > 0; text = str_after(text, (size_t)put))
        if ((put = write(fd, text.at, text.len)) < 0)
            return false;
    return fsync(fd) == 0;
}

/* Either the old one or the new one is there, whole. */
static void save(void *arg)
{
    struct saving *w = arg;
    const char *path = arena_printf(w->a, "%s/sync.json", w->dir).at, *draft = arena_printf(w->a, "%s.new", path).at;
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && written(fd, w->text);
    if (!good)
        w->problem = ingestion_disk_fault(w->a, draft);
    if (fd >= 0)
        close(fd);
    if (good && rename(draft, path) != 0)
        w->problem = ingestion_disk_fault(w->a, path);
    else if (good)
        w->problem = ingestion_directory_flush(w->a, w->dir);
}

const fault *sync_state_save(struct sync *s, arena *a)
{
    struct state now = { .last_ok = s->last_ok };
    struct buf out = { .in = a };
    memcpy(now.positions, s->positions, sizeof now.positions);
    json_store(&out, &state_shape, &now);
    buf_char(&out, '\n');
    struct saving w = { .a = a, .dir = s->set.cloud->dir, .text = buf_str(&out) };
    if (!offload("the positions of the sync", save, &w))
        return fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return w.problem;
}
