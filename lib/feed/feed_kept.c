/* feed_kept.c - a ring of the newest events' texts. */
#include "lib/feed/feed_kept.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/heap.h"
#include "lib/loop/loop.h"

#define KEPT_MS 1000

struct feed_kept {
    struct {
        int64_t position, read_ms; /* position 0: none */
        struct buf text;
    } at[FEED_KEPT_EVENTS];
};

bool feed_kept_find(const struct feed *f, int64_t position, str *out)
{
    size_t slot = (uint64_t)position % FEED_KEPT_EVENTS;
    if (!f->kept || f->kept->at[slot].position != position || loop_now_ms() >= f->kept->at[slot].read_ms + KEPT_MS)
        return false;
    *out = buf_str(&f->kept->at[slot].text);
    return true;
}

void feed_kept_put(struct feed *f, int64_t position, str text)
{
    if (f->stopped || text.len > FEED_KEPT_BYTES_MAX)
        return;
    if (!f->kept)
        f->kept = heap_take(sizeof *f->kept);
    size_t slot = (uint64_t)position % FEED_KEPT_EVENTS;
    struct buf *mine = &f->kept->at[slot].text;
    mine->len = 0;
    buf_text(mine, text);
    f->kept->at[slot].position = position;
    f->kept->at[slot].read_ms = loop_now_ms();
}

void feed_kept_drop(struct feed *f)
{
    for (size_t i = 0; f->kept && i < FEED_KEPT_EVENTS; i++)
        buf_free(&f->kept->at[i].text);
    free(f->kept);
    f->kept = NULL;
}
