/* s3_bucket.c - what a bucket is set to: there, versioned, encrypted, closed to the public, with rules for what grows old. */
#include "lib/aws/s3_internal.h"

#include <string.h>

static const char *const blocks[] = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets" };

/* --- questions about a setting --- */

/* *root NULL: it was never set, which AWS answers by a refusal of that name. */
static const fault *setting_get(const struct s3 *s, arena *a, const char *name, const char *never, struct xml **root)
{
    struct aws_question q = s3_question(s, a, GET, STR(""));
    struct aws_answer answer;
    s3_query(&q, name, STR(""));
    *root = NULL;
    const fault *problem = aws_ask(s->aws, a, &q, &answer);
    if (problem && str_equal(answer.refusal, str_of(never)))
        return NULL;
    TRY(problem);
    return xml_read(a, answer.body, root) ? NULL : s3_strange(a, s, "it is no XML");
}

static const fault *setting_put(const struct s3 *s, arena *a, const char *name, const struct buf *body)
{
    struct aws_question q = s3_question(s, a, PUT, STR(""));
    struct aws_answer answer;
    unsigned char md5[MD5_BYTES];
    md5_of(buf_str(body), md5);
    s3_query(&q, name, STR(""));
    s3_header(&q, "content-type", STR("application/xml"));
    s3_header(&q, "content-md5", base64_of(a, md5, MD5_BYTES));
    s3_body(&q, a, buf_str(body), NULL);
    return aws_ask(s->aws, a, &q, &answer);
}

static void setting_open(struct buf *b, const char *name)
{
    buf_printf(b, "<%s xmlns=\"" S3_NAMESPACE "\">", name);
}

/* --- the bucket itself --- */

const fault *s3_bucket_there(const struct s3 *s, arena *a, bool *there)
{
    struct aws_question q = s3_question(s, a, HEAD, STR(""));
    struct aws_answer answer;
    const fault *problem = aws_ask(s->aws, a, &q, &answer);
    *there = !problem;
    return answer.status == 404 ? NULL : problem;
}

const fault *s3_bucket_make(const struct s3 *s, arena *a)
{
    struct aws_question q = s3_question(s, a, PUT, STR(""));
    struct aws_answer answer;
    struct buf body = { .in = a };
    if (!str_equal(aws_region(s->aws), STR("us-east-1"))) { /* which has no name as a place */
        setting_open(&body, "CreateBucketConfiguration");
        xml_put(&body, "LocationConstraint", aws_region(s->aws));
        xml_close(&body, "CreateBucketConfiguration");
        s3_header(&q, "content-type", STR("application/xml"));
        s3_body(&q, a, buf_str(&body), NULL);
    }
    const fault *problem = aws_ask(s->aws, a, &q, &answer);
    bool there = false;
    if (problem && answer.status == 409) /* ours, by an earlier try too; somebody else's lets us not look */
        TRY(s3_bucket_there(s, a, &there));
    return there ? NULL : problem;
}

/* --- versions --- */

const fault *s3_bucket_versioning(const struct s3 *s, arena *a, bool *on)
{
    struct xml *root;
    TRY(setting_get(s, a, "versioning", "", &root));
    *on = xml_is(root, "Status", "Enabled");
    return NULL;
}

const fault *s3_bucket_version(const struct s3 *s, arena *a)
{
    struct buf body = { .in = a };
    setting_open(&body, "VersioningConfiguration");
    xml_put(&body, "Status", STR("Enabled"));
    xml_close(&body, "VersioningConfiguration");
    return setting_put(s, a, "versioning", &body);
}

/* --- encryption --- */

const fault *s3_bucket_encryption(const struct s3 *s, arena *a, bool *aes256)
{
    struct xml *root;
    TRY(setting_get(s, a, "encryption", "ServerSideEncryptionConfigurationNotFoundError", &root));
    const struct xml *by_default = xml_child(xml_child(root, "Rule"), "ApplyServerSideEncryptionByDefault");
    *aes256 = xml_is(by_default, "SSEAlgorithm", "AES256");
    return NULL;
}

const fault *s3_bucket_encrypt(const struct s3 *s, arena *a)
{
    struct buf body = { .in = a };
    setting_open(&body, "ServerSideEncryptionConfiguration");
    buf_literal(&body, "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>");
    buf_literal(&body, "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>");
    return setting_put(s, a, "encryption", &body);
}

/* --- the public --- */

const fault *s3_bucket_blocking(const struct s3 *s, arena *a, bool *blocked)
{
    struct xml *root;
    TRY(setting_get(s, a, "publicAccessBlock", "NoSuchPublicAccessBlockConfiguration", &root));
    *blocked = root;
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        *blocked = *blocked && str_equal_nocase(xml_child_text(root, blocks[i]), STR("true"));
    return NULL;
}

const fault *s3_bucket_block(const struct s3 *s, arena *a)
{
    struct buf body = { .in = a };
    setting_open(&body, "PublicAccessBlockConfiguration");
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        xml_put(&body, blocks[i], STR("true"));
    xml_close(&body, "PublicAccessBlockConfiguration");
    return setting_put(s, a, "publicAccessBlock", &body);
}

/* --- rules --- */

static void rule_read(const struct xml *one, struct s3_rule *rule)
{
    const struct xml *filter = xml_child(one, "Filter");
    str prefix = xml_child_text(filter ? filter : one, "Prefix"); /* old rules have it without a filter */
    *rule = (struct s3_rule){ .id = xml_child_text(one, "ID"),
                              .prefix = prefix.at ? prefix : STR(""),
                              .expire_days = xml_int(xml_child(one, "Expiration"), "Days"),
                              .noncurrent_days = xml_int(xml_child(one, "NoncurrentVersionExpiration"), "NoncurrentDays"),
                              .abort_days = xml_int(xml_child(one, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation") };
    for (const struct xml *to = xml_child(one, "Transition"); to; to = xml_next(to)) {
        if (xml_is(to, "StorageClass", "STANDARD_IA"))
            rule->standard_ia_days = xml_int(to, "Days");
        else if (xml_is(to, "StorageClass", "GLACIER"))
            rule->glacier_days = xml_int(to, "Days");
    }
}

const fault *s3_bucket_rules(const struct s3 *s, arena *a, list *rules)
{
    struct xml *root;
    TRY(setting_get(s, a, "lifecycle", "NoSuchLifecycleConfiguration", &root));
    size_t count = 0;
    for (const struct xml *one = xml_child(root, "Rule"); one; one = xml_next(one))
        count++;
    struct s3_rule *at = NEW_ARRAY(a, struct s3_rule, count + 1);
    *rules = (list){ at, 0 };
    for (const struct xml *one = xml_child(root, "Rule"); one; one = xml_next(one))
        if (xml_is(one, "Status", "Enabled"))
            rule_read(one, &at[rules->count++]);
    return NULL;
}

/* Nothing for 0 days. */
static void days_put(struct buf *b, const char *outer, const char *name, int64_t days, const char *class)
{
    if (days <= 0)
        return;
    xml_open(b, outer);
    xml_put_int(b, name, days);
    if (class)
        xml_put(b, "StorageClass", str_of(class));
    xml_close(b, outer);
}

static void rule_put(struct buf *b, const struct s3_rule *rule)
{
    xml_open(b, "Rule");
    xml_put(b, "ID", rule->id);
    xml_open(b, "Filter");
    xml_put(b, "Prefix", rule->prefix);
    xml_close(b, "Filter");
    xml_put(b, "Status", STR("Enabled"));
    days_put(b, "Transition", "Days", rule->standard_ia_days, "STANDARD_IA");
    days_put(b, "Transition", "Days", rule->glacier_days, "GLACIER");
    days_put(b, "Expiration", "Days", rule->expire_days, NULL);
    days_put(b, "NoncurrentVersionExpiration", "NoncurrentDays", rule->noncurrent_days, NULL);
    days_put(b, "AbortIncompleteMultipartUpload", "DaysAfterInitiation", rule->abort_days, NULL);
    xml_close(b, "Rule");
}

const fault *s3_bucket_rule(const struct s3 *s, arena *a, const struct s3_rule *rules, size_t count)
{
    struct buf body = { .in = a };
    setting_open(&body, "LifecycleConfiguration");
    for (size_t i = 0; i < count; i++)
        rule_put(&body, &rules[i]);
    xml_close(&body, "LifecycleConfiguration");
    return setting_put(s, a, "lifecycle", &body);
}
