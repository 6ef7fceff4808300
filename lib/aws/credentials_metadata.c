/* credentials_metadata.c - keys that the place where we run hands out over HTTP: a container's endpoint, or the machine's. */
#include "lib/aws/keyring.h"

#include <string.h>

#include "lib/aws/sign.h"
#include "lib/base/random.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define ANSWER_BYTES_MAX ((size_t)64 * 1024)
#define PAUSE_MS 200
#define CONTAINER_HOST "http://169.254.170.2"
#define CONTAINER_MS 2000
#define CONTAINER_TRIES 3
#define MACHINE_HOST "http://169.254.169.254"
#define MACHINE_MS 1000
#define MACHINE_TRIES 2
#define MACHINE_TOKEN_S "21600"
#define MACHINE_ROLES "/latest/meta-data/iam/security-credentials/"

void source_ask(struct finding *f, const struct wire_request *r, int tries, struct source_answer *out)
{
    for (int i = 0; i < tries; i++) {
        struct wire_answer came;
        if (i > 0)
            fiber_sleep((int64_t)random_below(PAUSE_MS << i));
        wire_ask(f->wire, r, &came);
        bool whole = came.end == WIRE_WHOLE;
        *out = (struct source_answer){ whole ? came.status : 0, came.why, arena_copy(f->a, buf_str(&came.body)) };
        wire_answer_free(&came);
        if (whole && came.status < 500 && came.status != 429)
            return;
    }
}

/* --- their form --- */

struct handed {
    str key_id, secret, token, expiration;
};
static const struct field handed_fields[] = {
    FIELD(struct handed, key_id, "AccessKeyId", .optional = true, .nullable = true),
    FIELD(struct handed, secret, "SecretAccessKey", .optional = true, .nullable = true),
    FIELD(struct handed, token, "Token", .optional = true, .nullable = true),
    FIELD(struct handed, expiration, "Expiration", .optional = true, .nullable = true),
};
static const struct shape handed_shape = SHAPE(handed, handed_fields);

bool credentials_read(arena *a, str body, struct credentials *out)
{
    struct handed h = { 0 };
    instant expires = INSTANT_NONE;
    if (json_restore(a, body, &handed_shape, &h) || h.key_id.len == 0 || h.secret.len == 0)
        return false;
    if (h.expiration.len > 0 && !instant_read(h.expiration, &expires))
        return false;
    *out = (struct credentials){ h.key_id, h.secret, h.token, expires, NULL };
    return true;
}

/* --- the container: ECS, EKS Pod Identity --- */

bool container_uri_allowed(str uri)
{
    static const char *const hosts[] = { "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", "localhost" };
    str rest, host, end;
    if (str_starts(uri, STR("https://")))
        return true;
    if (!str_starts(uri, STR("http://")))
        return false;
    rest = str_after(uri, 7);
    if (!str_cut(&rest, '/', &host) || memchr(host.at, '@', host.len) || memchr(host.at, '?', host.len) || memchr(host.at, '#', host.len))
        return false;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        end = str_after(host, strlen(hosts[i]));
        if (str_starts(host, str_of(hosts[i])) && (end.len == 0 || end.at[0] == ':'))
            return true;
    }
    str number = host; /* 127.x.y.z, digits and dots alone */
    for (size_t i = 0; i < number.len && number.at[i] != ':'; i++)
        if (number.at[i] != '.' && (number.at[i] < '0' || number.at[i] > '9'))
            return false;
    return str_starts(host, STR("127."));
}

static const fault *container_failed(struct finding *f, const char *why)
{
    return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "The container's endpoint gives no credentials: %s.", why);
}

/* The file is read each time: what is in it changes. */
static const fault *container_token(struct finding *f, str *token)
{
    bool there = true;
    *token = f->s->container_token;
    if (f->s->container_token_file.len > 0)
        TRY(source_file(f, f->s->container_token_file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token, &there));
    *token = str_trim(*token);
    if (!there || (token->len > 0 && (memchr(token->at, '\n', token->len) || memchr(token->at, '\r', token->len))))
        return container_failed(f, "the token for it cannot be used");
    return NULL;
}

const fault *credentials_container(struct finding *f, struct credentials *out)
{
    const struct credential_settings *s = f->s;
    struct source_answer came;
    str uri = s->container_full_uri, token;
    if (s->container_relative_uri.len > 0)
        uri = arena_printf(f->a, CONTAINER_HOST "%.*s", STR_ARG(s->container_relative_uri));
    if (uri.len == 0)
        return NULL;
    if (!container_uri_allowed(uri))
        return container_failed(f, "it is neither https nor on this machine");
    TRY(container_token(f, &token));
    struct wire_request r = { .method = GET, .url = uri, .connect_ms = MACHINE_MS, .deadline_ms = CONTAINER_MS,
                              .body_bytes_max = ANSWER_BYTES_MAX, .direct = true };
    if (token.len > 0)
        r.headers[r.header_count++] = (struct header){ STR("Authorization"), token };
    source_ask(f, &r, CONTAINER_TRIES, &came);
    if (came.status == 0)
        return container_failed(f, came.why);
    if (came.status != 200)
        return container_failed(f, arena_printf(f->a, "it answers %d", came.status).at);
    if (!credentials_read(f->a, came.body, out))
        return container_failed(f, "its answer cannot be read");
    out->source = "container";
    return NULL;
}

/* --- the machine: EC2 --- */

static void machine_ask(struct finding *f, const char *path, str more, str token, struct source_answer *out)
{
    str host = f->s->metadata_endpoint.len ? f->s->metadata_endpoint : STR(MACHINE_HOST);
    if (str_ends(host, STR("/")))
        host.len--;
    struct wire_request r = { .method = token.len ? GET : PUT, .connect_ms = MACHINE_MS, .deadline_ms = MACHINE_MS, .direct = true,
                              .url = arena_printf(f->a, "%.*s%s%.*s", STR_ARG(host), path, STR_ARG(more)),
                              .body_bytes_max = ANSWER_BYTES_MAX, .header_count = 1 };
    r.headers[0] = token.len ? (struct header){ STR("X-aws-ec2-metadata-token"), token }
                             : (struct header){ STR("X-aws-ec2-metadata-token-ttl-seconds"), STR(MACHINE_TOKEN_S) };
    source_ask(f, &r, MACHINE_TRIES, out);
}

static const fault *machine_failed(struct finding *f, int status)
{
    return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "The machine's metadata service gives no credentials: %s.",
                     status ? arena_printf(f->a, "it answers %d", status).at : "it fell silent");
}

/* No such service, or a machine without a role: none there. One that has a role and does not hand it out is a fault. */
const fault *credentials_machine(struct finding *f, struct credentials *out)
{
    struct source_answer token, roles, keys;
    if (f->s->metadata_disabled)
        return NULL;
    machine_ask(f, "/latest/api/token", STR(""), (str){ 0 }, &token);
    token.body = str_trim(token.body);
    if (token.status != 200 || token.body.len == 0 || memchr(token.body.at, '\n', token.body.len))
        return NULL;
    machine_ask(f, MACHINE_ROLES, STR(""), token.body, &roles);
    str rest = str_trim(roles.body), role;
    if (roles.status == 404 || (roles.status == 200 && rest.len == 0))
        return NULL;
    if (roles.status != 200 || !str_cut(&rest, '\n', &role))
        return machine_failed(f, roles.status);
    machine_ask(f, MACHINE_ROLES, sign_encode(f->a, str_trim(role)), token.body, &keys);
    if (keys.status != 200)
        return machine_failed(f, keys.status);
    if (!credentials_read(f->a, keys.body, out))
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "What the machine's metadata service answers cannot be read.");
    out->source = "machine";
    return NULL;
}
