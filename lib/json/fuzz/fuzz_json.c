/* fuzz_json.c - any bytes as a body of each shape: refused with a fault that can be sent, or taken,
 * written and restored. */
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "lib/json/fuzz/fuzz_shapes.h"
#include "lib/json/read.h"
#include "lib/json/write.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static void check_fault(const fault *problem)
{
    assert(problem->code && problem->sentence.len && str_is_utf8(problem->sentence));
    size_t count = 0;
    for (const struct fault_field *bad = problem->fields; bad; bad = bad->next) {
        assert(bad->kind && bad->field.at && str_is_utf8(bad->field) && str_is_utf8(bad->sentence));
        count++;
    }
    assert(count <= FAULT_FIELDS_MAX);
}

static void check_json(str text, size_t flags)
{
    json_error_t error;
    assert(str_is_utf8(text) && !json_too_deep(text));
    json_t *made = json_loadb(text.at, text.len, flags, &error);
    assert(made);
    json_decref(made);
}

/* What was taken is written as JSON, and what is stored comes back the same. */
static void check_taken(arena *a, const struct shape *s, const void *value, size_t flags)
{
    if (shape_for_reading_alone(s))
        return;
    struct buf written = { .in = a }, stored = { .in = a }, again = { .in = a };
    json_write(&written, s, value);
    json_store(&stored, s, value);
    if (json_too_deep(buf_str(&stored)))
        return; /* raw JSON of the deepest level allowed, one level further down */
    check_json(buf_str(&written), flags);
    void *back = arena_take(a, s->size);
    const fault *problem = json_restore(a, buf_str(&stored), s, back);
    assert(problem == NULL);
    json_store(&again, s, back);
    assert(str_equal(buf_str(&stored), buf_str(&again)));
}

static void read_as(arena *a, const struct shape *s, str body)
{
    void *value = arena_take(a, s->size);
    memset(value, 0xA5, s->size);
    const fault *problem = json_read(a, body, s, value);
    if (problem)
        check_fault(problem);
    else
        check_taken(a, s, value, JSON_REJECT_DUPLICATES);

    list rows;
    problem = json_read_list(a, body, s, &rows);
    if (problem)
        check_fault(problem);

    memset(value, 0xA5, s->size);
    problem = json_restore(a, body, s, value);
    if (problem)
        check_fault(problem);
    else
        check_taken(a, s, value, 0); /* nobody looks for a name twice within raw JSON of our own */
    problem = json_read_fact(a, body, s, value);
    if (problem)
        check_fault(problem);
    problem = json_restore_list(a, body, s, &rows);
    if (problem)
        check_fault(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    if (a == NULL)
        a = arena_new(ARENA_BYTES);
    str body = { (const char *)data, size };
    for (const struct shape *const *s = fuzz_shapes(); *s; s++) {
        arena_reset(a);
        read_as(a, *s, body);
    }
    arena_reset(a);
    return 0;
}
