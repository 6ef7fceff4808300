/* fault.c - making faults, and ending a start-up that met one. */
#include "lib/base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static str PRINTF_LIKE(2, 0) formatted(arena *a, const char *format, va_list args)
{
    char text[1024]; /* a sentence; what is longer is cut */
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0)
        len = 0;
    size_t kept = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    return arena_copy(a, (str){ text, kept });
}

static fault *fault_made(arena *a, enum fault_kind kind, const char *code)
{
    fault *made = NEW(a, fault);
    made->kind = kind;
    made->code = code;
    return made;
}

fault *fault_new(arena *a, enum fault_kind kind, const char *code, const char *format, ...)
{
    fault *made = fault_made(a, kind, code);
    va_list args;
    va_start(args, format);
    made->sentence = formatted(a, format, args);
    va_end(args);
    return made;
}

const fault *fault_internal(arena *a, enum fault_kind kind, const char *code, const char *sentence,
                            const char *format, ...)
{
    fault *made = fault_made(a, kind, code);
    made->sentence = str_of(sentence);
    va_list args;
    va_start(args, format);
    made->internal = formatted(a, format, args);
    va_end(args);
    return made;
}

const fault *fault_copy(arena *a, const fault *problem)
{
    fault *made = NEW(a, fault);
    *made = *problem;
    made->code = arena_cstr(a, str_of(problem->code));
    made->sentence = arena_copy(a, problem->sentence);
    made->internal = arena_copy(a, problem->internal);
    made->members = arena_copy(a, problem->members);
    made->named.at = NEW_ARRAY(a, int64_t, problem->named.count + 1);
    for (size_t i = 0; i < problem->named.count; i++)
        made->named.at[i] = problem->named.at[i];
    const struct fault_field **end = &made->fields;
    for (const struct fault_field *f = problem->fields; f; f = f->next) {
        struct fault_field *copied = NEW(a, struct fault_field);
        *copied = (struct fault_field){ NULL, arena_copy(a, f->field), arena_copy(a, f->sentence), f->kind };
        *end = copied;
        end = &copied->next;
    }
    return made;
}

void fault_must(const fault *problem)
{
    if (problem == NULL)
        return;
    fflush(stdout);
    bool more = problem->internal.len > 0;
    fprintf(stderr, "taquilla: %.*s%s%.*s%s\n", STR_ARG(problem->sentence), more ? " (" : "",
            STR_ARG(problem->internal), more ? ")" : "");
    exit(2);
}
