/* pages.c - the pages that are built into the program. The first one brings what it shows first
 * with it: house and showings of today, so that nobody waits for a second and a third answer before
 * there is something to read. */
#include <string.h>

#include "lib/base/calendar.h"
#include "lib/http/embed.h"
#include "lib/json/write.h"
#include "services/gateway/gateway.h"

#define TOLD_MARK                                                                                  \
    "id=\"told\">" /* of the element of index.html that takes it: data, which no policy counts as  \
                      script */
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

/* {"house":{},"date":"2026-11-28","showtimes":[]}; a day that is too large is left out. */
static str told_of_today(struct gateway *gw, arena *a)
{
    day today = day_of(clock_wall_now());
    struct showtime_query want = { .from = { today.days * DAY_S },
                                   .until = { (today.days + 1) * DAY_S },
                                   .limit = TOLD_SHOWINGS_MAX };
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

/* What is on is not known yet: the page comes without it, and asks. */
const fault *gateway_page(struct call *c)
{
    struct gateway *gw = c->service;
    const struct embedded *page = embedded_find(web_pages, STR("index.html"));
    const char *mark = memmem(page->bytes.at, page->bytes.len, TOLD_MARK, strlen(TOLD_MARK));
    if (!mark || !gw->owners.of[ROOMS].follower.whole || !gw->owners.of[MOVIES].follower.whole)
        return file_reply(c, STR("index.html"));
    policy_put(c);
    answer_header(c, "Cache-Control", STR("no-cache"));
    answer_header(c, "X-Content-Type-Options", STR("nosniff"));
    if (!kept_reply(&gw->kept, &gw->owners, c)) {
        size_t before = (size_t)(mark - page->bytes.at) + strlen(TOLD_MARK);
        struct stamp stamp = stamp_now(&gw->owners, 0);
        c->status = 200;
        buf_put(&c->out, page->bytes.at, before);
        told_put(&c->out, told_of_today(gw, c->arena));
        buf_text(&c->out, str_after(page->bytes, before));
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
