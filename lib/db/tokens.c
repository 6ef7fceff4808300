/* tokens.c - the tokenizer of SQLite's full-text search, asked for its words without a table. */
#include "lib/db/tokens.h"

#include <stdlib.h>

#include "lib/db/sqlite_internal.h"

struct tokens {
    sqlite3 *handle; /* whose extension the tokenizer is */
    fts5_tokenizer of;
    Fts5Tokenizer *made;
};

static int tokenizer_find(struct tokens *t)
{
    static const char *manner[] = { "remove_diacritics", "2" };
    fts5_api *api = NULL;
    void *data = NULL;
    sqlite3_stmt *asked = NULL;
    int code = sqlite3_open(":memory:", &t->handle);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(t->handle, "SELECT fts5(?1)", -1, &asked, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_pointer(asked, 1, &api, "fts5_api_ptr", NULL);
    if (code == SQLITE_OK)
        sqlite3_step(asked);
    sqlite3_finalize(asked);
    if (code == SQLITE_OK)
        code = api ? api->xFindTokenizer(api, "unicode61", &data, &t->of) : SQLITE_ERROR;
    return code == SQLITE_OK ? t->of.xCreate(data, manner, COUNT_OF(manner), &t->made) : code;
}

const fault *tokens_open(arena *a, struct tokens **out)
{
    sqlite_set_up();
    struct tokens *t = NEW(a, struct tokens);
    int code = tokenizer_find(t);
    if (code != SQLITE_OK) {
        tokens_close(t);
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "sqlite %d: no tokenizer of full-text search", code);
    }
    *out = t;
    return NULL;
}

void tokens_close(struct tokens *t)
{
    if (t->made)
        t->of.xDelete(t->made);
    sqlite3_close(t->handle);
    *t = (struct tokens){ .handle = NULL };
}

struct listener {
    void (*found)(void *arg, str token);
    void *arg;
};

static int token_pass(void *listener, int flags, const char *token, int length, int from, int to)
{
    const struct listener *l = listener;
    (void)flags;
    (void)from;
    (void)to;
    l->found(l->arg, (str){ token, (size_t)length });
    return SQLITE_OK;
}

void tokens_each(const struct tokens *t, str text, void (*found)(void *arg, str token), void *arg)
{
    struct listener l = { found, arg };
    if (t->of.xTokenize(t->made, &l, FTS5_TOKENIZE_DOCUMENT, text.at, (int)text.len, token_pass) != SQLITE_OK)
        abort(); /* out of memory */
}
