/* blame.c - gathers the bad fields of one reading and makes one fault of them. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/json/reading.h"

#define NAME_BYTES_MAX 64 /* an unknown key is the client's own text and may be long */

static void put_place(struct buf *b, const struct place *at)
{
    if (at == NULL)
        return;
    put_place(b, at->outer);
    if (at->name.at == NULL) {
        buf_printf(b, "[%zu]", at->row);
        return;
    }
    if (b->len)
        buf_char(b, '.');
    str name = at->name;
    if (name.len > NAME_BYTES_MAX) {
        name.len = NAME_BYTES_MAX;
        while (!str_is_utf8(name))
            name.len--;
    }
    buf_text(b, name);
}

void reading_blame(struct reading *r, const struct place *at, const char *kind, const char *rest,
                   ...)
{
    if (r->blamed++ >= FAULT_FIELDS_MAX)
        return;
    char why[512];
    va_list args;
    va_start(args, rest);
    vsnprintf(why, sizeof why, rest, args);
    va_end(args);

    struct buf name = { .in = r->a };
    put_place(&name, at);
    struct fault_field *bad = NEW(r->a, struct fault_field);
    bad->field = buf_str(&name);
    bad->sentence = arena_printf(r->a, "%.*s %s.", STR_ARG(bad->field), why);
    bad->kind = kind;
    if (r->last)
        r->last->next = bad;
    else
        r->first = bad;
    r->last = bad;
}

/* "title is required; duration must be at least 1." */
const fault *reading_end(struct reading *r)
{
    if (r->first == NULL)
        return r->rule;
    struct buf all = { .in = r->a };
    for (const struct fault_field *bad = r->first; bad; bad = bad->next) {
        if (all.len)
            buf_literal(&all, "; ");
        buf_put(&all, bad->sentence.at, bad->sentence.len - 1);
    }
    if (r->blamed > FAULT_FIELDS_MAX)
        buf_printf(&all, "; and %zu more", r->blamed - FAULT_FIELDS_MAX);
    buf_char(&all, '.');
    fault *made = fault_new(r->a, FAULT_INVALID, "validation_failed", "%s", "");
    made->sentence = buf_str(&all);
    made->fields = r->first;
    return made;
}
