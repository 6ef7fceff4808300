/* feeding.c - for the fuzz targets: messages out of bytes that arrive whole or in pieces. */
#include "lib/http/fuzz/feeding.h"

#include <assert.h>
#include <string.h>

static void fed_begin(struct feeding *f, arena *a, size_t at)
{
    struct fed *m = &f->fed[f->count++];
    m->begin = m->end = at;
    m->pieces = (struct buf){ .in = a };
    if (f->responses)
        parser_await_response(&m->parser, &m->message, a, f->to_head, BODY_BYTES_MAX);
    else
        parser_await_request(&m->parser, &m->message, a);
    m->parser.hands_on = f->in_pieces;
}

void feed(struct feeding *f, arena *a, str input)
{
    size_t arrived = 0, step = f->step ? f->step : input.len;
    f->count = 0;
    fed_begin(f, a, 0);
    while (arrived < input.len) {
        arrived = input.len - arrived < step ? input.len : arrived + step;
        for (;;) {
            struct fed *m = &f->fed[f->count - 1];
            /* A copy of the exact size: a sanitizer sees one byte too many. */
            str piece = arena_copy(a, (str){ input.at + m->end, arrived - m->end });
            m->end += parser_feed(&m->parser, piece.at, piece.len);
            if (m->parser.stage == PARSE_REFUSED)
                return;
            buf_text(&m->pieces, parser_piece(&m->parser));
            if (m->parser.stage != PARSE_DONE || f->count == FED_MAX)
                break;
            fed_begin(f, a, m->end);
        }
    }
    struct fed *last = &f->fed[f->count - 1];
    if (last->parser.stage < PARSE_DONE)
        parser_finish(&last->parser);
}

/* How much of a message that is too large was seen when it was refused depends on how it arrived: then
 * another reason may have come first. */
static bool refused_for_size(const struct refusal *r)
{
    return r && (r->status == 413 || r->status == 431);
}

static void fed_compare(const struct fed *a, const struct fed *b)
{
    assert(a->parser.stage == b->parser.stage && a->begin == b->begin);
    assert(a->parser.refused == b->parser.refused || refused_for_size(a->parser.refused) ||
           refused_for_size(b->parser.refused));
    if (a->parser.stage != PARSE_DONE)
        return;
    const struct message *m = &a->message, *n = &b->message;
    assert(a->end == b->end && a->parser.expects_continue == b->parser.expects_continue);
    assert(m->method == n->method && m->status == n->status && m->keep_alive == n->keep_alive);
    assert(str_equal(m->target, n->target) && str_equal(m->path, n->path) &&
           str_equal(m->query, n->query));
    assert(str_equal(m->body, n->body) && m->header_count == n->header_count);
    for (size_t i = 0; i < m->header_count; i++)
        assert(str_equal(m->headers[i].name, n->headers[i].name) &&
               str_equal(m->headers[i].value, n->headers[i].value));
}

void feeding_compare(const struct feeding *a, const struct feeding *b)
{
    assert(a->count == b->count);
    for (size_t i = 0; i < a->count; i++)
        fed_compare(&a->fed[i], &b->fed[i]);
}

void pieces_compare(const struct feeding *whole, const struct feeding *pieces)
{
    for (size_t i = 0; i < whole->count && i < pieces->count; i++) {
        const struct fed *w = &whole->fed[i], *p = &pieces->fed[i];
        bool in_pieces = p->message.status == 200;
        if (w->parser.stage != PARSE_DONE) {
            assert(p->parser.stage != PARSE_DONE || refused_for_size(w->parser.refused));
            return;
        }
        assert(p->parser.stage == PARSE_DONE && w->begin == p->begin && w->end == p->end);
        assert(w->message.status == p->message.status && w->message.keep_alive == p->message.keep_alive);
        assert(str_equal(w->message.body, in_pieces ? buf_str(&p->pieces) : p->message.body));
        assert(in_pieces ? !p->message.body.len : !p->pieces.len);
    }
}

static bool is_name(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7F ||
            strchr("()<>@,;:\\\"/[]?={}", text.at[i]))
            return false;
    return text.len;
}

static bool has_control(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') || text.at[i] == 0x7F)
            return true;
    return false;
}

void fed_check(const struct fed *m)
{
    assert(m->message.header_count <= HEADERS_MAX && m->message.body.len <= BODY_BYTES_MAX);
    for (size_t i = 0; i < m->message.header_count; i++)
        assert(is_name(m->message.headers[i].name) && !has_control(m->message.headers[i].value));
}
