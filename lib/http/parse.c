/* parse.c - reads messages: head.c looks at a head, llhttp takes it apart, the rules that llhttp
 * leaves open are judged, and the body is what the head says. */
#include "lib/http/parse.h"

#include "lib/http/target.h"

#define SENTENCE_MALFORMED "The request is not well-formed HTTP."

static const struct refusal malformed = { 400, FAULT_MALFORMED, "request_malformed",
                                          SENTENCE_MALFORMED };
static const struct refusal host_wrong = { 400, FAULT_MALFORMED, "host_wrong",
                                           "The request must name its host exactly once." };
static const struct refusal target_wrong = { 400, FAULT_MALFORMED, "target_wrong",
                                             "The address asked for cannot be read." };
static const struct refusal encoding_wrong = {
    400, FAULT_MALFORMED, "transfer_encoding_wrong",
    "The only transfer encoding understood is \"chunked\"."
};
static const struct refusal head_too_large = {
    431, FAULT_TOO_LARGE, "head_too_large",
    "The request's head is larger than 16 KiB or has more than 100 headers."
};
static const struct refusal body_too_large = { 413, FAULT_TOO_LARGE, "body_too_large",
                                               "The request's body is larger than 1 MiB." };
static const struct refusal expectation_failed = {
    417, FAULT_MALFORMED, "expectation_failed",
    "The only expectation understood is \"100-continue\"."
};
static const struct refusal version_not_supported = { 505, FAULT_MALFORMED, "version_not_supported",
                                                      "HTTP/1.1 and HTTP/1.0 are understood." };
static const struct refusal method_not_implemented = { 501, FAULT_MALFORMED,
                                                       "method_not_implemented",
                                                       "This method is not known here." };

/* For llhttp: -1 ends the parsing. */
static int refuse(struct parser *p, const struct refusal *why)
{
    p->refused = why;
    p->stage = PARSE_REFUSED;
    return -1;
}

/* --- what llhttp tells --- */

static int on_target(llhttp_t *http, const char *at, size_t len)
{
    struct parser *p = http->data;
    p->message->target = (str){ at, len };
    return 0;
}

static int on_name(llhttp_t *http, const char *at, size_t len)
{
    struct parser *p = http->data;
    struct message *m = p->message;
    if (m->header_count == HEADERS_MAX)
        return refuse(p, &head_too_large);
    struct header *h = &m->headers[m->header_count++];
    h->name = (str){ at, len };
    h->value = (str){ at + len, 0 };
    return 0;
}

static int on_value(llhttp_t *http, const char *at, size_t len)
{
    struct parser *p = http->data;
    struct message *m = p->message;
    if (m->header_count)
        m->headers[m->header_count - 1].value = str_trim((str){ at, len });
    return 0;
}

static enum method method_of(uint8_t llhttp_method)
{
    switch (llhttp_method) {
    case HTTP_GET:
        return GET;
    case HTTP_HEAD:
        return HEAD;
    case HTTP_POST:
        return POST;
    case HTTP_PUT:
        return PUT;
    case HTTP_DELETE:
        return DELETE;
    case HTTP_PATCH:
        return PATCH;
    case HTTP_OPTIONS:
        return OPTIONS;
    default:
        return METHOD_OTHER;
    }
}

/* The headers that say where a message ends and for whom it is. */
struct decisive {
    str host, encoding, expect;
    int hosts, encodings, lengths;
};

static void decisive_note(struct decisive *d, const struct header *h)
{
    if (str_equal_nocase(h->name, STR("Host"))) {
        d->host = h->value;
        d->hosts++;
    } else if (str_equal_nocase(h->name, STR("Transfer-Encoding"))) {
        d->encoding = h->value;
        d->encodings++;
    } else if (str_equal_nocase(h->name, STR("Content-Length"))) {
        d->lengths++;
    } else if (str_equal_nocase(h->name, STR("Expect"))) {
        d->expect = h->value;
    }
}

/* Where the body ends must be beyond doubt, for us and for everybody between. */
static const struct refusal *length_judge(const struct parser *p, const struct decisive *d)
{
    if (d->lengths > 1 || (d->lengths && d->encodings))
        return &malformed;
    if (d->encodings &&
        (d->encodings > 1 || p->minor == 0 || !str_equal_nocase(d->encoding, STR("chunked"))))
        return &encoding_wrong;
    if (!d->encodings && !p->without_body && !p->in_pieces &&
        p->http.content_length > p->body_bytes_max)
        return &body_too_large;
    return NULL;
}

static const struct refusal *request_judge(struct parser *p, const struct decisive *d)
{
    if (p->http.method == HTTP_CONNECT)
        return &method_not_implemented;
    if (d->hosts > 1 || (d->hosts == 0 && p->minor == 1) || !host_well_formed(d->host))
        return &host_wrong;
    if (!target_read(p->message, d->host, p->arena))
        return &target_wrong;
    const struct refusal *found = length_judge(p, d);
    if (found)
        return found;
    if (d->expect.at && p->minor == 1) {
        if (!str_equal_nocase(d->expect, STR("100-continue")))
            return &expectation_failed;
        p->expects_continue = d->encodings || p->http.content_length;
    }
    return NULL;
}

static const struct refusal *response_judge(struct parser *p, const struct decisive *d)
{
    int status = p->http.status_code;
    p->message->status = status;
    if (status < 100 || status > 599 || status == 101) /* nobody here asked to switch */
        return &malformed;
    p->without_body |= status < 200 || status == 204 || status == 304;
    p->until_close = !p->without_body && !d->encodings && !d->lengths;
    p->in_pieces = p->hands_on && status == 200;
    return length_judge(p, d);
}

static int on_head(llhttp_t *http)
{
    struct parser *p = http->data;
    struct message *m = p->message;
    struct decisive d = { 0 };
    p->minor = http->http_minor;
    if (http->http_major != 1 || http->http_minor > 1)
        return refuse(p, &version_not_supported);
    for (size_t i = 0; i < m->header_count; i++)
        decisive_note(&d, &m->headers[i]);
    if (!p->of_response)
        m->method = method_of(http->method);
    m->keep_alive = llhttp_should_keep_alive(http);
    const struct refusal *found = p->of_response ? response_judge(p, &d) : request_judge(p, &d);
    if (found)
        return refuse(p, found);
    http->upgrade = 0; /* an Upgrade is ignored: what follows is HTTP as before */
    p->chunked = d.encodings;
    p->left = http->content_length;
    p->stage =
        !p->without_body && (p->chunked || p->until_close || p->left) ? PARSE_BODY : PARSE_DONE;
    return 1; /* for llhttp the message ends here: the body is read below */
}

static int on_end(llhttp_t *http)
{
    (void)http;
    return HPE_PAUSED;
}

static const llhttp_settings_t request_settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_message_complete = on_end,
};
static const llhttp_settings_t response_settings = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_message_complete = on_end,
};

/* --- the parser --- */

static void parser_await(struct parser *p, struct message *into, arena *a)
{
    into->method = GET;
    into->status = 0;
    into->target = into->path = into->query = into->body = STR("");
    into->header_count = 0;
    into->keep_alive = false;
    p->message = into;
    p->arena = a;
    p->body.in = a;
    p->http.data = p;
}

void parser_await_request(struct parser *p, struct message *into, arena *a)
{
    *p = (struct parser){ .lines = LINES_OF_REQUEST, .body_bytes_max = BODY_BYTES_MAX };
    llhttp_init(&p->http, HTTP_REQUEST, &request_settings);
    parser_await(p, into, a);
}

void parser_await_response(struct parser *p, struct message *into, arena *a, bool to_head,
                           size_t body_bytes_max)
{
    *p = (struct parser){ .lines = LINES_OF_RESPONSE, .body_bytes_max = body_bytes_max };
    llhttp_init(&p->http, HTTP_RESPONSE, &response_settings);
    p->of_response = true;
    p->without_body = to_head;
    parser_await(p, into, a);
}

static bool is_method_like(const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && ((bytes[i] >= 'A' && bytes[i] <= 'Z') || (bytes[i] >= '0' && bytes[i] <= '9') ||
                       bytes[i] == '-' || bytes[i] == '_'))
        i++;
    return i > 0 && i < len && bytes[i] == ' ';
}

static const struct refusal *refusal_of(const struct parser *p, llhttp_errno_t error, str head)
{
    if (error == HPE_INVALID_VERSION)
        return &version_not_supported;
    bool unknown = error == HPE_INVALID_METHOD || (error != HPE_OK && p->http.method >= HTTP_DESCRIBE); /* RTSP's */
    if (unknown && !p->of_response && is_method_like(head.at, head.len))
        return &method_not_implemented;
    return &malformed;
}

/* Takes empty lines before a request off the front. */
static size_t empty_lines_skip(struct parser *p, const char *bytes, size_t len)
{
    size_t used = 0;
    while (len - used >= 2 && bytes[used] == '\r' && bytes[used + 1] == '\n') {
        used += 2;
        if (++p->empty_lines > EMPTY_LINES_MAX) {
            refuse(p, &malformed);
            break;
        }
    }
    return used;
}

static void head_parse(struct parser *p, str head)
{
    llhttp_errno_t error = llhttp_execute(&p->http, head.at, head.len);
    bool whole = error == HPE_PAUSED && llhttp_get_error_pos(&p->http) == head.at + head.len;
    if (p->stage == PARSE_REFUSED)
        return;
    if (!whole || p->stage == PARSE_HEAD)
        refuse(p, refusal_of(p, error, head));
}

/* How many bytes the head takes; 0 when it is not whole yet. */
static size_t head_feed(struct parser *p, const char *bytes, size_t len)
{
    if (p->looked == 0 && len == 1 && bytes[0] == '\r')
        return 0; /* perhaps half an empty line */
    if (p->looked < len)
        p->looked += lines_scan(&p->lines, bytes + p->looked, len - p->looked);
    if (p->lines.bad)
        refuse(p, &malformed);
    else if (p->looked > HEAD_BYTES_MAX || (!p->lines.ended && len >= HEAD_BYTES_MAX))
        refuse(p, &head_too_large);
    else if (p->lines.ended) {
        head_parse(p, arena_copy(p->arena, (str){ bytes, p->looked }));
        return p->looked;
    }
    return 0;
}

/* --- bodies --- */

static bool body_put(struct parser *p, str piece)
{
    if (piece.len > p->body_bytes_max - p->body.len) {
        refuse(p, &body_too_large);
        return false;
    }
    buf_text(&p->body, piece);
    return true;
}

static size_t chunks_feed(struct parser *p, const char *bytes, size_t len)
{
    size_t used = 0;
    while (used < len && p->chunks.at < CHUNKS_DONE) {
        str piece;
        used += chunks_take(&p->chunks, bytes + used, len - used, &piece);
        if (!body_put(p, piece))
            return 0;
        /* Sizes, extensions and trailers may not be much longer than what they carry; in a stream, where each piece may be
         * a chunk however small, than a head. */
        if (p->in_pieces && piece.len)
            p->chunks.frame_bytes = 0;
        if (p->chunks.frame_bytes > HEAD_BYTES_MAX + p->body.len) {
            refuse(p, &body_too_large);
            return 0;
        }
    }
    if (p->chunks.at == CHUNKS_BAD)
        refuse(p, &malformed);
    else if (p->chunks.at == CHUNKS_DONE)
        p->stage = PARSE_DONE;
    return used;
}

static size_t length_feed(struct parser *p, const char *bytes, size_t len)
{
    str piece = { bytes, len < p->left ? len : (size_t)p->left };
    if (!p->body.at) {
        /* A client's word about its length is no reason to take that much memory; our own service's
         * is. */
        bool trusting = p->of_response && !p->in_pieces;
        uint64_t trusted = trusting || p->left < 65536 ? p->left : 65536;
        buf_reserve(&p->body, piece.len < trusted ? (size_t)trusted : piece.len);
    }
    body_put(p, piece);
    p->left -= piece.len;
    if (!p->left)
        p->stage = PARSE_DONE;
    return piece.len;
}

static size_t body_feed(struct parser *p, const char *bytes, size_t len)
{
    if (p->chunked)
        return chunks_feed(p, bytes, len);
    if (!p->until_close)
        return length_feed(p, bytes, len);
    return body_put(p, (str){ bytes, len }) ? len : 0;
}

size_t parser_feed(struct parser *p, const char *bytes, size_t len)
{
    size_t used = 0;
    if (p->stage == PARSE_HEAD) {
        if (!p->of_response && p->looked == 0)
            used = empty_lines_skip(p, bytes, len);
        if (p->stage == PARSE_HEAD)
            used += head_feed(p, bytes + used, len - used);
    }
    if (p->stage == PARSE_BODY && used < len)
        used += body_feed(p, bytes + used, len - used);
    if (p->stage == PARSE_DONE)
        p->message->body = buf_str(&p->body);
    return used;
}

str parser_piece(struct parser *p)
{
    if (!p->in_pieces)
        return STR("");
    str piece = buf_str(&p->body);
    p->body.len = 0;
    p->message->body = STR("");
    return piece;
}

bool parser_finish(struct parser *p)
{
    if (p->stage == PARSE_BODY && p->until_close) {
        p->stage = PARSE_DONE;
        p->message->body = buf_str(&p->body);
    }
    return p->stage == PARSE_DONE;
}
