/* status.c - kinds of faults as HTTP statuses, and the one error body that old and new clients can read. */
#include "lib/http/codes.h"
#include "lib/http/site.h"
#include "lib/json/write.h"

#include <string.h>

int fault_status(enum fault_kind kind)
{
    static const int statuses[] = {
        [FAULT_MALFORMED] = 400,    [FAULT_INVALID] = 400,   [FAULT_UNAUTHENTICATED] = 401,
        [FAULT_DECLINED] = 402,     [FAULT_FORBIDDEN] = 403, [FAULT_NOT_FOUND] = 404,
        [FAULT_WRONG_METHOD] = 405, [FAULT_CONFLICT] = 409,    [FAULT_GONE] = 410,
         [FAULT_TOO_LARGE] = 413,
        [FAULT_WRONG_TYPE] = 415,   [FAULT_MISDIRECTED] = 421, [FAULT_KEY_REUSED] = 422,
        [FAULT_TOO_MANY] = 429,     [FAULT_INTERNAL] = 500,  [FAULT_UNAVAILABLE] = 503,
    };
    return statuses[kind];
}

const char *status_title(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
        { 304, "Not Modified" }, { 308, "Permanent Redirect" }, { 400, "Bad Request" },
        { 401, "Unauthorized" }, { 402, "Payment Required" }, { 403, "Forbidden" },
        { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" },
        { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" }, { 413, "Content Too Large" },
        { 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
        { 421, "Misdirected Request" }, { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" },
        { 501, "Not Implemented" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Status";
}

static bool named_before(const struct fault_field *first, const struct fault_field *f)
{
    for (; first != f; first = first->next)
        if (str_equal(first->field, f->field))
            return true;
    return false;
}

/* {"field":["sentence", ...]}: all sentences of a field together. */
static void details_plain(struct buf *out, const struct fault_field *first)
{
    for (const struct fault_field *f = first; f; f = f->next) {
        if (named_before(first, f))
            continue;
        if (f != first)
            buf_char(out, ',');
        json_write_text(out, f->field);
        buf_literal(out, ":[");
        for (const struct fault_field *g = f; g; g = g->next) {
            if (!str_equal(g->field, f->field))
                continue;
            if (g != f)
                buf_char(out, ',');
            json_write_text(out, g->sentence);
        }
        buf_char(out, ']');
    }
}

/* {"field":{"message","path","kind"}}, as the movies service always did; one sentence a field. */
static void details_movies(struct buf *out, const struct fault_field *first)
{
    for (const struct fault_field *f = first; f; f = f->next) {
        if (named_before(first, f))
            continue;
        if (f != first)
            buf_char(out, ',');
        json_write_text(out, f->field);
        buf_literal(out, ":{\"message\":");
        json_write_text(out, f->sentence);
        buf_literal(out, ",\"path\":");
        json_write_text(out, f->field);
        buf_literal(out, ",\"kind\":");
        json_write_text(out, f->kind ? str_of(f->kind) : STR("type"));
        buf_char(out, '}');
    }
}

static void named_write(struct buf *out, const fault *problem)
{
    buf_char(out, ',');
    json_write_text(out, str_of(problem->named_as));
    buf_literal(out, ":[");
    for (size_t i = 0; i < problem->named.count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_int(out, problem->named.at[i]);
    }
    buf_char(out, ']');
}

static void error_write(struct call *c, const fault *problem)
{
    struct buf *out = &c->out;
    buf_literal(out, "{\"success\":false,\"data\":null,\"error\":");
    json_write_text(out, problem->sentence);
    buf_literal(out, ",\"message\":");
    json_write_text(out, problem->sentence);
    buf_literal(out, ",\"code\":");
    json_write_text(out, str_of(problem->code));
    buf_literal(out, ",\"status\":");
    buf_int(out, c->status);
    buf_literal(out, ",\"title\":");
    json_write_text(out, str_of(status_title(c->status)));
    buf_literal(out, ",\"detail\":");
    json_write_text(out, problem->sentence);
    if (problem->fields) {
        buf_literal(out, ",\"details\":{");
        if (c->site && c->site->errors == ERRORS_MOVIES)
            details_movies(out, problem->fields);
        else
            details_plain(out, problem->fields);
        buf_char(out, '}');
    }
    if (problem->named_as)
        named_write(out, problem);
    if (problem->members.len > 0) {
        buf_char(out, ',');
        buf_text(out, problem->members);
    }
    if (c->request_id.at) {
        buf_literal(out, ",\"requestId\":");
        json_write_text(out, c->request_id);
    }
    buf_char(out, '}');
}

/* The kind's, save for those that no kind has: 408, 431, 501 and the like belong to one code alone. */
static int status_of(const fault *problem)
{
    const struct code *known = code_find(problem->code);
    for (enum fault_kind kind = FAULT_MALFORMED; known && kind <= FAULT_UNAVAILABLE; kind++)
        if (fault_status(kind) == known->status)
            known = NULL;
    return known && known->status ? known->status : fault_status(problem->kind);
}

void answer_fault(struct call *c, const fault *problem)
{
    c->status = status_of(problem);
    c->out.in = c->arena;
    c->out.len = 0;
    c->content_type = NULL;
    c->etag = (str){ NULL, 0 };
    bool again = c->status == 503 || c->status == 429;
    if (problem->retry_after_s > 0 || again)
        answer_header(c, "Retry-After",
                      arena_printf(c->arena, "%lld",
                                   (long long)(problem->retry_after_s > 0 ? problem->retry_after_s : 1)));
    error_write(c, problem);
}
