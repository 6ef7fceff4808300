/* handlers_import.c - rows of a file: rooms with their seats, and showings, whose films movies knows. */
#include "lib/feed/import.h"
#include "services/rooms/handlers.h"

const fault *rooms_import_rooms(struct call *c)
{
    struct rooms *svc = c->service;
    struct import_rows rows;
    struct imported made;
    import_rows_read(c->arena, c->body, &rooms_room_import_shape, &rows, &made);
    if (rows.rows.count > 0)
        TRY(svc->store->rooms_import(svc->store, c->arena, &rows, &made));
    return reply(c, 200, &imported_shape, &made);
}

/* --- the films of showings --- */

static struct film_wish wish_of(const struct showing_import *row)
{
    if (row->movie_id.len > 0)
        return (struct film_wish){ .id = row->movie_id };
    return (struct film_wish){ .title = row->movie, .year = row->movie_year };
}

/* Where the wish stands in the list, which takes it in when it is new. */
static size_t wish_place(list *wishes, const struct film_wish *want)
{
    for (size_t i = 0; i < wishes->count; i++) {
        const struct film_wish *known = LIST_AT(wishes, struct film_wish, i);
        if (str_equal(known->id, want->id) && str_equal(known->title, want->title) &&
            known->year == want->year)
            return i;
    }
    *LIST_AT(wishes, struct film_wish, wishes->count) = *want;
    return wishes->count++;
}

/* The film that may be shown, or why not. */
static const fault *film_judge(arena *a, const struct film_wish *want, const struct film_found *found)
{
    const str named = want->id.len > 0 ? want->id : want->title;
    if (found->matches == 0)
        return fault_new(a, FAULT_NOT_FOUND, "film_unknown", "There is no film \"%.*s\".",
                         STR_ARG(named));
    if (!found->id.at)
        return rooms_field_fault(a, "movie", "is the title of more than one film: give its year or id");
    if (!found->is_active)
        return fault_new(a, FAULT_CONFLICT, "film_inactive", "The film \"%.*s\" is no longer shown.",
                         STR_ARG(named));
    return NULL;
}

static const fault *films_find(struct rooms *svc, arena *a, const struct import_rows *rows,
                               size_t *places, list *wishes, list *found)
{
    *wishes = (list){ NEW_ARRAY(a, struct film_wish, rows->rows.count), 0 };
    for (size_t i = 0; i < rows->rows.count; i++) {
        struct film_wish want = wish_of(LIST_AT(&rows->rows, struct showing_import, i));
        places[i] = wish_place(wishes, &want);
    }
    if (svc->movies)
        return rooms_films_look(svc, a, wishes, found);
    *found = (list){ NEW_ARRAY(a, struct film_found, wishes->count), wishes->count };
    for (size_t i = 0; i < wishes->count; i++) {
        str id = LIST_AT(wishes, struct film_wish, i)->id;
        *LIST_AT(found, struct film_found, i) = (struct film_found){
            .id = id, .duration = FILM_MINUTES_UNCHECKED, .is_active = true, .matches = id.len > 0
        };
    }
    return NULL;
}

/* Fills in the films; rows without one are refused and taken out. */
static const fault *films_fill(struct rooms *svc, arena *a, struct import_rows *rows,
                               struct imported *made)
{
    size_t *places = NEW_ARRAY(a, size_t, rows->rows.count + 1), kept = 0;
    list wishes, found;
    if (rows->rows.count == 0)
        return NULL;
    TRY(films_find(svc, a, rows, places, &wishes, &found));
    for (size_t i = 0; i < rows->rows.count; i++) {
        struct showing_import *row = LIST_AT(&rows->rows, struct showing_import, i);
        const struct film_found *film = LIST_AT(&found, struct film_found, places[i]);
        const fault *problem = film_judge(a, LIST_AT(&wishes, struct film_wish, places[i]), film);
        if (problem) {
            imported_refuse(made, rows->index.at[i], problem);
            continue;
        }
        row->movie_id = film->id;
        row->length_minutes = film->duration;
        *LIST_AT(&rows->rows, struct showing_import, kept) = *row;
        rows->index.at[kept++] = rows->index.at[i];
    }
    rows->rows.count = rows->index.count = kept;
    return NULL;
}

const fault *rooms_import_showings(struct call *c)
{
    struct rooms *svc = c->service;
    struct import_rows rows;
    struct imported made;
    import_rows_read(c->arena, c->body, &rooms_showing_import_shape, &rows, &made);
    TRY(films_fill(svc, c->arena, &rows, &made));
    if (rows.rows.count > 0)
        TRY(svc->store->showings_import(svc->store, c->arena, &rows, &made));
    if (svc->programme)
        rooms_programme_compare(svc->programme);
    return reply(c, 200, &imported_shape, &made);
}
