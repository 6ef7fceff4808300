/* places.h - where in an array the entry with an id stands: a hash table that keeps four bytes a slot, for arrays of millions.
 *
 * The caller's array has entries of one size, each with its id (int64_t, unique) first. */
#ifndef TAQUILLA_BASE_PLACES_H
#define TAQUILLA_BASE_PLACES_H

#include <stddef.h>
#include <stdint.h>

#define PLACE_NONE UINT32_MAX
#define PLACES_MAX ((size_t)1 << 31)

struct places {
    uint32_t *slots; /* a place + 1; 0: empty */
    size_t size;     /* a power of two, or 0 */
    size_t count;
};

/* The place of that id in `entries`, or PLACE_NONE. */
uint32_t places_find(const struct places *p, const void *entries, size_t entry_bytes, int64_t id);
/* The entry at `place` is there, and its id was not known. Fewer than PLACES_MAX. */
void places_add(struct places *p, const void *entries, size_t entry_bytes, uint32_t place);
/* The id is known no more. Nothing happens when it was not known. */
void places_remove(struct places *p, const void *entries, size_t entry_bytes, int64_t id);
/* The entry of that id stands at `place` now, also in the array. */
void places_move(struct places *p, const void *entries, size_t entry_bytes, uint32_t from, uint32_t place);
void places_free(struct places *p); /* it is empty afterwards */

#endif
