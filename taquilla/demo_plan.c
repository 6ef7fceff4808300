/* demo_plan.c - the demo cinema's week: which film when and where, and who comes. Pure; chance comes from the seed. */
#include "taquilla/demo.h"

#include <string.h>

#define MINUTE INT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define CLEANING_MINUTES 20    /* more than the 15 that rooms asks for, so that times can be round */
#define LAST_START (22 * HOUR + 45 * MINUTE)
#define AFTERNOON (17 * HOUR)
#define NIGHT (20 * HOUR)
#define FILMS_PER_ROOM 6
#define FILMS_PER_DAY 2 /* in turn; others only where the hour does not suit these */
#define SHOWINGS_PER_DAY_MAX 8
#define GROUP_MAX 6

/* --- chance --- */

uint64_t dice_roll(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t dice_below(struct dice *d, size_t bound)
{
    return (size_t)(dice_roll(d) % bound);
}

bool dice_hit(struct dice *d, int percent)
{
    return (int)dice_below(d, 100) < percent;
}

/* --- which films --- */

static bool has_genre(const struct demo_film *f, enum demo_genre g)
{
    return f->genres[0] == g || f->genres[1] == g || f->genres[2] == g;
}

/* 3D and the big screen want films made for them, or the great landscapes. */
static bool suits(const struct demo_film *f, const struct demo_room *room)
{
    bool spectacle = has_genre(f, ADVENTURE) || has_genre(f, ACTION) || has_genre(f, SCIENCE_FICTION) ||
                     has_genre(f, ANIMATION);
    if (strcmp(room->screen_type, "2D") == 0)
        return true;
    if (strcmp(room->screen_type, "3D") == 0)
        return spectacle && strcmp(f->released, "1993") > 0;
    return spectacle && f->minutes >= 110 && strcmp(f->released, "1962") > 0;
}

/* Not a film for children at night, none that frightens them before it, and no three hours after ten. */
static bool fits_hour(const struct demo_film *f, int64_t start)
{
    if (has_genre(f, FAMILY) && start >= NIGHT)
        return false;
    if (has_genre(f, HORROR) && start < AFTERNOON)
        return false;
    return f->minutes < 170 || start < LAST_START - HOUR;
}

/* Each room has films of its own for the week, so that no film runs in two rooms at once. The choosy rooms go first. */
static void choose_films(struct dice *d, size_t chosen[DEMO_ROOM_COUNT][FILMS_PER_ROOM])
{
    static const size_t order[DEMO_ROOM_COUNT] = { 3, 2, 0, 1, 4 };
    size_t deck[128];
    for (size_t i = 0; i < demo_film_count; i++)
        deck[i] = i;
    for (size_t i = demo_film_count; i > 1; i--) {
        size_t j = dice_below(d, i), kept = deck[i - 1];
        deck[i - 1] = deck[j];
        deck[j] = kept;
    }
    bool taken[128] = { false };
    for (size_t r = 0; r < DEMO_ROOM_COUNT; r++) {
        size_t count = 0;
        for (size_t i = 0; i < demo_film_count && count < FILMS_PER_ROOM; i++) {
            if (taken[deck[i]] || !suits(&demo_films[deck[i]], &demo_rooms[order[r]]))
                continue;
            taken[deck[i]] = true;
            chosen[order[r]][count++] = deck[i];
        }
    }
}

/* --- when --- */

static int64_t round_up(int64_t s, int64_t step)
{
    return (s + step - 1) / step * step;
}

/* 0 is Sunday. */
static int weekday(day date)
{
    return (int)(((date.days + 4) % 7 + 7) % 7);
}

static money price_of(const struct demo_room *room, day date, int64_t start)
{
    int w = weekday(date);
    int64_t cents = room->price_cents;
    if (start < AFTERNOON)
        cents -= 200;
    if (w == 5 || w == 6 || w == 0)
        cents += 150;
    if (w == 3) /* the day of the spectator */
        cents -= cents / 4;
    return (money){ cents / 10 * 10 };
}

/* The film of a day's slot: one of the day's own when the hour suits it, else another of the room's. */
static const struct demo_film *film_of(const size_t films[FILMS_PER_ROOM], size_t of_day, size_t slot, int64_t start)
{
    for (size_t i = 0; i < FILMS_PER_ROOM; i++) {
        size_t turn = i < FILMS_PER_DAY ? (slot + i) % FILMS_PER_DAY : i;
        const struct demo_film *film = &demo_films[films[(of_day + turn) % FILMS_PER_ROOM]];
        if (fits_hour(film, start))
            return film;
    }
    return NULL;
}

static void plan_day(list *out, size_t room, const size_t films[FILMS_PER_ROOM], day date, size_t of_day)
{
    int w = weekday(date);
    int64_t open = (w == 6 || w == 0 ? 11 * HOUR : 14 * HOUR + 30 * MINUTE) + (int64_t)room * 10 * MINUTE;
    size_t slot = 0;
    for (int64_t start = open; start <= LAST_START; slot++) {
        const struct demo_film *film = film_of(films, of_day, slot, start);
        if (!film)
            return;
        *LIST_AT(out, struct planned_showing, out->count++) = (struct planned_showing){
            .room = room, .film = (size_t)(film - demo_films), .start = { date.days * DAY + start },
            .price = price_of(&demo_rooms[room], date, start) };
        start = round_up(start + (film->minutes + CLEANING_MINUTES) * MINUTE, 5 * MINUTE);
    }
}

list demo_plan(arena *a, uint64_t seed, day today)
{
    struct dice d = { seed };
    size_t films[DEMO_ROOM_COUNT][FILMS_PER_ROOM] = { { 0 } };
    size_t days = DEMO_DAYS_BEFORE + 1 + DEMO_DAYS_AFTER;
    list out = { NEW_ARRAY(a, struct planned_showing, DEMO_ROOM_COUNT * days * SHOWINGS_PER_DAY_MAX), 0 };
    choose_films(&d, films);
    for (size_t room = 0; room < DEMO_ROOM_COUNT; room++)
        for (size_t i = 0; i < days; i++)
            plan_day(&out, room, films[room], (day){ today.days - DEMO_DAYS_BEFORE + (int64_t)i }, i + room);
    return out;
}

/* --- who comes --- */

static size_t groups_of(struct dice *d, const struct planned_showing *s, wall now)
{
    int64_t of_day = s->start.s % DAY, ahead = day_of(s->start).days - day_of(now).days;
    int w = weekday(day_of(s->start)), percent = 55;
    if (of_day >= AFTERNOON)
        percent += 30;
    if (w == 5 || w == 6 || w == 0)
        percent += 25;
    if (demo_films[s->film].rating >= 8.4)
        percent += 20;
    percent -= (int)ahead * 12;
    if (percent < 12)
        percent = 12;
    size_t groups = 0;
    for (int i = 0; i < 6; i++)
        groups += dice_hit(d, percent > 90 ? 90 : percent);
    return groups;
}

static size_t group_size(struct dice *d)
{
    static const size_t sizes[] = { 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, GROUP_MAX };
    return sizes[dice_below(d, COUNT_OF(sizes))];
}

static enum booking_fate fate_of(struct dice *d)
{
    size_t roll = dice_below(d, 100);
    return roll < 70 ? FATE_PAID : roll < 76 ? FATE_DECLINED_PAID : roll < 87 ? FATE_COUNTER : roll < 92 ? FATE_HOLD
         : roll < 96 ? FATE_CANCELLED : FATE_REFUNDED;
}

#define ROWS_MAX 16
#define ROW_SEATS_MAX 32

static size_t row_seats(const char *row)
{
    size_t seats = 0;
    for (; *row; row++)
        seats += *row != '.';
    return seats;
}

/* A free block of neighbours, somewhere in the back two thirds, as people choose. */
static bool find_block(struct dice *d, const struct demo_room *room, bool taken[ROWS_MAX][ROW_SEATS_MAX],
                       struct planned_booking *b)
{
    size_t rows = 0;
    while (room->rows[rows])
        rows++;
    for (int tries = 0; tries < 40; tries++) {
        b->row = rows / 3 + dice_below(d, rows - rows / 3);
        size_t seats = row_seats(room->rows[b->row]);
        if (seats < b->count)
            continue;
        /* two throws, added: the middle is where most sit */
        size_t free = seats - b->count + 1;
        b->first = (dice_below(d, free) + dice_below(d, free)) / 2;
        bool all = true;
        for (size_t i = 0; i < b->count; i++)
            all &= !taken[b->row][b->first + i];
        if (all)
            return true;
    }
    return false;
}

list demo_bookings(arena *a, uint64_t seed, size_t index, const struct planned_showing *s, wall now, size_t users)
{
    struct dice d = { seed ^ ((uint64_t)index + 1) * UINT64_C(0xd1342543de82ef95) };
    bool taken[ROWS_MAX][ROW_SEATS_MAX] = { { false } };
    size_t groups = groups_of(&d, s, now);
    list out = { NEW_ARRAY(a, struct planned_booking, groups + 1), 0 };
    for (size_t g = 0; g < groups; g++) {
        struct planned_booking b = { .user = dice_below(&d, users), .count = group_size(&d), .fate = fate_of(&d),
                                     .card = dice_hit(&d, 70) };
        if (!find_block(&d, &demo_rooms[s->room], taken, &b))
            continue;
        bool keeps = b.fate != FATE_CANCELLED && b.fate != FATE_REFUNDED;
        for (size_t i = 0; i < b.count && keeps; i++)
            taken[b.row][b.first + i] = true;
        *LIST_AT(&out, struct planned_booking, out.count++) = b;
    }
    return out;
}
