/* setup.c - one list of things that shall be so; each is looked at, and made so where it is not. */
#include "services/ingestion/cloud/setup.h"

#include <string.h>

#define OURS STR("taquilla-")
#define RULES 3

struct setup {
    const struct setup_order *want;
    arena *a;
};

static void tell(const struct setup *s, const char *what, enum setup_state state)
{
    s->want->told(s->want->arg, what, state);
}

static bool is_unsupported(const fault *problem)
{
    return problem && strcmp(problem->code, "aws_unsupported") == 0;
}

/* --- the bucket --- */

static const fault *bucket_there(const struct setup *s, bool *there)
{
    const struct s3 *s3 = &s->want->cloud->s3;
    const char *what = arena_printf(s->a, "bucket %.*s", STR_ARG(s3->bucket)).at;
    TRY(s3_bucket_there(s3, s->a, there));
    if (!*there && !s->want->plan)
        TRY(s3_bucket_make(s3, s->a));
    tell(s, what, *there ? SETUP_THERE : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    *there |= !s->want->plan;
    return NULL;
}

/* One property of the bucket: there is none of it when the bucket itself is only planned. */
static const fault *property(const struct setup *s, bool bucket, const char *what,
                             const fault *(*look)(const struct s3 *, arena *, bool *),
                             const fault *(*make)(const struct s3 *, arena *))
{
    const struct s3 *s3 = &s->want->cloud->s3;
    bool is = false;
    const fault *problem = bucket ? look(s3, s->a, &is) : NULL;
    if (!problem && !is && !s->want->plan)
        problem = make(s3, s->a);
    if (is_unsupported(problem)) {
        tell(s, what, SETUP_UNKNOWN);
        return NULL;
    }
    TRY(problem);
    tell(s, what, is ? SETUP_THERE : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    return NULL;
}

static void rules_wished(const struct setup *s, struct s3_rule rules[RULES])
{
    const char *folder = s->want->cloud->backup_folder;
    rules[0] = (struct s3_rule){ .id = STR("taquilla-backups"), .prefix = arena_printf(s->a, "%s/", folder), .standard_ia_days = 30,
                                 .glacier_days = 90, .expire_days = 365, .noncurrent_days = 30 };
    /* Persons: gone after a month, old versions at once. */
    rules[1] = (struct s3_rule){ .id = STR("taquilla-users"), .prefix = arena_printf(s->a, "%s/postgresql/users/", folder),
                                 .expire_days = 30, .noncurrent_days = 1 };
    rules[2] = (struct s3_rule){ .id = STR("taquilla-uploads"), .prefix = STR(""), .abort_days = 2 };
}

static bool rule_is(const struct s3_rule *one, const struct s3_rule *other)
{
    return str_equal(one->id, other->id) && str_equal(one->prefix, other->prefix) &&
           one->standard_ia_days == other->standard_ia_days && one->glacier_days == other->glacier_days &&
           one->expire_days == other->expire_days && one->noncurrent_days == other->noncurrent_days &&
           one->abort_days == other->abort_days;
}

static bool rules_hold(const list *found, const struct s3_rule wished[RULES], bool *foreign)
{
    size_t held = 0;
    *foreign = false;
    for (size_t i = 0; i < found->count; i++) {
        const struct s3_rule *rule = LIST_AT(found, const struct s3_rule, i);
        *foreign |= !str_starts(rule->id, OURS);
        for (size_t k = 0; k < RULES; k++)
            held += rule_is(rule, &wished[k]);
    }
    return held == RULES;
}

/* S3 takes all rules of a bucket at once: with somebody else's among them, ours are his to add. */
static const fault *bucket_rules(const struct setup *s, bool bucket)
{
    static const char *const what = "rules of the bucket: to Standard-IA after 30 days, Glacier after 90, gone after 365, users after 30";
    struct s3_rule wished[RULES];
    list found = { NULL, 0 };
    bool foreign;
    rules_wished(s, wished);
    const fault *problem = bucket ? s3_bucket_rules(&s->want->cloud->s3, s->a, &found) : NULL;
    bool hold = !problem && rules_hold(&found, wished, &foreign);
    if (!problem && !hold && !foreign && !s->want->plan)
        problem = s3_bucket_rule(&s->want->cloud->s3, s->a, wished, RULES);
    if (is_unsupported(problem)) {
        tell(s, what, SETUP_UNKNOWN);
        return NULL;
    }
    TRY(problem);
    tell(s, what, hold ? SETUP_THERE : foreign ? SETUP_FOREIGN : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    return NULL;
}

/* --- the tables --- */

static bool has_index(const struct dynamodb_seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->indexes.count; i++)
        if (str_equal(seen->indexes.at[i], str_of(name)))
            return true;
    return false;
}

static const fault *table_indexes(const struct setup *s, const struct dynamodb_table *t, const struct dynamodb_seen *seen)
{
    for (size_t i = 0; i < t->index_count; i++) {
        const char *what = arena_printf(s->a, "index %s of %.*s", t->indexes[i].name, STR_ARG(t->name)).at;
        bool is = has_index(seen, t->indexes[i].name);
        if (seen->there && !is && !s->want->plan)
            TRY(dynamodb_index_add(s->want->cloud->aws, s->a, t, i));
        tell(s, what, seen->there && is ? SETUP_THERE : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    }
    return NULL;
}

static const fault *table_ttl(const struct setup *s, const struct dynamodb_table *t, bool there)
{
    const char *what = arena_printf(s->a, "%s of %.*s: what was erased goes", t->ttl, STR_ARG(t->name)).at;
    str attribute = STR("");
    if (there || !s->want->plan)
        TRY(dynamodb_ttl(s->want->cloud->aws, s->a, t->name, &attribute));
    bool is = str_equal(attribute, str_of(t->ttl));
    if (!is && !s->want->plan)
        TRY(dynamodb_ttl_on(s->want->cloud->aws, s->a, t->name, t->ttl));
    tell(s, what, is ? SETUP_THERE : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    return NULL;
}

static const fault *table_setup(const struct setup *s, const struct dynamodb_table *t)
{
    struct dynamodb_seen seen;
    const char *what = arena_printf(s->a, "table %.*s, on demand", STR_ARG(t->name)).at;
    TRY(dynamodb_describe(s->want->cloud->aws, s->a, t->name, &seen));
    if (!seen.there && !s->want->plan)
        TRY(dynamodb_create(s->want->cloud->aws, s->a, t));
    tell(s, what, seen.there ? SETUP_THERE : s->want->plan ? SETUP_MISSING : SETUP_DONE);
    TRY(table_indexes(s, t, &seen));
    return table_ttl(s, t, seen.there);
}

const fault *ingestion_setup(arena *a, const struct setup_order *want)
{
    struct setup s = { want, a };
    bool bucket;
    TRY(bucket_there(&s, &bucket));
    TRY(property(&s, bucket, "versions of the bucket's objects are kept", s3_bucket_versioning, s3_bucket_version));
    TRY(property(&s, bucket, "the bucket encrypts with AES-256", s3_bucket_encryption, s3_bucket_encrypt));
    TRY(property(&s, bucket, "the bucket is closed to the public", s3_bucket_blocking, s3_bucket_block));
    TRY(bucket_rules(&s, bucket));
    for (size_t i = 0; i < CLOUD_TABLES; i++)
        TRY(table_setup(&s, &want->cloud->tables[i]));
    return NULL;
}
