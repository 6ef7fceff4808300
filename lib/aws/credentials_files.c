/* credentials_files.c - keys in the files that AWS's tools share: ~/.aws/credentials and ~/.aws/config. */
#include "lib/aws/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/loop/fiber.h"

/* --- reading a file off the loop --- */

struct reading {
    const char *path;
    char *room;
    size_t len;
    int wrong; /* an error number */
};

static void read_run(void *arg)
{
    struct reading *r = arg;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = 1;
    while (fd >= 0 && got > 0 && r->len < SOURCE_FILE_BYTES_MAX) {
        got = read(fd, r->room + r->len, SOURCE_FILE_BYTES_MAX - r->len);
        r->len += got > 0 ? (size_t)got : 0;
    }
    r->wrong = fd < 0 || got < 0 ? errno : got > 0 ? EFBIG : 0;
    if (fd >= 0)
        close(fd);
}

const fault *source_file(struct finding *f, str path, const char *what, str *text, bool *there)
{
    struct reading r = { .path = arena_cstr(f->a, path), .room = arena_take(f->a, SOURCE_FILE_BYTES_MAX) };
    *text = (str){ 0 };
    if (!offload("a file of credentials", read_run, &r))
        r.wrong = EAGAIN;
    *there = r.wrong != ENOENT && r.wrong != ENOTDIR;
    if (!*there)
        return NULL;
    if (r.wrong)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "%s cannot be read: %s.", what, strerror(r.wrong));
    *text = (str){ r.room, r.len };
    return NULL;
}

/* --- its form --- */

/* Behind "[", before "]", without "profile" and quotes; no text when it is no name of a profile. */
static str section_name(str line, bool config)
{
    str name, rest = str_after(line, 1);
    if (!memchr(rest.at, ']', rest.len) || !str_cut(&rest, ']', &name))
        return (str){ 0 };
    name = str_trim(name);
    if (config && !str_equal(name, STR("default"))) {
        if (!str_starts(name, STR("profile ")) && !str_starts(name, STR("profile\t")))
            return (str){ 0 };
        name = str_trim(str_after(name, 8));
    }
    if (name.len >= 2 && str_starts(name, STR("\"")) && str_ends(name, STR("\"")))
        name = (str){ name.at + 1, name.len - 2 };
    return name;
}

/* What follows " #" or " ;" is a comment. */
static str uncommented(str value)
{
    for (size_t i = 1; i < value.len; i++)
        if ((value.at[i] == '#' || value.at[i] == ';') && (value.at[i - 1] == ' ' || value.at[i - 1] == '\t'))
            return str_trim((str){ value.at, i });
    return value;
}

str profile_value(str text, bool config, str section, const char *name, bool *known)
{
    str found = { 0 }, line, key;
    bool inside = false;
    *known = false;
    while (str_cut(&text, '\n', &line)) {
        if (str_blank(line) || strchr("#; \t", line.at[0]))
            continue; /* what is indented belongs to a setting with settings of its own */
        if (line.at[0] == '[') {
            str here = section_name(line, config);
            inside = here.at && str_equal(here, section);
            *known = *known || inside;
        } else if (inside && memchr(line.at, '=', line.len) && str_cut(&line, '=', &key) &&
                   str_equal_nocase(str_trim(key), str_of(name))) {
            found = uncommented(str_trim(line));
        }
    }
    return found;
}

/* --- the profile --- */

static str place(struct finding *f, str set, const char *otherwise)
{
    if (set.len > 0)
        return set;
    const char *home = getenv("HOME");
    return arena_printf(f->a, "%s/.aws/%s", home ? home : "", otherwise);
}

struct profile_file {
    str text;
    bool config, known;
};

static str value(struct profile_file *file, str profile, const char *name)
{
    return profile_value(file->text, file->config, profile, name, &file->known);
}

static const fault *keys_of(struct finding *f, struct profile_file *file, str profile, struct credentials *out)
{
    struct credentials found = { value(file, profile, "aws_access_key_id"), value(file, profile, "aws_secret_access_key"),
                                 value(file, profile, "aws_session_token"), INSTANT_NONE, "profile" };
    if (found.key_id.len == 0)
        return NULL;
    if (found.secret.len == 0)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "The profile %.*s of ~/.aws has a key without its secret.",
                         STR_ARG(profile));
    *out = found;
    return NULL;
}

/* A profile may also say how credentials are got: by a web identity, as below, or in ways that are not ours. */
static const fault *ways_of(struct finding *f, struct profile_file *file, str profile, struct credentials *out)
{
    static const char *const others[] = { "source_profile", "credential_source", "credential_process", "sso_session", "sso_start_url" };
    struct credential_settings own = *f->s;
    struct finding web = { f->wire, f->a, f->region, &own };
    own.web_identity_file = value(file, profile, "web_identity_token_file");
    own.role_arn = value(file, profile, "role_arn");
    if (own.role_session_name.len == 0)
        own.role_session_name = value(file, profile, "role_session_name");
    if (own.web_identity_file.len > 0)
        return credentials_web(&web, out);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (value(file, profile, others[i]).len > 0)
            return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials",
                             "The profile %.*s of ~/.aws gets its keys by %s, which is not supported here.", STR_ARG(profile), others[i]);
    return NULL;
}

const fault *credentials_profile(struct finding *f, struct credentials *out)
{
    str profile = f->s->profile.len ? f->s->profile : STR("default");
    struct profile_file shared = { 0 }, config = { .config = true };
    bool there;
    TRY(source_file(f, place(f, f->s->shared_file, "credentials"), "AWS's credentials file", &shared.text, &there));
    TRY(source_file(f, place(f, f->s->config_file, "config"), "AWS's config file", &config.text, &there));
    TRY(keys_of(f, &shared, profile, out));
    if (out->key_id.len == 0)
        TRY(keys_of(f, &config, profile, out));
    if (out->key_id.len == 0)
        TRY(ways_of(f, &config, profile, out));
    if (f->s->profile.len > 0 && !shared.known && !config.known)
        return fault_new(f->a, FAULT_UNAVAILABLE, "aws_no_credentials", "AWS_PROFILE names %.*s, which is in none of the files of ~/.aws.",
                         STR_ARG(profile));
    return NULL;
}
