/* first_films.c - the first films of a day as HTML. */
#include "services/gateway/first_films.h"

#include <string.h>

#include "lib/json/read.h"

#define FILMS_MAX 4 /* more than a phone's window shows */
#define TIMES_MAX 6 /* of each */

struct film_words {
    str title, description;
};
static const struct field film_words_fields[] = {
    FIELD(struct film_words, title, "title"),
    FIELD(struct film_words, description, "description"),
};
static const struct shape film_words_shape = SHAPE(film_words, film_words_fields);

struct first_film {
    const struct film *film;
    struct buf times;
    size_t time_count;
};

static void time_put(struct first_film *one, const struct showing *s)
{
    char room[TIME_TEXT_MAX];
    str moment = wall_text(room, s->show_time);
    if (one->time_count++ >= TIMES_MAX)
        return;
    buf_printf(&one->times, "<li><a class=\"chip\" href=\"#/showing/%lld\"><span class=\"chip__time\">%.5s</span></a></li>",
               (long long)s->id, moment.at + strlen("2026-11-25T"));
}

/* NULL: there are enough others. */
static struct first_film *film_place(struct first_film *films, arena *a, const struct film *film)
{
    for (size_t i = 0; i < FILMS_MAX; i++) {
        if (!films[i].film)
            films[i] = (struct first_film){ .film = film, .times = { .in = a } };
        if (films[i].film == film)
            return &films[i];
    }
    return NULL;
}

static void film_put(struct buf *out, arena *a, const struct first_film *one)
{
    struct film_words words = { 0 };
    if (json_restore(a, one->film->whole.text, &film_words_shape, &words))
        return;
    buf_literal(out, "<li><article class=\"film\"><span class=\"film__poster\"></span><div class=\"film__body\"><h2 class=\"film__title\">");
    buf_markup(out, words.title);
    buf_literal(out, "</h2><p class=\"film__about\">");
    buf_markup(out, words.description);
    buf_literal(out, "</p><ul class=\"chips\">");
    buf_text(out, buf_str(&one->times));
    buf_literal(out, "</ul></div></article></li>");
}

void first_films_write(struct programme *p, arena *a, struct buf *out, const struct showtime_query *want)
{
    struct first_film films[FILMS_MAX] = { 0 };
    struct showing s;
    instant now = clock_now();
    struct programme_walk walk = programme_walk(p, want, now);
    for (int64_t seen = 0; seen < want->limit && programme_next(&walk, &s); seen++) {
        bool closed = s.sales_close_at.ms != TIME_NONE && s.sales_close_at.ms <= now.ms;
        struct first_film *one = s.film && s.film->is_active && !closed ? film_place(films, a, s.film) : NULL;
        if (one)
            time_put(one, &s);
    }
    for (size_t i = 0; i < FILMS_MAX && films[i].film; i++)
        film_put(out, a, &films[i]);
}
