/* sqlite_once.c - answers kept by Idempotency-Key, in the transaction of what they answer. */
#include "lib/db/sqlite_internal.h"

#include "lib/json/read.h"
#include "lib/json/write.h"

#define SWEPT_AT_ONCE "10000"

struct kept {
    str body_hash, answer;
    instant made;
};

static const struct field kept_fields[] = {
    FIELD(struct kept, body_hash, "bodyHash"),
    FIELD(struct kept, answer, "answer"),
    FIELD(struct kept, made, "made"),
};
static const struct shape kept_shape = SHAPE(kept, kept_fields);

static instant oldest_kept(struct sql *db)
{
    return (instant){ sql_now(db).ms - (int64_t)ONCE_KEPT_S * 1000 };
}

const fault *sqlite_once_recall(struct sql *db, arena *a, const struct once *key, const struct shape *s,
                                void *made, bool *seen)
{
    *seen = false;
    if (!key)
        return NULL;
    struct kept known;
    bool found;
    TRY(sql_one(db, a, &kept_shape, &known, &found,
                "SELECT body_hash, answer, made_ms AS made FROM once_keys"
                " WHERE scope = ?1 AND key = ?2 AND made_ms > ?3",
                BIND(sql_text(key->scope), sql_text(key->key), sql_instant(oldest_kept(db)))));
    if (!found)
        return NULL;
    if (!str_equal(known.body_hash, key->body_hash))
        return fault_new(a, FAULT_KEY_REUSED, "idempotency_key_reused",
                         "This Idempotency-Key was used before with another request.");
    TRY(json_restore(a, known.answer, s, made));
    *seen = true;
    return NULL;
}

const fault *sqlite_once_keep(struct sql *db, arena *a, const struct once *key, const struct shape *s,
                              const void *made, int64_t owner)
{
    if (!key)
        return NULL;
    struct buf answer = { .in = a };
    json_store(&answer, s, made);
    db->once_kept = key;
    return once_insert(db, a, key, buf_str(&answer), owner, sql_now(db));
}

/* One that is too old to count may still be there, unswept. */
const fault *once_insert(struct sql *db, arena *a, const struct once *key, str answer, int64_t owner, instant made)
{
    return sql_run(db, a,
                   "INSERT OR REPLACE INTO once_keys (scope, key, body_hash, answer, owner, made_ms)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                   BIND(sql_text(key->scope), sql_text(key->key), sql_text(key->body_hash),
                        sql_text(answer), sql_int(owner), sql_instant(made)));
}

const fault *sqlite_once_forget_owner(struct sql *db, arena *a, int64_t owner)
{
    return sql_run(db, a, "DELETE FROM once_keys WHERE owner = ?1 AND owner <> 0", BIND(sql_int(owner)));
}

const fault *sqlite_once_sweep(struct sql *db, arena *a)
{
    return sql_run(db, a,
                   "DELETE FROM once_keys WHERE (scope, key) IN"
                   " (SELECT scope, key FROM once_keys WHERE made_ms <= ?1 LIMIT " SWEPT_AT_ONCE ")",
                   BIND(sql_instant(oldest_kept(db))));
}
