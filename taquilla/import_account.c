/* import_account.c - counts rows, groups refusals by their reason, and writes the report. */
#include "taquilla/import_account.h"

#include <errno.h>
#include <string.h>

#include "lib/base/csv.h"
#include "lib/http/codes.h"

#define NAME_CHARACTERS_MAX 60
#define SENTENCE_CHARACTERS_MAX 200
#define COLUMNS_CHARACTERS_MAX 1000

/* --- the report --- */

static void report_row(struct account *acc, const struct import_row *row, const char *what, str field, str why)
{
    struct buf out = { .in = NULL };
    char line[24] = "line";
    if (!acc->report)
        return;
    if (row->line)
        snprintf(line, sizeof(line), "%zu", row->line);
    const str cells[] = { str_of(line), str_of(what), row->name, field, why };
    csv_write_row(&out, cells, COUNT_OF(cells));
    fwrite(out.at, 1, out.len, acc->report);
    buf_free(&out);
}

const fault *account_open(struct account *acc, arena *boot, const struct import_kind *kind, const char *path)
{
    *acc = (struct account){ .kind = kind, .boot = boot };
    if (!path)
        return NULL;
    acc->report = fopen(path, "we");
    if (!acc->report)
        return fault_new(boot, FAULT_INVALID, "import_report", "%s: %s.", path, strerror(errno));
    report_row(acc, &(struct import_row){ .name = STR("name") }, "what", STR("field"), STR("why"));
    return NULL;
}

const fault *account_close(struct account *acc, arena *a, const char *path)
{
    if (!acc->report)
        return NULL;
    bool bad = ferror(acc->report) != 0;
    bad |= fclose(acc->report) != 0;
    acc->report = NULL;
    return bad ? fault_new(a, FAULT_INVALID, "import_report", "%s could not be written to its end: %s.", path, strerror(errno))
               : NULL;
}

/* --- refusals --- */

/* For a terminal: no control characters, and not for ever. */
static str shown_text(arena *a, str text, size_t characters_max)
{
    struct buf out = { .in = a };
    size_t count = 0;
    for (size_t i = 0, step; i < text.len; i += step) {
        step = str_utf8_step(str_after(text, i));
        bool control = (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f ||
                       (step == 2 && text.at[i] == '\xc2' && (unsigned char)text.at[i + 1] < 0xa0);
        if (count++ == characters_max) {
            buf_literal(&out, " ...");
            break;
        }
        if (step == 0 || control)
            buf_char(&out, '?');
        else
            buf_put(&out, text.at + i, step);
        step = step ? step : 1;
    }
    return out.len ? buf_str(&out) : STR("-");
}

/* What is bad in a field is told by its sentence, all else by its code: sentences name showings and rooms. */
static struct reason *reason_of(struct account *acc, str code, str sentence)
{
    bool coded = code.len && !str_equal(code, STR("validation_failed"));
    str text = coded ? code : sentence;
    for (size_t i = 0; i < acc->reason_count; i++)
        if (acc->reasons[i].coded == coded && str_equal(acc->reasons[i].text, text))
            return &acc->reasons[i];
    if (acc->reason_count == REASONS_MAX)
        return NULL;
    struct reason *made = &acc->reasons[acc->reason_count++];
    *made = (struct reason){ .text = arena_copy(acc->boot, text), .coded = coded };
    return made;
}

static void refusal_note(struct account *acc, const struct import_row *row, str code, str sentence)
{
    struct reason *reason = reason_of(acc, code, sentence);
    acc->refused++;
    report_row(acc, row, "refused", STR(""), sentence);
    if (!reason) {
        acc->other_reasons++;
        return;
    }
    reason->count++;
    if (reason->shown == REASON_LINES_MAX)
        return;
    str line = arena_printf(acc->boot, "line %zu: %.*s", row->line, STR_ARG(shown_text(acc->boot, row->name, NAME_CHARACTERS_MAX)));
    if (reason->coded)
        line = arena_printf(acc->boot, "%.*s: %.*s", STR_ARG(line), STR_ARG(shown_text(acc->boot, sentence, SENTENCE_CHARACTERS_MAX)));
    reason->lines[reason->shown++] = line;
}

/* --- rows --- */

static void repairs_note(struct account *acc, const struct import_row *row)
{
    acc->repaired += row->repaired != 0;
    for (size_t i = 0; i < REPAIRS_MAX; i++) {
        if (!(row->repaired >> i & 1))
            continue;
        acc->by_repair[i]++;
        report_row(acc, row, "repaired", str_of(acc->kind->repairs[i].field), str_of(acc->kind->repairs[i].rule));
    }
}

void account_row(struct account *acc, const struct import_row *row, const struct imported_row *told)
{
    acc->read++;
    if (row->refused) {
        refusal_note(acc, row, (str){ NULL, 0 }, str_of(row->refused));
        return;
    }
    if (told && told->outcome == IMPORT_REFUSED) {
        refusal_note(acc, row, told->code, told->sentence);
        return;
    }
    for (size_t i = 0; told && i < told->fields.count; i++)
        report_row(acc, row, "changed", told->fields.at[i], STR(""));
    repairs_note(acc, row);
}

/* --- the account --- */

static void repairs_print(const struct account *acc)
{
    if (acc->repaired)
        printf("\nRepaired, by field:\n");
    for (size_t i = 0; i < REPAIRS_MAX; i++)
        if (acc->by_repair[i])
            printf("  %-13s %6zu  %s\n", acc->kind->repairs[i].field, acc->by_repair[i], acc->kind->repairs[i].rule);
}

static void refusals_print(const struct account *acc)
{
    if (acc->refused)
        printf("\nRefused, by reason:\n");
    for (size_t i = 0; i < acc->reason_count; i++) {
        const struct reason *r = &acc->reasons[i];
        const struct code *code = r->coded ? code_find(arena_cstr(acc->boot, r->text)) : NULL;
        str text = code ? str_of(code->meaning) : shown_text(acc->boot, r->text, SENTENCE_CHARACTERS_MAX);
        printf("  %6zu  %.*s\n", r->count, STR_ARG(text));
        for (size_t k = 0; k < r->shown; k++)
            printf("          %.*s\n", STR_ARG(r->lines[k]));
        if (r->count > r->shown)
            printf("          and %zu more\n", r->count - r->shown);
    }
    if (acc->other_reasons)
        printf("  %6zu  other reasons; --report FILE.csv tells all\n", acc->other_reasons);
}

void account_print(const struct account *acc, const struct account_head *head)
{
    printf("%s%s\n  read          %6zu\n", head->file, head->check ? ", only looked at: nothing was changed" : "", acc->read);
    printf("  created       %6zu\n  changed       %6zu\n  unchanged     %6zu\n", acc->created, acc->changed, acc->unchanged);
    printf("  refused       %6zu\n  repaired      %6zu\n", acc->refused, acc->repaired);
    if (head->unknown.at)
        printf("\nColumns of no use here: %.*s.\n", STR_ARG(shown_text(acc->boot, head->unknown, COLUMNS_CHARACTERS_MAX)));
    repairs_print(acc);
    refusals_print(acc);
    if (head->problem && acc->read < head->rows)
        printf("\nIt stopped after %zu of %zu rows. What was taken stays; the same command goes on from there.\n", acc->read,
               head->rows);
}
