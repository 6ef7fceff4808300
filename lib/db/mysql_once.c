/* mysql_once.c - answers kept by Idempotency-Key, in the transaction of what they answer. */
#include "lib/db/mysql_internal.h"

#include "lib/json/read.h"
#include "lib/json/write.h"

struct kept {
    str body_hash, answer;
};

static const struct field kept_fields[] = {
    FIELD(struct kept, body_hash, "bodyHash"),
    FIELD(struct kept, answer, "answer"),
};
static const struct shape kept_shape = SHAPE(kept, kept_fields);

static int64_t oldest_kept_ms(struct my *db)
{
    return my_now(db).ms - (int64_t)ONCE_KEPT_S * 1000;
}

const fault *my_once_recall(struct my *db, arena *a, const struct once *key, const struct shape *s, void *made,
                            bool *seen)
{
    *seen = false;
    if (!key)
        return NULL;
    struct kept known;
    bool found;
    TRY(my_one(db, a, &kept_shape, &known, &found,
               "SELECT body_hash, answer FROM once_keys WHERE scope = ? AND once_key = ? AND made_ms > ?",
               MY_BIND(my_text(key->scope), my_text(key->key), my_int(oldest_kept_ms(db)))));
    if (!found)
        return NULL;
    if (!str_equal(known.body_hash, key->body_hash))
        return fault_new(a, FAULT_KEY_REUSED, "idempotency_key_reused",
                         "This Idempotency-Key was used before with another request.");
    TRY(json_restore(a, known.answer, s, made));
    *seen = true;
    return NULL;
}

const fault *my_once_keep(struct my *db, arena *a, const struct once *key, const struct shape *s, const void *made,
                          int64_t owner)
{
    if (!key)
        return NULL;
    struct buf answer = { .in = a };
    json_store(&answer, s, made);
    /* One that is too old to count may still be there, unswept. */
    return my_run(db, a,
                  "REPLACE INTO once_keys (scope, once_key, body_hash, answer, owner, made_ms) VALUES (?, ?, ?, ?, ?, ?)",
                  MY_BIND(my_text(key->scope), my_text(key->key), my_text(key->body_hash), my_text(buf_str(&answer)),
                          my_int(owner), my_int(my_now(db).ms)));
}

const fault *my_once_sweep(struct my *db, arena *a)
{
    return my_run(db, a, "DELETE FROM once_keys WHERE made_ms <= ? ORDER BY made_ms LIMIT 10000",
                  MY_BIND(my_int(oldest_kept_ms(db))));
}
