/* films.c - each film replaced by the event that tells it. */
#include "services/rooms/films.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define FACT_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define FILM_ID_LENGTH 24

struct film_kept {
    char id[FILM_ID_LENGTH];
    struct film film;
    UT_hash_handle hh;
};

struct film_fact {
    str id;
    int64_t duration;
    bool is_active;
};
static const struct field film_fields[] = {
    FIELD(struct film_fact, id, "_id"),
    FIELD(struct film_fact, duration, "duration"),
    FIELD(struct film_fact, is_active, "isActive"),
};
static const struct shape film_fact_shape = SHAPE(film_fact, film_fields);

/* An id of movies is 24 hexadecimal digits: another is unknown there. Events have small letters. */
static bool key_of(str id, char key[FILM_ID_LENGTH])
{
    if (id.len != FILM_ID_LENGTH)
        return false;
    for (size_t i = 0; i < FILM_ID_LENGTH; i++) {
        char c = id.at[i];
        key[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (!((key[i] >= '0' && key[i] <= '9') || (key[i] >= 'a' && key[i] <= 'f')))
            return false;
    }
    return true;
}

static struct film_kept *film_of(const struct rooms_films *f, const char key[FILM_ID_LENGTH])
{
    struct film_kept *found;
    HASH_FIND(hh, f->kept, key, FILM_ID_LENGTH, found);
    return found;
}

static void film_put(struct rooms_films *f, const char key[FILM_ID_LENGTH], const struct film *told, bool *lasts_other)
{
    struct film_kept *kept = film_of(f, key);
    *lasts_other = kept && kept->film.minutes != told->minutes;
    if (!kept) {
        kept = heap_take(sizeof *kept);
        memcpy(kept->id, key, FILM_ID_LENGTH);
        HASH_ADD(hh, f->kept, id, FILM_ID_LENGTH, kept);
    }
    kept->film = *told;
}

bool rooms_films_take(struct rooms_films *f, const struct event *e, bool *lasts_other)
{
    struct film_fact told;
    char key[FILM_ID_LENGTH];
    *lasts_other = false;
    if (!str_starts(e->type, STR("movie.")))
        return true;
    if (!f->reading)
        f->reading = arena_new(FACT_BYTES_MAX);
    bool good = !json_read_fact(f->reading, e->data, &film_fact_shape, &told) && key_of(told.id, key);
    if (good)
        film_put(f, key, &(struct film){ told.duration > 0 ? told.duration : FILM_MINUTES_UNCHECKED, told.is_active },
                 lasts_other);
    arena_reset(f->reading);
    return good;
}

void rooms_films_forget(struct rooms_films *f)
{
    struct film_kept *film, *next;
    HASH_ITER(hh, f->kept, film, next)
    {
        HASH_DEL(f->kept, film);
        free(film);
    }
    if (f->reading)
        arena_free(f->reading);
    f->reading = NULL;
}

const struct film *rooms_films_find(const struct rooms_films *f, str id)
{
    char key[FILM_ID_LENGTH];
    const struct film_kept *found = key_of(id, key) ? film_of(f, key) : NULL;
    return found ? &found->film : NULL;
}
