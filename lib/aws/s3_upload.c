/* s3_upload.c - an object of any size from a source that is read once: small ones whole, large ones in parts, some of them on their
 * way while the next is read. A part that failed for good ends it, and what was sent is taken back. */
#include "lib/aws/s3_internal.h"

#include <string.h>
#include <sys/mman.h>

#include "lib/loop/fiber.h"

#define PARTS_MAX 10000
#define MIB ((size_t)1024 * 1024)
#define SLOT_ARENA_BYTES (2 * AWS_ANSWER_BYTES_MAX)   /* of a part: question and answer */
#define UPLOAD_ARENA_BYTES (4 * AWS_ANSWER_BYTES_MAX) /* of the list of 10,000 parts, twice, and answers with their readings */

struct upload;

/* Room for one part. */
struct slot {
    struct upload *of;
    char *at;
    size_t len, number; /* of the part, from 1 on */
    unsigned char sum[SHA256_BYTES];
    bool busy;
};

struct part {
    str etag, sum; /* in the upload's arena */
};

struct upload {
    const struct s3 *s;
    arena *a; /* parts' texts and the first fault */
    const struct s3_object *o;
    const struct s3_source *from;
    str id;
    size_t part_bytes, part_count, part_room;
    struct part *parts;
    struct slot slots[S3_PARTS_AT_ONCE];
    struct sums *sums;
    int64_t bytes;
    const fault *problem; /* the first */
    fiber *waits;
};

/* --- memory: as much as parts are on their way, given back to the machine at the end --- */

static size_t part_bytes_for(int64_t size)
{
    size_t least = size > 0 ? ((size_t)size + PARTS_MAX - 1) / PARTS_MAX : 0;
    size_t whole = (least + MIB - 1) / MIB * MIB;
    return whole > S3_PART_BYTES ? whole : S3_PART_BYTES;
}

static bool slot_open(struct slot *t, struct upload *u)
{
    t->of = u;
    if (t->at)
        return true;
    void *made = mmap(NULL, u->part_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    t->at = made == MAP_FAILED ? NULL : made;
    return t->at;
}

static void slots_close(struct upload *u)
{
    for (size_t i = 0; i < S3_PARTS_AT_ONCE; i++)
        if (u->slots[i].at)
            (void)munmap(u->slots[i].at, u->part_bytes);
}

/* --- reading --- */

/* As much as a part holds; less only at the source's end. */
static const fault *slot_fill(struct slot *t)
{
    struct upload *u = t->of;
    size_t got = 1;
    t->len = 0;
    while (t->len < u->part_bytes && got > 0) {
        TRY(u->from->read(u->from->arg, t->at + t->len, u->part_bytes - t->len, &got));
        t->len += got;
    }
    sums_add(u->sums, (str){ t->at, t->len }, t->sum);
    u->bytes += (int64_t)t->len;
    return NULL;
}

static const fault *no_memory(arena *a)
{
    return fault_new(a, FAULT_UNAVAILABLE, "aws_full", "There is no memory for a part of the upload.");
}

/* --- parts --- */

static struct part *part_add(struct upload *u)
{
    if (u->part_count == u->part_room) {
        size_t room = u->part_room > 0 ? 2 * u->part_room : 16;
        struct part *made = NEW_ARRAY(u->a, struct part, room);
        if (u->part_count > 0)
            memcpy(made, u->parts, u->part_count * sizeof *made);
        u->parts = made;
        u->part_room = room;
    }
    return &u->parts[u->part_count++];
}

static const fault *part_put(const struct slot *t, arena *a)
{
    struct upload *u = t->of;
    struct aws_question q = s3_question(u->s, a, PUT, u->o->key);
    struct aws_answer answer;
    s3_query(&q, "partNumber", arena_printf(a, "%zu", t->number));
    s3_query(&q, "uploadId", u->id);
    s3_body(&q, a, (str){ t->at, t->len }, t->sum);
    TRY(aws_ask(u->s->aws, a, &q, &answer));
    str etag = aws_answer_header(&answer, "etag");
    if (etag.len == 0)
        return s3_strange(a, u->s, "a part without an ETag");
    u->parts[t->number - 1] = (struct part){ arena_copy(u->a, etag), base64_of(u->a, t->sum, SHA256_BYTES) };
    return NULL;
}

/* On a fiber of its own. */
static void part_run(void *arg)
{
    struct slot *t = arg;
    struct upload *u = t->of;
    arena *a = arena_new(SLOT_ARENA_BYTES);
    const fault *problem = part_put(t, a);
    if (problem && !u->problem)
        u->problem = fault_copy(u->a, problem);
    arena_free(a);
    t->busy = false;
    fiber_wake(u->waits);
}

static void part_start(struct slot *t)
{
    struct upload *u = t->of;
    (void)part_add(u);
    t->number = u->part_count;
    t->busy = true;
    if (!fiber_start("s3 part", part_run, t)) {
        t->busy = false;
        u->problem = fault_new(u->a, FAULT_UNAVAILABLE, "overloaded", "Too much is under way here; try again.");
    }
}

static size_t slots_busy(const struct upload *u)
{
    size_t busy = 0;
    for (size_t i = 0; i < S3_PARTS_AT_ONCE; i++)
        busy += u->slots[i].busy;
    return busy;
}

/* Until no more than so many are on their way. */
static void slots_wait(struct upload *u, size_t busy_max)
{
    while (slots_busy(u) > busy_max)
        (void)fiber_park("parts on their way to S3", INT64_MAX); /* each has its deadline */
}

static struct slot *slot_free(struct upload *u)
{
    slots_wait(u, S3_PARTS_AT_ONCE - 1);
    for (size_t i = 0; i < S3_PARTS_AT_ONCE; i++)
        if (!u->slots[i].busy)
            return slot_open(&u->slots[i], u) ? &u->slots[i] : NULL;
    return NULL;
}

/* What follows the parts that were begun; those on their way are not waited for. */
static const fault *parts_send(struct upload *u)
{
    for (;;) {
        struct slot *t = slot_free(u);
        if (u->problem)
            return u->problem;
        if (!t)
            return no_memory(u->a);
        TRY(slot_fill(t));
        if (t->len == 0)
            return NULL;
        if (u->part_count == PARTS_MAX)
            return fault_new(u->a, FAULT_INVALID, "aws_refused", "The upload is longer than its source said: more than %d parts.", PARTS_MAX);
        part_start(t);
        if (t->len < u->part_bytes)
            return NULL;
    }
}

/* --- the whole --- */

static const fault *multipart_begin(struct upload *u, arena *a)
{
    struct aws_question q = s3_question(u->s, a, POST, u->o->key);
    struct xml *root;
    s3_query(&q, "uploads", STR(""));
    s3_describe(&q, a, u->o);
    s3_header(&q, "x-amz-checksum-algorithm", STR("SHA256"));
    TRY(s3_ask_xml(u->s, a, &q, &root));
    u->id = arena_copy(u->a, xml_child_text(root, "UploadId"));
    return u->id.len > 0 ? NULL : s3_strange(a, u->s, "an upload without an id");
}

static str parts_text(const struct upload *u, arena *a)
{
    struct buf body = { .in = a };
    buf_literal(&body, "<CompleteMultipartUpload xmlns=\"" S3_NAMESPACE "\">");
    for (size_t i = 0; i < u->part_count; i++) {
        xml_open(&body, "Part");
        xml_put_int(&body, "PartNumber", (int64_t)i + 1);
        xml_put(&body, "ETag", u->parts[i].etag);
        xml_put(&body, "ChecksumSHA256", u->parts[i].sum);
        xml_close(&body, "Part");
    }
    xml_close(&body, "CompleteMultipartUpload");
    return buf_str(&body);
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What S3 makes the ETag of an object in parts from: MD5 of their MD5s. Empty when theirs are none. */
static str etag_expected(const struct upload *u, arena *a)
{
    unsigned char *all = arena_take(a, u->part_count * MD5_BYTES), sum[MD5_BYTES];
    for (size_t i = 0; i < u->part_count; i++) {
        str etag = u->parts[i].etag;
        if (etag.len != 2 * MD5_BYTES + 2)
            return STR("");
        for (size_t n = 0; n < MD5_BYTES; n++) {
            int high = hex_value(etag.at[1 + 2 * n]), low = hex_value(etag.at[2 + 2 * n]);
            if (high < 0 || low < 0)
                return STR("");
            all[i * MD5_BYTES + n] = (unsigned char)(high << 4 | low);
        }
    }
    md5_of((str){ (char *)all, u->part_count * MD5_BYTES }, sum);
    return arena_printf(a, "\"%.*s-%zu\"", STR_ARG(hex_of(a, sum, MD5_BYTES)), u->part_count);
}

/* The upload is gone: an earlier try put it together and its answer was lost? */
static bool was_put_together(struct upload *u, arena *a, str *etag)
{
    struct s3_seen seen;
    if (s3_head(u->s, a, u->o->key, &seen) || seen.size != u->bytes || !str_equal(seen.etag, etag_expected(u, a)))
        return false;
    *etag = seen.etag;
    return true;
}

static const fault *multipart_end(struct upload *u, arena *a, str *etag)
{
    struct aws_question q = s3_question(u->s, a, POST, u->o->key);
    struct aws_answer answer;
    struct xml *root;
    s3_query(&q, "uploadId", u->id);
    s3_header(&q, "content-type", STR("application/xml"));
    s3_conditions(&q, u->o);
    q.body = parts_text(u, a);
    const fault *problem = aws_ask(u->s->aws, a, &q, &answer);
    if (problem && str_equal(answer.refusal, STR("NoSuchUpload")) && was_put_together(u, a, etag))
        return NULL;
    TRY(problem);
    if (!xml_read(a, answer.body, &root) || !str_equal(root->name, STR("CompleteMultipartUploadResult")))
        return s3_strange(a, u->s, "parts that were put together are not confirmed");
    *etag = xml_child_text(root, "ETag");
    return NULL;
}

const fault *s3_abort(const struct s3 *s, arena *a, str key, str upload)
{
    struct aws_question q = s3_question(s, a, DELETE, key);
    struct aws_answer answer;
    s3_query(&q, "uploadId", upload);
    const fault *problem = aws_ask(s->aws, a, &q, &answer);
    return problem && str_equal(answer.refusal, STR("NoSuchUpload")) ? NULL : problem;
}

/* The first slot is full, and the second holds what came after it. */
static const fault *multipart_run(struct upload *u, arena *a, str *etag)
{
    TRY(multipart_begin(u, a));
    part_start(&u->slots[0]);
    part_start(&u->slots[1]);
    const fault *problem = u->slots[1].len == u->part_bytes ? parts_send(u) : NULL;
    slots_wait(u, 0);
    if (!problem)
        problem = u->problem;
    if (!problem)
        problem = multipart_end(u, a, etag);
    if (problem) {
        const fault *left = s3_abort(u->s, a, u->o->key, u->id);
        (void)left; /* what cannot be taken back now, the bucket's rule takes */
    }
    return problem;
}

static const fault *single_put(struct upload *u, arena *a, str *etag)
{
    const struct slot *only = &u->slots[0];
    struct aws_question q = s3_question(u->s, a, PUT, u->o->key);
    struct aws_answer answer;
    s3_describe(&q, a, u->o);
    s3_conditions(&q, u->o);
    s3_body(&q, a, (str){ only->at, only->len }, only->sum);
    TRY(aws_ask(u->s->aws, a, &q, &answer));
    *etag = aws_answer_header(&answer, "etag");
    return NULL;
}

static const fault *upload_run(struct upload *u, arena *a, str *etag)
{
    struct slot *first = &u->slots[0], *second = &u->slots[1];
    if (!slot_open(first, u) || !slot_open(second, u))
        return no_memory(a);
    TRY(slot_fill(first));
    if (first->len < u->part_bytes)
        return single_put(u, a, etag);
    TRY(slot_fill(second));
    return second->len > 0 ? multipart_run(u, a, etag) : single_put(u, a, etag);
}

const fault *s3_upload(const struct s3 *s, arena *a, const struct s3_object *o, const struct s3_source *from, struct s3_sent *sent)
{
    arena *own = arena_new(UPLOAD_ARENA_BYTES);
    struct upload *u = NEW(own, struct upload);
    unsigned char whole[SHA256_BYTES];
    str etag = STR("");
    *u = (struct upload){ .s = s, .a = own, .o = o, .from = from, .part_bytes = part_bytes_for(from->size), .sums = sums_begin(), .waits = fiber_self() };
    const fault *problem = upload_run(u, own, &etag);
    sums_end(u->sums, whole);
    slots_close(u);
    if (problem)
        problem = fault_copy(a, problem);
    else
        *sent = (struct s3_sent){ .bytes = u->bytes, .etag = arena_copy(a, etag), .sha256 = hex_of(a, whole, SHA256_BYTES) };
    arena_free(own);
    return problem;
}
