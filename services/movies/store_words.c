/* store_words.c - an inverted index: for each word the films that have it, and the words themselves in order. */
#include "services/movies/store_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "services/movies/store_order.h"

#define PIECES_MAX 16
#define EMPTY_TERMS_MAX 1024

/* A word in the title weighs most, then one among the people. */
static const uint32_t column_weights[WORDS_COLUMNS] = { 10, 1, 4, 4 };

struct posting {
    uint32_t slot;
    uint32_t weight; /* of all its places in the film */
};
struct term {
    str text; /* behind the struct */
    struct posting *at;
    size_t count, cap;
    UT_hash_handle hh;
};
struct document {
    struct term **at; /* in the film's order; NULL ends a column */
    size_t count;
    size_t length; /* words */
    bool there;
};

struct words {
    const struct tokens *tokens;
    struct term *by_text; /* hash table */
    struct order terms;   /* by text */
    size_t empty_terms;   /* that no film has any more */
    struct document *documents;
    size_t documents_cap, documents_count, length; /* of those that are there */
    struct term **gathered; /* of the film under way */
    size_t gathered_count, gathered_cap;

    /* Of the search under way, by slot, all zero between searches. */
    uint32_t *weight;
    uint8_t *had; /* so many of the first pieces */
    double *fit;
    uint32_t *touched; /* slots with the piece under way */
    size_t weight_cap, had_cap, fit_cap, touched_cap, touched_count;
};

/* --- words in their order --- */

static int text_compare(str a, str b)
{
    int first = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return first ? first : (a.len > b.len) - (a.len < b.len);
}

static int terms_compare(const void *one, const void *other)
{
    return text_compare((*(struct term *const *)one)->text, (*(struct term *const *)other)->text);
}

static struct term *term_find(const struct words *w, str text)
{
    struct term *found;
    HASH_FIND(hh, w->by_text, text.at, text.len, found);
    return found;
}

static struct term *term_of(struct words *w, str text)
{
    struct term *t = term_find(w, text);
    if (t)
        return t;
    t = heap_take(sizeof *t + text.len);
    char *copy = (char *)(t + 1);
    memcpy(copy, text.at, text.len);
    t->text = (str){ copy, text.len };
    HASH_ADD_KEYPTR(hh, w->by_text, t->text.at, t->text.len, t);
    order_add(&w->terms, t);
    w->empty_terms++;
    return t;
}

static void term_free(struct words *w, struct term *t)
{
    HASH_DEL(w->by_text, t);
    free(t->at);
    free(t);
}

/* In order, and without most of what no film has any more. */
static void terms_settle(struct words *w)
{
    order_settle(&w->terms);
    if (w->empty_terms < EMPTY_TERMS_MAX || w->empty_terms < w->terms.count / 2)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < w->terms.count; i++) {
        struct term *t = w->terms.at[i];
        if (t->count > 0)
            w->terms.at[kept++] = t;
        else
            term_free(w, t);
    }
    w->terms.count = w->terms.settled = kept;
    w->empty_terms = 0;
}

struct words *words_new(const struct tokens *tokens)
{
    struct words *w = heap_take(sizeof *w);
    w->tokens = tokens;
    w->terms.compare = terms_compare;
    return w;
}

void words_free(struct words *w)
{
    for (size_t i = 0; i < w->documents_cap; i++)
        free(w->documents[i].at);
    for (size_t i = 0; i < w->terms.count; i++)
        term_free(w, w->terms.at[i]);
    order_free(&w->terms);
    free(w->documents);
    free(w->gathered);
    free(w->weight);
    free(w->had);
    free(w->fit);
    free(w->touched);
    free(w);
}

/* --- films --- */

static void posting_add(struct words *w, struct term *t, uint32_t slot, uint32_t weight)
{
    if (t->count > 0 && t->at[t->count - 1].slot == slot) {
        t->at[t->count - 1].weight += weight;
        return;
    }
    w->empty_terms -= t->count == 0;
    t->at = room_for(t->at, &t->cap, t->count + 1, sizeof *t->at);
    t->at[t->count++] = (struct posting){ slot, weight };
}

/* Of a word that stands there twice the second time finds nothing. */
static void posting_drop(struct words *w, struct term *t, uint32_t slot)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].slot == slot) {
            t->at[i] = t->at[--t->count];
            w->empty_terms += t->count == 0;
            return;
        }
}

void words_drop(struct words *w, uint32_t slot)
{
    if (slot >= w->documents_cap || !w->documents[slot].there)
        return;
    struct document *d = &w->documents[slot];
    for (size_t i = 0; i < d->count; i++)
        if (d->at[i])
            posting_drop(w, d->at[i], slot);
    w->documents_count--;
    w->length -= d->length;
    free(d->at);
    *d = (struct document){ .there = false };
}

static void gather(struct words *w, struct term *t)
{
    w->gathered = room_for(w->gathered, &w->gathered_cap, w->gathered_count + 1, sizeof(struct term *));
    w->gathered[w->gathered_count++] = t;
}

static void token_gather(void *words, str token)
{
    gather(words, term_of(words, token));
}

static void slots_make_room(struct words *w, size_t slots)
{
    w->documents = room_for(w->documents, &w->documents_cap, slots, sizeof *w->documents);
    w->weight = room_for(w->weight, &w->weight_cap, slots, sizeof *w->weight);
    w->had = room_for(w->had, &w->had_cap, slots, sizeof *w->had);
    w->fit = room_for(w->fit, &w->fit_cap, slots, sizeof *w->fit);
    w->touched = room_for(w->touched, &w->touched_cap, slots, sizeof *w->touched);
}

void words_put(struct words *w, uint32_t slot, const str columns[WORDS_COLUMNS])
{
    words_drop(w, slot);
    slots_make_room(w, (size_t)slot + 1);
    struct document *d = &w->documents[slot];
    w->gathered_count = 0;
    for (size_t c = 0; c < WORDS_COLUMNS; c++) {
        size_t from = w->gathered_count;
        tokens_each(w->tokens, columns[c], token_gather, w);
        for (size_t i = from; i < w->gathered_count; i++)
            posting_add(w, w->gathered[i], slot, column_weights[c]);
        d->length += w->gathered_count - from;
        gather(w, NULL);
    }
    d->count = w->gathered_count;
    d->at = heap_take(d->count * sizeof(struct term *));
    memcpy(d->at, w->gathered, d->count * sizeof(struct term *));
    d->there = true;
    w->documents_count++;
    w->length += d->length;
}

/* --- search --- */

struct phrase {
    arena *in;
    str *at;
    size_t count, cap;
};

static void token_take(void *phrase, str token)
{
    struct phrase *p = phrase;
    if (p->count < p->cap)
        p->at[p->count++] = arena_copy(p->in, token);
}

static void touch(struct words *w, uint32_t slot, uint32_t weight)
{
    if (w->weight[slot] == 0)
        w->touched[w->touched_count++] = slot;
    w->weight[slot] += weight;
}

static void prefix_look(struct words *w, str prefix)
{
    struct term low = { .text = prefix };
    for (size_t i = order_before(&w->terms, &low); i < w->terms.count; i++) {
        const struct term *t = w->terms.at[i];
        if (!str_starts(t->text, prefix))
            return;
        for (size_t k = 0; k < t->count; k++)
            touch(w, t->at[k].slot, t->at[k].weight);
    }
}

static bool stands_at(const struct document *d, size_t place, struct term *const *exact, size_t count, str last)
{
    if (place + count >= d->count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (d->at[place + i] != exact[i])
            return false;
    return d->at[place + count] && str_starts(d->at[place + count]->text, last);
}

static void phrase_look(struct words *w, arena *a, const struct phrase *p)
{
    size_t count = p->count - 1;
    struct term **exact = NEW_ARRAY(a, struct term *, count);
    for (size_t i = 0; i < count; i++)
        if (!(exact[i] = term_find(w, p->at[i])))
            return;
    for (size_t k = 0; k < exact[0]->count; k++) {
        uint32_t slot = exact[0]->at[k].slot;
        const struct document *d = &w->documents[slot];
        for (size_t place = 0, column = 0; place < d->count; place++) {
            if (stands_at(d, place, exact, count, p->at[count]))
                touch(w, slot, column_weights[column]);
            column += d->at[place] == NULL;
        }
    }
}

/* As SQLite's bm25: how rare the piece is, and how much of the film it is. */
static void piece_reckon(struct words *w, uint8_t pieces)
{
    const double k1 = 1.2, b = 0.75;
    double films = (double)w->documents_count, with = (double)w->touched_count;
    double usual = (double)w->length / films;
    double rare = log((films - with + 0.5) / (with + 0.5));
    if (rare <= 0.0)
        rare = 1e-6;
    for (size_t i = 0; i < w->touched_count; i++) {
        uint32_t slot = w->touched[i];
        double weight = w->weight[slot], length = (double)w->documents[slot].length;
        w->weight[slot] = 0;
        if (w->had[slot] != pieces)
            continue;
        double fit = rare * ((weight * (k1 + 1.0)) / (weight + k1 * (1 - b + b * length / usual)));
        w->fit[slot] = pieces == 0 ? fit : w->fit[slot] + fit;
        w->had[slot]++;
    }
}

/* Takes the next piece without white space off the front of *rest. */
static bool piece_cut(str *rest, str *piece)
{
    *rest = str_trim(*rest);
    size_t end = 0;
    while (end < rest->len && !str_blank((str){ rest->at + end, 1 }))
        end++;
    *piece = (str){ rest->at, end };
    *rest = str_after(*rest, end);
    return end > 0;
}

size_t words_find(struct words *w, arena *a, str asked, struct words_hit **out)
{
    uint8_t pieces = 0;
    size_t found = 0;
    str piece;
    terms_settle(w);
    w->touched_count = 0;
    while (pieces < PIECES_MAX && piece_cut(&asked, &piece)) {
        struct phrase p = { a, NEW_ARRAY(a, str, piece.len), 0, piece.len };
        tokens_each(w->tokens, piece, token_take, &p);
        if (p.count == 0)
            continue;
        w->touched_count = 0;
        if (p.count == 1)
            prefix_look(w, p.at[0]);
        else
            phrase_look(w, a, &p);
        piece_reckon(w, pieces++);
        if (w->touched_count == 0)
            break;
    }
    struct words_hit *hits = arena_take_raw(a, (w->touched_count + 1) * sizeof *hits);
    for (size_t i = 0; i < w->touched_count; i++)
        if (w->had[w->touched[i]] == pieces)
            hits[found++] = (struct words_hit){ w->touched[i], w->fit[w->touched[i]] };
    if (w->had_cap > 0)
        memset(w->had, 0, w->had_cap);
    *out = hits;
    return found;
}
