/* fuzz_query.c - any bytes as a query string of each shape, and as one text of each of its fields.
 */
#include <assert.h>
#include <string.h>

#include "lib/json/fuzz/fuzz_shapes.h"
#include "lib/json/read.h"
#include "lib/json/write.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static void check_fault(const fault *problem)
{
    assert(problem->code && problem->sentence.len && str_is_utf8(problem->sentence));
    for (const struct fault_field *bad = problem->fields; bad; bad = bad->next)
        assert(bad->kind && bad->field.at && bad->sentence.len);
}

/* A service prints what it was asked: it must be JSON whatever it was. */
static void check_taken(arena *a, const struct shape *s, const void *value)
{
    if (shape_for_reading_alone(s))
        return;
    struct buf stored = { .in = a };
    json_store(&stored, s, value);
    void *back = arena_take(a, s->size);
    const fault *problem = json_restore(a, buf_str(&stored), s, back);
    assert(problem == NULL);
}

static void read_fields(arena *a, const struct shape *s, str text)
{
    for (size_t i = 0; i < s->count; i++) {
        char *value = arena_take(a, s->size);
        const fault *problem = text_read(a, text, &s->fields[i], value + s->fields[i].offset);
        if (problem)
            check_fault(problem);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    if (a == NULL)
        a = arena_new(ARENA_BYTES);
    str query = { (const char *)data, size };
    for (const struct shape *const *s = fuzz_shapes(); *s; s++) {
        arena_reset(a);
        void *value = arena_take(a, (*s)->size);
        memset(value, 0xA5, (*s)->size);
        const fault *problem = query_read(a, query, *s, value);
        if (problem)
            check_fault(problem);
        else
            check_taken(a, *s, value);
        read_fields(a, *s, query);
    }
    arena_reset(a);
    return 0;
}
