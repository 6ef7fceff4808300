/* load.c - the level of refusing: up while all wait for long, down slowly when they do not. */
#include "lib/http/load.h"

/* Up in a fraction of a second, down in some: at once down, all would come back at once. */
#define RISE 250
#define FALL 50
/* Payments are refused only when the waits are so many times what is fine: as long as refusing the
 * rest is what takes the time, there is nothing to win by it. */
#define PAYS_FROM_TIMES 10

const char *worth_name(enum worth w)
{
    static const char *const names[] = { "unsaid", "looks", "kept", "books", "pays", "always" };
    return names[w];
}

/* The level up to which all of a class is taken. */
static int level_of(enum worth w)
{
    return ((int)w - WORTH_LOOKS) * LOAD_CLASS;
}

static void interval_end(struct load *l)
{
    bool late = l->least_late_ms > l->late_ms_max;
    int highest =
        level_of(l->least_late_ms > l->late_ms_max * PAYS_FROM_TIMES ? WORTH_ALWAYS : WORTH_PAYS);
    l->level += late ? RISE : -FALL;
    l->level = l->level < 0 ? 0 : l->level > highest ? highest : l->level;
}

/* Nobody asked for so long: nobody waited. */
static void intervals_pass(struct load *l, int64_t now_ms)
{
    int64_t missed = (now_ms - l->interval_ends_ms) / LOAD_INTERVAL_MS;
    if (missed > 0)
        l->level = missed * FALL >= l->level ? 0 : l->level - (int)missed * FALL;
    l->interval_ends_ms = now_ms + LOAD_INTERVAL_MS;
    l->least_late_ms = INT64_MAX;
}

static void load_look(struct load *l, int64_t now_ms, int64_t late_ms)
{
    if (l->interval_ends_ms == 0)
        intervals_pass(l, now_ms);
    if (late_ms < l->least_late_ms)
        l->least_late_ms = late_ms;
    if (now_ms < l->interval_ends_ms)
        return;
    interval_end(l);
    intervals_pass(l, now_ms);
}

bool load_takes(struct load *l, enum worth w, int64_t now_ms, int64_t late_ms)
{
    if (l->late_ms_max == 0)
        return true;
    load_look(l, now_ms, late_ms);
    int part = l->level - level_of(w);
    if (w == WORTH_ALWAYS || part <= 0)
        return true;
    l->owed[w] += part < LOAD_CLASS ? part : LOAD_CLASS;
    if (l->owed[w] < LOAD_CLASS)
        return true;
    l->owed[w] -= LOAD_CLASS;
    l->refused[w]++;
    l->untold++;
    return false;
}

int64_t load_again_s(const struct load *l, uint64_t dice)
{
    int64_t most_s = 2 + 2 * l->level / LOAD_CLASS;
    return 1 + (int64_t)(dice % (uint64_t)most_s);
}
