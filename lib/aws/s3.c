/* s3.c - one object at a time: stored, read, looked at, deleted. */
#include "lib/aws/refusal.h"
#include "lib/aws/s3_internal.h"

#define TRY_MS 30000
#define SLOWEST_BYTES_PER_MS 64 /* what a line carries at least, or the try is given up */
#define METADATA "x-amz-meta-"

/* --- questions --- */

struct aws_question s3_question(const struct s3 *s, arena *a, enum method method, str key)
{
    return (struct aws_question){ .service = "s3", .method = method, .bucket = s->bucket, .path = arena_printf(a, "/%.*s", STR_ARG(key)) };
}

void s3_query(struct aws_question *q, const char *name, str value)
{
    if (q->query_count < AWS_PARAMETERS_MAX)
        q->query[q->query_count++] = (struct aws_parameter){ str_of(name), value };
}

void s3_header(struct aws_question *q, const char *name, str value)
{
    if (q->header_count < AWS_HEADERS_MAX)
        q->headers[q->header_count++] = (struct header){ str_of(name), value };
}

void s3_body(struct aws_question *q, arena *a, str body, const unsigned char *digest)
{
    unsigned char made[SHA256_BYTES];
    if (!digest)
        sha256_of(body, made);
    q->body = body;
    q->deadline_ms = TRY_MS + (int64_t)body.len / SLOWEST_BYTES_PER_MS;
    s3_header(q, "x-amz-checksum-sha256", base64_of(a, digest ? digest : made, SHA256_BYTES));
}

void s3_describe(struct aws_question *q, arena *a, const struct s3_object *o)
{
    s3_header(q, "x-amz-server-side-encryption", STR("AES256"));
    if (o->content_type.len > 0)
        s3_header(q, "content-type", o->content_type);
    if (o->content_encoding.len > 0)
        s3_header(q, "content-encoding", o->content_encoding);
    for (size_t i = 0; i < o->metadata_count && i < S3_METADATA_MAX; i++)
        s3_header(q, arena_cstr(a, arena_printf(a, METADATA "%.*s", STR_ARG(o->metadata[i].name))), o->metadata[i].value);
}

void s3_conditions(struct aws_question *q, const struct s3_object *o)
{
    if (o->only_new)
        s3_header(q, "if-none-match", STR("*"));
    if (o->only_over.len > 0)
        s3_header(q, "if-match", o->only_over);
}

const fault *s3_strange(arena *a, const struct s3 *s, const char *what)
{
    return fault_new(a, FAULT_UNAVAILABLE, "aws_strange", "S3 gave an answer about %.*s that cannot be used: %s.", STR_ARG(s->bucket), what);
}

const fault *s3_ask_xml(const struct s3 *s, arena *a, const struct aws_question *q, struct xml **root)
{
    struct aws_answer answer;
    TRY(aws_ask(s->aws, a, q, &answer));
    return xml_read(a, answer.body, root) ? NULL : s3_strange(a, s, "it is no XML");
}

/* --- answers --- */

instant s3_instant_read(str text)
{
    instant moment;
    return instant_read(str_trim(text), &moment) ? moment : INSTANT_NONE;
}

static void metadata_read(arena *a, const struct aws_answer *answer, struct s3_seen *seen)
{
    seen->metadata = NEW_ARRAY(a, struct header, answer->header_count + 1);
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct header *h = &answer->headers[i];
        if (str_starts(h->name, STR(METADATA)))
            seen->metadata[seen->metadata_count++] = (struct header){ str_after(h->name, sizeof METADATA - 1), h->value };
    }
}

void s3_seen_read(arena *a, str key, const struct aws_answer *answer, struct s3_seen *seen)
{
    *seen = (struct s3_seen){ .key = arena_copy(a, key), .etag = aws_answer_header(answer, "etag") };
    if (!str_to_int(aws_answer_header(answer, "content-length"), &seen->size))
        seen->size = (int64_t)answer->body.len;
    if (!http_date_read(aws_answer_header(answer, "last-modified"), &seen->modified))
        seen->modified = INSTANT_NONE;
    metadata_read(a, answer, seen);
}

/* --- acts --- */

const fault *s3_put(const struct s3 *s, arena *a, const struct s3_object *o, str body, str *etag)
{
    struct aws_question q = s3_question(s, a, PUT, o->key);
    struct aws_answer answer;
    s3_describe(&q, a, o);
    s3_conditions(&q, o);
    s3_body(&q, a, body, NULL);
    TRY(aws_ask(s->aws, a, &q, &answer));
    *etag = aws_answer_header(&answer, "etag");
    return NULL;
}

const fault *s3_get(const struct s3 *s, arena *a, str key, struct s3_seen *seen, str *body)
{
    struct aws_question q = s3_question(s, a, GET, key);
    struct aws_answer answer;
    TRY(aws_ask(s->aws, a, &q, &answer));
    s3_seen_read(a, key, &answer, seen);
    *body = answer.body;
    return NULL;
}

const fault *s3_head(const struct s3 *s, arena *a, str key, struct s3_seen *seen)
{
    struct aws_question q = s3_question(s, a, HEAD, key);
    struct aws_answer answer;
    TRY(aws_ask(s->aws, a, &q, &answer));
    s3_seen_read(a, key, &answer, seen);
    return NULL;
}

const fault *s3_delete(const struct s3 *s, arena *a, str key)
{
    struct aws_question q = s3_question(s, a, DELETE, key);
    struct aws_answer answer;
    return aws_ask(s->aws, a, &q, &answer);
}
