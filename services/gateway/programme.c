/* programme.c - the programme is read from rooms and movies as a whole, once per change and not per request. */
#include "services/gateway/programme.h"

#include <stdlib.h>
#include <string.h>

#include "lib/loop/fiber.h"

#define PROGRAMME_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define SHOWINGS_PER_QUESTION 2000
#define FILMS_PER_QUESTION 400 /* their ids fit into a request's head */
#define MAKING_WAIT_MS 2000

/* --- films --- */

static str films_target(arena *a, const strs *wanted, size_t from, size_t count)
{
    struct buf target = { .in = a };
    buf_literal(&target, "/internal/movies?ids=");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&target, ',');
        buf_text(&target, wanted->at[from + i]);
    }
    return buf_str(&target);
}

const fault *films_ask(struct owners *o, arena *a, const strs *wanted, list *out)
{
    struct film *films = NEW_ARRAY(a, struct film, wanted->count + 1);
    size_t found = 0;
    for (size_t from = 0; from < wanted->count; from += FILMS_PER_QUESTION) {
        size_t count = wanted->count - from < FILMS_PER_QUESTION ? wanted->count - from : FILMS_PER_QUESTION;
        struct films_answer answer = { 0 };
        struct question q = { .owners = o, .to = MOVIES, .arena = a, .target = films_target(a, wanted, from, count),
                              .shape = &films_answer_shape, .answer = &answer };
        TRY(owner_ask(&q));
        for (size_t i = 0; i < answer.data.count && found < wanted->count; i++)
            films[found++] = *LIST_AT(&answer.data, struct film, i);
    }
    *out = (list){ films, found };
    films_sort(out);
    return NULL;
}

/* --- showings --- */

static const fault *showings_ask(struct owners *o, arena *a, list *out)
{
    struct buf all = { .in = a };
    for (size_t offset = 0;; offset += SHOWINGS_PER_QUESTION) {
        struct showings_answer answer = { 0 };
        struct question q = {
            .owners = o, .to = ROOMS, .arena = a, .shape = &showings_answer_shape, .answer = &answer,
            .target = arena_printf(a, "/internal/showings?active=true&limit=%d&offset=%zu", SHOWINGS_PER_QUESTION, offset),
        };
        TRY(owner_ask(&q));
        if (answer.data.count > 0)
            buf_put(&all, answer.data.at, answer.data.count * sizeof(struct showing));
        if (answer.data.count < SHOWINGS_PER_QUESTION)
            break;
    }
    *out = (list){ all.at, all.len / sizeof(struct showing) };
    return NULL;
}

static bool id_is_hex(str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!strchr("0123456789abcdefABCDEF", id.at[i]) || id.at[i] == '\0')
            return false;
    return id.len == 24;
}

static int str_order(const void *left, const void *right)
{
    const str *a = left, *b = right;
    size_t both = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->at, b->at, both);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* Each film once, however many showings it has. */
static strs films_shown(arena *a, const list *showings)
{
    strs shown = { NEW_ARRAY(a, str, showings->count + 1), 0 };
    for (size_t i = 0; i < showings->count; i++) {
        str id = LIST_AT(showings, struct showing, i)->movie_id;
        if (id_is_hex(id)) /* a rooms service that ran alone took any text */
            shown.at[shown.count++] = id;
    }
    if (shown.count == 0)
        return shown;
    qsort(shown.at, shown.count, sizeof(str), str_order);
    size_t kept = 1;
    for (size_t i = 1; i < shown.count; i++)
        if (!str_equal(shown.at[i], shown.at[kept - 1]))
            shown.at[kept++] = shown.at[i];
    shown.count = kept;
    return shown;
}

/* --- making it --- */

static const fault *programme_make(struct programme *p, arena *memory)
{
    struct programme made = { .made_of_movies = p->owners->of[MOVIES].generation,
                              .made_of_rooms = p->owners->of[ROOMS].generation };
    TRY(showings_ask(p->owners, memory, &made.showings));
    strs shown = films_shown(memory, &made.showings);
    TRY(films_ask(p->owners, memory, &shown, &made.films));
    for (size_t i = 0; i < made.showings.count; i++) {
        struct showing *s = LIST_AT(&made.showings, struct showing, i);
        s->film = film_find(&made.films, s->movie_id);
    }
    if (p->memory)
        arena_free(p->memory);
    p->memory = memory;
    p->showings = made.showings;
    p->films = made.films;
    p->made_of_movies = made.made_of_movies;
    p->made_of_rooms = made.made_of_rooms;
    return NULL;
}

static bool programme_good(const struct programme *p)
{
    const struct owner *movies = &p->owners->of[MOVIES], *rooms = &p->owners->of[ROOMS];
    return p->memory && p->made_of_movies == movies->generation && p->made_of_rooms == rooms->generation &&
           movies->follower.in_touch && rooms->follower.in_touch;
}

const fault *programme_refresh(struct programme *p, arena *a)
{
    int64_t deadline_ms = loop_now_ms() + MAKING_WAIT_MS;
    while (p->making && loop_now_ms() < deadline_ms)
        fiber_sleep(1);
    if (programme_good(p))
        return NULL;
    p->making = true;
    arena *memory = arena_new(PROGRAMME_BYTES_MAX);
    const fault *problem = programme_make(p, memory);
    p->making = false;
    if (!problem)
        return NULL;
    problem = fault_copy(a, problem); /* its texts go with `memory` */
    arena_free(memory);
    return problem;
}

void programme_free(struct programme *p)
{
    if (p->memory)
        arena_free(p->memory);
    p->memory = NULL;
}
