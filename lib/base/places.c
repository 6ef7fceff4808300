/* places.c - open addressing: an entry stands in the first free slot from where its id belongs. */
#include "lib/base/places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"

#define SIZE_MIN 16

static int64_t id_at(const void *entries, size_t entry_bytes, uint32_t place)
{
    int64_t id;
    memcpy(&id, (const char *)entries + entry_bytes * place, sizeof id);
    return id;
}

/* Ids come in runs: they are spread by the golden ratio, of which the upper bits are good. */
static size_t home_of(const struct places *p, int64_t id)
{
    uint64_t mixed = (uint64_t)id * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 20) & (p->size - 1);
}

/* The slot that has the id, or the empty one where it would stand. */
static size_t slot_of(const struct places *p, const void *entries, size_t entry_bytes, int64_t id)
{
    size_t slot = home_of(p, id);
    while (p->slots[slot] && id_at(entries, entry_bytes, p->slots[slot] - 1) != id)
        slot = (slot + 1) & (p->size - 1);
    return slot;
}

uint32_t places_find(const struct places *p, const void *entries, size_t entry_bytes, int64_t id)
{
    if (p->count == 0)
        return PLACE_NONE;
    uint32_t found = p->slots[slot_of(p, entries, entry_bytes, id)];
    return found ? found - 1 : PLACE_NONE;
}

static void wider(struct places *p, const void *entries, size_t entry_bytes)
{
    struct places before = *p;
    p->size = before.size > 0 ? before.size * 2 : SIZE_MIN;
    p->slots = heap_take(p->size * sizeof *p->slots);
    for (size_t i = 0; i < before.size; i++)
        if (before.slots[i])
            p->slots[slot_of(p, entries, entry_bytes, id_at(entries, entry_bytes, before.slots[i] - 1))] = before.slots[i];
    free(before.slots);
}

void places_add(struct places *p, const void *entries, size_t entry_bytes, uint32_t place)
{
    assert(p->count < PLACES_MAX && place < PLACE_NONE - 1);
    if ((p->count + 1) * 4 > p->size * 3)
        wider(p, entries, entry_bytes);
    size_t slot = slot_of(p, entries, entry_bytes, id_at(entries, entry_bytes, place));
    assert(!p->slots[slot]);
    p->slots[slot] = place + 1;
    p->count++;
}

/* Those behind it that would not be found any more with a hole before them move up. */
void places_remove(struct places *p, const void *entries, size_t entry_bytes, int64_t id)
{
    if (p->count == 0)
        return;
    size_t hole = slot_of(p, entries, entry_bytes, id), mask = p->size - 1;
    if (!p->slots[hole])
        return;
    p->count--;
    for (size_t at = (hole + 1) & mask; p->slots[at]; at = (at + 1) & mask) {
        size_t home = home_of(p, id_at(entries, entry_bytes, p->slots[at] - 1));
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        p->slots[hole] = p->slots[at];
        hole = at;
    }
    p->slots[hole] = 0;
}

void places_move(struct places *p, const void *entries, size_t entry_bytes, uint32_t from, uint32_t place)
{
    size_t mask = p->size - 1, slot = home_of(p, id_at(entries, entry_bytes, place));
    while (p->slots[slot] != from + 1) {
        assert(p->slots[slot]);
        slot = (slot + 1) & mask;
    }
    p->slots[slot] = place + 1;
}

void places_free(struct places *p)
{
    free(p->slots);
    *p = (struct places){ 0 };
}
