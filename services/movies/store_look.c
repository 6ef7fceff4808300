/* store_look.c - the migrations of the embedded store, and which of them it has; and how far the one on MongoDB is. */
#include <string.h>

#include "lib/db/schema.h"
#include "services/movies/store_mongo.h"

struct seen_document {
    uint64_t given_unused;
    str id;
};
static const struct field seen_fields[] = { FIELD(struct seen_document, id, "_id", .nullable = true) };
static const struct shape seen_shape = SHAPE(seen_document, seen_fields);

static const fault *is_there(struct mongo *db, arena *a, const char *collection, struct mongo_match match, bool *there)
{
    struct seen_document found = { 0 };
    return mongo_find(db, a, collection, MONGO_WHERE(match), &seen_shape, &found, there);
}

/* Documents have no schema to be moved: what a start does there depends on what it finds. */
static const fault *documents_look(struct mongo *db, arena *a, struct schema_seen *out)
{
    bool restoring, logged, films = false, genres = false;
    TRY(is_there(db, a, STATE_COLLECTION, mongo_is_text("_id", STR(RESTORE_MARK)), &restoring));
    TRY(is_there(db, a, LOG_COLLECTION, mongo_is("_id", 1), &logged));
    if (!logged && !restoring) {
        TRY(is_there(db, a, "movies", mongo_absent("rev"), &films));
        TRY(is_there(db, a, "genres", mongo_absent("rev"), &genres));
    }
    out->there = restoring || logged || films || genres;
    if (restoring)
        out->note = "A restore broke off here; nothing but the next restore goes on.";
    else if (logged)
        out->note = "Documents, with a log: there are no migrations, and the next start changes none of them.";
    else if (out->there)
        out->note = "Documents of the old system, without a log: the next start takes them over into one.";
    return NULL;
}

/* Without who may enter, and without options. */
static str place_of(str url)
{
    str place = url, part;
    (void)str_cut(&place, '/', &part); /* mongodb: */
    (void)str_cut(&place, '/', &part);
    while (memchr(place.at, '@', place.len))
        (void)str_cut(&place, '@', &part);
    (void)str_cut(&place, '?', &part);
    return part;
}

const fault *movies_look(arena *a, str url, const char *directory, struct schema_seen *out)
{
    struct mongo *db;
    if (url.len == 0)
        return sqlite_look(a, &(struct sqlite_setup){ .directory = directory, .file = "movies.db",
                                                      .migrations = movies_migrations }, out);
    *out = (struct schema_seen){ .kind = "MongoDB", .place = place_of(url) };
    TRY(mongo_open(a, &db, "MOVIES_DATABASE_URL", url, DATABASE));
    const fault *problem = documents_look(db, a, out);
    mongo_close(db);
    return problem;
}
