/* arena.c - a chain of growing chunks; the newest is taken from. */
#include "lib/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under ASan what is not taken is poisoned, and a gap follows each piece: an overrun is caught as
 * if on the heap. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WITH_ASAN)
#include <sanitizer/asan_interface.h>
#define GAP_BYTES 16
#define POISON(at, bytes) ASAN_POISON_MEMORY_REGION((at), (bytes))
#define UNPOISON(at, bytes) ASAN_UNPOISON_MEMORY_REGION((at), (bytes))
#else
#define GAP_BYTES 0
#define POISON(at, bytes) ((void)(at), (void)(bytes))
#define UNPOISON(at, bytes) ((void)(at), (void)(bytes))
#endif

#define FIRST_CHUNK_BYTES ((size_t)16 * 1024)
#define GROWTH_MAX_BYTES                                                                           \
    ((size_t)1024 * 1024) /* chunks double up to this, unless more is taken at once */
#define ALIGNMENT _Alignof(max_align_t)

struct chunk {
    struct chunk *older;
    size_t size, used;
    _Alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *newest;
    size_t cap_bytes, older_bytes; /* older_bytes: used in all chunks but the newest */
};

static void out_of_memory(const char *what, size_t bytes)
{
    fprintf(stderr, "taquilla: %s (%zu bytes)\n", what, bytes);
    abort();
}

static struct chunk *chunk_new(size_t size, struct chunk *older)
{
    struct chunk *made = malloc(sizeof *made + size);
    if (made == NULL)
        out_of_memory("the machine has no memory left", size);
    made->older = older;
    made->size = size;
    made->used = 0;
    POISON(made->bytes, size);
    return made;
}

static void chunk_free(struct chunk *c)
{
    UNPOISON(c->bytes, c->size);
    free(c);
}

arena *arena_new(size_t cap_bytes)
{
    arena *a = malloc(sizeof *a);
    if (a == NULL)
        out_of_memory("the machine has no memory left", sizeof *a);
    *a = (arena){ .newest = chunk_new(FIRST_CHUNK_BYTES, NULL), .cap_bytes = cap_bytes };
    return a;
}

void arena_reset(arena *a)
{
    while (a->newest->older) {
        struct chunk *older = a->newest->older;
        chunk_free(a->newest);
        a->newest = older;
    }
    a->newest->used = 0;
    a->older_bytes = 0;
    POISON(a->newest->bytes, a->newest->size);
}

void arena_free(arena *a)
{
    if (a == NULL)
        return;
    arena_reset(a);
    chunk_free(a->newest);
    free(a);
}

size_t arena_used_bytes(const arena *a)
{
    return a->older_bytes + a->newest->used;
}

static void chunk_add(arena *a, size_t bytes)
{
    size_t size = a->newest->size * 2 < GROWTH_MAX_BYTES ? a->newest->size * 2 : GROWTH_MAX_BYTES;
    a->older_bytes += a->newest->used;
    a->newest = chunk_new(size > bytes ? size : bytes, a->newest);
}

void *arena_take_raw(arena *a, size_t bytes)
{
    size_t left = a->cap_bytes - arena_used_bytes(a);
    if (bytes > left || left - bytes < GAP_BYTES + ALIGNMENT)
        out_of_memory("an arena reached its cap: some input is not bounded", a->cap_bytes);
    size_t whole = (bytes + GAP_BYTES + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (whole > a->newest->size - a->newest->used)
        chunk_add(a, whole);
    char *at = a->newest->bytes + a->newest->used;
    a->newest->used += whole;
    UNPOISON(at, bytes);
    return at;
}

void *arena_take(arena *a, size_t bytes)
{
    return memset(arena_take_raw(a, bytes), 0, bytes);
}

bool arena_extend(arena *a, const void *last, size_t bytes, size_t more_bytes)
{
    struct chunk *c = a->newest;
    size_t whole = (bytes + GAP_BYTES + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (whole > c->used || (const char *)last != c->bytes + c->used - whole)
        return false;
    size_t start = c->used - whole;
    if (more_bytes > c->size - start || c->size - start - more_bytes < GAP_BYTES + ALIGNMENT)
        return false;
    size_t more_whole = (more_bytes + GAP_BYTES + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (a->older_bytes + start + more_whole > a->cap_bytes)
        return false;
    c->used = start + more_whole;
    UNPOISON(c->bytes + start, more_bytes);
    return true;
}

str arena_copy(arena *a, str text)
{
    if (text.at == NULL)
        return text;
    char *at = arena_take_raw(a, text.len + 1);
    if (text.len)
        memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    return (str){ at, text.len };
}

str arena_printf(arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int measured = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t len = measured > 0 ? (size_t)measured : 0;
    char *at = arena_take(a, len + 1);
    vsnprintf(at, len + 1, format, again);
    va_end(again);
    return (str){ at, len };
}

const char *arena_cstr(arena *a, str text)
{
    return text.at ? arena_copy(a, text).at : "";
}
