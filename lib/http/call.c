/* call.c - the ways to answer: envelopes around what a shape writes, and headers. */
#include "lib/http/call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/http/route.h"
#include "lib/http/wire.h"
#include "lib/json/write.h"

void answer_header(struct call *c, const char *name, str value)
{
    assert(c->header_count < ANSWER_HEADERS_MAX);
    if (wire_framing(str_of(name)))
        return;
    for (size_t i = 0; i < value.len; i++) /* a line break would begin a header of somebody else's making */
        assert((unsigned char)value.at[i] >= ' ' || value.at[i] == '\t');
    c->headers[c->header_count++] = (struct header){ str_of(name), value };
}

void location(struct call *c, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof text);
    answer_header(c, "Location", arena_copy(c->arena, (str){ text, (size_t)length }));
}

static struct buf *success_begin(struct call *c, int status)
{
    c->status = status;
    c->out.in = c->arena;
    c->out.len = 0;
    buf_literal(&c->out, "{\"success\":true,\"data\":");
    return &c->out;
}

static const fault *success_end(struct call *c, const char *message)
{
    bool null_members = c->site && c->site->null_members;
    if (message || null_members) {
        buf_literal(&c->out, ",\"message\":");
        json_write_text(&c->out, str_of(message));
    }
    if (null_members)
        buf_literal(&c->out, ",\"error\":null");
    buf_char(&c->out, '}');
    return NULL;
}

static void data_write(struct buf *out, const struct shape *s, const void *data)
{
    if (s && data)
        json_write(out, s, data);
    else
        buf_literal(out, "null");
}

const fault *reply_message(struct call *c, int status, const struct shape *s, const void *data,
                           const char *message)
{
    data_write(success_begin(c, status), s, data);
    return success_end(c, message);
}

const fault *reply(struct call *c, int status, const struct shape *s, const void *data)
{
    return reply_message(c, status, s, data, NULL);
}

const fault *reply_list_message(struct call *c, int status, const struct shape *row, const list *rows,
                                const char *message)
{
    json_write_list(success_begin(c, status), row, rows);
    return success_end(c, message);
}

const fault *reply_list(struct call *c, const struct shape *row, const list *rows)
{
    return reply_list_message(c, 200, row, rows, NULL);
}

const fault *reply_sentence(struct call *c, const char *data)
{
    json_write_text(success_begin(c, 200), str_of(data));
    return success_end(c, NULL);
}

const fault *reply_page(struct call *c, const struct shape *row, const list *rows, const struct page *page)
{
    struct buf *out = success_begin(c, 200);
    int64_t pages = page->limit > 0 ? (page->total + page->limit - 1) / page->limit : 0;
    json_write_list(out, row, rows);
    buf_literal(out, ",\"pagination\":{\"page\":");
    buf_int(out, page->page);
    buf_literal(out, ",\"limit\":");
    buf_int(out, page->limit);
    buf_literal(out, ",\"total\":");
    buf_int(out, page->total);
    buf_literal(out, ",\"pages\":");
    buf_int(out, pages);
    buf_char(out, '}');
    return success_end(c, NULL);
}

const fault *reply_raw(struct call *c, int status, const char *content_type, str body)
{
    c->status = status;
    c->content_type = content_type;
    c->out.in = c->arena;
    c->out.len = 0;
    buf_text(&c->out, body);
    return NULL;
}

const fault *reply_plain(struct call *c, int status, const struct shape *s, const void *data)
{
    c->status = status;
    c->out.in = c->arena;
    c->out.len = 0;
    data_write(&c->out, s, data);
    return NULL;
}
