/* import_rows.c - reads rows of the kind of vega-datasets' movies.json, and of our own kind. */
#include "taquilla/import_rows.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/write.h"

#define MINUTES_MAX 1440
#define TEXT_BYTES_MAX 500 /* of a title or name: more is not one */
#define YEAR_FIRST 1888    /* the first film */
#define YEAR_LAST 2199
#define MANY_ROWS 100      /* from here on a file's years tell when it was made */

const char *const repair_fields[REPAIR_COUNT] = {
    [REPAIR_TITLE] = "title", [REPAIR_DESCRIPTION] = "description", [REPAIR_DURATION] = "duration",
    [REPAIR_DIRECTOR] = "director", [REPAIR_DATE] = "releaseDate", [REPAIR_RATING] = "rating",
};
const char *const repair_rules[REPAIR_COUNT] = {
    [REPAIR_TITLE] = "a number, written as text",
    [REPAIR_DESCRIPTION] = "none, written from genre, year, source and distributor",
    [REPAIR_DURATION] = "unknown, taken as 120 minutes",
    [REPAIR_DIRECTOR] = "unknown, written as \"Unknown\"",
    [REPAIR_DATE] = "a year later than the file's newest films or than next year, moved back a century",
    [REPAIR_RATING] = "no IMDB rating, a tenth of the Rotten Tomatoes one; out of range, 0",
};

/* --- members of a row --- */

/* The first of the two names that the row has. */
static const json_t *member(const json_t *row, const char *vega, const char *ours)
{
    const json_t *found = json_object_get(row, vega);
    return found && !json_is_null(found) ? found : json_object_get(row, ours);
}

/* A text without white space at its ends; no text when it is none, blank or beyond all measure. */
static str text_of(const json_t *value, size_t bytes_max)
{
    if (!json_is_string(value))
        return (str){ NULL, 0 };
    str text = str_trim((str){ json_string_value(value), json_string_length(value) });
    return text.len == 0 || text.len > bytes_max ? (str){ NULL, 0 } : text;
}

static str name_of(arena *a, const json_t *value, bool *was_number)
{
    *was_number = json_is_integer(value);
    if (*was_number)
        return arena_printf(a, "%lld", (long long)json_integer_value(value));
    return text_of(value, TEXT_BYTES_MAX);
}

/* --- dates --- */

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

struct date {
    int64_t year, day;
    int month;
};

/* "Jun 12 1998", "Jun 12, 1998", "12-Jun-98", "1998": words apart by spaces, commas or hyphens. */
static bool date_words(str text, struct date *out)
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
    *out = (struct date){ .day = 1, .month = 1 };
    if (count == 1)
        return words[0].len == 4 && str_to_int(words[0], &out->year);
    if (count != 3 || !str_to_int(words[2], &out->year))
        return false;
    return (month_read(words[0], &out->month) && str_to_int(words[1], &out->day)) ||
           (month_read(words[1], &out->month) && str_to_int(words[0], &out->day));
}

static bool date_read(const json_t *value, int64_t this_year, struct date *out)
{
    str text = text_of(value, 64);
    day date;
    char room[TIME_TEXT_MAX];
    instant moment;
    if (json_is_integer(value)) { /* milliseconds, or a bare year */
        int64_t n = json_integer_value(value);
        *out = (struct date){ .year = n, .day = 1, .month = 1 };
        if (n >= YEAR_FIRST && n <= YEAR_LAST)
            return true;
        text = instant_text(room, (instant){ n }, TIME_Z);
    }
    if (text.at && instant_read(text, &moment)) {
        date = day_of((wall){ moment.ms / 1000 - (moment.ms % 1000 < 0) });
        text = day_text(room, date);
        *out = (struct date){ 0 };
        int64_t month;
        bool good = str_to_int((str){ text.at, 4 }, &out->year) && str_to_int((str){ text.at + 5, 2 }, &month) &&
                    str_to_int((str){ text.at + 8, 2 }, &out->day);
        out->month = good ? (int)month : 0;
        return good;
    }
    if (!text.at || !date_words(text, out))
        return false;
    if (out->year >= 0 && out->year < 100)
        out->year += out->year > (this_year + 1) % 100 ? 1900 : 2000;
    return true;
}

/* The date as YYYY-MM-DD; false when there is no such day. */
static bool date_write(arena *a, const struct date *d, str *out)
{
    day found;
    if (d->year < YEAR_FIRST || d->year > YEAR_LAST || d->day < 1 || d->day > 31)
        return false;
    *out = arena_printf(a, "%04lld-%02d-%02lld", (long long)d->year, d->month, (long long)d->day);
    return day_read(*out, &found);
}

/* --- the file's years --- */

/* The newest year that can be meant. Years of two digits were once read into the wrong century (The Birth of a Nation is
 * of 1915, not 2015), so in a file of many films what follows two years without any is not new, but old. */
static int64_t newest_year(const json_t *rows, int64_t this_year)
{
    size_t films[YEAR_LAST + 3] = { 0 }, most = 0;
    size_t count = json_array_size(rows);
    int64_t year = this_year + 1;
    for (size_t i = 0; i < count; i++) {
        struct date d;
        if (date_read(member(json_array_get(rows, i), "Release Date", "releaseDate"), this_year, &d) && d.year >= 0 &&
            d.year <= YEAR_LAST)
            films[d.year]++;
    }
    if (count < MANY_ROWS)
        return year;
    for (int64_t y = YEAR_FIRST; y <= this_year; y++)
        if (films[y] > most) {
            most = films[y];
            year = y;
        }
    while (year <= this_year && films[year + 1] + films[year + 2] > 0)
        year++;
    return year;
}

/* --- one film --- */

struct film {
    str title, description, director, released;
    int64_t year, minutes;
    double rating;
};

static str description_of(arena *a, const json_t *row, const struct film *f, bool *made)
{
    str given = text_of(json_object_get(row, "description"), 20000);
    *made = !given.at;
    if (given.at)
        return given;
    struct buf out = { .in = a };
    str genre = text_of(json_object_get(row, "Major Genre"), 100);
    str source = text_of(json_object_get(row, "Source"), 100);
    str distributor = text_of(json_object_get(row, "Distributor"), 100);
    buf_printf(&out, "%.*s of %lld", STR_ARG(genre.at ? genre : STR("Film")), (long long)f->year);
    if (source.at)
        buf_printf(&out, " (%.*s)", STR_ARG(source));
    if (distributor.at)
        buf_printf(&out, ", distributed by %.*s", STR_ARG(distributor));
    buf_char(&out, '.');
    return buf_str(&out);
}

static int64_t minutes_of(const json_t *row, bool *repaired)
{
    const json_t *value = member(row, "Running Time min", "duration");
    int64_t minutes = json_is_number(value) ? (int64_t)json_number_value(value) : 0;
    *repaired = minutes < 1 || minutes > MINUTES_MAX;
    return *repaired ? IMPORT_MINUTES_UNKNOWN : minutes;
}

static double rating_of(const json_t *row, bool *repaired)
{
    const json_t *value = member(row, "IMDB Rating", "rating"), *rotten = json_object_get(row, "Rotten Tomatoes Rating");
    double rating = json_is_number(value) ? json_number_value(value) : 0;
    *repaired = !json_is_number(value) && json_is_number(rotten);
    if (*repaired)
        rating = round(json_number_value(rotten)) / 10;
    if (rating >= 0 && rating <= 10)
        return rating;
    *repaired = true;
    return 0;
}

static void texts_write(struct buf *out, const char *name, const json_t *value)
{
    bool one = json_is_string(value), first = true;
    size_t count = one ? 1 : json_array_size(value);
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        str text = text_of(one ? value : json_array_get(value, i), TEXT_BYTES_MAX);
        if (!text.at)
            continue;
        if (!first)
            buf_char(out, ',');
        json_write_text(out, text);
        first = false;
    }
    buf_char(out, ']');
}

static void text_member(struct buf *out, const char *name, str text)
{
    if (!text.at)
        return;
    buf_printf(out, "%s\"%s\":", out->len == 1 ? "" : ",", name);
    json_write_text(out, text);
}

static str film_write(arena *a, const struct film *f, const json_t *row)
{
    struct buf out = { .in = a };
    buf_char(&out, '{');
    text_member(&out, "title", f->title);
    text_member(&out, "description", f->description);
    text_member(&out, "director", f->director);
    text_member(&out, "releaseDate", f->released);
    text_member(&out, "posterUrl", text_of(json_object_get(row, "posterUrl"), 2000));
    text_member(&out, "trailerUrl", text_of(json_object_get(row, "trailerUrl"), 2000));
    buf_printf(&out, ",\"duration\":%lld,\"rating\":%.1f", (long long)f->minutes, f->rating);
    texts_write(&out, "genre", member(row, "Major Genre", "genre"));
    texts_write(&out, "cast", json_object_get(row, "cast"));
    if (json_is_false(json_object_get(row, "isActive")))
        buf_literal(&out, ",\"isActive\":false");
    buf_char(&out, '}');
    return buf_str(&out);
}

static void row_read(arena *a, const json_t *row, int64_t this_year, int64_t newest, struct import_row *out)
{
    struct film f = { 0 };
    struct date d;
    out->name = STR("-");
    if (!json_is_object(row)) {
        out->refused = "not an object";
        return;
    }
    f.title = name_of(a, member(row, "Title", "title"), &out->repaired[REPAIR_TITLE]);
    const json_t *date = member(row, "Release Date", "releaseDate");
    if (f.title.at)
        out->name = arena_copy(a, f.title);
    if (!f.title.at)
        out->refused = "no title";
    else if (!date || json_is_null(date))
        out->refused = "no release date";
    else if (!date_read(date, this_year, &d))
        out->refused = "a release date that cannot be read";
    if (out->refused)
        return;
    out->repaired[REPAIR_DATE] = d.year > newest && d.year < newest + 200;
    if (out->repaired[REPAIR_DATE])
        d.year -= 100;
    if (!date_write(a, &d, &f.released)) {
        out->refused = "a release date that does not exist";
        return;
    }
    f.year = d.year;
    f.minutes = minutes_of(row, &out->repaired[REPAIR_DURATION]);
    f.rating = rating_of(row, &out->repaired[REPAIR_RATING]);
    f.description = description_of(a, row, &f, &out->repaired[REPAIR_DESCRIPTION]);
    f.director = text_of(member(row, "Director", "director"), TEXT_BYTES_MAX);
    out->repaired[REPAIR_DIRECTOR] = !f.director.at;
    if (!f.director.at)
        f.director = STR("Unknown");
    out->film = film_write(a, &f, row);
}

/* --- the file --- */

/* Where each member of the outer array begins; the text has been read well before. */
static void lines_find(str text, list *rows)
{
    size_t line = 1, depth = 0, at = 0;
    bool quoted = false, expected = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (depth == 1 && expected && !blank && c != ']' && at < rows->count) {
            LIST_AT(rows, struct import_row, at++)->line = line;
            expected = false;
        }
        line += c == '\n';
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            expected = ++depth == 1;
        } else if (c == ']' || c == '}') {
            depth--;
        } else if (c == ',' && depth == 1) {
            expected = true;
        }
    }
}

static int64_t year_of(day date)
{
    char room[TIME_TEXT_MAX];
    int64_t year = 0;
    return str_to_int((str){ day_text(room, date).at, 4 }, &year) ? year : 0;
}

const fault *import_read(arena *a, str text, day today, list *rows)
{
    json_error_t problem;
    int64_t this_year = year_of(today);
    static const str mark = { "\xef\xbb\xbf", 3 };
    if (str_starts(text, mark))
        text = str_after(text, mark.len);
    if (json_too_deep(text))
        return fault_new(a, FAULT_INVALID, "import_unreadable", "It is nested too deep to be a list of films.");
    json_t *root = json_loadb(text.at, text.len, 0, &problem);
    if (!root)
        return fault_new(a, FAULT_INVALID, "import_unreadable", "Line %d is not JSON: %s.", problem.line, problem.text);
    if (!json_is_array(root)) {
        json_decref(root);
        return fault_new(a, FAULT_INVALID, "import_unreadable", "It is not a JSON array of films.");
    }
    *rows = (list){ NEW_ARRAY(a, struct import_row, json_array_size(root)), json_array_size(root) };
    lines_find(text, rows);
    int64_t newest = newest_year(root, this_year);
    for (size_t i = 0; i < rows->count; i++)
        row_read(a, json_array_get(root, i), this_year, newest, LIST_AT(rows, struct import_row, i));
    json_decref(root);
    return NULL;
}
