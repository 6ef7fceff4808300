/* cron.c - reads a crontab's five fields into bits, and looks for the next minute that has them all. */
#include "lib/base/cron.h"

#include "lib/base/calendar.h"

#define YEARS_LOOKED 40 /* a Monday that is the first of February comes within 12 */
#define MINUTE_S 60
#define DAY_MINUTES 1440

/* --- reading --- */

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                           "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

struct part {
    int64_t first, last;
    const char *const *names; /* of first, first + 1 ... */
    size_t name_count;
    const char *wrong;
};

#define LISTS "lists (1,2), ranges (1-5) or steps (*/2) of them"
static const struct part parts[] = {
    { 0, 59, NULL, 0, "its minute must be *, or numbers from 0 to 59, " LISTS },
    { 0, 23, NULL, 0, "its hour must be *, or numbers from 0 to 23, " LISTS },
    { 1, 31, NULL, 0, "its day of the month must be *, or numbers from 1 to 31, " LISTS },
    { 1, 12, month_names, COUNT_OF(month_names), "its month must be *, or numbers from 1 to 12 or names (jan), " LISTS },
    { 0, 7, weekday_names, COUNT_OF(weekday_names),
      "its day of the week must be *, or numbers from 0 (Sunday) to 7 (Sunday again) or names (mon), " LISTS },
};

static const struct {
    const char *name, *means;
} nicknames[] = {
    { "@hourly", "0 * * * *" },  { "@daily", "0 0 * * *" },  { "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
    { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" },
};

/* A number without sign, or a name; false when it is neither or out of bounds. */
static bool value_read(const struct part *p, str text, int64_t *out)
{
    for (size_t i = 0; i < p->name_count; i++)
        if (str_equal_nocase(text, str_of(p->names[i]))) {
            *out = p->first + (int64_t)i;
            return true;
        }
    return text.len > 0 && text.at[0] != '-' && str_to_int(text, out) && *out >= p->first && *out <= p->last;
}

/* One of a list: a star, a value or a range; the first two may have a step. */
static bool piece_read(const struct part *p, str piece, uint64_t *bits)
{
    str span, step_text = piece;
    int64_t from = p->first, to = p->last, step = 1;
    if (!str_cut(&step_text, '/', &span))
        return false;
    bool stepped = step_text.at != NULL, many = true;
    if (stepped && (step_text.len == 0 || step_text.at[0] == '-' || !str_to_int(step_text, &step) || step < 1))
        return false;
    if (!str_equal(span, STR("*"))) {
        str last = span, first;
        if (!str_cut(&last, '-', &first) || !value_read(p, first, &from))
            return false;
        many = last.at != NULL;
        to = from;
        if (many && !value_read(p, last, &to))
            return false;
    }
    if (to < from || (stepped && !many))
        return false;
    for (int64_t n = from; n <= to; n = step > to - n ? to + 1 : n + step)
        *bits |= UINT64_C(1) << n;
    return true;
}

static bool part_read(const struct part *p, str text, uint64_t *bits, bool *any)
{
    str piece;
    *bits = 0;
    if (any)
        *any = text.len > 0 && text.at[0] == '*';
    while (str_cut(&text, ',', &piece))
        if (!piece_read(p, piece, bits))
            return false;
    return *bits != 0;
}

/* The next word; false at the end. */
static bool word_cut(str *rest, str *word)
{
    *rest = str_trim(*rest);
    size_t length = 0;
    while (length < rest->len && rest->at[length] != ' ' && rest->at[length] != '\t')
        length++;
    *word = (str){ rest->at, length };
    *rest = str_after(*rest, length);
    return length > 0;
}

/* "30 2" is no day at all: without a weekday that would do instead it never comes. */
static bool days_exist(const struct cron *c)
{
    if (!c->any_day && !c->any_weekday)
        return true;
    for (int64_t month = 1; month <= 12; month++)
        for (int64_t date = 1; date <= month_length(2000, month); date++)
            if ((c->months >> month & 1) && (c->days >> date & 1))
                return true;
    return false;
}

const char *cron_read(str text, struct cron *out)
{
    *out = (struct cron){ 0 };
    struct {
        uint64_t *bits;
        bool *any;
    } into[] = { { &out->minutes, NULL }, { &out->hours, NULL }, { &out->days, &out->any_day },
                 { &out->months, NULL },  { &out->weekdays, &out->any_weekday } };
    str rest = str_trim(text), words[COUNT_OF(parts) + 1];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(nicknames); i++)
        if (str_equal_nocase(rest, str_of(nicknames[i].name)))
            rest = str_of(nicknames[i].means);
    while (count < COUNT_OF(words) && word_cut(&rest, &words[count]))
        count++;
    if (count != COUNT_OF(parts))
        return "it must have five fields: minute, hour, day of the month, month, day of the week";
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!part_read(&parts[i], words[i], into[i].bits, into[i].any))
            return parts[i].wrong;
    if (out->weekdays >> 7 & 1)
        out->weekdays |= 1;
    out->weekdays &= 0x7f;
    return days_exist(out) ? NULL : "no month that it names has such a day";
}

/* --- the next time --- */

static bool day_fits(const struct cron *c, int64_t days)
{
    struct date date = date_of_days(days);
    bool by_day = c->days >> date.day & 1;
    bool by_weekday = c->weekdays >> floor_mod(days + 4, 7) & 1; /* 1970-01-01 was a Thursday */
    if (!(c->months >> date.month & 1))
        return false;
    return c->any_day || c->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

bool cron_next_wall(const struct cron *c, wall after, wall *out)
{
    if (after.s < FIRST_SECOND || after.s > LAST_SECOND)
        return false;
    int64_t minute = floor_div(after.s, MINUTE_S) + 1;
    int64_t days = floor_div(minute, DAY_MINUTES), of_day = floor_mod(minute, DAY_MINUTES);
    int64_t last_days = LAST_SECOND / DAY_S;
    if (last_days > days + YEARS_LOOKED * INT64_C(366))
        last_days = days + YEARS_LOOKED * INT64_C(366);
    for (; days <= last_days; days++, of_day = 0) {
        if (!day_fits(c, days))
            continue;
        for (; of_day < DAY_MINUTES; of_day++)
            if ((c->hours >> of_day / 60 & 1) && (c->minutes >> of_day % 60 & 1)) {
                out->s = days * DAY_S + of_day * MINUTE_S;
                return true;
            }
    }
    return false;
}

bool cron_next(const struct cron *c, instant after, instant *out)
{
    wall at = wall_of(after);
    if (after.ms == TIME_NONE)
        return false;
    while (cron_next_wall(c, at, &at)) {
        wall shown = at;
        while (wall_to_instant(shown, out) == WALL_SKIPPED)
            shown.s += MINUTE_S;
        if (out->ms > after.ms)
            return true;
    }
    return false;
}
