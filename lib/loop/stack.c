/* stack.c - the memory of fibers' stacks, and how deep each kind of fiber went into it. */
#include "lib/loop/parts.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#define PAINT UINT64_C(0x7a71756c5a71756c)
#define LABELS_MAX 256

static struct mark {
    const char *label;
    size_t bytes_max;
} marks[LABELS_MAX];
static size_t mark_count;

static size_t guard_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

char *stack_map(void)
{
    size_t guard = guard_bytes();
    char *whole = mmap(NULL, guard + STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (whole == MAP_FAILED)
        return NULL;
    if (mprotect(whole, guard, PROT_NONE)) {
        munmap(whole, guard + STACK_BYTES);
        return NULL;
    }
    return whole + guard;
}

void stack_unmap(char *low)
{
#if defined(__SANITIZE_ADDRESS__)
    /* What is mapped here next must not inherit the red zones of frames that never returned. */
    __asan_unpoison_memory_region(low, STACK_BYTES);
#endif
    munmap(low - guard_bytes(), guard_bytes() + STACK_BYTES);
}

/* Both below walk over frames that are gone, which a sanitizer would take for a mistake. */
#define UNCHECKED __attribute__((no_sanitize("address"), no_sanitize("thread"), noinline))

UNCHECKED void stack_paint(char *low, const char *end)
{
    volatile uint64_t *word = (uint64_t *)(void *)low;
    for (size_t left = (size_t)(end - low) / sizeof(*word); left; left--)
        *word++ = PAINT;
}

UNCHECKED const char *stack_touched(const char *low, const char *end)
{
    const volatile uint64_t *word = (const uint64_t *)(const void *)low;
    size_t count = (size_t)(end - low) / sizeof(*word), painted = 0;
    while (painted < count && word[painted] == PAINT)
        painted++;
    return low + painted * sizeof(*word);
}

void stack_note_depth(const char *label, size_t bytes)
{
    size_t i = 0;
    while (i < mark_count && strcmp(marks[i].label, label) != 0)
        i++;
    if (i == LABELS_MAX)
        return;
    if (i == mark_count)
        marks[mark_count++] = (struct mark){ .label = label };
    if (bytes > marks[i].bytes_max)
        marks[i].bytes_max = bytes;
}

void fiber_each_stack(void (*each)(const char *label, size_t bytes_max, void *arg), void *arg)
{
    for (size_t i = 0; i < mark_count; i++)
        each(marks[i].label, marks[i].bytes_max, arg);
}
