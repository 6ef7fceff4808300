/* postgres_text.c - values as texts for PostgreSQL: parameters of statements, and literals. */
#include <string.h>

#include "lib/db/postgres_internal.h"

/* A NUL ends a text for libpq, and other bytes than UTF-8 are refused by the server: both are refused here. */
static bool text_fits(str text)
{
    return !memchr(text.at, '\0', text.len) && str_is_utf8(text);
}

void pg_literal_inside(struct buf *out, str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\'' && text.at[i] != '\\')
            continue;
        buf_put(out, text.at + from, i - from);
        buf_char(out, text.at[i]);
        from = i;
    }
    buf_put(out, text.at ? text.at + from : "", text.len - from);
}

/* E'...' means the same whatever standard_conforming_strings says; the space keeps it apart from a word before it. */
bool pg_literal(struct buf *out, str text)
{
    if (text.len > 0 && !text_fits(text))
        return false;
    buf_reserve(out, text.len + 5);
    buf_literal(out, " E'");
    pg_literal_inside(out, text);
    buf_char(out, '\'');
    return true;
}

static const char *money_text(arena *a, int64_t cents)
{
    int64_t size = cents < 0 ? -cents : cents;
    return arena_printf(a, "%s%lld.%02lld", cents < 0 ? "-" : "", (long long)(size / 100), (long long)(size % 100)).at;
}

static const char *instant_as_text(arena *a, instant moment)
{
    char room[TIME_TEXT_MAX];
    return arena_cstr(a, instant_text(room, moment, TIME_Z_MS));
}

static const char *ids_text(arena *a, const ids *numbers)
{
    struct buf out = { .in = a };
    buf_char(&out, '{');
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        buf_int(&out, numbers->at[i]);
    }
    buf_put(&out, "}", 2);
    return out.at;
}

const char *pg_bind_text(arena *a, const struct pg_bind *value, bool *fits)
{
    *fits = true;
    switch (value->kind) {
    case PG_NULL:
        return NULL;
    case PG_INT:
        return arena_printf(a, "%lld", (long long)value->number).at;
    case PG_MONEY:
        return money_text(a, value->number);
    case PG_INSTANT:
        return instant_as_text(a, (instant){ value->number });
    case PG_BOOL:
        return value->number ? "t" : "f";
    case PG_IDS:
        return ids_text(a, value->numbers);
    case PG_TEXT:
        *fits = value->text.len == 0 || text_fits(value->text);
        return arena_cstr(a, value->text);
    }
    return NULL;
}

struct pg_bind pg_int(int64_t n)
{
    return (struct pg_bind){ .kind = n == INT64_MIN ? PG_NULL : PG_INT, .number = n };
}

struct pg_bind pg_text(str text)
{
    return (struct pg_bind){ .kind = text.at ? PG_TEXT : PG_NULL, .text = text };
}

struct pg_bind pg_bool(bool b)
{
    return (struct pg_bind){ .kind = PG_BOOL, .number = b };
}

struct pg_bind pg_money(money sum)
{
    return (struct pg_bind){ .kind = sum.cents == INT64_MIN ? PG_NULL : PG_MONEY, .number = sum.cents };
}

struct pg_bind pg_instant(instant moment)
{
    return (struct pg_bind){ .kind = moment.ms == TIME_NONE ? PG_NULL : PG_INSTANT, .number = moment.ms };
}

struct pg_bind pg_ids(const ids *numbers)
{
    return (struct pg_bind){ .kind = PG_IDS, .numbers = numbers };
}
