/* lake_life.c - which of the lakes ends as this cinema's feeds tell, or is none of them, after it was put back. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/feed/wire.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/lake/lake.h"

#define LOOK_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of what is opened to be looked at */
#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PAGE_DEADLINE_MS 30000

static bool is_code(const fault *problem, const char *code)
{
    return problem && strcmp(problem->code, code) == 0;
}

/* --- the feed --- */

const fault *lake_feed_read(arena *a, struct upstream *owner, const bool *stop, int64_t after, int64_t limit, struct wire_page *out)
{
    const struct outgoing want = { .method = GET, .internal = true, .deadline_ms = PAGE_DEADLINE_MS,
                                   .target = arena_printf(a, "/feed?after=%lld&limit=%lld", (long long)after, (long long)limit) };
    struct message *answer = NEW(a, struct message);
    if (stop && *stop)
        return fault_new(a, FAULT_UNAVAILABLE, "lake_stopped", "The lake's writing was stopped.");
    TRY(upstream_call(owner, a, &want, answer));
    if (answer->status == 410)
        return fault_new(a, FAULT_GONE, "feed_archived", "The log of %s begins later than position %lld.", upstream_name(owner),
                         (long long)after + 1);
    if (answer->status != 200)
        return ingestion_owner_refusal(owner, a, answer);
    if (json_read_fact(a, answer->body, &wire_page_shape, out))
        return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "%s answered with something that is no page of its feed.",
                         upstream_name(owner));
    for (size_t i = 0; i < out->events.count; i++)
        if (LIST_AT(&out->events, struct wire_event, i)->position != after + 1 + (int64_t)i)
            return fault_new(a, FAULT_UNAVAILABLE, "feed_strange", "The feed of %s has a hole after position %lld.",
                             upstream_name(owner), (long long)after + (int64_t)i);
    return NULL;
}

void lake_line_write(struct buf *out, const struct wire_event *e)
{
    json_write(out, &wire_event_shape, e);
    buf_char(out, '\n');
}

/* --- is the lake's end what the feed tells there? --- */

struct tail {
    struct lake_table *table;
    arena *page;
    struct upstream *owner;
    const bool *stop;
};

static const fault *tail_sum(struct tail *t, const struct lake_segment *s, crypto_hash_sha256_state *hash)
{
    struct buf line = { 0 };
    const fault *problem = NULL;
    for (int64_t at = s->first - 1; at < s->last && !problem;) {
        struct wire_page page = { 0 };
        int64_t wanted = s->last - at < WIRE_PAGE_EVENTS_MAX ? s->last - at : WIRE_PAGE_EVENTS_MAX;
        arena_reset(t->page);
        problem = lake_feed_read(t->page, t->owner, t->stop, at, wanted, &page);
        if (!problem && page.events.count == 0)
            problem = lake_differs(t->table, page.position + 1);
        for (size_t i = 0; i < page.events.count && !problem; i++) {
            line.len = 0;
            lake_line_write(&line, LIST_AT(&page.events, struct wire_event, i));
            crypto_hash_sha256_update(hash, (const unsigned char *)line.at, line.len);
        }
        at += (int64_t)page.events.count;
    }
    buf_free(&line);
    return problem;
}

const fault *lake_tail_check(struct lake_table *t, arena *page, struct upstream *owner, const bool *stop)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state hash;
    struct tail tail = { t, page, owner, stop };
    if (t->segments.len == 0)
        return NULL;
    const struct lake_segment *s = (const struct lake_segment *)(void *)(t->segments.at + t->segments.len) - 1;
    crypto_hash_sha256_init(&hash);
    TRY(tail_sum(&tail, s, &hash));
    crypto_hash_sha256_final(&hash, digest);
    return str_equal(ingestion_hex(t->a, digest, sizeof digest), s->sha256) ? NULL : lake_differs(t, s->first);
}

/* --- one of the lakes --- */

struct looking {
    const struct lake_order *want;
    arena *a, *page;             /* of the lake that is looked at; of a page of a feed, and of what is read of a lake */
    str stamp;
    const char *place;
    bool empty;                  /* nothing was written to it yet */
};

/* lake_differs: at least one of the three ends otherwise. */
static const fault *ends_agree(struct looking *l)
{
    l->empty = true;
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        struct lake_table t;
        if (!l->want->cloud->owners.of[i])
            continue;
        TRY(lake_table_open(&t, l->a, l->want->cloud, l->place, lake_event_tables[i], NULL));
        l->empty &= t.segments.len == 0;
        const fault *problem = lake_tail_check(&t, l->page, l->want->cloud->owners.of[i], l->want->stop);
        if (problem)
            return fault_copy(l->a, problem);
    }
    return NULL;
}

/* The first position from `first` on that the feed still has: older ones may be archived. After its end when there is none. */
static const fault *feed_begins(struct looking *l, struct upstream *owner, int64_t first, int64_t last, int64_t *out)
{
    while (first <= last) {
        struct wire_page page = { 0 };
        int64_t middle = first + (last - first) / 2;
        arena_reset(l->page);
        const fault *problem = lake_feed_read(l->page, owner, l->want->stop, middle - 1, 1, &page);
        if (is_code(problem, "feed_archived"))
            first = middle + 1;
        else if (problem)
            return fault_copy(l->a, problem);
        else
            last = middle - 1;
    }
    *out = first;
    return NULL;
}

struct comparing {
    struct event of_feed;
    bool same;
};

static const fault *event_compare(void *arg, arena *a, const list *events, bool *enough)
{
    struct comparing *c = arg;
    const struct event *e = LIST_AT(events, struct event, 0);
    (void)a;
    c->same = e->position == c->of_feed.position && e->time.ms == c->of_feed.time.ms && str_equal(e->type, c->of_feed.type) &&
              str_equal(e->subject, c->of_feed.subject) && str_equal(e->data, c->of_feed.data);
    *enough = true;
    return NULL;
}

/* Of one owner: do the oldest event that both have tell the same? */
static const fault *beginning_agrees(struct looking *l, size_t i, bool *same)
{
    struct lake_table t;
    struct wire_page page = { 0 };
    struct upstream *owner = l->want->cloud->owners.of[i];
    TRY(lake_table_open(&t, l->a, l->want->cloud, l->place, lake_event_tables[i], NULL));
    int64_t position = t.manifest.parts.count > 0      ? LIST_AT(&t.manifest.parts, const struct lake_part, 0)->first
                       : t.manifest.segments.count > 0 ? LIST_AT(&t.manifest.segments, const struct lake_segment, 0)->first
                                                       : t.manifest.last + 1;
    TRY(feed_begins(l, owner, position, t.manifest.last, &position));
    if (position > t.manifest.last)
        return NULL;
    arena_reset(l->page);
    TRY(lake_feed_read(l->page, owner, l->want->stop, position - 1, 1, &page));
    if (page.events.count == 0)
        return NULL;
    struct comparing c = { .of_feed = wire_event_back(LIST_AT(&page.events, struct wire_event, 0)) };
    struct lake_taker taker = { event_compare, &c };
    TRY(ingestion_lake_read(l->a, l->want->cloud, l->stamp, i, position - 1, &taker, NULL));
    *same = c.same;
    return NULL;
}

static const fault *beginnings_agree(struct looking *l, bool *same)
{
    for (size_t i = 0; i < BACKUP_OWNERS && !*same; i++)
        if (l->want->cloud->owners.of[i])
            TRY(beginning_agrees(l, i, same));
    return NULL;
}

/* --- all of them --- */

static const fault *stamp_take(void *arg, const struct s3_seen *seen)
{
    struct buf *found = arg;
    str stamp = lake_life_stamp(seen->key);
    if (!stamp.at)
        return NULL;
    stamp = arena_copy(found->in, stamp);
    buf_put(found, &stamp, sizeof stamp);
    return NULL;
}

static int newest_first(const void *one, const void *other)
{
    const str *a = one, *b = other; /* of one length */
    return memcmp(b->at, a->at, a->len);
}

const fault *ingestion_lake_lives(arena *a, const struct cloud *c, strs *stamps)
{
    struct buf found = { .in = a };
    TRY(s3_list(&c->s3, a, arena_printf(a, "%s/lives/", c->analytics_folder), stamp_take, &found));
    size_t count = found.len / sizeof(str);
    if (count > 1)
        qsort(found.at, count, sizeof(str), newest_first);
    buf_put(&found, &STR(""), sizeof(str));
    *stamps = (strs){ (str *)(void *)found.at, count + 1 };
    return NULL;
}

static const fault *life_begin(arena *a, const struct lake_order *want)
{
    char room[BACKUP_NAME_MAX], when[TIME_TEXT_MAX];
    const struct cloud *c = want->cloud;
    instant now = clock_now();
    str stamp = ingestion_backup_stamp(ingestion_backup_name(room, now)), etag;
    str text = arena_printf(a, "{\"lake\":\"%s\",\"began_at\":\"%.*s\"}\n", lake_place(a, c->analytics_folder, stamp),
                            STR_ARG(instant_text(when, now, TIME_Z_MS)));
    const struct s3_object object = { .key = lake_life_key(a, c->analytics_folder, stamp), .content_type = STR("application/json"),
                                      .only_new = true };
    const fault *problem = s3_put(&c->s3, a, &object, text, &etag);
    if (is_code(problem, "aws_condition_failed"))
        return fault_new(a, FAULT_CONFLICT, "lake_busy", "Somebody else begins a lake at the same time.");
    TRY(problem);
    memcpy(want->life->stamp, stamp.at, stamp.len);
    want->life->stamp[stamp.len] = '\0';
    log_line("warn", "lake_begun", "This cinema was put back to an earlier moment: what it tells goes to s3://%.*s/%s from now on.",
             STR_ARG(c->s3.bucket), lake_place(a, c->analytics_folder, stamp));
    return NULL;
}

/* The log may also begin after the end of a lake that was given up. */
static bool only_another(const fault *problem)
{
    return !problem || is_code(problem, "lake_differs") || is_code(problem, "feed_archived");
}

/* Each of them in turn; *found: the first that ends as the feeds tell. Else the fault of the first lake of all. */
static const fault *lives_look(struct looking *l, const strs *stamps, bool *found, bool *same)
{
    const fault *problem = NULL;
    for (size_t i = 0; i < stamps->count && !*found; i++) {
        arena_reset(l->a);
        l->stamp = stamps->at[i];
        l->place = lake_place(l->a, l->want->cloud->analytics_folder, l->stamp);
        problem = ends_agree(l);
        if (!only_another(problem))
            return problem;
        *found = !problem && (!l->empty || l->stamp.len == 0); /* an empty one may be anybody's */
        if (problem && !*same)
            TRY(beginnings_agree(l, same));
    }
    return problem;
}

const fault *lake_life_find(arena *a, const struct lake_order *want)
{
    strs stamps;
    bool found = false, same = false;
    struct looking l = { .want = want, .a = arena_new(LOOK_BYTES_MAX), .page = arena_new(PAGE_BYTES_MAX) };
    const fault *problem = ingestion_lake_lives(a, want->cloud, &stamps);
    if (!problem)
        problem = lives_look(&l, &stamps, &found, &same);
    if (found) {
        memcpy(want->life->stamp, l.stamp.at, l.stamp.len);
        want->life->stamp[l.stamp.len] = '\0';
    }
    problem = problem ? fault_copy(a, problem) : NULL;
    arena_free(l.page);
    arena_free(l.a);
    return problem && only_another(problem) && same ? life_begin(a, want) : problem;
}
