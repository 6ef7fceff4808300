/* live.c - what changed between two looks at a seat map, written once. */
#include "services/gateway/live.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/json/write.h"

/* --- what changed --- */

/* All of a map but who has its seats. */
static uint64_t layout_of(const struct seat_map *map)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "taquilla layout";
    struct buf text = { 0 };
    uint64_t hash;
    for (size_t i = 0; i < map->seats.count; i++) {
        const struct seat *seat = LIST_AT(&map->seats, struct seat, i);
        buf_printf(&text, "%lld %lld %lld %d%d ", (long long)seat->id, (long long)seat->seat_number,
                   (long long)seat->price.cents, seat->accessible, seat_unclaimed(seat));
        buf_text(&text, seat->row_number);
        buf_text(&text, str_of(gateway_seat_types[seat->seat_type]));
    }
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text.at, text.len, key);
    buf_free(&text);
    return hash;
}

/* The seats of `now` that are in another state than before; both maps have the same seats in the same order. */
static list seats_changed(arena *a, const list *before, const list *now)
{
    list changed = { NEW_ARRAY(a, struct seat, now->count + 1), 0 };
    for (size_t i = 0; i < now->count; i++) {
        const struct seat *seat = LIST_AT(now, struct seat, i);
        if (seat->state != LIST_AT(before, struct seat, i)->state)
            *LIST_AT(&changed, struct seat, changed.count++) = *seat;
    }
    return changed;
}

/* --- events --- */

static void event_write(struct buf *out, const char *id, const char *name, const struct shape *shape, const struct seat_map *map)
{
    buf_printf(out, "id: %s\nevent: %s\ndata: ", id, name);
    json_write(out, shape, map);
    buf_literal(out, "\n\n");
}

static struct live_change *change_at(struct live *l, uint64_t number)
{
    return &l->kept[number % LIVE_CHANGES_KEPT];
}

static struct live_change *change_begin(struct live *l, const struct seat_map *map)
{
    struct live_change *made = change_at(l, ++l->told);
    snprintf(made->id, sizeof made->id, "%lld-%08llx", (long long)map->version, (unsigned long long)(l->layout & 0xffffffff));
    made->text.len = 0;
    return made;
}

bool live_tell(struct live *l, arena *memory, const struct seat_map *now)
{
    uint64_t layout = layout_of(now);
    bool same = l->told > 0 && layout == l->layout;
    list changed = same ? seats_changed(memory, &l->map.seats, &now->seats) : now->seats;
    bool news = !same || changed.count > 0;
    if (news) {
        struct seat_map part = *now;
        part.seats = changed;
        l->layout = layout;
        l->whole.len = 0;
        struct live_change *made = change_begin(l, now);
        event_write(&made->text, made->id, same ? "seats" : "map", same ? &seat_changes_shape : &seat_map_shape, &part);
    }
    arena *before = l->memory;
    l->memory = memory;
    l->map = *now;
    if (before)
        arena_free(before);
    return news;
}

/* --- those who watch --- */

static uint64_t first_kept(const struct live *l)
{
    return l->told < LIVE_CHANGES_KEPT ? 1 : l->told - LIVE_CHANGES_KEPT + 1;
}

/* Of two events with one id the earlier: what is told twice does no harm. */
uint64_t live_known(const struct live *l, str id)
{
    for (uint64_t n = first_kept(l); n <= l->told; n++)
        if (str_equal(id, str_of(l->kept[n % LIVE_CHANGES_KEPT].id)))
            return n;
    return 0;
}

void live_write(struct live *l, uint64_t *known, struct buf *out)
{
    if (*known == l->told)
        return;
    if (*known == 0 || *known + 1 < first_kept(l)) {
        if (l->whole.len == 0)
            event_write(&l->whole, change_at(l, l->told)->id, "map", &seat_map_shape, &l->map);
        buf_text(out, buf_str(&l->whole));
    } else {
        for (uint64_t n = *known + 1; n <= l->told; n++)
            buf_text(out, buf_str(&change_at(l, n)->text));
    }
    *known = l->told;
}

void live_free(struct live *l)
{
    for (size_t i = 0; i < LIVE_CHANGES_KEPT; i++)
        buf_free(&l->kept[i].text);
    buf_free(&l->whole);
    if (l->memory)
        arena_free(l->memory);
}
