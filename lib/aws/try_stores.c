/* try_stores.c - asks S3 and DynamoDB as its arguments say, for the tests of bad days: one line of JSON for each. Settings come from the
 * environment.
 *
 *   try_stores [RETRIES] COMMAND...
 *     "upload BUCKET KEY BYTES"      byte n is n mod 251
 *     "stream BUCKET KEY"            read in pieces; its bytes are judged as those of an upload
 *     "delete BUCKET PREFIX"         all that a list of it has
 *     "sweep BUCKET"                 uploads of whatever age
 *     "batch TABLE COUNT"            items {"movie_id":{"S":"0"}} and on, 25 at a time
 *     "newer TABLE ID POSITION"      a guarded put of one such */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/aws/dynamodb.h"
#include "lib/aws/s3.h"
#include "lib/loop/fiber.h"

#define ARENA_BYTES ((size_t)128 * 1024 * 1024)
#define BYTES_PERIOD 251

static struct aws *aws;
static char **commands;

/* What a command came to. */
struct outcome {
    int64_t count; /* bytes, objects, items */
    bool wrong;    /* a byte was another */
    bool taken;
    str etag;
};

static str word(str *rest)
{
    str found = { 0 };
    (void)str_cut(rest, ' ', &found);
    return found;
}

static int64_t number(str *rest)
{
    int64_t n = 0;
    if (!str_to_int(word(rest), &n))
        abort();
    return n;
}

static long memory_max_kb(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

/* --- S3 --- */

struct source {
    int64_t at, size;
};

static const fault *source_read(void *arg, char *to, size_t room, size_t *got)
{
    struct source *s = arg;
    size_t left = (size_t)(s->size - s->at);
    *got = room < left ? room : left;
    for (size_t i = 0; i < *got; i++)
        to[i] = (char)(s->at++ % BYTES_PERIOD);
    return NULL;
}

static const fault *upload(arena *a, str rest, struct outcome *out)
{
    struct s3 s = { .aws = aws, .bucket = word(&rest) };
    struct s3_object o = { .key = word(&rest), .content_type = STR("application/octet-stream") };
    struct source from = { .size = number(&rest) };
    struct s3_sent sent = { 0 };
    const fault *problem = s3_upload(&s, a, &o, &(struct s3_source){ source_read, &from, from.size }, &sent);
    out->count = sent.bytes;
    out->etag = sent.etag;
    return problem;
}

static const fault *piece_judge(void *arg, str bytes)
{
    struct outcome *out = arg;
    for (size_t i = 0; i < bytes.len; i++)
        out->wrong = out->wrong || bytes.at[i] != (char)(out->count++ % BYTES_PERIOD);
    return NULL;
}

static const fault *stream(arena *a, str rest, struct outcome *out)
{
    struct s3 s = { .aws = aws, .bucket = word(&rest) };
    struct s3_taker taker = { piece_judge, out, 0 };
    struct s3_seen seen = { 0 };
    const fault *problem = s3_get_stream(&s, a, word(&rest), &taker, &seen);
    out->etag = seen.etag;
    return problem;
}

struct found {
    arena *a;
    strs keys;
    size_t room;
};

static const fault *key_keep(void *arg, const struct s3_seen *seen)
{
    struct found *f = arg;
    if (f->keys.count == f->room)
        return fault_new(f->a, FAULT_INTERNAL, "internal_error", "More keys than this program keeps.");
    f->keys.at[f->keys.count++] = arena_copy(f->a, seen->key);
    return NULL;
}

static const fault *delete(arena *a, str rest, struct outcome *out)
{
    struct s3 s = { .aws = aws, .bucket = word(&rest) };
    struct found f = { .a = a, .room = 10000, .keys.at = NEW_ARRAY(a, str, 10000) };
    TRY(s3_list(&s, a, word(&rest), key_keep, &f));
    out->count = (int64_t)f.keys.count;
    return s3_delete_many(&s, a, &f.keys);
}

static const fault *sweep(arena *a, str rest, struct outcome *out)
{
    struct s3 s = { .aws = aws, .bucket = word(&rest) };
    return s3_sweep(&s, a, STR(""), (instant){ INT64_MAX }, &out->count);
}

/* --- DynamoDB --- */

static const fault *batch(arena *a, str rest, struct outcome *out)
{
    str table = word(&rest);
    int64_t all = number(&rest);
    while (out->count < all) {
        strs items = { NEW_ARRAY(a, str, DYNAMODB_BATCH_MAX), 0 };
        while (items.count < DYNAMODB_BATCH_MAX && out->count < all)
            items.at[items.count++] = arena_printf(a, "{\"movie_id\":{\"S\":\"%" PRId64 "\"}}", out->count++);
        TRY(dynamodb_batch_put(aws, a, table, &items));
    }
    return NULL;
}

static const fault *newer(arena *a, str rest, struct outcome *out)
{
    str table = word(&rest), id = word(&rest);
    int64_t position = number(&rest);
    str item = arena_printf(a, "{\"movie_id\":{\"S\":\"%.*s\"},\"position\":{\"N\":\"%" PRId64 "\"}}", STR_ARG(id), position);
    return dynamodb_put_newer(aws, a, table, item, position, &out->taken);
}

/* --- commands --- */

static const struct {
    const char *verb;
    const fault *(*act)(arena *a, str rest, struct outcome *out);
} acts[] = { { "upload", upload }, { "stream", stream }, { "delete", delete }, { "sweep", sweep }, { "batch", batch }, { "newer", newer } };

static void command_run(arena *a, str text)
{
    str verb = word(&text);
    size_t i = 0;
    while (i < COUNT_OF(acts) && !str_equal(verb, str_of(acts[i].verb)))
        i++;
    if (i == COUNT_OF(acts))
        abort();
    struct outcome out = { .etag = STR("") };
    struct buf line = { .in = a };
    long before_kb = memory_max_kb();
    const fault *problem = acts[i].act(a, text, &out);
    buf_printf(&line, "{\"count\":%" PRId64 ",\"wrong\":%s,\"taken\":%s,\"grownKb\":%ld,\"etag\":", out.count, out.wrong ? "true" : "false",
               out.taken ? "true" : "false", memory_max_kb() - before_kb);
    buf_quoted(&line, out.etag.at ? out.etag : STR(""));
    buf_literal(&line, ",\"fault\":");
    buf_quoted(&line, problem ? str_of(problem->code) : STR(""));
    buf_literal(&line, ",\"sentence\":");
    buf_quoted(&line, problem ? problem->sentence : STR(""));
    printf("%.*s}\n", STR_ARG(buf_str(&line)));
    fflush(stdout);
}

static void all(void *arg)
{
    (void)arg;
    for (char **at = commands; *at; at++) {
        arena *a = arena_new(ARENA_BYTES);
        command_run(a, str_of(*at));
        arena_free(a);
    }
    aws_close(aws);
    loop_stop();
}

static str env(const char *name)
{
    const char *value = getenv(name);
    return str_of(value ? value : "");
}

int main(int argc, char **argv)
{
    arena *a = arena_new(ARENA_BYTES);
    const struct credential_settings where = { .key_id = env("AWS_ACCESS_KEY_ID"), .secret = env("AWS_SECRET_ACCESS_KEY"), .metadata_disabled = true };
    struct aws_settings s = { .region = STR("us-east-1"), .endpoint_s3 = env("AWS_ENDPOINT_URL_S3"),
                              .endpoint_dynamodb = env("AWS_ENDPOINT_URL_DYNAMODB"), .retries_max = 2, .retry_delay_ms = 50 };
    commands = argv + 1;
    if (argc > 1 && str_to_int(str_of(argv[1]), &s.retries_max))
        commands++;
    loop_open();
    MUST(aws_open(a, &aws, &s, &where));
    if (!fiber_start("all", all, NULL))
        return 1;
    loop_run();
    loop_close();
    arena_free(a);
    return 0;
}
