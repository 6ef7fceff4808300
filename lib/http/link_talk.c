/* link_talk.c - one request and its answer over one connection of the client's, the body whole or piece by piece. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/http/link.h"
#include "lib/http/wire.h"

#define INTERIMS_MAX 8

/* Where all connections read: no fiber parks between reading into it and taking out of it. */
static char scratch[32 * 1024];

/* True when all went out. False: late, broken, or the answer came before: reading will tell. */
static bool link_send(struct link *l, const struct link_talk *talk)
{
    size_t sent = 0, all = talk->head.len + talk->body.len;
    l->seen = 0;
    while (sent < all) {
        ssize_t went = wire_send(l->watch.fd, talk->head, talk->body, sent);
        if (went >= 0) {
            sent += (size_t)went;
        } else if (errno == EAGAIN) {
            l->seen = 0;
            if (!link_await(l, EPOLLIN | EPOLLOUT, talk->deadline_ms) || l->seen & EPOLLIN)
                return false;
        } else if (errno != EINTR) {
            l->seen |= EPOLLIN; /* perhaps it answered before it closed */
            return false;
        }
    }
    return true;
}

struct hearing {
    struct parser parser;
    int interims; /* 1xx answers so far */
    bool begun;   /* a byte came */
    int64_t deadline_ms;
};

static void hearing_begin(struct hearing *h, const struct link_talk *talk)
{
    parser_await_response(&h->parser, talk->answer, talk->arena, talk->to_head,
                          UPSTREAM_BODY_BYTES_MAX);
    h->parser.hands_on = talk->taking;
}

static str answer_feed(struct hearing *h, const struct link_talk *talk, str bytes)
{
    for (;;) {
        bytes = str_after(bytes, parser_feed(&h->parser, bytes.at, bytes.len));
        bool interim = h->parser.stage == PARSE_DONE && talk->answer->status < 200;
        if (!interim || ++h->interims > INTERIMS_MAX)
            return bytes;
        hearing_begin(h, talk);
    }
}

/* Gives the parser what came, behind what it has left so far. */
static void link_feed(struct link *l, struct hearing *h, const struct link_talk *talk, size_t got)
{
    str fresh = { scratch, got };
    h->begun = true;
    if (!l->pending.len) {
        buf_text(&l->pending, answer_feed(h, talk, fresh));
        return;
    }
    buf_text(&l->pending, fresh);
    str left = answer_feed(h, talk, buf_str(&l->pending));
    buf_drop_front(&l->pending, l->pending.len - left.len);
}

/* Hands on what came of a body; false when its taker wants no more. While he is busy nothing is read: the other side
 * waits then. */
static bool piece_hand_on(struct link *l, struct hearing *h, const struct link_talk *talk)
{
    struct taking *t = talk->taking;
    str piece = parser_piece(&h->parser);
    if (!piece.len || h->parser.stage == PARSE_REFUSED)
        return true;
    if (!t->begun) /* the service is well; how long its body lasts is nothing to the breaker */
        breaker_succeeded(&l->of->breaker, loop_now_ms());
    t->begun = true;
    l->of->heard_ms = loop_now_ms();
    t->problem = t->taker->piece(t->taker, piece);
    fiber_give_way();
    h->deadline_ms = loop_now_ms() + t->wait_ms;
    return !t->problem;
}

static enum link_outcome link_hear(struct link *l, struct hearing *h, const struct link_talk *talk)
{
    bool cut = false;
    hearing_begin(h, talk);
    h->deadline_ms = talk->deadline_ms;
    while (h->parser.stage < PARSE_DONE && !cut) {
        if (l->of->closed)
            return LINK_CLOSED;
        /* Bytes seldom are there before we waited: asking first would be a call in vain. */
        if (!(l->seen & ~(uint32_t)EPOLLOUT)) {
            l->seen = 0;
            if (!link_await(l, EPOLLIN, h->deadline_ms))
                return l->of->closed ? LINK_CLOSED : LINK_LATE;
        }
        ssize_t got = recv(l->watch.fd, scratch, sizeof(scratch), 0);
        l->seen = got == (ssize_t)sizeof(scratch) ? EPOLLIN : 0;
        if (got > 0)
            link_feed(l, h, talk, (size_t)got);
        else if (got == 0)
            break;
        else
            cut = errno != EAGAIN && errno != EINTR;
        if (!piece_hand_on(l, h, talk))
            return LINK_STOPPED;
    }
    if (h->parser.stage == PARSE_DONE || (!cut && parser_finish(&h->parser)))
        return talk->answer->status < 200 ? LINK_BROKEN : LINK_ANSWERED;
    return l->used && !h->begun ? LINK_STALE : LINK_BROKEN;
}

enum link_outcome link_try(struct upstream *u, const struct link_talk *talk)
{
    bool late;
    struct link *l = link_take(u, talk, &late);
    if (!l)
        return late ? LINK_LATE : LINK_REFUSED;
    bool all_sent = link_send(l, talk);
    struct hearing h = { 0 };
    enum link_outcome outcome = link_hear(l, &h, talk);
    if (outcome == LINK_ANSWERED)
        u->heard_ms = loop_now_ms();
    if (outcome == LINK_ANSWERED && all_sent && talk->answer->keep_alive && !h.parser.until_close &&
        !l->pending.len)
        link_keep(l);
    else
        link_close(l);
    return outcome;
}
