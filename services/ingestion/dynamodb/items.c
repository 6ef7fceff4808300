/* items.c - films, rooms and users as items. */
#include "services/ingestion/dynamodb/items.h"

#define CAST_BYTES_MAX ((size_t)200 * 1024) /* of an item's 400 KB */

/* --- films --- */

static const struct field film_fields[] = {
    FIELD(struct item_film, id, "_id"),
    FIELD(struct item_film, title, "title"),
    FIELD(struct item_film, description, "description"),
    FIELD(struct item_film, duration, "duration"),
    FIELD(struct item_film, genres, "genre"),
    FIELD(struct item_film, director, "director"),
    FIELD(struct item_film, cast, "cast"),
    FIELD(struct item_film, release_date, "releaseDate"),
    FIELD(struct item_film, rating, "rating"),
    FIELD(struct item_film, poster_url, "posterUrl"),
    FIELD(struct item_film, trailer_url, "trailerUrl"),
    FIELD(struct item_film, is_active, "isActive"),
    FIELD(struct item_film, created_at, "createdAt"),
    FIELD(struct item_film, updated_at, "updatedAt"),
};
const struct shape item_film_shape = SHAPE(item_film, film_fields);

/* How many of the names an item can hold. */
static size_t cast_fitting(const strs *cast)
{
    size_t count = 0;
    for (size_t bytes = 0; count < cast->count; count++) {
        bytes += cast->at[count].len + 8;
        if (bytes > CAST_BYTES_MAX)
            break;
    }
    return count;
}

str item_of_film(arena *a, const struct item_film *film, int64_t position)
{
    struct attributes of = { .in = a };
    size_t named = cast_fitting(&film->cast);
    attribute_text(&of, "movie_id", film->id);
    attribute_number(&of, "position", position);
    attribute_key_text(&of, "genre_id", film->genres.count > 0 ? film->genres.at[0] : (str){ NULL, 0 });
    attribute_texts(&of, "genres", &film->genres, film->genres.count);
    attribute_text(&of, "title", film->title);
    attribute_text(&of, "description", film->description);
    attribute_number(&of, "duration", film->duration);
    attribute_real(&of, "rating", film->rating);
    attribute_text(&of, "director", film->director);
    attribute_texts(&of, "cast", &film->cast, named);
    if (named < film->cast.count)
        attribute_number(&of, "cast_count", (int64_t)film->cast.count);
    attribute_moment(&of, "release_date", film->release_date, TIME_Z_MS);
    attribute_text(&of, "poster_url", film->poster_url);
    attribute_text(&of, "trailer_url", film->trailer_url);
    attribute_bool(&of, "is_active", film->is_active);
    attribute_moment(&of, "created_at", film->created_at, TIME_Z_MS);
    attribute_moment(&of, "updated_at", film->updated_at, TIME_Z_MS);
    return attributes_item(&of);
}

/* --- rooms --- */

static const struct field room_fields[] = {
    FIELD(struct item_room, id, "id"),
    FIELD(struct item_room, name, "name"),
    FIELD(struct item_room, capacity, "capacity"),
    FIELD(struct item_room, screen_type, "screen_type"),
    FIELD(struct item_room, is_active, "is_active"),
    FIELD(struct item_room, created_at, "created_at"),
};
const struct shape item_room_shape = SHAPE(item_room, room_fields);

static const struct field seat_fields[] = {
    FIELD(struct item_seat, id, "id"),
    FIELD(struct item_seat, room_id, "room_id"),
    FIELD(struct item_seat, row_number, "row_number"),
    FIELD(struct item_seat, seat_number, "seat_number"),
    FIELD(struct item_seat, seat_type, "seat_type"),
    FIELD(struct item_seat, is_available, "is_available"),
    FIELD(struct item_seat, accessible, "accessible", .fallback = "false"),
    FIELD(struct item_seat, house, "house", .fallback = "false"),
};
const struct shape item_seat_shape = SHAPE(item_seat, seat_fields);

static const struct field seats_fields[] = {
    FIELD(struct item_seats, room_id, "room_id"),
    FIELD(struct item_seats, seats, "seats", .shape = &item_seat_shape),
};
const struct shape item_seats_shape = SHAPE(item_seats, seats_fields);

static void seats_add(struct attributes *of, const list *seats)
{
    attribute_number(of, "seat_count", (int64_t)seats->count);
    if (seats->count > ITEM_SEATS_MAX)
        return;
    struct buf maps = { .in = of->in };
    for (size_t i = 0; i < seats->count; i++) {
        const struct item_seat *seat = LIST_AT(seats, const struct item_seat, i);
        struct attributes map = { .in = of->in };
        attribute_number(&map, "seat_id", seat->id);
        attribute_text(&map, "row", seat->row_number);
        attribute_number(&map, "number", seat->seat_number);
        attribute_text(&map, "type", seat->seat_type);
        attribute_bool(&map, "accessible", seat->accessible);
        attribute_bool(&map, "available", seat->is_available);
        attribute_bool(&map, "house", seat->house);
        attribute_map_put(&maps, &map);
    }
    attribute_maps(of, "seats", &maps);
}

str item_of_room(arena *a, const struct item_room *room, int64_t position)
{
    struct attributes of = { .in = a };
    attribute_number(&of, "room_id", room->id);
    attribute_number(&of, "position", position);
    attribute_key_text(&of, "screen_type", room->screen_type);
    attribute_text(&of, "name", room->name);
    attribute_number(&of, "capacity", room->capacity);
    attribute_bool(&of, "is_active", room->is_active);
    attribute_moment(&of, "created_at", room->created_at, TIME_Z);
    seats_add(&of, &room->seats);
    return attributes_item(&of);
}

/* --- users --- */

#define USER_FIELDS                                                                                 \
    FIELD(struct item_user, id, "id"), FIELD(struct item_user, email, "email", .nullable = true),    \
        FIELD(struct item_user, name, "name", .nullable = true),                                    \
        FIELD(struct item_user, phone, "phone", .nullable = true)

static const struct field user_fields[] = { USER_FIELDS, FIELD(struct item_user, created_at, "createdAt") };
const struct shape item_user_shape = SHAPE(item_user, user_fields);

static const struct field user_row_fields[] = {
    USER_FIELDS,
    FIELD(struct item_user, created_at, "created_at"),
    FIELD(struct item_user, erased_at, "erased_at", .nullable = true),
};
const struct shape item_user_row_shape = SHAPE(item_user, user_row_fields);

static const struct field user_fact_fields[] = { FIELD(struct item_user, id, "id") };
const struct shape item_user_fact_shape = SHAPE(item_user, user_fact_fields);

str item_of_user(arena *a, const struct item_user *user, int64_t position)
{
    struct attributes of = { .in = a };
    attribute_text(&of, "user_id", item_id(a, user->id));
    attribute_number(&of, "position", position);
    attribute_key_text(&of, "email", user->email);
    attribute_text(&of, "name", user->name);
    attribute_text(&of, "phone", user->phone);
    attribute_moment(&of, "created_at", user->created_at, TIME_Z);
    return attributes_item(&of);
}

/* --- what all have --- */

str item_id(arena *a, int64_t id)
{
    return arena_printf(a, "%lld", (long long)id);
}

static void key_add(struct attributes *of, const char *key, char type, str id)
{
    int64_t number;
    if (type == 'N' && str_to_int(id, &number))
        attribute_number(of, key, number);
    else
        attribute_text(of, key, id);
}

str item_key(arena *a, const char *key, char type, str id)
{
    struct attributes of = { .in = a };
    key_add(&of, key, type, id);
    return attributes_item(&of);
}

str item_tombstone(arena *a, const char *key, char type, str id, int64_t position, instant now)
{
    struct attributes of = { .in = a };
    key_add(&of, key, type, id);
    attribute_number(&of, "position", position);
    attribute_bool(&of, "deleted", true);
    attribute_number(&of, ITEM_TTL, now.ms / 1000 + TOMBSTONE_S);
    return attributes_item(&of);
}
