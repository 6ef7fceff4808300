/* credentials.h - who we are to AWS: looked for where AWS's own tools look, in their order, and renewed before they run out.
 *
 * 1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; 2. web identity (EKS: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN,
 * AssumeRoleWithWebIdentity of STS); 3. the shared files (AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials; AWS_CONFIG_FILE,
 * ~/.aws/config; AWS_PROFILE); 4. the container's endpoint (ECS, EKS Pod Identity: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI,
 * AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]); 5. the machine's (EC2, IMDSv2: a token by PUT, then the role's; not when
 * AWS_EC2_METADATA_DISABLED is true). A source that is set and fails ends the search: what was meant is not replaced by something
 * else. Of a profile the keys and a web identity are taken; roles by way of other profiles, SSO and credential_process are not, and a
 * fault says so. Each source's wait has a deadline. Temporary ones are renewed five minutes before they run out, or at half of what is
 * left to them when that is less; one renewal at a time, shared by all who wait. When it fails the old ones serve as long as they hold. */
#ifndef TAQUILLA_AWS_CREDENTIALS_H
#define TAQUILLA_AWS_CREDENTIALS_H

#include "lib/base/clock.h"
#include "lib/base/fault.h"

struct credentials {
    str key_id, secret, token; /* token empty: long-lived keys */
    instant expires;           /* INSTANT_NONE: never */
    const char *source;        /* "environment", "web identity", "profile", "container", "machine" */
};

/* All as in the environment of the same name; empty: not set. They come from the service's settings (environment and .env). */
struct credential_settings {
    str key_id, secret, token;
    str profile, shared_file, config_file;
    str web_identity_file, role_arn, role_session_name;
    str container_relative_uri, container_full_uri, container_token, container_token_file;
    str metadata_endpoint;     /* AWS_EC2_METADATA_SERVICE_ENDPOINT; http://169.254.169.254 */
    str sts_endpoint;          /* AWS_ENDPOINT_URL_STS; https://sts.REGION.amazonaws.com */
    bool metadata_disabled;
};

#endif
