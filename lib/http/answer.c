/* answer.c - writes the head of an answer. */
#include "lib/http/answer.h"

#include <stdio.h>
#include <time.h>

#include "lib/http/route.h"
#include "lib/http/wire.h"

/* Without strftime: its names of days follow the locale, HTTP's do not. */
str date_text(struct date_cache *cache, int64_t loop_now_ms)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t second = loop_now_ms / 1000 + 1;
    if (cache->second != second) {
        cache->second = second;
        time_t now = (time_t)(clock_now().ms / 1000);
        struct tm utc;
        gmtime_r(&now, &utc);
        snprintf(cache->text, sizeof(cache->text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                 days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
                 utc.tm_hour, utc.tm_min, utc.tm_sec);
    }
    return str_of(cache->text);
}

bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void status_line_write(struct buf *out, int status)
{
    if (status == 200) {
        buf_literal(out, "HTTP/1.1 200 OK\r\n");
        return;
    }
    buf_literal(out, "HTTP/1.1 ");
    buf_int(out, status);
    buf_char(out, ' ');
    buf_text(out, str_of(status_title(status)));
    buf_literal(out, "\r\n");
}

static void body_describe(struct buf *out, const struct call *c, enum body_end end)
{
    if (c->out.len || end != BODY_OF_LENGTH) {
        buf_literal(out, "Content-Type: ");
        buf_text(out, c->content_type ? str_of(c->content_type) : STR("application/json"));
        buf_literal(out, "\r\n");
        if (c->packed)
            buf_literal(out, "Content-Encoding: gzip\r\n");
    }
    if (end == BODY_OF_LENGTH) {
        buf_literal(out, "Content-Length: ");
        buf_int(out, (int64_t)c->out.len);
        buf_literal(out, "\r\n");
    } else if (end == BODY_OF_CHUNKS) {
        buf_literal(out, "Transfer-Encoding: chunked\r\n");
    }
}

void answer_head_write(struct buf *out, const struct call *c, const struct answer_form *form)
{
    status_line_write(out, c->status);
    buf_literal(out, "Date: ");
    buf_text(out, form->date);
    buf_literal(out, "\r\n");
    if (status_has_body(c->status))
        body_describe(out, c, form->end);
    if (!form->keep_alive)
        buf_literal(out, "Connection: close\r\n");
    else if (form->minor == 0)
        buf_literal(out, "Connection: keep-alive\r\n");
    for (size_t i = 0; i < c->header_count; i++) /* answer_header has looked at them */
        wire_header_trusted(out, c->headers[i].name, c->headers[i].value);
    buf_literal(out, "\r\n");
}
