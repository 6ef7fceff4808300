/* s3_list.c - keys by the page: listed, deleted a thousand at a time. */
#include "lib/aws/s3_internal.h"

#include <string.h>

#define DELETE_MAX 1000
#define PAGE_KEYS_MAX 1000

/* --- reading a page --- */

str s3_page_keys(const struct s3 *s, arena *a)
{
    return arena_printf(a, "%zu", s->page_keys > 0 && s->page_keys < PAGE_KEYS_MAX ? s->page_keys : (size_t)PAGE_KEYS_MAX);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

str s3_key_read(arena *a, const struct xml *root, str text)
{
    if (!xml_is(root, "EncodingType", "url"))
        return text;
    char *made = arena_take(a, text.len + 1), *to = made;
    for (size_t i = 0; i < text.len; i++) {
        int high = text.at[i] == '%' && i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
        if (low < 0) {
            *to++ = text.at[i] == '+' ? ' ' : text.at[i];
            continue;
        }
        *to++ = (char)(high << 4 | low);
        i += 2;
    }
    return (str){ made, (size_t)(to - made) };
}

/* --- listing --- */

static const fault *page_tell(arena *a, const struct xml *root, const fault *(*each)(void *arg, const struct s3_seen *seen), void *arg)
{
    for (const struct xml *one = xml_child(root, "Contents"); one; one = xml_next(one)) {
        struct s3_seen seen = { .key = s3_key_read(a, root, xml_child_text(one, "Key")),
                                .etag = xml_child_text(one, "ETag"),
                                .size = xml_int(one, "Size"),
                                .modified = s3_instant_read(xml_child_text(one, "LastModified")) };
        TRY(each(arg, &seen));
    }
    return NULL;
}

/* One page from *token on; the next one's is put there, empty at the end. */
static const fault *page_list(const struct s3 *s, arena *a, str prefix, struct buf *token,
                              const fault *(*each)(void *arg, const struct s3_seen *seen), void *arg)
{
    struct aws_question q = s3_question(s, a, GET, STR(""));
    struct xml *root;
    s3_query(&q, "list-type", STR("2"));
    s3_query(&q, "encoding-type", STR("url"));
    s3_query(&q, "max-keys", s3_page_keys(s, a));
    if (prefix.len > 0)
        s3_query(&q, "prefix", prefix);
    if (token->len > 0)
        s3_query(&q, "continuation-token", arena_copy(a, buf_str(token)));
    TRY(s3_ask_xml(s, a, &q, &root));
    str next = xml_is(root, "IsTruncated", "true") ? xml_child_text(root, "NextContinuationToken") : STR("");
    if (!str_equal(root->name, STR("ListBucketResult")) || !next.at || (next.len > 0 && str_equal(next, buf_str(token))))
        return s3_strange(a, s, "it is no list of objects");
    token->len = 0;
    buf_text(token, next);
    return page_tell(a, root, each, arg);
}

const fault *s3_list(const struct s3 *s, arena *a, str prefix, const fault *(*each)(void *arg, const struct s3_seen *seen), void *arg)
{
    struct buf token = { 0 };
    const fault *problem;
    do {
        arena *page = arena_new(S3_PAGE_ARENA_BYTES);
        problem = page_list(s, page, prefix, &token, each, arg);
        problem = problem ? fault_copy(a, problem) : NULL;
        arena_free(page);
    } while (!problem && token.len > 0);
    buf_free(&token);
    return problem;
}

/* --- deleting --- */

/* The first of those that could not be deleted. */
static const fault *errors_tell(arena *a, const struct s3 *s, const struct xml *root)
{
    const struct xml *first = xml_child(root, "Error");
    size_t count = 0;
    for (const struct xml *one = first; one; one = xml_next(one))
        count++;
    if (count == 0)
        return NULL;
    str code = xml_child_text(first, "Code");
    bool denied = str_equal(code, STR("AccessDenied"));
    return fault_new(a, FAULT_UNAVAILABLE, denied ? "aws_denied" : "aws_failing", "%zu objects of %.*s could not be deleted: %.*s.", count,
                     STR_ARG(s->bucket), STR_ARG(code));
}

static const fault *page_delete(const struct s3 *s, arena *a, const str *keys, size_t count)
{
    struct aws_question q = s3_question(s, a, POST, STR(""));
    struct xml *root;
    struct buf body = { .in = a };
    buf_literal(&body, "<Delete xmlns=\"" S3_NAMESPACE "\"><Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++) {
        xml_open(&body, "Object");
        xml_put(&body, "Key", keys[i]);
        xml_close(&body, "Object");
    }
    xml_close(&body, "Delete");
    unsigned char md5[MD5_BYTES];
    md5_of(buf_str(&body), md5);
    s3_query(&q, "delete", STR(""));
    s3_header(&q, "content-type", STR("application/xml"));
    s3_header(&q, "content-md5", base64_of(a, md5, MD5_BYTES));
    s3_body(&q, a, buf_str(&body), NULL);
    TRY(s3_ask_xml(s, a, &q, &root));
    return errors_tell(a, s, root);
}

const fault *s3_delete_many(const struct s3 *s, arena *a, const strs *keys)
{
    const fault *problem = NULL;
    for (size_t done = 0; done < keys->count && !problem; done += DELETE_MAX) {
        size_t left = keys->count - done;
        arena *page = arena_new(S3_PAGE_ARENA_BYTES);
        problem = page_delete(s, page, keys->at + done, left < DELETE_MAX ? left : DELETE_MAX);
        problem = problem ? fault_copy(a, problem) : NULL;
        arena_free(page);
    }
    return problem;
}

/* --- uploads that nobody ended --- */

struct sweep {
    const struct s3 *s;
    str prefix;
    instant before;
    int64_t aborted;
    struct buf key, upload; /* where the next page begins; empty: at the front */
};

static const fault *page_abort(struct sweep *w, arena *a, const struct xml *root)
{
    for (const struct xml *one = xml_child(root, "Upload"); one; one = xml_next(one)) {
        instant begun = s3_instant_read(xml_child_text(one, "Initiated"));
        if (begun.ms == TIME_NONE || begun.ms >= w->before.ms)
            continue;
        TRY(s3_abort(w->s, a, s3_key_read(a, root, xml_child_text(one, "Key")), xml_child_text(one, "UploadId")));
        w->aborted++;
    }
    return NULL;
}

static const fault *page_sweep(struct sweep *w, arena *a, bool *more)
{
    struct aws_question q = s3_question(w->s, a, GET, STR(""));
    struct xml *root;
    s3_query(&q, "uploads", STR(""));
    s3_query(&q, "encoding-type", STR("url"));
    s3_query(&q, "max-uploads", s3_page_keys(w->s, a));
    if (w->prefix.len > 0)
        s3_query(&q, "prefix", w->prefix);
    if (w->key.len > 0) {
        s3_query(&q, "key-marker", arena_copy(a, buf_str(&w->key)));
        s3_query(&q, "upload-id-marker", arena_copy(a, buf_str(&w->upload)));
    }
    TRY(s3_ask_xml(w->s, a, &q, &root));
    str key = s3_key_read(a, root, xml_child_text(root, "NextKeyMarker")), upload = xml_child_text(root, "NextUploadIdMarker");
    *more = xml_is(root, "IsTruncated", "true");
    bool stuck = key.len == 0 || (str_equal(key, buf_str(&w->key)) && str_equal(upload, buf_str(&w->upload)));
    if (!str_equal(root->name, STR("ListMultipartUploadsResult")) || (*more && stuck))
        return s3_strange(a, w->s, "it is no list of uploads");
    w->key.len = w->upload.len = 0;
    buf_text(&w->key, key);
    buf_text(&w->upload, upload);
    return page_abort(w, a, root);
}

const fault *s3_sweep(const struct s3 *s, arena *a, str prefix, instant before, int64_t *aborted)
{
    struct sweep w = { .s = s, .prefix = prefix, .before = before };
    const fault *problem;
    bool more = false;
    do {
        arena *page = arena_new(S3_PAGE_ARENA_BYTES);
        problem = page_sweep(&w, page, &more);
        problem = problem ? fault_copy(a, problem) : NULL;
        arena_free(page);
    } while (!problem && more);
    *aborted = w.aborted;
    buf_free(&w.key);
    buf_free(&w.upload);
    return problem;
}
