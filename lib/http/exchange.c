/* exchange.c - the answer to one request as bytes: a handler's, or a refusal. */
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/http/connection.h"

/* A body up to this is copied behind its head: cheaper than two pieces in one call. */
#define JOINED_BYTES_MAX 4096

void exchange_begin(struct exchange *x)
{
    struct site *site = x->of->server->site;
    x->call = (struct call){
        .site = site, .service = site->service, .arena = x->arena, .request = &x->message,
        .local = x->of->local, .peer = x->of->peer,
    };
    x->call.out.in = x->arena;
    x->call.exchange = x;
    x->streamer = NULL;
}

void exchange_head(struct exchange *x, enum body_end end)
{
    struct connection *c = x->of;
    c->last = c->refused || !x->message.keep_alive || c->server->site->draining ||
              end == BODY_UNTIL_CLOSE;
    if (x->call.status < 200 || x->call.status > 599)
        x->call.status = 500;
    x->head.len = x->sent = 0;
    struct answer_form form = { date_text(&c->server->date, loop_now_ms()), end, x->parser.minor,
                                !c->last };
    answer_head_write(&x->head, &x->call, &form);
}

/* All of it is there. A stream that ended before its first flush is an answer as others are, but
 * that its HEAD cannot know how long it would be. */
void exchange_answer(struct exchange *x)
{
    bool to_head = x->message.method == HEAD;
    exchange_head(x, to_head && x->call.streaming ? stream_body_end(x) : BODY_OF_LENGTH);
    x->body = status_has_body(x->call.status) && !to_head ? buf_str(&x->call.out) : STR("");
    if (x->body.len <= JOINED_BYTES_MAX) {
        buf_text(&x->head, x->body);
        x->body = STR("");
    }
}

void exchange_refuse(struct exchange *x, const struct refusal *why)
{
    struct site *site = x->of->server->site;
    exchange_begin(x);
    x->call.request_id = random_hex(x->arena, 8);
    answer_header(&x->call, "X-Request-Id", x->call.request_id);
    answer_fault(&x->call, fault_new(x->arena, why->kind, why->code, "%s", why->sentence));
    x->call.status = why->status;
    site->requests_by_class[why->status / 100]++;
    struct buf *line = log_begin("warn", "request_refused");
    log_member_text(line, "service", str_of(site->name));
    log_member_int(line, "status", why->status);
    log_member_text(line, "code", str_of(why->code));
    log_member_text(line, "request", x->call.request_id);
    log_end(line);
}
