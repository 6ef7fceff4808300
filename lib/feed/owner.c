/* owner.c - the handlers that are the same for every owner. */
#include "lib/feed/owner.h"

static struct owner_desk *desk_of(const struct call *c)
{
    return c->service;
}

const fault *owner_feed(struct call *c)
{
    return feed_answer(&desk_of(c)->feed, c);
}

const fault *owner_snapshot(struct call *c)
{
    return snapshot_answer(desk_of(c)->parts, &desk_of(c)->feed, c);
}

const fault *owner_export(struct call *c)
{
    return export_answer(desk_of(c)->exporter, c);
}

const fault *owner_export_table(struct call *c)
{
    return export_table_answer(desk_of(c)->exporter, c);
}

/* What the log told so far is over: whoever follows it shall hear so. */
const fault *owner_restore_start(struct call *c)
{
    TRY(restore_start_answer(desk_of(c)->exporter, c));
    feed_restart(&desk_of(c)->feed);
    return NULL;
}

const fault *owner_restore_rows(struct call *c)
{
    return restore_rows_answer(desk_of(c)->exporter, c);
}

const fault *owner_restore_finish(struct call *c)
{
    return restore_finish_answer(desk_of(c)->exporter, c);
}

static const struct field order_fields[] = {
    FIELD(struct archive_wish, position, "position", .min = 1, .doc = "the log is kept elsewhere up to here"),
};
const struct shape archived_order_shape = SHAPE(archive_wish, order_fields);

static const struct field answer_fields[] = {
    FIELD(struct archive_made, archived, "archived", .doc = "the log begins after this position"),
    FIELD(struct archive_made, removed, "removed", .doc = "rows, by this request"),
    FIELD(struct archive_made, more, "more", .doc = "the same again may remove more"),
};
const struct shape archived_answer_shape = SHAPE(archive_made, answer_fields);

const fault *owner_archived(struct call *c)
{
    struct owner_desk *desk = desk_of(c);
    struct archive_wish want = { .position = ((const struct archive_wish *)c->body)->position, .keep_days = desk->log_keep_days };
    struct archive_made made;
    TRY(desk->archive(desk->feed.store, c->arena, &want, &made));
    return reply(c, 200, &archived_answer_shape, &made);
}

bool owner_closed(void *service)
{
    const struct exporter *x = ((const struct owner_desk *)service)->exporter;
    return x->restore_runs(x->store);
}
