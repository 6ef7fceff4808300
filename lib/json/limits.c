/* limits.c - min and max of a field, and the sentences for what lies outside. */
#include "lib/json/reading.h"
#include "lib/json/write.h"

static void blame_bound(struct reading *r, const struct place *at, const char *kind, int64_t bound,
                        const char *unit)
{
    const char *side = kind[1] == 'i' ? "least" : "most";
    const char *verb = unit[0] == 'e' ? "have" : "be";
    bool plural = unit[0] && bound != 1;
    const char *ending = !unit[0]         ? ""
                         : unit[0] == 'e' ? (plural ? " entries" : " entry")
                                          : (plural ? " characters long" : " character long");
    reading_blame(r, at, kind, "must %s at %s %lld%s", verb, side, (long long)bound, ending);
}

static void check_number(struct reading *r, const struct place *at, const struct field *f,
                         int64_t n, const char *unit)
{
    if (n < f->min)
        blame_bound(r, at, "min", f->min, unit);
    else if (f->max && n > f->max)
        blame_bound(r, at, "max", f->max, unit);
}

static void check_money(struct reading *r, const struct place *at, const struct field *f, money sum)
{
    bool low = sum.cents < f->min;
    if (!low && !(f->max && sum.cents > f->max))
        return;
    struct buf bound = { .in = r->a };
    json_write_money(&bound, (money){ low ? f->min : f->max });
    reading_blame(r, at, low ? "min" : "max", "must be at %s %.*s", low ? "least" : "most",
                  STR_ARG(buf_str(&bound)));
}

static void check_text(struct reading *r, const struct place *at, const struct field *f, str text)
{
    size_t before = r->blamed;
    check_number(r, at, f, (int64_t)str_code_points(text), "characters");
    if (r->blamed == before && f->fits && !f->fits(text))
        reading_blame(r, at, "type", "must be %s", f->fits_what);
}

void limits_check(struct reading *r, const struct place *at, const struct field *f,
                  const void *member)
{
    if (r->restoring)
        return;
    if (f->kind == KIND_INTEGER)
        check_number(r, at, f, *(const int64_t *)member, "");
    else if (f->kind == KIND_TEXT)
        check_text(r, at, f, *(const str *)member);
    else if (f->kind == KIND_MONEY)
        check_money(r, at, f, *(const money *)member);
    else if (f->kind == KIND_NUMBER) {
        double n = *(const double *)member;
        if (n < (double)f->min)
            blame_bound(r, at, "min", f->min, "");
        else if (f->max && n > (double)f->max)
            blame_bound(r, at, "max", f->max, "");
    }
}

bool limits_allow_count(struct reading *r, const struct place *at, const struct field *f,
                        size_t count)
{
    if (r->restoring)
        return true;
    struct field bounded = { .min = f->min, .max = f->max };
    if (f->kind == KIND_LIST && f->max == 0)
        bounded.max = JSON_ROWS_MAX;
    size_t before = r->blamed;
    check_number(r, at, &bounded, (int64_t)count, "entries");
    return r->blamed == before;
}
