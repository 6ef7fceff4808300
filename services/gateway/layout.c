/* layout.c - the seats of a room: rows are named once, not for each seat. */
#include "services/gateway/layout.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"
#include "lib/base/ids.h"

#define JOIN_BYTES_MAX ((size_t)32 * 1024 * 1024)

static struct seat unpacked(const struct layout *l, const struct layout_seat *s)
{
    return (struct seat){ .id = s->id, .row_number = l->rows[s->row], .seat_number = s->number, .seat_type = s->type,
                          .accessible = s->accessible, .is_available = s->is_available, .house = s->house };
}

/* --- what is told --- */

/* In order; no seat is told twice at once. */
static list joined(arena *a, const struct layout *l, const list *told)
{
    list all = { NEW_ARRAY(a, struct seat, l->count + told->count + 1), told->count };
    ids again = { NEW_ARRAY(a, int64_t, told->count + 1), told->count };
    for (size_t i = 0; i < told->count; i++) {
        *LIST_AT(&all, struct seat, i) = *LIST_AT(told, struct seat, i);
        again.at[i] = LIST_AT(told, struct seat, i)->id;
    }
    ids_sort(&again);
    for (size_t i = 0; i < l->count; i++)
        if (!ids_contain_sorted(&again, l->seats[i].id))
            *LIST_AT(&all, struct seat, all.count++) = unpacked(l, &l->seats[i]);
    if (all.count > 1)
        qsort(all.at, all.count, sizeof(struct seat), seat_order);
    return all;
}

/* Rows stand together, and a name may be written in two ways in one of them. */
static bool row_begins(const list *seats, size_t i)
{
    return i == 0 || !str_equal(LIST_AT(seats, struct seat, i)->row_number, LIST_AT(seats, struct seat, i - 1)->row_number);
}

static void rows_take(struct layout *l, const list *seats)
{
    size_t bytes = 0;
    for (size_t i = 0; i < seats->count; i++) {
        bool begins = row_begins(seats, i);
        l->row_count += begins;
        bytes += begins ? LIST_AT(seats, struct seat, i)->row_number.len : 0;
    }
    l->rows = heap_take(l->row_count * sizeof *l->rows + bytes);
    char *texts = (char *)(l->rows + l->row_count);
    for (size_t i = 0, row = 0; i < seats->count; i++) {
        str name = LIST_AT(seats, struct seat, i)->row_number;
        if (!row_begins(seats, i))
            continue;
        memcpy(texts, name.at, name.len);
        l->rows[row++] = (str){ texts, name.len };
        texts += name.len;
    }
}

void layout_join(struct layout *l, const list *told)
{
    arena *a = arena_new(JOIN_BYTES_MAX);
    list all = joined(a, l, told);
    struct layout made = { .seats = heap_take(all.count * sizeof *made.seats), .count = all.count };
    rows_take(&made, &all);
    for (size_t i = 0, row = 0; i < all.count; i++) {
        const struct seat *s = LIST_AT(&all, struct seat, i);
        row += i > 0 && row_begins(&all, i);
        made.seats[i] = (struct layout_seat){ .id = s->id, .number = (int32_t)s->seat_number, .row = (uint16_t)row,
                                              .type = (unsigned char)s->seat_type, .accessible = s->accessible,
                                              .is_available = s->is_available, .house = s->house };
    }
    layout_free(l);
    *l = made;
    arena_free(a);
}

void layout_free(struct layout *l)
{
    free(l->seats);
    free(l->rows);
    *l = (struct layout){ 0 };
}

/* --- what is asked --- */

list layout_seats(const struct layout *l, arena *a, money price)
{
    list seats = { NEW_ARRAY(a, struct seat, l->count + 1), l->count };
    str row = { NULL, 0 };
    for (size_t i = 0; i < l->count; i++) {
        struct seat *seat = LIST_AT(&seats, struct seat, i);
        if (i == 0 || l->seats[i].row != l->seats[i - 1].row)
            row = arena_copy(a, l->rows[l->seats[i].row]);
        *seat = unpacked(l, &l->seats[i]);
        seat->row_number = row;
        seat->price = price;
        seat->state = seat_unclaimed(seat);
    }
    return seats;
}
