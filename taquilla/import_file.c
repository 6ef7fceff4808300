/* import_file.c - opens a file of rows, finds out what it is, and reads on. */
#include "taquilla/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json/read.h"

/* --- open --- */

static const fault *unreadable(const struct import_file *f, arena *a, size_t line, const char *why)
{
    if (line)
        return fault_new(a, FAULT_INVALID, "import_unreadable", "%s, line %zu: %s.", f->path, line, why);
    return fault_new(a, FAULT_INVALID, "import_unreadable", "%s: %s.", f->path, why);
}

static size_t file_more(void *arg, char *room, size_t bytes)
{
    struct import_file *f = arg;
    ssize_t got;
    do
        got = read(f->fd, room, bytes);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        f->problem = errno;
    return got > 0 ? (size_t)got : 0;
}

static bool named_so(const char *path, const char *const *endings)
{
    for (; *endings; endings++) {
        str ending = str_of(*endings), whole = str_of(path);
        if (whole.len > ending.len && str_equal_nocase(str_after(whole, whole.len - ending.len), ending))
            return true;
    }
    return false;
}

static bool file_is_csv(const char *path, str ahead)
{
    static const char *const csv[] = { ".csv", ".tsv", NULL }, *const json[] = { ".json", ".ndjson", ".jsonl", NULL };
    if (named_so(path, csv) || named_so(path, json))
        return named_so(path, csv);
    ahead = str_trim(ahead);
    return ahead.at[0] != '[' && ahead.at[0] != '{';
}

static const fault *header_read(struct import_file *f, arena *a)
{
    struct csv_row row;
    csv_open(f->boot, &f->csv, f->source);
    if (!csv_next(&f->csv, &row))
        return unreadable(f, a, f->csv.unclosed_line, f->csv.unclosed_line ? "a quote is never closed" : "it is empty");
    if (row.flaw == CSV_WIDE)
        return unreadable(f, a, row.line, "it has more than 256 columns");
    if (row.flaw != CSV_FINE)
        return unreadable(f, a, row.line, "the names of the columns cannot be read");
    for (size_t i = 0; i < row.count; i++) {
        str name = str_trim(csv_plain(row.cells[i]));
        if (!str_is_utf8(name))
            return unreadable(f, a, row.line, "the names of the columns are not UTF-8; save the file as \"CSV UTF-8\"");
        f->header[i] = name.len ? columns_find(f->columns, f->boot, name) : NULL;
    }
    f->header_count = row.count;
    return NULL;
}

static const fault *form_find(struct import_file *f, arena *a)
{
    str ahead = source_ahead(f->source);
    if (f->problem)
        return unreadable(f, a, 0, strerror(f->problem));
    if (str_starts(ahead, STR("\xff\xfe")) || str_starts(ahead, STR("\xfe\xff")))
        return unreadable(f, a, 0, "it is UTF-16; save it as UTF-8");
    source_skip_mark(f->source);
    if (str_blank(source_ahead(f->source)))
        return unreadable(f, a, 0, "it is empty");
    f->is_csv = file_is_csv(f->path, source_ahead(f->source));
    if (f->is_csv)
        return header_read(f, a);
    json_rows_open(f->boot, &f->rows, f->source);
    if (!f->rows.array && source_peek(f->source) != '{')
        return unreadable(f, a, 0, "it is neither a JSON array, nor lines of JSON objects");
    return NULL;
}

const fault *import_file_open(arena *boot, struct import_file *out, const char *path, struct columns *columns)
{
    struct stat is;
    *out = (struct import_file){ .path = path, .columns = columns, .boot = boot };
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (out->fd < 0 || fstat(out->fd, &is) != 0)
        return unreadable(out, boot, 0, strerror(errno));
    if (!S_ISREG(is.st_mode)) /* it is read twice */
        return unreadable(out, boot, 0, "it is not a file");
    out->source = NEW(boot, struct source);
    out->source->more = file_more;
    out->source->arg = out;
    return form_find(out, boot);
}

void import_file_close(struct import_file *f)
{
    json_decref(f->held);
    f->held = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* --- rows --- */

/* Of two columns for one field the better named one counts, if it has something. */
static void value_take(struct row *out, unsigned ranks[IMPORT_FIELDS_MAX], const struct column *column, struct value v)
{
    if (!column || column->field < 0 || !value_given(&v))
        return;
    if (!value_given(&out->of[column->field]) || column->rank < ranks[column->field]) {
        out->of[column->field] = v;
        ranks[column->field] = column->rank;
    }
}

static const char *cell_flaw(const struct import_file *f, const struct csv_row *row, size_t i)
{
    if (i >= f->header_count && !str_blank(row->cells[i]))
        return "more cells than there are columns";
    return str_is_utf8(row->cells[i]) ? NULL : "text that is not UTF-8";
}

static bool csv_row_read(struct import_file *f, struct row *out)
{
    static const char *const flaws[] = { [CSV_FINE] = NULL, [CSV_LONG] = "longer than 1 MiB",
                                         [CSV_WIDE] = "more than 256 cells", [CSV_NUL] = "a NUL byte in its text",
                                         [CSV_TAIL] = "text behind a closing quote" };
    unsigned ranks[IMPORT_FIELDS_MAX] = { 0 };
    struct csv_row row;
    if (!csv_next(&f->csv, &row))
        return false;
    out->line = row.line;
    out->flaw = flaws[row.flaw];
    for (size_t i = 0; i < row.count && !out->flaw; i++) {
        out->flaw = cell_flaw(f, &row, i);
        if (i < f->header_count)
            value_take(out, ranks, f->header[i], value_of_cell(csv_plain(row.cells[i])));
    }
    return true;
}

static void object_read(struct import_file *f, struct row *out)
{
    unsigned ranks[IMPORT_FIELDS_MAX] = { 0 };
    const char *key;
    json_t *member;
    json_object_foreach(f->held, key, member)
        value_take(out, ranks, columns_find(f->columns, f->boot, str_of(key)), value_of_json(member));
}

/* These are faults of a row that can be told from the next one. */
static const char *json_flaw(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_duplicate_key)
        return "the same name twice";
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return "a NUL byte in its text";
    return NULL;
}

/* *broken: not JSON. In an array nothing after it can be trusted; in NDJSON the next line is another row. */
static bool json_row_read(struct import_file *f, struct row *out, bool *broken)
{
    struct json_row row;
    json_error_t error;
    if (!json_rows_next(&f->rows, &row))
        return false;
    out->line = row.line;
    json_decref(f->held);
    f->held = NULL;
    if (row.too_long)
        out->flaw = "longer than 1 MiB";
    else if (json_too_deep(row.text))
        out->flaw = "nested deeper than 32";
    if (!out->flaw && !(f->held = json_loadb(row.text.at, row.text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error))) {
        out->flaw = json_flaw(&error);
        *broken = !out->flaw && f->rows.array;
        out->flaw = out->flaw ? out->flaw : "not JSON";
    }
    if (!out->flaw && !json_is_object(f->held))
        out->flaw = "not an object";
    if (!out->flaw)
        object_read(f, out);
    return true;
}

const fault *import_file_next(struct import_file *f, arena *a, struct row *out, bool *found)
{
    bool broken = false;
    *out = (struct row){ 0 };
    *found = f->is_csv ? csv_row_read(f, out) : json_row_read(f, out, &broken);
    if (f->problem)
        return unreadable(f, a, 0, strerror(f->problem));
    if (broken)
        return unreadable(f, a, out->line, "it is not JSON");
    if (*found)
        return NULL;
    if (f->is_csv && f->csv.unclosed_line)
        return unreadable(f, a, f->csv.unclosed_line, "a quote is never closed");
    if (!f->is_csv && f->rows.broken)
        return unreadable(f, a, f->rows.broken_line, f->rows.broken);
    return NULL;
}
