/* showings.c - a sorted array: ids rise, so what is new almost always comes to its end. */
#include "services/ingestion/dynamodb/showings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"

#define ROOM_FIRST 256

/* The first that is not before it. */
static size_t place_of(const struct showings *s, int64_t id)
{
    size_t low = 0, high = s->count;
    if (s->count > 0 && s->at[s->count - 1].showing.id < id)
        return s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->at[middle].showing.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void grow(struct showings *s)
{
    size_t room = s->room ? s->room * 2 : ROOM_FIRST;
    struct showing_known *made = heap_take(room * sizeof *made);
    if (s->count > 0)
        memcpy(made, s->at, s->count * sizeof *made);
    free(s->at);
    s->at = made;
    s->room = room;
}

bool item_showings_take(struct showings *s, const struct item_showing *told, int64_t position)
{
    size_t place = place_of(s, told->id);
    if (place < s->count && s->at[place].showing.id == told->id) {
        struct showing_known *known = &s->at[place];
        if (position <= known->position)
            return true;
        bool differs = known->showing.room_id != told->room_id || known->showing.show_time.s != told->show_time.s;
        *known = (struct showing_known){ *told, position };
        return differs;
    }
    if (s->count == s->room)
        grow(s);
    memmove(&s->at[place + 1], &s->at[place], (s->count - place) * sizeof *s->at);
    s->at[place] = (struct showing_known){ *told, position };
    s->count++;
    return true;
}

const struct showing_known *item_showings_find(const struct showings *s, int64_t id)
{
    size_t place = place_of(s, id);
    return place < s->count && s->at[place].showing.id == id ? &s->at[place] : NULL;
}

void item_showings_forget(struct showings *s)
{
    free(s->at);
    *s = (struct showings){ 0 };
}
