/* settings.c - what the house is told at start: one table, read from .env and the environment, refused in plain words. */
#include "lib/frame/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/db/redis.h"
#include "lib/json/read.h"

#define DOTENV_BYTES_MAX ((size_t)64 * 1024)

static const char *const weekdays[] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", NULL };

static const struct field settings_fields[] = {
    FIELD(struct settings, time_zone, "TIME_ZONE", .optional = true,
          .doc = "the house's time zone, an IANA name as America/Lima; without it the machine's"),
    FIELD(struct settings, currency, "CURRENCY", .fallback = "USD", .min = 3, .max = 3,
          .doc = "ISO 4217 code of all prices"),
    FIELD(struct settings, cinema_name, "CINEMA_NAME", .fallback = "Taquilla", .min = 1, .max = 100,
          .doc = "shown on pages and tickets"),
    FIELD(struct settings, language, "LANGUAGE", .fallback = "es", .min = 2, .max = 10,
          .doc = "of the pages: es or en"),
    FIELD(struct settings, day_starts, "DAY_STARTS", .fallback = "05:00", .min = 5, .max = 5,
          .doc = "when the house's day begins (HH:MM): a showing at 01:00 belongs to the evening before"),
    FIELD(struct settings, week_starts, "WEEK_STARTS", .fallback = "monday", .choices = weekdays,
          .doc = "when the cinema week begins, which distributors are told of: thursday, friday"),
    FIELD(struct settings, listen, "LISTEN", .fallback = "127.0.0.1", .min = 1, .max = 255,
          .doc = "address to listen on; beyond this machine only with ADMIN_TOKEN or OPEN=true"),
    FIELD(struct settings, port, "PORT", .fallback = "0", .max = 65535,
          .doc = "of one service alone; 0 is its own (movies 3001, rooms 3002, reservations 3003, gateway 3004)"),
    FIELD(struct settings, admin_token, "ADMIN_TOKEN", .optional = true, .max = 200, .secret = true,
          .doc = "once set, changes and lists of persons need Authorization: Bearer with it"),
    FIELD(struct settings, service_token, "SERVICE_TOKEN", .optional = true, .max = 200, .secret = true,
          .doc = "what the services show each other; `taquilla up` makes one"),
    FIELD(struct settings, open, "OPEN", .fallback = "false",
          .doc = "listen beyond this machine although no ADMIN_TOKEN is set"),
    FIELD(struct settings, cors_origins, "CORS_ORIGINS", .fallback = "",
          .doc = "origins of pages that may ask, separated by commas; localhost always may; * is everybody"),
    FIELD(struct settings, public_hosts, "PUBLIC_HOSTS", .fallback = "",
          .doc = "names under which clients reach us, separated by commas; addresses and localhost always work"),
    FIELD(struct settings, data_dir, "DATA_DIR", .fallback = "./var", .min = 1, .max = 1000,
          .doc = "where embedded stores live; the flag --data"),
    FIELD(struct settings, log_keep_days, "LOG_KEEP_DAYS", .fallback = "0", .max = 36500,
          .doc = "days after which rooms and reservations drop rows of their logs that are kept in the cloud; 0: never"),
    FIELD(struct settings, movies_database_url, "MOVIES_DATABASE_URL", .optional = true, .max = 2000, .secret = true,
          .doc = "where movies keeps its store: sqlite:DIR or mongodb://user:password@host:27017/cinema_movies, with "
                 "?tls=true&tlsCAFile=FILE or other options of MongoDB's after it; without it DATA_DIR"),
    FIELD(struct settings, mongodb_uri, "MONGODB_URI", .optional = true, .max = 2000, .secret = true,
          .doc = "the same in the old system's name, for who sets no MOVIES_DATABASE_URL"),
    FIELD(struct settings, rooms_database_url, "ROOMS_DATABASE_URL", .optional = true, .max = 2000, .secret = true,
          .doc = "where rooms keeps its store: sqlite:DIR or mysql://user:password@host:3306/cinema_rooms, with "
                 "?ssl=require or ?ssl=verify&ssl_ca=FILE after it if the line is to be encrypted; without it DATA_DIR"),
    FIELD(struct settings, mysql_host, "MYSQL_HOST", .optional = true, .max = 255,
          .doc = "the same in the old system's names, for who sets no ROOMS_DATABASE_URL"),
    FIELD(struct settings, mysql_port, "MYSQL_PORT", .fallback = "3306", .min = 1, .max = 65535,
          .doc = "of MYSQL_HOST"),
    FIELD(struct settings, mysql_user, "MYSQL_USER", .fallback = "root", .max = 100, .doc = "at MYSQL_HOST"),
    FIELD(struct settings, mysql_password, "MYSQL_PASSWORD", .optional = true, .max = 200, .secret = true,
          .doc = "of MYSQL_USER"),
    FIELD(struct settings, mysql_database, "MYSQL_DATABASE", .fallback = "cinema_rooms", .max = 64,
          .doc = "at MYSQL_HOST"),
    FIELD(struct settings, reservations_database_url, "RESERVATIONS_DATABASE_URL", .optional = true, .max = 2000,
          .secret = true,
          .doc = "where reservations keeps its store: sqlite:DIR or postgres://user:password@host:5432/cinema_reservations, "
                 "with ?sslmode=require or ?sslmode=verify-full&sslrootcert=FILE after it; without it DATA_DIR"),
    FIELD(struct settings, spring_datasource_url, "SPRING_DATASOURCE_URL", .optional = true, .max = 2000, .secret = true,
          .doc = "the same as jdbc:postgresql://host:5432/database, for who sets no RESERVATIONS_DATABASE_URL"),
    FIELD(struct settings, db_username, "DB_USERNAME", .optional = true, .max = 100, .doc = "at SPRING_DATASOURCE_URL"),
    FIELD(struct settings, db_password, "DB_PASSWORD", .optional = true, .max = 200, .secret = true,
          .doc = "of DB_USERNAME"),
    FIELD(struct settings, postgres_host, "POSTGRES_HOST", .optional = true, .max = 255,
          .doc = "the same in the old system's names, for who sets neither of those URLs"),
    FIELD(struct settings, postgres_port, "POSTGRES_PORT", .fallback = "5432", .min = 1, .max = 65535,
          .doc = "of POSTGRES_HOST"),
    FIELD(struct settings, postgres_user, "POSTGRES_USER", .fallback = "postgres", .max = 100,
          .doc = "at POSTGRES_HOST; also without DB_USERNAME"),
    FIELD(struct settings, postgres_password, "POSTGRES_PASSWORD", .optional = true, .max = 200, .secret = true,
          .doc = "of POSTGRES_USER; also without DB_PASSWORD"),
    FIELD(struct settings, postgres_database, "POSTGRES_DATABASE", .fallback = "cinema_reservations", .max = 64,
          .doc = "at POSTGRES_HOST"),
    FIELD(struct settings, analytics_database_url, "ANALYTICS_DATABASE_URL", .optional = true, .max = 2000, .secret = true,
          .doc = "where analytics keeps its sums: sqlite:DIR or postgres://user:password@host:5432/cinema_analytics, "
                 "with ?sslmode=require or ?sslmode=verify-full&sslrootcert=FILE after it; without it DATA_DIR"),
    FIELD(struct settings, rds_endpoint, "RDS_ENDPOINT", .optional = true, .max = 255,
          .doc = "the same in the old system's names, for who sets no ANALYTICS_DATABASE_URL"),
    FIELD(struct settings, rds_port, "RDS_PORT", .fallback = "5432", .min = 1, .max = 65535, .doc = "of RDS_ENDPOINT"),
    FIELD(struct settings, rds_user, "RDS_USER", .fallback = "postgres", .max = 100, .doc = "at RDS_ENDPOINT"),
    FIELD(struct settings, rds_password, "RDS_PASSWORD", .optional = true, .max = 200, .secret = true,
          .doc = "of RDS_USER"),
    FIELD(struct settings, rds_database, "RDS_DATABASE", .fallback = "cinema_analytics", .max = 64,
          .doc = "at RDS_ENDPOINT"),
    FIELD(struct settings, redis_url, "REDIS_URL", .optional = true, .max = 2000, .secret = true,
          .doc = "redis://user:password@host:6379/0: services tell each other what changed by way of Redis, a database of it for this "
                 "cinema alone; without it, or with it away, over HTTP"),
    FIELD(struct settings, movies_api_url, "MOVIES_API_URL", .optional = true,
          .doc = "http://host:port of movies; without it port 3001 here; none: this service runs alone"),
    FIELD(struct settings, rooms_api_url, "ROOMS_API_URL", .optional = true,
          .doc = "http://host:port of rooms; without it port 3002 here; none: this service runs alone"),
    FIELD(struct settings, reservations_api_url, "RESERVATIONS_API_URL", .optional = true,
          .doc = "http://host:port of reservations; without it port 3003 here; none: this service runs alone"),
    FIELD(struct settings, shed_late_ms, "SHED_WHEN_LATE_MS", .fallback = "50", .max = 60000,
          .doc = "milliseconds; when every request waits longer for its turn, some are refused (503 overloaded), lists and searches "
                 "first, payments last; 0: none"),
    FIELD(struct settings, measure_stacks, "MEASURE_STACKS", .fallback = "false",
          .doc = "stack depth of every route in /metrics; costs speed"),
};

static const fault *setting_refused(arena *a, const char *sentence)
{
    return fault_new(a, FAULT_INVALID, "setting_invalid", "%s", sentence);
}

static bool token_printable(str token)
{
    for (size_t i = 0; i < token.len; i++)
        if (token.at[i] < 0x21 || token.at[i] > 0x7e)
            return false;
    return true;
}

static bool clock_text(str text)
{
    int64_t hour, minute;
    return text.len == 5 && text.at[2] == ':' && str_to_int((str){ text.at, 2 }, &hour) &&
           str_to_int(str_after(text, 3), &minute) && hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}

static const fault *settings_check(arena *a, void *body)
{
    const struct settings *s = body;
    if (!clock_text(s->day_starts))
        return setting_refused(a, "DAY_STARTS must be a time of day like 05:00.");
    if (!token_printable(s->admin_token))
        return setting_refused(a, "ADMIN_TOKEN must be visible ASCII characters without spaces.");
    if (!token_printable(s->service_token))
        return setting_refused(a, "SERVICE_TOKEN must be visible ASCII characters without spaces.");
    struct redis_address unused;
    return s->redis_url.len > 0 ? redis_address_read(a, "REDIS_URL", s->redis_url, &unused) : NULL;
}

const struct shape settings_shape = SHAPE(settings, settings_fields, .check = settings_check);

/* --- .env --- */

/* No text when there is no such file. */
static const fault *dotenv_load(arena *a, const char *path, str *text)
{
    *text = (str){ NULL, 0 };
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? NULL : fault_new(a, FAULT_INVALID, "setting_invalid",
                                                  "The file %s is there and cannot be read.", path);
    char *bytes = arena_take(a, DOTENV_BYTES_MAX);
    size_t length = fread(bytes, 1, DOTENV_BYTES_MAX, file);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken || length == DOTENV_BYTES_MAX)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "The file %s cannot be read, or is larger than 64 KiB.", path);
    *text = (str){ bytes, length };
    return NULL;
}

/* What follows the opening double quote: \n, \t, \" and \\ are what they are in a shell's $'...'. */
static bool quoted_read(arena *a, str rest, str *value)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < rest.len; i++) {
        char ch = rest.at[i];
        if (ch == '"') {
            *value = out.at ? buf_str(&out) : STR("");
            return true;
        }
        if (ch == '\\' && i + 1 < rest.len) {
            ch = rest.at[++i];
            ch = ch == 'n' ? '\n' : ch == 't' ? '\t' : ch;
        }
        buf_char(&out, ch);
    }
    return false;
}

static bool single_quoted_read(str rest, str *value)
{
    str inside = rest;
    if (!str_cut(&inside, '\'', value))
        return false;
    return value->len < rest.len; /* the closing quote was there */
}

/* Without quotes: up to " #" or the end. */
static str bare_read(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '#' && (i == 0 || text.at[i - 1] == ' ' || text.at[i - 1] == '\t'))
            return str_trim((str){ text.at, i });
    return text;
}

/* One line; *name has no text for a blank one or a comment. */
static bool dotenv_line(arena *a, str line, str *name, str *value)
{
    *name = (str){ NULL, 0 };
    line = str_trim(line);
    if (line.len == 0 || line.at[0] == '#')
        return true;
    if (str_starts(line, STR("export ")))
        line = str_trim(str_after(line, 7));
    str rest = line;
    if (!str_cut(&rest, '=', name) || name->len == line.len || name->len == 0)
        return false;
    *name = str_trim(*name);
    rest = str_trim(rest);
    if (str_starts(rest, STR("\"")))
        return quoted_read(a, str_after(rest, 1), value);
    if (str_starts(rest, STR("'")))
        return single_quoted_read(str_after(rest, 1), value);
    *value = bare_read(rest);
    return true;
}

/* The last of several lines with that name counts. Every line is looked at, so a bad one is told whatever is asked. */
static const fault *dotenv_find(arena *a, const char *path, str text, str wanted, str *found)
{
    str line, name, value;
    for (int number = 1; text.at && str_cut(&text, '\n', &line); number++) {
        if (!dotenv_line(a, line, &name, &value))
            return fault_new(a, FAULT_INVALID, "setting_invalid",
                             "Line %d of %s is not NAME=VALUE, or a quote in it is not closed.", number, path);
        if (name.at && str_equal(name, wanted))
            *found = value;
    }
    return NULL;
}

const fault *settings_file_read(arena *a, const char *path, const struct shape *s, strs *pairs)
{
    str text;
    TRY(dotenv_load(a, path, &text));
    *pairs = (strs){ NEW_ARRAY(a, str, s->count), 0 };
    for (size_t i = 0; i < s->count; i++) {
        str value = { NULL, 0 };
        TRY(dotenv_find(a, path, text, str_of(s->fields[i].name), &value));
        if (value.len > 0)
            pairs->at[pairs->count++] = arena_printf(a, "%s=%.*s", s->fields[i].name, STR_ARG(value));
    }
    return NULL;
}

/* --- reading --- */

/* The names by which people say yes and no in an environment. */
static str bool_spelled(str value)
{
    static const char *const yes[] = { "1", "yes", "on", "true" }, *const no[] = { "0", "no", "off", "false" };
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (str_equal_nocase(value, str_of(yes[i])))
            return STR("true");
        if (str_equal_nocase(value, str_of(no[i])))
            return STR("false");
    }
    return value;
}

static void query_escape(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_printf(out, "%%%02x", (unsigned)(unsigned char)text.at[i]);
}

/* All fields' sentences as one. */
static const fault *fields_as_sentence(arena *a, const fault *problem)
{
    if (!problem->fields)
        return fault_new(a, FAULT_INVALID, "setting_invalid", "%.*s", STR_ARG(problem->sentence));
    struct buf all = { .in = a };
    for (const struct fault_field *f = problem->fields; f; f = f->next) {
        if (all.len > 0)
            buf_char(&all, ' ');
        buf_text(&all, f->sentence);
    }
    return fault_new(a, FAULT_INVALID, "setting_invalid", "%.*s", STR_ARG(buf_str(&all)));
}

/* The names that are set become a query string: so they are read by the very rules of every other input. */
const fault *settings_read(arena *a, const struct shape *s, void *out)
{
    struct buf query = { .in = a };
    str dotenv;
    TRY(dotenv_load(a, ".env", &dotenv));
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        str value = { NULL, 0 };
        TRY(dotenv_find(a, ".env", dotenv, str_of(f->name), &value));
        const char *set = getenv(f->name);
        if (set)
            value = str_of(set);
        value = str_trim(value);
        if (value.len == 0)
            continue;
        if (f->kind == KIND_BOOL)
            value = bool_spelled(value);
        buf_printf(&query, "%s%s=", query.len > 0 ? "&" : "", f->name);
        query_escape(&query, value);
    }
    const fault *problem = query_read(a, buf_str(&query), s, out);
    return problem ? fields_as_sentence(a, problem) : NULL;
}

/* --- printing --- */

static void texts_print(const strs *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        printf("%s%.*s", i > 0 ? "," : "", STR_ARG(texts->at[i]));
}

static void value_print(const struct field *f, const void *member)
{
    switch (f->kind) {
    case KIND_INTEGER:
        printf("%lld", (long long)*(const int64_t *)member);
        break;
    case KIND_NUMBER:
        printf("%g", *(const double *)member);
        break;
    case KIND_BOOL:
        printf("%s", *(const bool *)member ? "true" : "false");
        break;
    case KIND_TEXT:
        printf("%.*s", STR_ARG(*(const str *)member));
        break;
    case KIND_CHOICE:
        printf("%s", f->choices[*(const unsigned *)member]);
        break;
    case KIND_TEXTS:
        texts_print(member);
        break;
    case KIND_MONEY:
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
    case KIND_IDS:
    case KIND_LIST:
    case KIND_OBJECT:
    case KIND_RAW: /* no setting is one */
        break;
    }
}

void settings_print(const struct shape *s, const void *values)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        const void *member = (const char *)values + f->offset;
        printf("%s=", f->name);
        if (!f->secret)
            value_print(f, member);
        else if (((const str *)member)->len > 0)
            printf("(set, not shown)");
        printf("\n    %s", f->doc ? f->doc : "");
        if (f->fallback && f->fallback[0])
            printf(" (default %s)", f->fallback);
        printf("\n");
    }
}
