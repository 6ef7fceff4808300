/* told.c - asks an owner for a page of what it tells, and looks whether it can be one. */
#include "services/ingestion/sync/told.h"

#include <string.h>

#include "lib/feed/snapshot.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"

#define ASK_DEADLINE_MS 30000

static const fault *ask(struct upstream *u, arena *a, str target, const struct shape *shape, void *page)
{
    struct message *answer = NEW(a, struct message);
    const struct outgoing want = { .method = GET, .target = target, .deadline_ms = ASK_DEADLINE_MS, .internal = true };
    TRY(upstream_call(u, a, &want, answer));
    if (answer->status == 410)
        return fault_new(a, FAULT_UNAVAILABLE, "feed_behind",
                         "What is wanted of the log of %s is archived already. POST /migrate writes the cloud anew.", upstream_name(u));
    if (answer->status != 200)
        return fault_new(a, FAULT_UNAVAILABLE, "feed_refused", "The feed of %s answered %d.", upstream_name(u), answer->status);
    if (json_read_fact(a, answer->body, shape, page))
        return fault_new(a, FAULT_UNAVAILABLE, "feed_strange", "The feed of %s answered what cannot be read.",
                         upstream_name(u));
    return NULL;
}

static const fault *dense(struct upstream *u, arena *a, int64_t after, const struct wire_page *page)
{
    for (size_t i = 0; i < page->events.count; i++)
        if (LIST_AT(&page->events, struct wire_event, i)->position != after + 1 + (int64_t)i)
            return fault_new(a, FAULT_UNAVAILABLE, "feed_strange", "The feed of %s has a hole after position %lld.",
                             upstream_name(u), (long long)after + (long long)i);
    if (page->position < after)
        return fault_new(a, FAULT_UNAVAILABLE, "feed_shorter",
                         "The log of %s ends at %lld, and %lld was copied already: it was restored from an older copy. "
                         "POST /migrate writes the cloud anew.",
                         upstream_name(u), (long long)page->position, (long long)after);
    if (page->events.count == 0 && page->position > after)
        return fault_new(a, FAULT_UNAVAILABLE, "feed_strange", "The feed of %s says nothing of what comes after %lld.",
                         upstream_name(u), (long long)after);
    return NULL;
}

const fault *told_feed(struct upstream *u, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct wire_page page;
    TRY(ask(u, a, arena_printf(a, "/feed?after=%lld&limit=%lld", (long long)after, (long long)limit), &wire_page_shape, &page));
    TRY(dense(u, a, after, &page));
    *out = (struct event_page){ wire_events_back(a, &page.events), page.position };
    return NULL;
}

const fault *told_end(struct upstream *u, arena *a, int64_t *position)
{
    struct wire_page page;
    TRY(ask(u, a, STR("/feed?limit=0"), &wire_page_shape, &page));
    *position = page.position;
    return NULL;
}

const fault *told_position_at(struct upstream *u, arena *a, instant since, int64_t *after)
{
    int64_t low = 0, high = 0;
    const fault *gone = NULL; /* what is archived may be as young: nobody can say any more */
    TRY(told_end(u, a, &high));
    while (low < high) { /* all up to low is older; what follows high is not */
        int64_t middle = low + (high - low) / 2;
        struct event_page page = { 0 };
        const fault *problem = told_feed(u, a, middle, 1, &page);
        if (problem && strcmp(problem->code, "feed_behind") == 0) {
            low = middle + 1;
            gone = problem;
            continue;
        }
        TRY(problem);
        if (LIST_AT(&page.events, struct event, 0)->time.ms < since.ms) {
            low = middle + 1;
            gone = NULL;
        } else {
            high = middle;
        }
    }
    *after = low;
    return gone;
}

const fault *told_now(struct upstream *u, arena *a, const char *after, int64_t limit, struct told_state *out)
{
    struct snapshot_page page;
    TRY(ask(u, a, arena_printf(a, "/feed/snapshot?of=all&after=%s&limit=%lld", after, (long long)limit), &snapshot_page_shape, &page));
    *out = (struct told_state){ wire_events_back(a, &page.events), page.position, page.next };
    return NULL;
}
