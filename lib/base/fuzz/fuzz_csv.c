/* fuzz_csv.c - any bytes as CSV: read the same however they are cut, within its limits; and what was read is written so
 * that it is read again and nothing is computed. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/csv.h"
#include "lib/base/source_text.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_cut(arena *a, struct csv *c, str text, size_t each)
{
    csv_open(a, c, source_of_text(a, text, each));
}

static void check_rewritten(arena *a, const struct csv_row *row)
{
    struct buf out = { .in = a };
    struct csv c;
    struct csv_row again;
    buf_literal(&out, "sep=,\r\n"); /* the row may have no comma outside of quotes, and many inside */
    csv_write_row(&out, row->cells, row->count);
    open_cut(a, &c, buf_str(&out), 7);
    assert(csv_next(&c, &again) && again.count == row->count && again.flaw == CSV_FINE);
    for (size_t i = 0; i < row->count; i++) {
        str cell = again.cells[i];
        assert(str_equal(csv_plain(cell), row->cells[i]));
        assert(!cell.len || !strchr("=+-@\t\r\n", cell.at[0]));
    }
    assert(!csv_next(&c, &again) && !c.unclosed_line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    struct csv whole, bytes;
    struct csv_row one, other;
    str text = { (const char *)data, size };
    if (a == NULL)
        a = arena_new(ARENA_BYTES);
    arena_reset(a);
    open_cut(a, &whole, text, SOURCE_BYTES);
    open_cut(a, &bytes, text, 1);
    size_t line = 0, rewritten = 0;
    while (csv_next(&whole, &one)) {
        assert(csv_next(&bytes, &other) && one.line == other.line && one.flaw == other.flaw && one.count == other.count);
        assert(one.line > line && one.count > 0 && one.count <= CSV_CELLS_MAX);
        line = one.line;
        for (size_t i = 0; i < one.count; i++)
            assert(str_equal(one.cells[i], other.cells[i]));
        if (one.flaw == CSV_FINE && rewritten++ < 20)
            check_rewritten(a, &one);
    }
    assert(!csv_next(&bytes, &other) && whole.unclosed_line == bytes.unclosed_line);
    arena_reset(a);
    return 0;
}
