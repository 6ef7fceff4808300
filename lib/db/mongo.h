/* mongo.h - documents on a MongoDB server, or on one that speaks its protocol: libmongoc's pool on the threads of offload().
 *
 * Every call has a deadline: 1.5 s to find a server, 5 s for a word of it (serverSelectionTimeoutMS, connectTimeoutMS and
 * socketTimeoutMS of the URL change that). Writes wait for the majority's journal, reads see what the majority has; nothing
 * here needs transactions, change streams or retryable writes, so retryWrites=false (DocumentDB) is fine.
 * Faults: UNAVAILABLE store_unavailable (the server is away), outcome_unknown (a write that got no answer, or not the majority's),
 * store_busy (too many calls at once); CONFLICT unique_broken. Texts of the server go into fault.internal only. All functions are for fibers. */
#ifndef TAQUILLA_DB_MONGO_H
#define TAQUILLA_DB_MONGO_H

#include "lib/base/buf.h"
#include "lib/json/shape.h"

struct mongo;

/* mongodb://user:password@host:27017/database?tls=true&tlsCAFile=FILE, mongodb+srv:// too. Talks to nobody yet. INVALID
 * setting_invalid, a sentence that never shows the URL. `database`: when the URL names none. */
const fault *mongo_open(arena *a, struct mongo **out, const char *setting, str url, const char *database) MUST_CHECK;
void mongo_close(struct mongo *m); /* waits for calls under way */

const fault *mongo_check(struct mongo *m, arena *a) MUST_CHECK; /* does a server answer? for /health */
void mongo_metrics(const struct mongo *m, struct buf *out);

/* --- which documents --- */

enum mongo_test { MONGO_IS, MONGO_BELOW, MONGO_ABSENT };
struct mongo_match {
    const char *field;
    enum mongo_test test;
    int64_t number;
    str text; /* no text: the number */
    bool id;  /* the text is an ObjectId's 24 hex digits */
};
struct mongo_filter {
    const struct mongo_match *at;
    size_t count;
};
#define MONGO_WHERE(...)                                                                           \
    ((struct mongo_filter){ (const struct mongo_match[]){ __VA_ARGS__ },                           \
                            sizeof((const struct mongo_match[]){ __VA_ARGS__ }) / sizeof(struct mongo_match) })
struct mongo_match mongo_is(const char *field, int64_t number);
struct mongo_match mongo_is_text(const char *field, str text);
struct mongo_match mongo_is_id(const char *field, str hex);
struct mongo_match mongo_below(const char *field, int64_t number);
struct mongo_match mongo_absent(const char *field);

/* --- documents by shape: a field's name is its name in the document ---
 *
 * Written: integers as int64, instants as dates, texts, lists of texts and of documents, raw JSON as text; a text in a field
 * called _id that is an ObjectId's 24 hex digits as such; null is left out. Read: whatever is found that can be taken for the
 * kind, a number in a text too; what cannot, or is not there, is null or nothing. */

const fault *mongo_find(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter,
                        const struct shape *s, void *out, bool *found) MUST_CHECK;

struct mongo_rows {
    list rows;             /* in no order */
    const bool *text_ids;  /* of each: its _id is a text, not an ObjectId */
};
const fault *mongo_find_all(struct mongo *m, arena *a, const char *collection, const struct shape *s,
                            struct mongo_rows *out) MUST_CHECK;

/* CONFLICT unique_broken: its _id is there, or something else that must be unique. */
const fault *mongo_insert(struct mongo *m, arena *a, const char *collection, const struct shape *s,
                          const void *value) MUST_CHECK;
/* Sets the fields of the shape, but for _id, in the one document that fits; other fields stay. upsert: makes it when none fits;
 * CONFLICT unique_broken when one with its _id is there that does not fit. */
const fault *mongo_set(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter, const struct shape *s,
                       const void *value, bool upsert) MUST_CHECK;
const fault *mongo_delete(struct mongo *m, arena *a, const char *collection, struct mongo_filter filter) MUST_CHECK;
const fault *mongo_unique(struct mongo *m, arena *a, const char *collection, const char *field) MUST_CHECK;

#endif
