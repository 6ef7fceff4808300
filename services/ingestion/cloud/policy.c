/* policy.c - the least that an identity of AWS must be allowed, as IAM reads it. */
#include "services/ingestion/cloud/setup.h"

struct statement {
    const char *sid, *actions; /* the latter separated by spaces */
    enum { ON_BUCKET, ON_BACKUPS_AND_ANALYTICS, ON_TABLES, ON_TABLES_AND_INDEXES } on;
};

static const struct statement statements[] = {
    { "RunBucket", "s3:ListBucket s3:ListBucketMultipartUploads", ON_BUCKET },
    { "RunObjects", "s3:PutObject s3:GetObject s3:AbortMultipartUpload s3:ListMultipartUploadParts", ON_BACKUPS_AND_ANALYTICS },
    { "RunTables", "dynamodb:DescribeTable dynamodb:BatchWriteItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:GetItem", ON_TABLES },
    { "RunQueries", "dynamodb:Query dynamodb:Scan", ON_TABLES_AND_INDEXES },
    { "SetUpBucket",
      "s3:CreateBucket s3:GetBucketVersioning s3:PutBucketVersioning s3:GetEncryptionConfiguration s3:PutEncryptionConfiguration "
      "s3:GetBucketPublicAccessBlock s3:PutBucketPublicAccessBlock s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration",
      ON_BUCKET },
    { "SetUpTables", "dynamodb:CreateTable dynamodb:UpdateTable dynamodb:DescribeTimeToLive dynamodb:UpdateTimeToLive", ON_TABLES },
};

static void actions_write(struct buf *out, str actions)
{
    str action;
    for (bool first = true; actions.at && str_cut(&actions, ' ', &action); first = false)
        buf_printf(out, "%s\"%.*s\"", first ? "" : ", ", STR_ARG(action));
}

static void resources_write(struct buf *out, const struct cloud *c, const struct statement *s)
{
    if (s->on == ON_BUCKET) {
        buf_printf(out, "\"arn:aws:s3:::%.*s\"", STR_ARG(c->s3.bucket));
    } else if (s->on == ON_BACKUPS_AND_ANALYTICS) {
        buf_printf(out, "\"arn:aws:s3:::%.*s/%s/*\", \"arn:aws:s3:::%.*s/%s/*\"", STR_ARG(c->s3.bucket), c->backup_folder,
                   STR_ARG(c->s3.bucket), c->analytics_folder);
    } else {
        for (size_t i = 0; i < CLOUD_TABLES; i++) {
            str region = aws_region(c->aws), table = c->tables[i].name;
            buf_printf(out, "%s\"arn:aws:dynamodb:%.*s:*:table/%.*s\"", i > 0 ? ", " : "", STR_ARG(region), STR_ARG(table));
            if (s->on == ON_TABLES_AND_INDEXES)
                buf_printf(out, ", \"arn:aws:dynamodb:%.*s:*:table/%.*s/index/*\"", STR_ARG(region), STR_ARG(table));
        }
    }
}

void ingestion_policy_write(struct buf *out, const struct cloud *c)
{
    buf_literal(out, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n");
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        buf_printf(out, "    {\n      \"Sid\": \"%s\",\n      \"Effect\": \"Allow\",\n      \"Action\": [", statements[i].sid);
        actions_write(out, str_of(statements[i].actions));
        buf_literal(out, "],\n      \"Resource\": [");
        resources_write(out, c, &statements[i]);
        buf_printf(out, "]\n    }%s\n", i + 1 < COUNT_OF(statements) ? "," : "");
    }
    buf_literal(out, "  ]\n}\n");
}
