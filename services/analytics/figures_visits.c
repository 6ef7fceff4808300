/* figures_visits.c - how full the rooms are, and what users spend. */
#include "services/analytics/figures.h"

#include <stdlib.h>

/* --- occupancy --- */

/* Both lists are by schedule: one walk over both counts the showings and seats of every room. */
static void rooms_count(const struct box_office *sold, const struct house *house, int32_t from,
                        struct room_occupancy *rooms)
{
    size_t t = 0;
    for (size_t i = 0; i < house->showings.count; i++) {
        const struct showing *s = LIST_AT(&house->showings, struct showing, i);
        const struct hall *hall = analytics_hall_find(house, s->room_id);
        if (!s->is_active || s->day < from || !hall)
            continue;
        struct room_occupancy *room = &rooms[hall - LIST_AT(&house->halls, struct hall, 0)];
        room->total_schedules++;
        while (t < sold->taken.count && LIST_AT(&sold->taken, struct taken, t)->schedule_id < s->id)
            t++;
        if (t < sold->taken.count && LIST_AT(&sold->taken, struct taken, t)->schedule_id == s->id)
            room->occupied_seats += LIST_AT(&sold->taken, struct taken, t)->seats;
    }
}

static int by_rate(const void *left, const void *right)
{
    const struct room_occupancy *a = left, *b = right;
    if (a->occupancy_rate < b->occupancy_rate || a->occupancy_rate > b->occupancy_rate)
        return a->occupancy_rate < b->occupancy_rate ? 1 : -1;
    return (a->room_id > b->room_id) - (a->room_id < b->room_id);
}

static bool room_listed(const struct hall *hall, const struct room_occupancy *room, int64_t room_id)
{
    return room_id == INTEGER_NONE ? hall->is_active || room->total_schedules > 0 : hall->id == room_id;
}

void analytics_occupancy(arena *a, const struct box_office *sold, const struct house *house, int32_t from,
                         int64_t room_id, struct occupancy *out)
{
    struct room_occupancy *rooms = NEW_ARRAY(a, struct room_occupancy, house->halls.count + 1);
    struct occupancy_summary *all = out->summary = NEW(a, struct occupancy_summary);
    rooms_count(sold, house, from, rooms);
    for (size_t i = 0; i < house->halls.count; i++) {
        const struct hall *hall = LIST_AT(&house->halls, struct hall, i);
        struct room_occupancy room = rooms[i];
        if (!room_listed(hall, &room, room_id))
            continue;
        room.room_id = hall->id;
        room.room_name = hall->name;
        room.total_seats = hall->seats;
        room.total_possible_seats = hall->seats * room.total_schedules;
        room.occupancy_rate = analytics_percent(room.occupied_seats, room.total_possible_seats);
        all->total_occupied_seats += room.occupied_seats;
        all->total_possible_seats += room.total_possible_seats;
        rooms[all->total_rooms++] = room; /* never before its own place: that one was read already */
    }
    all->overall_occupancy_rate = analytics_percent(all->total_occupied_seats, all->total_possible_seats);
    out->rooms = (list){ rooms, (size_t)all->total_rooms };
    if (out->rooms.count > 1)
        qsort(rooms, out->rooms.count, sizeof *rooms, by_rate);
}

/* --- users --- */

struct spender {
    struct sum sum;
    instant last;
};

static struct spender *spenders_sum(arena *a, const struct box_office *sold, struct days within)
{
    struct spender *spenders = NEW_ARRAY(a, struct spender, sold->people.count + 1);
    for (size_t i = 0; i < sold->people.count; i++)
        spenders[i].last = INSTANT_NONE;
    for (size_t i = 0; i < sold->sales.count; i++) {
        const struct sale *s = LIST_AT(&sold->sales, struct sale, i);
        struct spender *by = &spenders[s->person];
        analytics_sum_add(&by->sum, s, within);
        bool stands = s->status == SALE_PENDING || s->status == SALE_CONFIRMED;
        if (stands && s->made.ms > by->last.ms)
            by->last = s->made;
    }
    return spenders;
}

static int by_spending(const void *left, const void *right)
{
    const struct top_user *a = left, *b = right;
    if (a->total_spent.cents != b->total_spent.cents)
        return a->total_spent.cents < b->total_spent.cents ? 1 : -1;
    if (a->total_reservations != b->total_reservations)
        return a->total_reservations < b->total_reservations ? 1 : -1;
    return (a->user_id > b->user_id) - (a->user_id < b->user_id);
}

/* Keeps the ten first of those seen so far, in order. */
static void top_offer(list *top, const struct top_user *user)
{
    size_t at = top->count;
    while (at > 0 && by_spending(user, LIST_AT(top, struct top_user, at - 1)) < 0)
        at--;
    if (at == TOP_USERS)
        return;
    if (top->count < TOP_USERS)
        top->count++;
    for (size_t i = top->count - 1; i > at; i--)
        *LIST_AT(top, struct top_user, i) = *LIST_AT(top, struct top_user, i - 1);
    *LIST_AT(top, struct top_user, at) = *user;
}

static void segment_count(struct segments *segments, const struct sum *sum, bool active)
{
    if (!active)
        segments->inactive++;
    else if (sum->cents >= VIP_CENTS)
        segments->vip++;
    else if (sum->cents >= REGULAR_CENTS)
        segments->regular++;
    else
        segments->casual++;
}

void analytics_behavior(arena *a, const struct box_office *sold, struct days within, struct behavior *out)
{
    const struct spender *spenders = spenders_sum(a, sold, within);
    struct behavior_summary *all = out->summary = NEW(a, struct behavior_summary);
    out->segments = NEW(a, struct segments);
    out->top_users = (list){ NEW_ARRAY(a, struct top_user, TOP_USERS), 0 };
    for (size_t i = 0; i < sold->people.count; i++) {
        const struct person *person = LIST_AT(&sold->people, struct person, i);
        const struct sum *sum = &spenders[i].sum;
        bool active = sum->reservations > 0 || sum->cents != 0;
        all->active_users += active;
        all->total_revenue.cents += sum->cents;
        if (person->erased)
            continue;
        all->total_users++;
        segment_count(out->segments, sum, active);
        if (active)
            top_offer(&out->top_users, &(struct top_user){
                                           .user_id = person->id,
                                           .total_reservations = sum->reservations,
                                           .total_spent = { sum->cents },
                                           .average_ticket_price = analytics_average(sum->cents, sum->confirmed),
                                           .last_reservation = spenders[i].last,
                                       });
    }
    all->average_spending_per_user = analytics_average(all->total_revenue.cents, all->active_users);
}
