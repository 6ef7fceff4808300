/* store_postgres_rows.c - the rows that a page of facts touches, read before it is folded: some statements a page, none an event. */
#include "services/analytics/store_postgres.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/write.h"

/* --- keys --- */

void analytics_ids_settle(ids *keys)
{
    size_t kept = 0;
    ids_sort(keys);
    for (size_t i = 0; i < keys->count; i++)
        if (kept == 0 || keys->at[kept - 1] != keys->at[i])
            keys->at[kept++] = keys->at[i];
    keys->count = kept;
}

static int key_order(const void *key, const void *row)
{
    const int64_t *wanted = key, *has = row;
    return *wanted < *has ? -1 : *wanted > *has;
}

void *analytics_row_find(const list *rows, size_t size, int64_t key)
{
    return rows->count > 0 ? bsearch(&key, rows->at, rows->count, size, key_order) : NULL;
}

/* Rows that were found take the places of those that are as untold. */
static void rows_place(list *all, const list *found, size_t size)
{
    for (size_t i = 0; i < found->count; i++) {
        const char *row = (const char *)found->at + i * size;
        int64_t key;
        memcpy(&key, row, sizeof key);
        void *place = analytics_row_find(all, size, key);
        if (place)
            memcpy(place, row, size);
    }
}

/* --- sales and showings --- */

const fault *analytics_sales_load(struct store *s, arena *a, const ids *keys, list *out)
{
    list found;
    TRY(pg_list(LISTS(s), a, &analytics_sale_row_shape, &found, "SELECT * FROM sales WHERE id = ANY($1)", PG_BIND(pg_ids(keys))));
    *out = (list){ NEW_ARRAY(a, struct sale, keys->count + 1), keys->count };
    for (size_t i = 0; i < keys->count; i++)
        *LIST_AT(out, struct sale, i) = analytics_sale_untold(keys->at[i]);
    rows_place(out, &found, sizeof(struct sale));
    return NULL;
}

const fault *analytics_showings_load(struct store *s, arena *a, const ids *keys, list *out)
{
    list found;
    TRY(pg_list(LISTS(s), a, &analytics_showing_row_shape, &found, "SELECT * FROM showings WHERE id = ANY($1)",
                PG_BIND(pg_ids(keys))));
    *out = (list){ NEW_ARRAY(a, struct showing, keys->count + 1), keys->count };
    for (size_t i = 0; i < keys->count; i++)
        *LIST_AT(out, struct showing, i) = analytics_showing_untold(keys->at[i]);
    rows_place(out, &found, sizeof(struct showing));
    return NULL;
}

/* --- users --- */

static const struct field user_fields[] = {
    FIELD(struct user_row, id, "id"),
    FIELD(struct user_row, alive, "alive"),
};
const struct shape analytics_user_keep_shape = SHAPE(user_row, user_fields);

const fault *analytics_users_load(struct store *s, arena *a, const ids *keys, list *out)
{
    list found;
    TRY(pg_list(LISTS(s), a, &analytics_user_keep_shape, &found, "SELECT id, alive FROM users WHERE id = ANY($1)",
                PG_BIND(pg_ids(keys))));
    *out = (list){ NEW_ARRAY(a, struct user_row, keys->count + 1), keys->count };
    for (size_t i = 0; i < keys->count; i++)
        LIST_AT(out, struct user_row, i)->id = keys->at[i];
    rows_place(out, &found, sizeof(struct user_row));
    for (size_t i = 0; i < out->count; i++)
        LIST_AT(out, struct user_row, i)->was = LIST_AT(out, struct user_row, i)->alive;
    return NULL;
}

static const struct field user_window_fields[] = {
    FIELD(struct user_window, span, "span"),
    FIELD(struct user_window, user_id, "user_id"),
    FIELD(struct user_window, cents, "cents"),
    FIELD(struct user_window, reservations, "reservations"),
    FIELD(struct user_window, confirmed, "confirmed"),
    FIELD(struct user_window, alive, "alive"),
};
const struct shape analytics_user_window_shape = SHAPE(user_window, user_window_fields);

const fault *analytics_user_windows_load(struct store *s, arena *a, const list *users, list *out)
{
    list found;
    ids keys = { NEW_ARRAY(a, int64_t, users->count + 1), users->count };
    *out = (list){ NEW_ARRAY(a, struct user_window, users->count * WINDOWS_LAST + 1), users->count * WINDOWS_LAST };
    for (size_t i = 0; i < users->count; i++) {
        const struct user_row *user = LIST_AT(users, struct user_row, i);
        keys.at[i] = user->id;
        for (size_t span = WINDOWS_FIRST; span <= WINDOWS_LAST; span++)
            *LIST_AT(out, struct user_window, i * WINDOWS_LAST + span - 1) =
                (struct user_window){ .span = (int64_t)span, .user_id = user->id, .alive = user->was };
    }
    TRY(pg_list(LISTS(s), a, &analytics_user_window_shape, &found,
                "SELECT span, user_id, cents, reservations, confirmed, alive FROM user_windows "
                "WHERE span IN (1, 2, 3, 4, 5, 6) AND user_id = ANY($1)", PG_BIND(pg_ids(&keys))));
    for (size_t i = 0; i < found.count; i++) {
        const struct user_window *row = LIST_AT(&found, struct user_window, i);
        const struct user_row *user = analytics_row_find(users, sizeof *user, row->user_id);
        size_t place = (size_t)(user - LIST_AT(users, struct user_row, 0)) * WINDOWS_LAST + (size_t)row->span - 1;
        *LIST_AT(out, struct user_window, place) = *row;
    }
    return NULL;
}
_Static_assert(WINDOWS_FIRST == 1 && WINDOWS_LAST == 6, "those are the windows");

/* --- names --- */

static const struct field film_fields[] = {
    FIELD(struct name_row, key, "key"),
    FIELD(struct name_row, id, "id"),
    FIELD(struct name_row, title, "title", .nullable = true),
    FIELD(struct name_row, is_active, "is_active"),
};
const struct shape analytics_film_keep_shape = SHAPE(name_row, film_fields);

static const struct field method_fields[] = {
    FIELD(struct name_row, key, "key"),
    FIELD(struct name_row, id, "name"),
};
const struct shape analytics_method_keep_shape = SHAPE(name_row, method_fields);

static int text_order(str left, str right)
{
    size_t common = left.len < right.len ? left.len : right.len;
    int order = common > 0 ? memcmp(left.at, right.at, common) : 0;
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

static int name_order(const void *left, const void *right)
{
    const str *a = left, *b = right;
    return text_order(*a, *b);
}

struct name_row *analytics_name_row_find(const list *rows, str name)
{
    size_t low = 0, high = rows->count;
    while (name.at && low < high) {
        size_t middle = low + (high - low) / 2;
        struct name_row *row = LIST_AT(rows, struct name_row, middle);
        int order = text_order(name, row->id);
        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static str names_json(arena *a, const strs *names)
{
    struct buf out = { .in = a };
    buf_char(&out, '[');
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        json_write_text(&out, names->at[i]);
    }
    buf_char(&out, ']');
    return buf_str(&out);
}

static const fault *names_load(struct store *s, arena *a, strs *names, int64_t last, list *out, const char *text)
{
    list found = { NULL, 0 };
    *out = (list){ NEW_ARRAY(a, struct name_row, names->count + 1), 0 };
    if (names->count == 0)
        return NULL;
    qsort(names->at, names->count, sizeof *names->at, name_order);
    TRY(pg_list(LISTS(s), a, &analytics_film_keep_shape, &found, text, PG_BIND(pg_text(names_json(a, names)))));
    for (size_t i = 0; i < names->count; i++)
        if (i == 0 || !str_equal(names->at[i], names->at[i - 1]))
            *LIST_AT(out, struct name_row, out->count++) = (struct name_row){ .id = names->at[i] };
    for (size_t i = 0; i < found.count; i++) {
        const struct name_row *row = LIST_AT(&found, struct name_row, i);
        *analytics_name_row_find(out, row->id) = *row;
    }
    for (size_t i = 0; i < out->count; i++) {
        struct name_row *row = LIST_AT(out, struct name_row, i);
        row->changed = row->key == 0;
        if (row->changed)
            row->key = ++last;
    }
    return NULL;
}

const fault *analytics_films_load(struct store *s, arena *a, strs *names, int64_t last, list *out)
{
    return names_load(s, a, names, last, out,
                      "SELECT key, id, title, is_active FROM films WHERE id IN (SELECT json_array_elements_text($1::json))");
}

const fault *analytics_methods_load(struct store *s, arena *a, strs *names, int64_t last, list *out)
{
    return names_load(s, a, names, last, out,
                      "SELECT key, name AS id FROM methods WHERE name IN (SELECT json_array_elements_text($1::json))");
}
