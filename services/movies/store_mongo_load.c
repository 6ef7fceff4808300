/* store_mongo_load.c - everything that the server has: the log folded from its beginning, and documents that it does not know yet,
 * made by the old system, taken over into it. */
#include "services/movies/store_mongo.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/json/write.h"

/* --- the log --- */

static int entries_compare(const void *one, const void *other)
{
    int64_t a = ((const struct log_entry *)one)->first, b = ((const struct log_entry *)other)->first;
    return (a > b) - (a < b);
}

/* What is inserted while it is read may be missing in the middle: that is looked for one by one afterwards. */
static const fault *log_load(struct mongo_store *s, arena *a)
{
    struct mongo_rows rows;
    bool found, mine;
    TRY(mongo_find_all(s->db, a, LOG_COLLECTION, &log_entry_shape, &rows));
    if (rows.rows.count > 0)
        qsort(rows.rows.at, rows.rows.count, sizeof(struct log_entry), entries_compare);
    for (size_t i = 0; i < rows.rows.count; i++) {
        const struct log_entry *entry = LIST_AT(&rows.rows, struct log_entry, i);
        if (entry->first == sqlite_position(s->inner.db) + 1)
            TRY(movies_entry_fold(s, a, entry));
        fiber_give_way();
    }
    TRY(movies_log_look(s, a, true, (str){ NULL, 0 }, &found, &mine));
    if (rows.rows.count == 0)
        return NULL;
    int64_t last = LIST_AT(&rows.rows, struct log_entry, rows.rows.count - 1)->first, position = sqlite_position(s->inner.db);
    if (last > position)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "the log has a hole after position %lld", (long long)position);
    return NULL;
}

/* --- what documents say --- */

struct found_movie {
    struct movie movie;
    int64_t rev;
};
static const struct field movie_fields[] = {
    FIELD(struct found_movie, movie.id, "_id"),
    FIELD(struct found_movie, movie.title, "title"),
    FIELD(struct found_movie, movie.description, "description"),
    FIELD(struct found_movie, movie.duration, "duration"),
    FIELD(struct found_movie, movie.genre, "genre"),
    FIELD(struct found_movie, movie.director, "director"),
    FIELD(struct found_movie, movie.cast, "cast"),
    FIELD(struct found_movie, movie.release_date, "releaseDate"),
    FIELD(struct found_movie, movie.rating, "rating"),
    FIELD(struct found_movie, movie.poster_url, "posterUrl"),
    FIELD(struct found_movie, movie.trailer_url, "trailerUrl"),
    FIELD(struct found_movie, movie.created_at, "createdAt"),
    FIELD(struct found_movie, movie.updated_at, "updatedAt"),
    FIELD(struct found_movie, rev, "rev"),
};
static const struct shape found_movie_shape = SHAPE(found_movie, movie_fields);

/* Apart, because a film that does not say is active. */
struct found_state {
    str id;
    int64_t is_active;
};
static const struct field state_fields[] = {
    FIELD(struct found_state, id, "_id"),
    FIELD(struct found_state, is_active, "isActive", .nullable = true),
};
static const struct shape found_state_shape = SHAPE(found_state, state_fields);

struct found_genre {
    struct genre genre;
    int64_t rev;
};
static const struct field genre_fields[] = {
    FIELD(struct found_genre, genre.id, "_id"),
    FIELD(struct found_genre, genre.name, "name"),
    FIELD(struct found_genre, genre.description, "description"),
    FIELD(struct found_genre, genre.created_at, "createdAt"),
    FIELD(struct found_genre, genre.updated_at, "updatedAt"),
    FIELD(struct found_genre, rev, "rev"),
};
static const struct shape found_genre_shape = SHAPE(found_genre, genre_fields);

static str text_or(str found, const char *otherwise)
{
    return found.at ? found : str_of(otherwise);
}

/* An ObjectId begins with the second in which it was made. */
static instant time_of_id(str id)
{
    char digits[9] = { 0 };
    for (size_t i = 0; i < 8 && i < id.len; i++)
        digits[i] = id.at[i];
    return (instant){ (int64_t)strtoul(digits, NULL, 16) * 1000 };
}

static void times_fill(instant *created, instant *updated, str id)
{
    if (created->ms == TIME_NONE)
        *created = updated->ms != TIME_NONE ? *updated : time_of_id(id);
    if (updated->ms == TIME_NONE)
        *updated = *created;
}

/* As clients may see it: nothing missing, and nothing that no film can have. */
static void movie_mend(struct movie *m)
{
    m->title = text_or(m->title, "?");
    m->description = text_or(m->description, "");
    m->director = text_or(m->director, "");
    m->poster_url = text_or(m->poster_url, "");
    m->trailer_url = text_or(m->trailer_url, "");
    m->duration = m->duration < 1 ? 1 : m->duration;
    m->rating = m->rating >= 0 ? m->rating : 0;
    m->rating = m->rating <= 10 ? m->rating : 10;
    times_fill(&m->created_at, &m->updated_at, m->id);
    if (m->release_date.ms == TIME_NONE)
        m->release_date = m->created_at;
}

/* --- one document after the other --- */

struct adoption {
    struct mongo_store *s;
    arena *a;
    struct log_entry entry;
    size_t bytes;
    size_t adopted, left; /* left: no id that is one, or a name that is taken */
};

static const fault *adoption_flush(struct adoption *ad)
{
    if (ad->entry.events.count == 0)
        return NULL;
    ad->entry.first = sqlite_position(ad->s->inner.db) + 1;
    ad->entry.by = random_hex(ad->a, 12);
    TRY(movies_entry_put(ad->s, ad->a, &ad->entry));
    TRY(movies_entry_fold(ad->s, ad->a, &ad->entry));
    ad->entry.events.count = 0;
    ad->bytes = 0;
    return NULL;
}

static const fault *adopt(struct adoption *ad, const char *type, str id, const struct shape *shape, const void *value)
{
    struct buf data = { .in = ad->a };
    json_write(&data, shape, value);
    *LIST_AT(&ad->entry.events, struct log_event, ad->entry.events.count++) =
        (struct log_event){ .type = str_of(type), .subject = id, .time = clock_now(), .data = { buf_str(&data) } };
    ad->bytes += data.len;
    ad->adopted++;
    if (ad->entry.events.count < ENTRY_EVENTS_MAX && ad->bytes < ENTRY_BYTES_ENOUGH)
        return NULL;
    return adoption_flush(ad);
}

static const fault *number_of(struct adoption *ad, int64_t *out, const char *text, str value)
{
    *out = 0;
    return sql_number(sqlite_reader(ad->s->inner.db), ad->a, out, text, BIND(sql_text(value)));
}

struct seen {
    str id;
    int64_t rev;
    bool text_id;
};

static const fault *seen_act(struct sql *db, arena *a, void *arg)
{
    const struct seen *d = arg;
    if (d->text_id)
        TRY(sql_run(db, a, "INSERT OR IGNORE INTO text_ids (id) VALUES (?1)", BIND(sql_text(d->id))));
    return sql_run(db, a, "DELETE FROM projections_due WHERE subject = ?1 AND position <= ?2",
                   BIND(sql_text(d->id), sql_int(d->rev)));
}

/* The document is as new as its rev says. */
static const fault *document_seen(struct adoption *ad, str id, int64_t rev, bool text_id)
{
    struct seen d = { id, rev, text_id };
    return sqlite_memory_run(ad->s->inner.db, ad->a, seen_act, &d);
}

static bool id_fits(struct adoption *ad, str *id)
{
    bool fits = id->at && movie_id_read(ad->a, *id, id);
    ad->left += !fits;
    return fits;
}

static bool is_pending(const struct adoption *ad, str id)
{
    for (size_t i = 0; i < ad->entry.events.count; i++)
        if (str_equal(LIST_AT(&ad->entry.events, struct log_event, i)->subject, id))
            return true;
    return false;
}

/* It came from the log, which does not have it: no longer, or not yet. That is nothing to take over. */
static bool of_the_log(struct adoption *ad, int64_t rev)
{
    ad->left += rev > 0;
    return rev > 0;
}

static const fault *movie_meet(struct adoption *ad, const struct found_movie *found)
{
    struct movie movie = found->movie;
    int64_t known;
    if (!id_fits(ad, &movie.id))
        return NULL;
    TRY(number_of(ad, &known, "SELECT count(*) FROM movies WHERE id = ?1", movie.id));
    if (known > 0 || is_pending(ad, movie.id) || of_the_log(ad, found->rev))
        return NULL;
    movie_mend(&movie);
    return adopt(ad, "movie.adopted", movie.id, &movie_shape, &movie);
}

static const fault *genre_meet(struct adoption *ad, const struct found_genre *found)
{
    struct genre genre = found->genre;
    int64_t known;
    if (!id_fits(ad, &genre.id))
        return NULL;
    genre.name = text_or(genre.name, "?");
    TRY(number_of(ad, &known, "SELECT count(*) FROM genres WHERE id = ?1", genre.id));
    if (known > 0 || of_the_log(ad, found->rev))
        return NULL;
    TRY(number_of(ad, &known, "SELECT count(*) FROM genres WHERE name = ?1", genre.name));
    if (known > 0) {
        ad->left++;
        return NULL;
    }
    genre.description = text_or(genre.description, "");
    times_fill(&genre.created_at, &genre.updated_at, genre.id);
    TRY(adopt(ad, "genre.adopted", genre.id, &genre_shape, &genre));
    return adoption_flush(ad); /* so that the next with its name finds it */
}

/* --- all of them --- */

struct documents {
    struct mongo_rows movies, states, genres;
};

static const fault *documents_read(struct mongo_store *s, arena *a, struct documents *out)
{
    TRY(mongo_find_all(s->db, a, "movies", &found_movie_shape, &out->movies));
    TRY(mongo_find_all(s->db, a, "movies", &found_state_shape, &out->states));
    return mongo_find_all(s->db, a, "genres", &found_genre_shape, &out->genres);
}

static int states_compare(const void *one, const void *other)
{
    str a = ((const struct found_state *)one)->id, b = ((const struct found_state *)other)->id;
    size_t shorter = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < shorter; i++)
        if (a.at[i] != b.at[i])
            return a.at[i] < b.at[i] ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static void states_apply(struct documents *d)
{
    if (d->states.rows.count > 0)
        qsort(d->states.rows.at, d->states.rows.count, sizeof(struct found_state), states_compare);
    for (size_t i = 0; i < d->movies.rows.count; i++) {
        struct found_movie *m = LIST_AT(&d->movies.rows, struct found_movie, i);
        struct found_state key = { .id = m->movie.id };
        const struct found_state *state =
            d->states.rows.count ? bsearch(&key, d->states.rows.at, d->states.rows.count, sizeof key, states_compare) : NULL;
        m->movie.is_active = !state || state->is_active != 0; /* also when it does not say */
    }
}

static const fault *documents_adopt(struct adoption *ad, const struct documents *d)
{
    for (int texts = 0; texts < 2; texts++) /* of two under one id the right one counts */
        for (size_t i = 0; i < d->movies.rows.count; i++)
            if (d->movies.text_ids[i] == (texts == 1)) {
                TRY(movie_meet(ad, LIST_AT(&d->movies.rows, struct found_movie, i)));
                fiber_give_way();
            }
    for (size_t i = 0; i < d->genres.rows.count; i++)
        TRY(genre_meet(ad, LIST_AT(&d->genres.rows, struct found_genre, i)));
    return adoption_flush(ad);
}

static const fault *documents_due(struct adoption *ad, const struct documents *d)
{
    for (size_t i = 0; i < d->movies.rows.count; i++) {
        const struct found_movie *m = LIST_AT(&d->movies.rows, struct found_movie, i);
        TRY(document_seen(ad, text_or(m->movie.id, ""), m->rev, d->movies.text_ids[i]));
        fiber_give_way();
    }
    for (size_t i = 0; i < d->genres.rows.count; i++) {
        const struct found_genre *g = LIST_AT(&d->genres.rows, struct found_genre, i);
        TRY(document_seen(ad, text_or(g->genre.id, ""), g->rev, d->genres.text_ids[i]));
    }
    return NULL;
}

/* --- a restore that broke off --- */

struct mark {
    str id;
};
static const struct field mark_fields[] = { FIELD(struct mark, id, "_id") };
static const struct shape mark_shape = SHAPE(mark, mark_fields);

static const fault *restore_resume(struct mongo_store *s, arena *a, bool *restoring)
{
    struct mark mark;
    TRY(mongo_find(s->db, a, STATE_COLLECTION, MONGO_WHERE(mongo_is_text("_id", STR(RESTORE_MARK))), &mark_shape, &mark, restoring));
    return *restoring ? sqlite_restore_start(s->inner.db, a, &s->inner.exporter.restore) : NULL;
}

/* Two replicas that start together both read, and only one gets its entry in: the other finds it in the log when it tries again. */
const fault *movies_store_load(struct mongo_store *s, arena *a)
{
    struct documents documents;
    struct adoption ad = { .s = s, .a = a };
    bool restoring;
    TRY(restore_resume(s, a, &restoring));
    if (restoring)
        return NULL;
    TRY(log_load(s, a));
    TRY(documents_read(s, a, &documents));
    states_apply(&documents);
    ad.entry.events.at = NEW_ARRAY(a, struct log_event, ENTRY_EVENTS_MAX + 1);
    TRY(documents_adopt(&ad, &documents));
    TRY(documents_due(&ad, &documents));
    if (ad.adopted > 0 || ad.left > 0)
        log_line(ad.left ? "warn" : "info", "adopted", "%zu films and genres of the old system; %zu documents were left alone",
                 ad.adopted, ad.left);
    const fault *problem = mongo_unique(s->db, a, "genres", "name");
    if (problem) /* it decides nothing: the log does */
        log_line("warn", "index_missing", "genres have no unique name in the store: %.*s", STR_ARG(problem->internal));
    return NULL;
}
