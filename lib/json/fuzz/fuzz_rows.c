/* fuzz_rows.c - any bytes as a JSON array or NDJSON: the same rows however they are cut, and no row is lost of what jansson
 * reads as an array. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/source_text.h"
#include "lib/json/read.h"
#include "lib/json/rows.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_cut(arena *a, struct json_rows *rows, str text, size_t each)
{
    json_rows_open(a, rows, source_of_text(a, text, each));
}

/* Each member of an array that is one is a row, and equal to it. */
static void check_array(arena *a, str text, const json_t *whole)
{
    struct json_rows rows;
    struct json_row row;
    open_cut(a, &rows, text, SOURCE_BYTES);
    for (size_t i = 0; i < json_array_size(whole); i++) {
        assert(json_rows_next(&rows, &row));
        json_t *one = json_loadb(row.text.at, row.text.len, JSON_DECODE_ANY, NULL);
        assert(one && json_equal(one, json_array_get(whole, i)));
        json_decref(one);
    }
    assert(!json_rows_next(&rows, &row) && !rows.broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    struct json_rows whole, bytes;
    struct json_row one, other;
    str text = { (const char *)data, size };
    if (a == NULL)
        a = arena_new(ARENA_BYTES);
    arena_reset(a);
    open_cut(a, &whole, text, SOURCE_BYTES);
    open_cut(a, &bytes, text, 1);
    while (json_rows_next(&whole, &one)) {
        assert(json_rows_next(&bytes, &other));
        assert(one.line == other.line && str_equal(one.text, other.text) && one.too_long == other.too_long);
    }
    assert(!json_rows_next(&bytes, &other) && whole.broken == bytes.broken && whole.broken_line == bytes.broken_line);
    if (whole.array && !json_too_deep(text)) {
        json_t *read = json_loadb(text.at, text.len, 0, NULL);
        if (read)
            check_array(a, text, read);
        json_decref(read);
    }
    arena_reset(a);
    return 0;
}
