/* handlers_export.c - the tables of movies out as they are at one moment, and back into an empty store. */
#include "lib/feed/export.h"
#include "services/movies/movies.h"

const fault *movies_export(struct call *c)
{
    struct movies *svc = c->service;
    return export_answer(svc->store->exporter, c);
}

const fault *movies_export_table(struct call *c)
{
    struct movies *svc = c->service;
    return export_table_answer(svc->store->exporter, c);
}

const fault *movies_restore_start(struct call *c)
{
    struct movies *svc = c->service;
    TRY(restore_start_answer(svc->store->exporter, c));
    feed_restart(&svc->feed);
    return NULL;
}

const fault *movies_restore_rows(struct call *c)
{
    struct movies *svc = c->service;
    return restore_rows_answer(svc->store->exporter, c);
}

const fault *movies_restore_finish(struct call *c)
{
    struct movies *svc = c->service;
    return restore_finish_answer(svc->store->exporter, c);
}

bool movies_closed(void *service)
{
    const struct exporter *x = ((struct movies *)service)->store->exporter;
    return x->restore_runs(x->store);
}
