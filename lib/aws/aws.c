/* aws.c - a question to AWS from its signature to its answer: sent, judged, and sent again while that may help. */
#include "lib/aws/aws.h"

#include <assert.h>
#include <string.h>

#include "lib/aws/keyring.h"
#include "lib/aws/refusal.h"
#include "lib/aws/wire.h"
#include "lib/base/random.h"
#include "lib/loop/fiber.h"

#define BUCKET_NAMED "{bucket}."
#define DEADLINE_MS 30000
#define PAUSE_MS_MAX 20000
#define PRESIGNED_S_MAX 604800
#define TRY_BYTES_MAX (3 * AWS_ANSWER_BYTES_MAX) /* a refusal of that length taken apart, and the request */

_Static_assert(AWS_CALLS_MAX == WIRE_CALLS_MAX && AWS_WAITING_MAX == WIRE_WAITING_MAX, "aws.h promises what wire.h keeps");
_Static_assert(AWS_HEADERS_MAX + 8 <= WIRE_HEADERS_MAX, "room for what signing adds");

/* A service and where it is asked. */
struct desk {
    const char *service, *name;
    str scheme, host; /* host empty: AWS's own */
    bool named;       /* the bucket's name comes before that host */
    struct aws_counts counts;
};

struct aws {
    struct aws_settings settings;
    struct wire *wire;
    struct keyring *keys;
    int64_t clock_off_ms;
    struct desk desks[2];
};

/* --- open and close --- */

static const fault *endpoint_read(arena *a, const char *setting, str url, struct desk *d)
{
    d->scheme = STR("https");
    if (url.len == 0)
        return NULL;
    if (str_starts(url, STR("http://")))
        d->scheme = STR("http");
    if (str_starts(url, STR("http://")) || str_starts(url, STR("https://")))
        d->host = str_after(url, d->scheme.len + 3);
    if (str_ends(d->host, STR("/")))
        d->host.len--;
    d->named = str_starts(d->host, STR(BUCKET_NAMED)) && str_equal(str_of(d->service), STR("s3"));
    if (d->named)
        d->host = str_after(d->host, sizeof BUCKET_NAMED - 1);
    bool well = d->host.len > 0;
    for (size_t i = 0; i < d->host.len; i++)
        well = well && d->host.at[i] > ' ' && d->host.at[i] < 127 && !strchr("/?#@\\{}", d->host.at[i]);
    return well ? NULL : fault_new(a, FAULT_INVALID, "setting_invalid", "%s must be like https://host:port, without a path.", setting);
}

static bool is_region(str region)
{
    bool well = region.len > 0 && region.len <= 63;
    for (size_t i = 0; i < region.len; i++) {
        char c = region.at[i];
        well = well && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    }
    return well;
}

const fault *aws_open(arena *a, struct aws **out, const struct aws_settings *s, const struct credential_settings *where)
{
    struct aws *w = NEW(a, struct aws);
    w->settings = *s;
    w->desks[0] = (struct desk){ .service = "s3", .name = "Amazon S3" };
    w->desks[1] = (struct desk){ .service = "dynamodb", .name = "Amazon DynamoDB" };
    if (!is_region(s->region))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "AWS_REGION must be like us-east-1.");
    TRY(endpoint_read(a, "AWS_ENDPOINT_URL_S3", s->endpoint_s3, &w->desks[0]));
    TRY(endpoint_read(a, "AWS_ENDPOINT_URL_DYNAMODB", s->endpoint_dynamodb, &w->desks[1]));
    TRY(wire_open(a, &w->wire, s->ca_file));
    TRY(keyring_open(a, &w->keys, w->wire, s->region, where));
    *out = w;
    return NULL;
}

void aws_close(struct aws *w)
{
    keyring_close(w->keys);
    wire_close(w->wire);
}

str aws_region(const struct aws *w)
{
    return w->settings.region;
}

int64_t aws_clock_off_ms(const struct aws *w)
{
    return w->clock_off_ms;
}

static struct desk *desk_of(struct aws *w, const char *service)
{
    size_t i = strcmp(service, w->desks[0].service) == 0 ? 0 : 1;
    assert(strcmp(service, w->desks[i].service) == 0);
    return &w->desks[i];
}

struct aws_counts aws_counts_of(const struct aws *w, const char *service)
{
    return strcmp(service, w->desks[0].service) == 0 ? w->desks[0].counts : w->desks[1].counts;
}

str aws_answer_header(const struct aws_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (str_equal_nocase(answer->headers[i].name, str_of(name)))
            return answer->headers[i].value;
    return (str){ 0 };
}

/* --- one try --- */

struct asking {
    struct aws *aws;
    arena *a; /* the caller's: what is kept */
    const struct aws_question *q;
    struct desk *desk;
    str host, path; /* path encoded */
    str payload;
    struct credentials who;
    int64_t tries; /* so far */
    int64_t clock_off_ms; /* by which the last one was signed */
    bool clock_tried, renewed;
};

/* A bucket's name with a dot fits no certificate of AWS's: it goes into the path as with an endpoint of one's own. */
static void address(struct asking *k)
{
    const struct aws_question *q = k->q;
    str region = k->aws->settings.region, host = k->desk->host;
    const char *suffix = str_starts(region, STR("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";
    bool own = host.len > 0, in_host = q->bucket.len > 0 && (own ? k->desk->named : !memchr(q->bucket.at, '.', q->bucket.len));
    if (!own)
        host = arena_printf(k->a, "%s.%.*s.%s", k->desk->service, STR_ARG(region), suffix);
    k->host = in_host ? arena_printf(k->a, "%.*s.%.*s", STR_ARG(q->bucket), STR_ARG(host)) : host;
    str path = sign_path(k->a, q->path);
    if (q->bucket.len > 0 && !in_host)
        path = arena_printf(k->a, "/%.*s%.*s", STR_ARG(sign_path(k->a, q->bucket)), path.len > 1 ? (int)path.len : 0, path.at);
    k->path = path;
}

static void header_add(struct wire_request *r, str name, str value)
{
    r->headers[r->header_count++] = (struct header){ name, value };
}

/* All that goes over the wire is signed but what libcurl adds: Content-Length, Accept, User-Agent. */
static void request_make(struct asking *k, arena *a, struct wire_request *r)
{
    const struct aws_question *q = k->q;
    k->clock_off_ms = k->aws->clock_off_ms;
    struct sign_place place = { k->aws->settings.region, q->service, { clock_now().ms + k->clock_off_ms } };
    char *time = arena_take(a, SIGN_TIME_BYTES);
    *r = (struct wire_request){ .method = q->method, .body = q->body, .deadline_ms = q->deadline_ms ? q->deadline_ms : DEADLINE_MS,
                                .body_bytes_max = AWS_ANSWER_BYTES_MAX, .piece = q->piece, .piece_arg = q->piece_arg, .fresh = q->once };
    header_add(r, STR("Host"), k->host);
    header_add(r, STR("X-Amz-Date"), sign_time(time, place.at));
    if (k->desk == &k->aws->desks[0])
        header_add(r, STR("X-Amz-Content-Sha256"), k->payload);
    if (k->who.token.len > 0)
        header_add(r, STR("X-Amz-Security-Token"), k->who.token);
    for (size_t i = 0; i < q->header_count; i++)
        header_add(r, q->headers[i].name, q->headers[i].value);
    struct sign_request s = { .method = method_name(q->method), .path = k->path, .query = q->query, .query_count = q->query_count,
                              .headers = r->headers, .header_count = r->header_count, .payload = k->payload };
    header_add(r, STR("Authorization"), sign_authorization(a, &place, &k->who, &s));
    str query = sign_query(a, q->query, q->query_count);
    r->url = arena_printf(a, "%.*s://%.*s%.*s%s%.*s", STR_ARG(k->desk->scheme), STR_ARG(k->host), STR_ARG(k->path), query.len ? "?" : "",
                          STR_ARG(query));
}

/* --- what came of it --- */

static void answer_keep(struct asking *k, const struct wire_answer *from, struct aws_answer *to)
{
    struct header next;
    size_t count = 0;
    str rest = buf_str(&from->head);
    while (wire_next_header(&rest, &next))
        count++;
    rest = arena_copy(k->a, buf_str(&from->head));
    to->headers = NEW_ARRAY(k->a, struct header, count + 1);
    while (to->header_count < count && wire_next_header(&rest, &next)) {
        char *name = arena_take(k->a, next.name.len + 1);
        for (size_t i = 0; i < next.name.len; i++)
            name[i] = (char)(next.name.at[i] >= 'A' && next.name.at[i] <= 'Z' ? next.name.at[i] + 32 : next.name.at[i]);
        to->headers[to->header_count++] = (struct header){ { name, next.name.len }, next.value };
    }
    to->body = arena_copy(k->a, buf_str(&from->body));
}

/* S3 answers a POST that takes long with 200 before it knows the end, and says in the body that it failed. */
static struct verdict judge(struct asking *k, arena *a, const struct wire_answer *answer, struct refused *r)
{
    bool s3 = k->desk == &k->aws->desks[0];
    instant theirs;
    *r = (struct refused){ .status = answer->status, .bucket_itself = s3 && k->q->path.len <= 1,
                           .token_unjudged = k->q->method == HEAD && k->who.token.len > 0 };
    if (answer->status >= 300 || (s3 && k->q->method == POST)) {
        bool refused = s3 ? refusal_read_xml(a, buf_str(&answer->body), &r->said) : refusal_read_json(a, buf_str(&answer->body), &r->said);
        if (refused && answer->status == 200)
            r->status = 500;
    }
    if (http_date_read(wire_answer_header(answer, STR("Date")), &theirs))
        r->clock_off_ms = theirs.ms - clock_now().ms - k->clock_off_ms;
    return refusal_judge(r);
}

static const fault *away(struct asking *k, const struct wire_answer *answer)
{
    const char *name = k->desk->name;
    if (answer->end == WIRE_REFUSED)
        return answer->problem;
    if (answer->end == WIRE_TOO_BIG)
        return fault_new(k->a, FAULT_UNAVAILABLE, "aws_strange", "The answer of %s is longer than it may be.", name);
    if (answer->end == WIRE_UNFIT)
        return fault_new(k->a, FAULT_INVALID, "aws_refused", "A request to %s cannot be sent: %s.", name, answer->why);
    if (answer->end == WIRE_BUSY)
        return fault_new(k->a, FAULT_UNAVAILABLE, "aws_busy", "Too many questions to %s wait already.", name);
    return fault_new(k->a, FAULT_UNAVAILABLE, "aws_away", "%s cannot be reached: %s.", name, answer->why);
}

/* What AWS calls it comes last, when it said something. */
static const fault *refused(struct asking *k, const struct refused *r, const struct verdict *v)
{
    static const struct {
        const char *code, *says;
    } sentences[] = {
        { "aws_clock_off", "finds our clock wrong, and its own time did not help" },
        { "aws_condition_failed", "holds something else than was to be there" },
        { "aws_denied", "does not know our key, or does not let it do this" },
        { "aws_failing", "fails" },
        { "aws_full", "has no room left" },
        { "aws_throttled", "takes no more from us at the moment" },
        { "aws_token_expired", "finds that the session's token ran out, and there is no newer one" },
        { "aws_unsupported", "is not Amazon's, and does not know this" },
        { "bucket_missing", "has no such bucket" },
        { "object_missing", "has no such object" },
        { "table_missing", "has no such table" },
        { "aws_refused", "refuses the request" },
    };
    size_t i = 0;
    while (i + 1 < COUNT_OF(sentences) && strcmp(sentences[i].code, v->code) != 0)
        i++;
    return fault_new(k->a, v->kind, v->code, "%s %s (%d%s%.*s).", k->desk->name, sentences[i].says, r->status,
                     r->said.code.len ? " " : "", STR_ARG(r->said.code));
}

/* --- tries --- */

static void pause_before(struct asking *k)
{
    int64_t most_ms = k->aws->settings.retry_delay_ms;
    for (int64_t i = 1; i < k->tries && most_ms < PAUSE_MS_MAX; i++)
        most_ms *= 2;
    most_ms = most_ms < PAUSE_MS_MAX ? most_ms : PAUSE_MS_MAX;
    fiber_sleep((int64_t)random_below((uint64_t)most_ms + 1));
}

static bool may_wait_and_try(struct asking *k, const struct wire_answer *answer)
{
    return !k->q->once && !answer->pieces && k->tries <= k->aws->settings.retries_max;
}

/* Is there to be another try? Else *problem is the end; NULL: it went well. */
static bool again(struct asking *k, arena *a, const struct wire_answer *came, struct aws_answer *answer, const fault **problem)
{
    struct refused r = { 0 };
    if (came->end != WIRE_WHOLE) {
        *problem = away(k, came);
        bool more = came->end == WIRE_AWAY && may_wait_and_try(k, came);
        if (more)
            pause_before(k);
        return more;
    }
    struct verdict v = judge(k, a, came, &r);
    *answer = (struct aws_answer){ .status = r.status, .refusal = arena_copy(k->a, r.said.code) };
    if (v.next == NEXT_WELL) {
        *problem = NULL;
        answer_keep(k, came, answer);
        return false;
    }
    *problem = refused(k, &r, &v);
    k->desk->counts.throttled += strcmp(v.code, "aws_throttled") == 0;
    if (v.next == NEXT_AGAIN && may_wait_and_try(k, came)) {
        pause_before(k);
        return true;
    }
    if (v.next == NEXT_CLOCK && !k->clock_tried && r.clock_off_ms != 0) {
        k->aws->clock_off_ms = k->clock_off_ms + r.clock_off_ms;
        return k->clock_tried = true;
    }
    if (v.next == NEXT_RENEW && !k->renewed) {
        keyring_spent(k->aws->keys, &k->who);
        return k->renewed = true;
    }
    return false;
}

static const fault *try_once(struct asking *k, struct aws_answer *answer, bool *more)
{
    struct aws_counts *counts = &k->desk->counts;
    struct wire_request request;
    struct wire_answer came;
    const fault *problem = NULL;
    *more = false;
    TRY(keyring_get(k->aws->keys, k->a, &k->who));
    arena *a = arena_new(TRY_BYTES_MAX);
    request_make(k, a, &request);
    counts->requests++;
    counts->retries += k->tries > 0;
    k->tries++;
    wire_ask(k->aws->wire, &request, &came);
    counts->bytes_sent += came.bytes_sent;
    counts->bytes_received += came.bytes_received;
    *more = again(k, a, &came, answer, &problem);
    wire_answer_free(&came);
    arena_free(a);
    return problem;
}

const fault *aws_ask(struct aws *w, arena *a, const struct aws_question *q, struct aws_answer *answer)
{
    struct asking k = { .aws = w, .a = a, .q = q, .desk = desk_of(w, q->service) };
    const fault *problem;
    bool more;
    *answer = (struct aws_answer){ 0 };
    address(&k);
    k.payload = q->body_sha256;
    if (k.payload.len == 0)
        k.payload = q->body.len ? sign_hash(a, q->body) : STR(SIGN_NOTHING);
    do {
        problem = try_once(&k, answer, &more);
    } while (more);
    return problem;
}

const fault *aws_presign(struct aws *w, arena *a, const struct aws_question *q, int64_t valid_s, str *url)
{
    struct asking k = { .aws = w, .a = a, .q = q, .desk = desk_of(w, q->service) };
    struct header headers[AWS_HEADERS_MAX + 1];
    struct sign_request r = { .method = method_name(q->method), .query = q->query, .query_count = q->query_count,
                              .headers = headers, .header_count = q->header_count + 1, .payload = STR(SIGN_UNSIGNED) };
    struct sign_place place = { w->settings.region, q->service, INSTANT_NONE };
    assert(valid_s >= 1 && valid_s <= PRESIGNED_S_MAX);
    address(&k);
    TRY(keyring_get(w->keys, a, &k.who));
    place.at = (instant){ clock_now().ms + w->clock_off_ms };
    headers[0] = (struct header){ STR("Host"), k.host };
    for (size_t i = 0; i < q->header_count; i++)
        headers[i + 1] = q->headers[i];
    r.path = k.path;
    *url = arena_printf(a, "%.*s://%.*s%.*s?%.*s", STR_ARG(k.desk->scheme), STR_ARG(k.host), STR_ARG(k.path),
                        STR_ARG(sign_presigned(a, &place, &k.who, &r, valid_s)));
    return NULL;
}
