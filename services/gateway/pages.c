/* pages.c - the pages that are built into the program. The first one brings what it shows first
 * with it: house and showings of today, so that nobody waits for a second and a third answer before
 * there is something to read. */
#include <string.h>

#include "lib/base/calendar.h"
#include "lib/http/embed.h"
#include "lib/json/write.h"
#include "services/gateway/first_films.h"
#include "services/gateway/gateway.h"

/* Of the elements of index.html that take it: films to read, and data, which no policy counts as script. */
#define FIRST_MARK "id=\"first\">"
#define TOLD_MARK "id=\"told\">"
#define TOLD_BYTES_MAX                                                                             \
    ((size_t)96 * 1024) /* of a day's showings, some 10 KB packed; a larger day is asked for */
#define TOLD_SHOWINGS_MAX 1000 /* as many as the page asks for */

extern const struct embedded web_pages[];

/* Nothing from elsewhere, nothing inline, nowhere framed. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void policy_put(struct call *c)
{
    answer_header(c, "Content-Security-Policy", STR(PAGE_POLICY));
    answer_header(c, "Referrer-Policy", STR("no-referrer"));
}

static const fault *file_reply(struct call *c, str name)
{
    const struct embedded *file = embedded_find(web_pages, name);
    if (!file)
        return fault_new(c->arena, FAULT_NOT_FOUND, "route_unknown",
                         "There is nothing at this address.");
    policy_put(c);
    return reply_embedded(c, file);
}

/* --- the first page --- */

/* Within an element nothing may look like its end: a title is whatever somebody typed. */
static void told_put(struct buf *out, str json)
{
    for (size_t i = 0; i < json.len; i++) {
        if (json.at[i] == '<')
            buf_literal(out, "\\u003c");
        else
            buf_char(out, json.at[i]);
    }
}

static struct showtime_query all_of(day date)
{
    return (struct showtime_query){ .from = { date.days * DAY_S }, .until = { (date.days + 1) * DAY_S }, .limit = TOLD_SHOWINGS_MAX };
}

/* {"house":{},"date":"2026-11-28","showtimes":[]}; a day that is too large is left out. */
static str told_of(struct gateway *gw, arena *a, day today)
{
    struct showtime_query want = all_of(today);
    char room[TIME_TEXT_MAX];
    str date = day_text(room, today);
    struct buf out = { .in = a }, showings = { .in = a };
    showtimes_write(gw, &showings, &want);
    buf_literal(&out, "{\"house\":");
    json_write(&out, &house_shape, &gw->house);
    buf_printf(&out, ",\"date\":\"%.*s\"", STR_ARG(date));
    if (showings.len <= TOLD_BYTES_MAX) {
        buf_literal(&out, ",\"showtimes\":");
        buf_text(&out, buf_str(&showings));
    }
    buf_char(&out, '}');
    return buf_str(&out);
}

static str films_of(struct gateway *gw, arena *a, day today)
{
    struct showtime_query want = all_of(today);
    struct buf out = { .in = a };
    first_films_write(&gw->owners.programme, a, &out, &want);
    return buf_str(&out);
}

/* Puts the page up to the mark, and the filling; gives what is left of the page. */
static str page_fill(struct buf *out, str page, const char *mark, str filling)
{
    const char *found = memmem(page.at, page.len, mark, strlen(mark));
    size_t before = found ? (size_t)(found - page.at) + strlen(mark) : 0;
    buf_put(out, page.at, before);
    if (found)
        buf_text(out, filling);
    return str_after(page, before);
}

/* What is on is not known yet: the page comes without it, and asks. */
const fault *gateway_page(struct call *c)
{
    struct gateway *gw = c->service;
    const struct embedded *page = embedded_find(web_pages, STR("index.html"));
    if (!gw->owners.of[ROOMS].follower.whole || !gw->owners.of[MOVIES].follower.whole)
        return file_reply(c, STR("index.html"));
    policy_put(c);
    answer_header(c, "Cache-Control", STR("no-cache"));
    answer_header(c, "X-Content-Type-Options", STR("nosniff"));
    if (!kept_reply(&gw->kept, &gw->owners, c)) {
        day today = day_of(clock_wall_now());
        struct buf told = { .in = c->arena };
        struct stamp stamp = stamp_now(&gw->owners, 0);
        c->status = 200;
        told_put(&told, told_of(gw, c->arena, today));
        str rest = page_fill(&c->out, page->bytes, FIRST_MARK, films_of(gw, c->arena, today));
        buf_text(&c->out, page_fill(&c->out, rest, TOLD_MARK, buf_str(&told)));
        kept_store(&gw->kept, &gw->owners, c, &stamp, KEEP_LISTS_MS);
    }
    c->content_type = page->content_type;
    return NULL;
}

/* Pages of the house: bundles of their own, which visitors do not load. */
const fault *gateway_owner_page(struct call *c)
{
    return file_reply(c, STR("owner.html"));
}

const fault *gateway_door_page(struct call *c)
{
    return file_reply(c, STR("door.html"));
}

/* Beside the page that it keeps: a worker rules over its own folder alone. */
const fault *gateway_door_worker(struct call *c)
{
    return file_reply(c, STR("door-worker.js"));
}

const fault *gateway_file(struct call *c)
{
    return file_reply(c, c->names[0]);
}
