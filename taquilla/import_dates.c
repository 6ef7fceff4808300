/* import_dates.c - dates as lists of films have them, and the years of a whole file. */
#include "taquilla/import_kinds.h"

#define MANY_ROWS 100 /* from here on a file's years tell when it was made */

static bool month_read(str text, int *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (text.len < 3)
        return false;
    for (int m = 0; m < 12; m++)
        if (str_equal_nocase((str){ text.at, 3 }, (str){ names + m * 3, 3 })) {
            *month = m + 1;
            return true;
        }
    return false;
}

/* "Jun 12 1998", "Jun 12, 1998", "12-Jun-98", "1998": words apart by spaces, commas or hyphens. */
static bool date_words(str text, struct date_read *out)
{
    str words[3], rest = text;
    size_t count = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool apart = i == text.len || text.at[i] == ' ' || text.at[i] == ',' || text.at[i] == '-';
        size_t from = (size_t)(rest.at - text.at);
        if (!apart)
            continue;
        if (i > from && count == 3)
            return false;
        if (i > from)
            words[count++] = (str){ rest.at, i - from };
        rest.at = text.at + i + 1;
    }
    *out = (struct date_read){ .day = 1, .month = 1, .year_alone = count == 1 };
    if (count == 1)
        return words[0].len == 4 && str_to_int(words[0], &out->year);
    if (count != 3 || !str_to_int(words[2], &out->year))
        return false;
    return (month_read(words[0], &out->month) && str_to_int(words[1], &out->day)) ||
           (month_read(words[1], &out->month) && str_to_int(words[0], &out->day));
}

/* Of an instant the day at Greenwich, where films are released. */
static bool date_of_instant(instant moment, struct date_read *out)
{
    char room[TIME_TEXT_MAX];
    str text = day_text(room, day_of((wall){ moment.ms / 1000 - (moment.ms % 1000 < 0) }));
    int64_t month;
    *out = (struct date_read){ 0 };
    bool good = text.len == 10 && str_to_int((str){ text.at, 4 }, &out->year) &&
                str_to_int((str){ text.at + 5, 2 }, &month) && str_to_int((str){ text.at + 8, 2 }, &out->day);
    out->month = good ? (int)month : 0;
    return good;
}

bool date_read(const struct value *v, int64_t this_year, struct date_read *out)
{
    str text = value_text(v);
    char room[TIME_TEXT_MAX];
    instant moment;
    if (json_is_integer(v->json)) { /* milliseconds, or a bare year */
        int64_t n = json_integer_value(v->json);
        *out = (struct date_read){ .year = n, .day = 1, .month = 1, .year_alone = true };
        if (n >= YEAR_FIRST && n <= YEAR_LAST)
            return true;
        text = instant_text(room, (instant){ n }, TIME_Z);
    }
    if (!text.at || text.len > 64)
        return false;
    if (instant_read(text, &moment))
        return date_of_instant(moment, out);
    if (!date_words(text, out))
        return false;
    if (out->year >= 0 && out->year < 100)
        out->year += out->year > (this_year + 1) % 100 ? 1900 : 2000;
    return true;
}

bool date_write(arena *a, const struct date_read *d, str *out)
{
    day found;
    if (d->year < YEAR_FIRST || d->year > YEAR_LAST || d->day < 1 || d->day > 31)
        return false;
    *out = arena_printf(a, "%04lld-%02d-%02lld", (long long)d->year, d->month, (long long)d->day);
    return day_read(*out, &found);
}

/* --- the file's years --- */

static int64_t year_of(day date)
{
    char room[TIME_TEXT_MAX];
    int64_t year = 0;
    return str_to_int((str){ day_text(room, date).at, 4 }, &year) ? year : 0;
}

void lore_begin(struct lore *lore, day today)
{
    *lore = (struct lore){ .this_year = year_of(today) };
}

/* The newest year that can be meant. Years of two digits were once read into the wrong century (The Birth of a Nation is
 * of 1915, not 2015), so in a file of many films what follows two years without any is not new, but old. */
void lore_end(struct lore *lore)
{
    size_t most = 0;
    lore->newest = lore->this_year + 1;
    if (lore->rows < MANY_ROWS)
        return;
    for (int64_t y = YEAR_FIRST; y <= lore->this_year; y++)
        if (lore->films[y] > most) {
            most = lore->films[y];
            lore->newest = y;
        }
    while (lore->newest <= lore->this_year && lore->films[lore->newest + 1] + lore->films[lore->newest + 2] > 0)
        lore->newest++;
}
