/* store_catalogue.c - films in the orders in which they are listed, and the best of those that a search finds. */
#include "services/movies/store_catalogue.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/write.h"
#include "services/movies/store_order.h"
#include "services/movies/store_words.h"

#define FILM_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define GENRES_BYTES_MAX ((size_t)1 << 30) /* of 10 KB each at most */

struct film {
    uint32_t slot; /* in the order of making */
    bool is_active;
    double rating;
    int64_t release_ms;
    str id, json; /* like the genres' names behind the struct */
    strs genre;
    UT_hash_handle hh;
};
struct genre_films {
    str name; /* behind the struct */
    struct order films;
    UT_hash_handle hh;
};

/* What a search needs of each film that it finds: together, because films are all over the memory. */
struct brief {
    int64_t release_ms;
    struct film *film;
};

struct catalogue {
    struct film *films; /* hash table, by id */
    struct brief *by_slot;
    size_t slots, slots_cap;
    struct order by_release, by_rating; /* active ones; those that are featured */
    struct genre_films *by_genre;       /* hash table; active ones */
    struct words *words;                /* of active ones */
    list genres;                        /* of struct written, in genres_memory */
    arena *genres_memory;
};

/* --- orders --- */

static int newest_first(const void *one, const void *other)
{
    const struct film *a = *(struct film *const *)one, *b = *(struct film *const *)other;
    if (a->release_ms != b->release_ms)
        return a->release_ms > b->release_ms ? -1 : 1;
    return (a->slot < b->slot) - (a->slot > b->slot);
}

static int best_first(const void *one, const void *other)
{
    const struct film *a = *(struct film *const *)one, *b = *(struct film *const *)other;
    if (a->rating != b->rating)
        return a->rating > b->rating ? -1 : 1;
    return newest_first(one, other);
}

static bool is_featured(const struct film *f)
{
    return f->rating >= FEATURED_RATING;
}

static struct genre_films *genre_find(const struct catalogue *c, str name)
{
    struct genre_films *found;
    HASH_FIND(hh, c->by_genre, name.at, name.len, found);
    return found;
}

static struct genre_films *genre_of(struct catalogue *c, str name)
{
    struct genre_films *g = genre_find(c, name);
    if (g)
        return g;
    g = heap_take(sizeof *g + name.len);
    char *copy = (char *)(g + 1);
    memcpy(copy, name.at, name.len);
    g->name = (str){ copy, name.len };
    g->films.compare = newest_first;
    HASH_ADD_KEYPTR(hh, c->by_genre, g->name.at, g->name.len, g);
    return g;
}

static void genre_free(struct catalogue *c, struct genre_films *g)
{
    HASH_DEL(c->by_genre, g);
    order_free(&g->films);
    free(g);
}

/* A film may name a genre twice. */
static bool named_before(const strs *names, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(names->at[i], names->at[at]))
            return true;
    return false;
}

static void film_list(struct catalogue *c, struct film *f)
{
    order_add(&c->by_release, f);
    if (is_featured(f))
        order_add(&c->by_rating, f);
    for (size_t i = 0; i < f->genre.count; i++)
        if (!named_before(&f->genre, i))
            order_add(&genre_of(c, f->genre.at[i])->films, f);
}

static void film_unlist(struct catalogue *c, struct film *f)
{
    order_remove(&c->by_release, f);
    if (is_featured(f))
        order_remove(&c->by_rating, f);
    for (size_t i = 0; i < f->genre.count; i++) {
        struct genre_films *g = genre_find(c, f->genre.at[i]);
        if (named_before(&f->genre, i))
            continue;
        order_remove(&g->films, f);
        if (g->films.count == 0)
            genre_free(c, g);
    }
}

/* --- films --- */

static str text_move(char **room, str text)
{
    str kept = { *room, text.len };
    memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

/* One piece of memory, with all that it says. */
static struct film *film_make(const struct movie *m, str json)
{
    size_t bytes = sizeof(struct film) + m->genre.count * sizeof(str) + m->id.len + json.len;
    for (size_t i = 0; i < m->genre.count; i++)
        bytes += m->genre.at[i].len;
    struct film *f = heap_take(bytes);
    f->genre = (strs){ (str *)(f + 1), m->genre.count };
    char *room = (char *)(f->genre.at + m->genre.count);
    f->id = text_move(&room, m->id);
    f->json = text_move(&room, json);
    for (size_t i = 0; i < m->genre.count; i++)
        f->genre.at[i] = text_move(&room, m->genre.at[i]);
    f->is_active = m->is_active;
    f->rating = m->rating;
    f->release_ms = m->release_date.ms;
    return f;
}

static str names_joined(arena *a, const strs *names)
{
    struct buf words = { .in = a };
    for (size_t i = 0; i < names->count; i++) {
        buf_text(&words, names->at[i]);
        buf_char(&words, ' ');
    }
    return buf_str(&words);
}

static void film_replace(struct catalogue *c, struct film *old, struct film *made)
{
    made->slot = old->slot;
    if (old->is_active) {
        film_unlist(c, old);
        words_drop(c->words, old->slot);
    }
    HASH_DEL(c->films, old);
    free(old);
}

void catalogue_put(struct catalogue *c, const struct movie *m)
{
    arena *a = arena_new(FILM_BYTES_MAX);
    struct buf json = { .in = a };
    json_write(&json, &movie_shape, m);
    struct film *made = film_make(m, buf_str(&json)), *old;
    HASH_FIND(hh, c->films, m->id.at, m->id.len, old);
    if (old) {
        film_replace(c, old, made);
    } else {
        made->slot = (uint32_t)c->slots++;
        c->by_slot = room_for(c->by_slot, &c->slots_cap, c->slots, sizeof *c->by_slot);
    }
    c->by_slot[made->slot] = (struct brief){ made->release_ms, made };
    HASH_ADD_KEYPTR(hh, c->films, made->id.at, made->id.len, made);
    if (made->is_active) {
        film_list(c, made);
        words_put(c->words, made->slot, (str[WORDS_COLUMNS]){ m->title, m->description, m->director, names_joined(a, &m->cast) });
    }
    arena_free(a);
}

struct catalogue *catalogue_new(const struct tokens *tokens)
{
    struct catalogue *c = heap_take(sizeof *c);
    c->by_release.compare = newest_first;
    c->by_rating.compare = best_first;
    c->words = words_new(tokens);
    return c;
}

void catalogue_free(struct catalogue *c)
{
    struct genre_films *g, *next;
    HASH_ITER(hh, c->by_genre, g, next)
        genre_free(c, g);
    HASH_CLEAR(hh, c->films);
    for (size_t i = 0; i < c->slots; i++)
        free(c->by_slot[i].film);
    free(c->by_slot);
    order_free(&c->by_release);
    order_free(&c->by_rating);
    words_free(c->words);
    if (c->genres_memory)
        arena_free(c->genres_memory);
    free(c);
}

/* --- the list of genres --- */

void catalogue_put_genres(struct catalogue *c, const list *genres)
{
    if (c->genres_memory)
        arena_free(c->genres_memory);
    c->genres_memory = arena_new(GENRES_BYTES_MAX);
    c->genres = (list){ NEW_ARRAY(c->genres_memory, struct written, genres->count + 1), genres->count };
    for (size_t i = 0; i < genres->count; i++) {
        struct buf json = { .in = c->genres_memory };
        json_write(&json, &genre_shape, LIST_AT(genres, struct genre, i));
        *LIST_AT(&c->genres, struct written, i) = (struct written){ { buf_str(&json) } };
    }
}

list catalogue_genres(const struct catalogue *c)
{
    return c->genres;
}

/* --- pages --- */

struct page_cut {
    list *out;
    int64_t skip, room; /* rows before the page, and of it, that are still to come */
};

static struct page_cut page_begin(arena *a, const struct movie_filter *filter, size_t most, list *out)
{
    int64_t rows = filter->limit < (int64_t)most ? filter->limit : (int64_t)most;
    *out = (list){ NEW_ARRAY(a, struct written, rows + 1), 0 };
    return (struct page_cut){ out, (filter->page - 1) * filter->limit, rows };
}

static void page_take(struct page_cut *page, const struct film *f)
{
    if (page->skip > 0) {
        page->skip--;
    } else if (page->room > 0) {
        page->room--;
        *LIST_AT(page->out, struct written, page->out->count++) = (struct written){ { f->json } };
    }
}

/* --- lists --- */

bool catalogue_show(const struct catalogue *c, str id, struct written *out)
{
    const struct film *found;
    HASH_FIND(hh, c->films, id.at, id.len, found);
    if (found)
        *out = (struct written){ { found->json } };
    return found != NULL;
}

void catalogue_featured(struct catalogue *c, arena *a, int64_t limit, list *out)
{
    order_settle(&c->by_rating);
    struct page_cut page = page_begin(a, &(struct movie_filter){ .page = 1, .limit = limit }, c->by_rating.count, out);
    for (size_t i = 0; i < c->by_rating.count && page.room > 0; i++)
        page_take(&page, c->by_rating.at[i]);
}

static struct order *newest(struct catalogue *c, str genre)
{
    struct genre_films *g = genre.len ? genre_find(c, genre) : NULL;
    struct order *o = genre.len ? (g ? &g->films : NULL) : &c->by_release;
    if (o)
        order_settle(o);
    return o;
}

static void by_date(struct catalogue *c, arena *a, const struct movie_filter *filter, list *out, int64_t *total)
{
    const struct order *o = newest(c, filter->genre);
    size_t count = o ? o->count : 0;
    struct page_cut page = page_begin(a, filter, count, out);
    *total = 0;
    if (!filter->featured) {
        int64_t at = page.skip;
        *total = (int64_t)count;
        page.skip = 0;
        while (at < *total && page.room > 0)
            page_take(&page, o->at[at++]);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (is_featured(o->at[i])) {
            ++*total;
            page_take(&page, o->at[i]);
        }
}

/* --- search --- */

struct found {
    double fit; /* 0 when only the date counts */
    int64_t release_ms;
    uint32_t slot;
};

static bool is_before(const struct found *a, const struct found *b)
{
    if (a->fit != b->fit)
        return a->fit > b->fit;
    if (a->release_ms != b->release_ms)
        return a->release_ms > b->release_ms;
    return a->slot > b->slot;
}

static int found_compare(const void *one, const void *other)
{
    return is_before(one, other) ? -1 : is_before(other, one);
}

/* The first `wanted` of them are gathered at the front, the last of those on top of a heap, so that most of a wide search is
 * compared with one film only. */
static void heap_sink(struct found *heap, size_t count, size_t at)
{
    struct found moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_before(&heap[child], &heap[child + 1]))
            child++;
        if (!is_before(&moved, &heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void first_select(struct found *all, size_t count, size_t wanted)
{
    if (wanted < count) {
        for (size_t i = wanted / 2; i-- > 0;)
            heap_sink(all, wanted, i);
        for (size_t i = wanted; i < count && wanted > 0; i++)
            if (is_before(&all[i], &all[0])) {
                all[0] = all[i];
                heap_sink(all, wanted, 0);
            }
        count = wanted;
    }
    if (count > 1)
        qsort(all, count, sizeof *all, found_compare);
}

static bool is_of_genre(const struct film *f, str genre)
{
    for (size_t i = 0; i < f->genre.count; i++)
        if (str_equal(f->genre.at[i], genre))
            return true;
    return false;
}

static void by_words(struct catalogue *c, arena *a, const struct movie_filter *filter, bool by_fit, list *out, int64_t *total)
{
    struct words_hit *hits;
    size_t count = 0, hit_count = words_find(c->words, a, filter->search, &hits);
    struct found *all = arena_take_raw(a, (hit_count + 1) * sizeof *all);
    for (size_t i = 0; i < hit_count; i++) {
        const struct brief *of = &c->by_slot[hits[i].slot];
        if ((!filter->featured || is_featured(of->film)) && (filter->genre.len == 0 || is_of_genre(of->film, filter->genre)))
            all[count++] = (struct found){ by_fit ? hits[i].fit : 0, of->release_ms, hits[i].slot };
    }
    struct page_cut page = page_begin(a, filter, count, out);
    int64_t end = page.skip + page.room;
    size_t wanted = end < (int64_t)count ? (size_t)end : count;
    *total = (int64_t)count;
    if (page.skip >= *total || page.room == 0)
        return;
    first_select(all, count, wanted);
    for (size_t i = 0; i < wanted; i++)
        page_take(&page, c->by_slot[all[i].slot].film);
}

void catalogue_list(struct catalogue *c, arena *a, const struct movie_filter *filter, list *out, int64_t *total)
{
    if (str_blank(filter->search))
        by_date(c, a, filter, out, total);
    else
        by_words(c, a, filter, false, out, total);
}

void catalogue_search(struct catalogue *c, arena *a, const struct movie_filter *filter, list *out, int64_t *total)
{
    struct movie_filter any = *filter;
    any.featured = false;
    if (str_blank(filter->search))
        by_date(c, a, &any, out, total);
    else
        by_words(c, a, &any, true, out, total);
}
