/* credentials_web.c - keys for an identity that somebody else vouches for (EKS): its token for a session's, by STS. */
#include "lib/aws/keyring.h"

#include <string.h>

#include "lib/aws/refusal.h"
#include "lib/aws/sign.h"
#include "lib/aws/xml.h"

#define STS_MS 5000
#define STS_ANSWER_BYTES_MAX ((size_t)256 * 1024)

static const fault *web_failed(struct finding *f, const char *why, str code)
{
    return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "AWS STS gives no credentials for the web identity: %s%.*s.", why,
                     STR_ARG(code));
}

static str sts_url(struct finding *f)
{
    str own = f->s->sts_endpoint;
    if (own.len > 0)
        return str_ends(own, STR("/")) ? own : arena_printf(f->a, "%.*s/", STR_ARG(own));
    return arena_printf(f->a, "https://sts.%.*s.amazonaws.com%s/", STR_ARG(f->region), str_starts(f->region, STR("cn-")) ? ".cn" : "");
}

static bool answer_read(struct finding *f, str body, struct credentials *out)
{
    struct xml *root;
    if (!xml_read(f->a, body, &root))
        return false;
    const struct xml *given = xml_child(xml_child(root, "AssumeRoleWithWebIdentityResult"), "Credentials");
    struct credentials found = { xml_child_text(given, "AccessKeyId"), xml_child_text(given, "SecretAccessKey"),
                                 xml_child_text(given, "SessionToken"), INSTANT_NONE, "web identity" };
    if (found.key_id.len == 0 || found.secret.len == 0 || !instant_read(xml_child_text(given, "Expiration"), &found.expires))
        return false;
    *out = found;
    return true;
}

const fault *credentials_web(struct finding *f, struct credentials *out)
{
    const struct credential_settings *s = f->s;
    str token;
    bool there;
    if (s->web_identity_file.len == 0)
        return NULL;
    if (s->role_arn.len == 0)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not.");
    TRY(source_file(f, s->web_identity_file, "AWS_WEB_IDENTITY_TOKEN_FILE", &token, &there));
    token = str_trim(token);
    if (!there || token.len == 0)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "The file of AWS_WEB_IDENTITY_TOKEN_FILE is missing or empty.");
    const struct aws_parameter form[] = {
        { STR("Action"), STR("AssumeRoleWithWebIdentity") },
        { STR("RoleArn"), s->role_arn },
        { STR("RoleSessionName"), s->role_session_name.len ? s->role_session_name : STR("taquilla") },
        { STR("Version"), STR("2011-06-15") },
        { STR("WebIdentityToken"), token },
    };
    struct wire_request r = { .method = POST, .url = sts_url(f), .body = sign_query(f->a, form, COUNT_OF(form)), .deadline_ms = STS_MS,
                              .body_bytes_max = STS_ANSWER_BYTES_MAX, .header_count = 1 };
    r.headers[0] = (struct header){ STR("Content-Type"), STR("application/x-www-form-urlencoded; charset=utf-8") };
    struct source_answer came;
    struct refusal said = { 0 };
    source_ask(f, &r, SOURCE_TRIES_MAX, &came);
    if (came.status == 0)
        return web_failed(f, came.why, STR(""));
    if (came.status != 200)
        return web_failed(f, "it refuses, ", refusal_read_xml(f->a, came.body, &said) && said.code.len ? said.code : STR("without a reason"));
    return answer_read(f, came.body, out) ? NULL : web_failed(f, "its answer cannot be read", STR(""));
}
