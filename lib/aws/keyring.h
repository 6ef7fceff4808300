/* keyring.h - inside lib/aws: the credentials in use, where they are looked for, and when they are renewed. */
#ifndef TAQUILLA_AWS_KEYRING_H
#define TAQUILLA_AWS_KEYRING_H

#include "lib/aws/credentials.h"
#include "lib/aws/wire.h"

struct keyring;

/* The settings' texts must live as long as the ring. */
const fault *keyring_open(arena *a, struct keyring **out, struct wire *w, str region, const struct credential_settings *s) MUST_CHECK;
void keyring_close(struct keyring *k);

/* Copies in the arena. Parks while they are looked for; aws_no_credentials, or the fault of the source that was set and failed. */
const fault *keyring_get(struct keyring *k, arena *a, struct credentials *out) MUST_CHECK;
/* AWS says that these ran out: they are not used again. */
void keyring_spent(struct keyring *k, const struct credentials *used);

/* --- the sources --- */

struct finding {
    struct wire *wire;
    arena *a; /* of the finding and of what is found */
    str region;
    const struct credential_settings *s;
};

/* None there: out->key_id stays empty. A source that is set and fails is a fault: the next ones are not asked. */
const fault *credentials_environment(struct finding *f, struct credentials *out) MUST_CHECK;
const fault *credentials_web(struct finding *f, struct credentials *out) MUST_CHECK;
const fault *credentials_profile(struct finding *f, struct credentials *out) MUST_CHECK;
const fault *credentials_container(struct finding *f, struct credentials *out) MUST_CHECK;
const fault *credentials_machine(struct finding *f, struct credentials *out) MUST_CHECK;

/* --- what several of them need --- */

#define SOURCE_FILE_BYTES_MAX ((size_t)256 * 1024)
/* Read off the loop. *there false: no such file; a fault: it cannot be read. `what` names it in sentences. */
const fault *source_file(struct finding *f, str path, const char *what, str *text, bool *there) MUST_CHECK;

struct source_answer {
    int status;      /* 0: none came */
    const char *why; /* it did not */
    str body;        /* in f->a */
};
#define SOURCE_TRIES_MAX 3
/* Up to `tries` times while nothing or 429 or 5xx comes. */
void source_ask(struct finding *f, const struct wire_request *r, int tries, struct source_answer *out);

/* {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} of container and machine. */
bool credentials_read(arena *a, str body, struct credentials *out) MUST_CHECK;

/* The last value of that name in [section], in AWS's files; no text: there is none. *known: the section is there. `config`: sections
 * other than default are written [profile NAME]. Pure. */
str profile_value(str text, bool config, str section, const char *name, bool *known);

/* May the container's endpoint be asked there? https to anybody; http to this machine and to what ECS and EKS use. Pure. */
bool container_uri_allowed(str uri);

#endif
