/* facts.c - an export's lines into facts: one table of readers, one a table of the owners. */
#include "services/analytics/facts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/read.h"

#define LINE_MEMORY_MAX ((size_t)64 * 1024 * 1024)

static const char not_by_key[] = "has rows that are not in the order of their keys";
static const char nowhere[] = "has a row that belongs to none before it";

/* A day of the house: what its wall shows at that instant. */
static int32_t house_day(instant moment)
{
    return moment.ms == TIME_NONE ? NO_DAY : (int32_t)day_of(wall_of(moment)).days;
}

#define ROWS_OF(buf, type) ((list){ (buf)->at, (buf)->len / sizeof(type) })

/* Is id greater than that of the last row? Each row begins with its id. */
static bool comes_after(const struct buf *rows, size_t row_size, int64_t id)
{
    int64_t last = 0;
    if (rows->len > 0)
        memcpy(&last, rows->at + rows->len - row_size, sizeof last);
    return id > last;
}

/* --- reservations --- */

struct user_row {
    int64_t id;
    instant erased_at;
};
static const struct field user_fields[] = {
    FIELD(struct user_row, id, "id", .min = 1),
    FIELD(struct user_row, erased_at, "erased_at", .nullable = true),
};
const struct shape analytics_user_row_shape = SHAPE(user_row, user_fields);

static const char *user_add(struct facts *f, const void *row)
{
    const struct user_row *user = row;
    struct person made = { user->id, user->erased_at.ms != TIME_NONE };
    if (!comes_after(&f->people, sizeof made, made.id))
        return not_by_key;
    buf_put(&f->people, &made, sizeof made);
    return NULL;
}

struct reservation_row {
    int64_t id, user_id, schedule_id;
    str movie_id;
    money total_amount;
    unsigned status;
    instant reservation_date, confirmed_at, cancelled_at;
};
static const char *const statuses[] = { "PENDING", "CONFIRMED", "CANCELLED", "EXPIRED", NULL };
static const struct field reservation_fields[] = {
    FIELD(struct reservation_row, id, "id", .min = 1),
    FIELD(struct reservation_row, user_id, "user_id"),
    FIELD(struct reservation_row, schedule_id, "schedule_id"),
    FIELD(struct reservation_row, movie_id, "movie_id"),
    FIELD(struct reservation_row, total_amount, "total_amount"),
    FIELD(struct reservation_row, status, "status", .choices = statuses),
    FIELD(struct reservation_row, reservation_date, "reservation_date"),
    FIELD(struct reservation_row, confirmed_at, "confirmed_at", .nullable = true),
    FIELD(struct reservation_row, cancelled_at, "cancelled_at", .nullable = true),
};
const struct shape analytics_reservation_row_shape = SHAPE(reservation_row, reservation_fields);

static uint64_t text_hash(str text)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

/* The slot of a film's id: that of its place + 1, or the empty one where it would stand. */
static uint32_t *film_slot(struct facts *f, str id)
{
    uint32_t *slots = (uint32_t *)(void *)f->film_slots.at;
    const str *films = (const str *)(const void *)f->film_ids.at;
    size_t mask = f->film_slots.len / sizeof *slots - 1;
    size_t at = text_hash(id) & mask;
    while (slots[at] && !str_equal(films[slots[at] - 1], id))
        at = (at + 1) & mask;
    return &slots[at];
}

/* Twice as many slots as films, at the least. */
static void film_slots_grow(struct facts *f)
{
    size_t films = f->film_ids.len / sizeof(str), slots = f->film_slots.len / sizeof(uint32_t);
    if (slots > films * 2)
        return;
    size_t bytes = (slots ? slots * 2 : 256) * sizeof(uint32_t);
    buf_reserve(&f->film_slots, bytes - f->film_slots.len);
    memset(f->film_slots.at, 0, bytes);
    f->film_slots.len = bytes;
    for (size_t i = 0; i < films; i++)
        *film_slot(f, ((const str *)(const void *)f->film_ids.at)[i]) = (uint32_t)i + 1;
}

static uint32_t film_place(struct facts *f, str id)
{
    film_slots_grow(f);
    uint32_t *slot = film_slot(f, id);
    if (*slot == 0) {
        str kept = arena_copy(f->texts, id);
        buf_put(&f->film_ids, &kept, sizeof kept);
        *slot = (uint32_t)(f->film_ids.len / sizeof kept);
    }
    return *slot - 1;
}

static int by_first_id(const void *left, const void *right)
{
    int64_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

/* The row with that id; rows begin with it and are in its order. */
static void *row_find(const struct buf *rows, size_t row_size, int64_t id)
{
    return rows->len == 0 ? NULL : bsearch(&id, rows->at, rows->len / row_size, row_size, by_first_id);
}

static const char *reservation_add(struct facts *f, const void *row)
{
    const struct reservation_row *r = row;
    const struct person *person = row_find(&f->people, sizeof *person, r->user_id);
    struct sale made = { .id = r->id, .schedule_id = r->schedule_id, .made = r->reservation_date,
                         .cents = r->total_amount.cents, .status = r->status,
                         .made_day = house_day(r->reservation_date), .sold_day = house_day(r->confirmed_at),
                         .back_day = NO_DAY };
    if (!person)
        return nowhere;
    if (!comes_after(&f->sales, sizeof made, made.id))
        return not_by_key;
    if (made.status == SALE_CANCELLED && made.sold_day != NO_DAY)
        made.back_day = house_day(r->cancelled_at);
    made.person = (uint32_t)(person - (const struct person *)(const void *)f->people.at);
    made.film = film_place(f, r->movie_id);
    buf_put(&f->sales, &made, sizeof made);
    return NULL;
}

struct reserved_row {
    int64_t reservation_id;
};
static const struct field reserved_fields[] = { FIELD(struct reserved_row, reservation_id, "reservation_id") };
const struct shape analytics_reserved_row_shape = SHAPE(reserved_row, reserved_fields);

/* Most seats are those of the same reservation as the seat before, or of the next one. */
static const char *reserved_add(struct facts *f, const void *row)
{
    int64_t id = ((const struct reserved_row *)row)->reservation_id;
    struct sale *sales = (struct sale *)(void *)f->sales.at;
    size_t count = f->sales.len / sizeof *sales, next = f->sale_at + 1;
    struct sale *found = NULL;
    if (f->sale_at < count && sales[f->sale_at].id == id)
        found = &sales[f->sale_at];
    else if (next < count && sales[next].id == id)
        found = &sales[next];
    else
        found = row_find(&f->sales, sizeof *sales, id);
    if (!found)
        return nowhere;
    found->seats++;
    f->sale_at = (size_t)(found - sales);
    return NULL;
}

static void sold_end(struct facts *f)
{
    f->sold.people = ROWS_OF(&f->people, struct person);
    f->sold.films = (strs){ (str *)(void *)f->film_ids.at, f->film_ids.len / sizeof(str) };
    f->sold.sales = ROWS_OF(&f->sales, struct sale);
    buf_reserve(&f->taken, f->sold.sales.count * sizeof(struct taken) + 1);
    analytics_taken_make(&f->sold.sales, (struct taken *)(void *)f->taken.at, &f->sold.taken);
    buf_reserve(&f->days, f->sold.sales.count * 3 * sizeof(struct day_sum) + 1);
    analytics_days_make(&f->sold.sales, (struct day_sum *)(void *)f->days.at, &f->sold.days);
    buf_free(&f->film_slots);
    f->film_slots = (struct buf){ 0 };
}

/* --- rooms --- */

struct room_row {
    int64_t id;
    str name;
    bool is_active;
};
static const struct field room_fields[] = {
    FIELD(struct room_row, id, "id", .min = 1),
    FIELD(struct room_row, name, "name"),
    FIELD(struct room_row, is_active, "is_active"),
};
const struct shape analytics_room_row_shape = SHAPE(room_row, room_fields);

static const char *room_add(struct facts *f, const void *row)
{
    const struct room_row *room = row;
    struct hall made = { .id = room->id, .name = arena_copy(f->texts, room->name), .is_active = room->is_active };
    if (!comes_after(&f->halls, sizeof made, made.id))
        return not_by_key;
    buf_put(&f->halls, &made, sizeof made);
    return NULL;
}

struct seat_row {
    int64_t room_id;
};
static const struct field seat_fields[] = { FIELD(struct seat_row, room_id, "room_id") };
const struct shape analytics_seat_row_shape = SHAPE(seat_row, seat_fields);

static const char *seat_add(struct facts *f, const void *row)
{
    struct hall *hall = row_find(&f->halls, sizeof *hall, ((const struct seat_row *)row)->room_id);
    if (!hall)
        return nowhere;
    hall->seats++;
    return NULL;
}

struct schedule_row {
    int64_t id, room_id;
    wall show_time;
    bool is_active;
};
static const struct field schedule_fields[] = {
    FIELD(struct schedule_row, id, "id", .min = 1),
    FIELD(struct schedule_row, room_id, "room_id"),
    FIELD(struct schedule_row, show_time, "show_time"),
    FIELD(struct schedule_row, is_active, "is_active"),
};
const struct shape analytics_schedule_row_shape = SHAPE(schedule_row, schedule_fields);

static const char *schedule_add(struct facts *f, const void *row)
{
    const struct schedule_row *s = row;
    struct showing made = { .id = s->id, .room_id = s->room_id, .day = (int32_t)day_of(s->show_time).days,
                            .is_active = s->is_active };
    if (!comes_after(&f->showings, sizeof made, made.id))
        return not_by_key;
    buf_put(&f->showings, &made, sizeof made);
    return NULL;
}

static void house_end(struct facts *f)
{
    f->house.halls = ROWS_OF(&f->halls, struct hall);
    f->house.showings = ROWS_OF(&f->showings, struct showing);
}

/* --- movies --- */

struct movie_row {
    str id, title;
    bool is_active;
};
static const struct field movie_fields[] = {
    FIELD(struct movie_row, id, "_id"),
    FIELD(struct movie_row, title, "title"),
    FIELD(struct movie_row, is_active, "isActive"),
};
const struct shape analytics_movie_row_shape = SHAPE(movie_row, movie_fields);

static const char *movie_add(struct facts *f, const void *row)
{
    const struct movie_row *movie = row;
    struct film made = { arena_copy(f->texts, movie->id), arena_copy(f->texts, movie->title), movie->is_active };
    buf_put(&f->films_read, &made, sizeof made);
    return NULL;
}

static void films_end(struct facts *f)
{
    f->films.films = ROWS_OF(&f->films_read, struct film);
    analytics_films_sort(&f->films);
}

/* --- the tables --- */

static const struct table {
    enum owner_name of;
    const char *name;
    const struct shape *row;
    const char *(*add)(struct facts *f, const void *row);
} tables[] = {
    { RESERVATIONS, "users", &analytics_user_row_shape, user_add },
    { RESERVATIONS, "reservations", &analytics_reservation_row_shape, reservation_add },
    { RESERVATIONS, "reserved_seats", &analytics_reserved_row_shape, reserved_add },
    { ROOMS, "rooms", &analytics_room_row_shape, room_add },
    { ROOMS, "seats", &analytics_seat_row_shape, seat_add },
    { ROOMS, "schedules", &analytics_schedule_row_shape, schedule_add },
    { MOVIES, "movies", &analytics_movie_row_shape, movie_add },
};

const char *analytics_facts_tables(enum owner_name of)
{
    static const char *const asked[OWNER_COUNT] = { [MOVIES] = "movies", [ROOMS] = "rooms,seats,schedules",
                                                    [RESERVATIONS] = "users,reservations,reserved_seats" };
    return asked[of];
}

static const struct table *table_named(enum owner_name of, str name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (tables[i].of == of && str_equal(name, str_of(tables[i].name)))
            return &tables[i];
    return NULL;
}

/* {"table":"users","row":{...}}: the row is cut out of it and read alone. */
static bool row_cut(str line, str *table, str *row)
{
    static const char opening[] = "{\"table\":\"", between[] = ",\"row\":";
    str rest = str_after(line, sizeof opening - 1);
    if (!str_starts(line, STR("{\"table\":\"")) || !str_ends(line, STR("}")) || !str_cut(&rest, '"', table) ||
        !str_starts(rest, STR(",\"row\":")))
        return false;
    *row = str_after(rest, sizeof between - 1);
    row->len--;
    return true;
}

struct end_row {
    bool end;
    int64_t position, rows;
};
static const struct field end_fields[] = {
    FIELD(struct end_row, end, "end"),
    FIELD(struct end_row, position, "position"),
    FIELD(struct end_row, rows, "rows"),
};
const struct shape analytics_end_row_shape = SHAPE(end_row, end_fields);

static const char *end_take(struct facts *f, str line)
{
    static void (*const endings[OWNER_COUNT])(struct facts *) = { films_end, house_end, sold_end };
    struct end_row end;
    if (json_read(f->line, line, &analytics_end_row_shape, &end) || !end.end)
        return "has a line that is none of an export";
    if (end.rows != f->rows)
        return "has another number of rows than it says";
    f->position = end.position;
    f->ended = true;
    endings[f->of](f);
    return NULL;
}

const char *analytics_facts_line(struct facts *f, str line)
{
    str name, row;
    arena_reset(f->line);
    if (f->ended)
        return "goes on after its end";
    if (!row_cut(line, &name, &row))
        return end_take(f, line);
    if (f->rows++ == FACTS_ROWS_MAX || arena_used_bytes(f->texts) > FACTS_TEXT_BYTES_MAX)
        return "has more than can be kept";
    const struct table *table = table_named(f->of, name);
    if (!table)
        return "has a table that was not asked for";
    void *read = arena_take(f->line, table->row->size);
    if (json_read(f->line, row, table->row, read))
        return "has a row that cannot be read";
    return table->add(f, read);
}

/* --- life --- */

struct facts *analytics_facts_new(enum owner_name of)
{
    arena *texts = arena_new(FACTS_TEXT_BYTES_MAX * 2);
    struct facts *made = NEW(texts, struct facts);
    made->of = of;
    made->texts = texts;
    made->line = arena_new(LINE_MEMORY_MAX);
    return made;
}

void analytics_facts_free(struct facts *f)
{
    if (!f)
        return;
    struct buf *grown[] = { &f->films_read, &f->halls,      &f->showings, &f->people, &f->film_ids,
                            &f->film_slots, &f->sales,      &f->taken,    &f->days };
    for (size_t i = 0; i < COUNT_OF(grown); i++)
        buf_free(grown[i]);
    arena_free(f->line);
    arena_free(f->texts);
}
