/* sync_state.c - which table belongs to whom, and DIR/sync.json: how far each is. */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/backup/shelf.h"
#include "services/ingestion/state.h"
#include "services/ingestion/sync/sync_parts.h"

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

static const char *path_of(const struct sync *s, arena *a)
{
    return arena_printf(a, "%s/sync.json", s->set.cloud->dir).at;
}

void sync_state_load(struct sync *s, arena *a)
{
    struct state found = { 0 };
    str text;
    s->last_ok = INSTANT_NONE;
    const fault *problem = ingestion_state_read(a, path_of(s, a), &text);
    if (!problem && !text.at)
        return;
    if (problem || json_restore(a, text, &state_shape, &found)) {
        log_line("warn", "sync_forgotten", "sync.json cannot be read: the next sync reads the owners' logs from their beginning");
        return;
    }
    memcpy(s->positions, found.positions, sizeof s->positions);
    s->last_ok = found.last_ok;
}

struct loading {
    struct sync *s;
    arena *a;
};

static void load(void *arg)
{
    struct loading *l = arg;
    sync_state_load(l->s, l->a);
}

const fault *sync_state_again(struct sync *s, arena *a)
{
    struct loading l = { s, a };
    if (!offload("the positions of the sync", load, &l))
        return fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return NULL;
}

struct saving {
    arena *a;
    const char *path;
    str text;
    const fault *problem;
};

static void save(void *arg)
{
    struct saving *w = arg;
    w->problem = ingestion_state_write(w->a, w->path, w->text);
}

const fault *sync_state_save(struct sync *s, arena *a)
{
    struct state now = { .last_ok = s->last_ok };
    struct buf out = { .in = a };
    memcpy(now.positions, s->positions, sizeof now.positions);
    json_store(&out, &state_shape, &now);
    buf_char(&out, '\n');
    struct saving w = { .a = a, .path = path_of(s, a), .text = buf_str(&out) };
    if (!offload("the positions of the sync", save, &w))
        return fault_new(a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return w.problem;
}

/* --- one process at a time --- */

const fault *sync_lock(struct sync *s, arena *a, bool *locked)
{
    const char *path = arena_printf(a, "%s/sync.lock", s->set.cloud->dir).at;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return ingestion_disk_fault(a, path);
    *locked = flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0;
    if (!*locked)
        sync_unlock(s);
    return NULL;
}

void sync_unlock(struct sync *s)
{
    close(s->lock_fd);
    s->lock_fd = -1;
}
