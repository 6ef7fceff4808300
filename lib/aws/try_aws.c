/* try_aws.c - asks AWS as its arguments say, for the tests: one line of JSON for each. Settings come from the environment.
 *
 *   try_aws [RETRIES] COMMAND...
 *     "ask SERVICE METHOD BUCKET PATH [BODY]"      BUCKET - : none
 *     "once SERVICE METHOD BUCKET PATH [BODY]"     not tried again
 *     "stream SERVICE METHOD BUCKET PATH"          in pieces
 *     "COUNT*SERVICE METHOD BUCKET PATH [BODY]"    that many at the same time
 *     "presign METHOD BUCKET PATH SECONDS"         a URL of S3
 *     "sleep MS" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/aws.h"
#include "lib/base/log.h"
#include "lib/loop/fiber.h"

#define ARENA_BYTES ((size_t)128 * 1024 * 1024)

static struct aws *aws;
static char **commands;

struct asked {
    struct group *group;
    struct aws_question q;
    size_t pieces, piece_bytes;
};

static const fault *piece(void *arg, str bytes)
{
    struct asked *k = arg;
    k->pieces++;
    k->piece_bytes += bytes.len;
    return NULL;
}

static str word(str *rest)
{
    str found = { 0 };
    if (!str_cut(rest, ' ', &found) || str_equal(found, STR("-")))
        return STR("");
    return found;
}

static enum method method_of(str name)
{
    for (enum method m = GET; m < METHOD_OTHER; m++)
        if (str_equal(name, str_of(method_name(m))))
            return m;
    return GET;
}

static void question_read(arena *a, str rest, struct aws_question *q)
{
    q->service = arena_cstr(a, word(&rest));
    q->method = method_of(word(&rest));
    q->bucket = word(&rest);
    q->path = word(&rest);
    q->body = rest.at ? rest : STR("");
    q->deadline_ms = 2000;
}

static void run(void *arg)
{
    struct asked *k = arg;
    struct aws_answer answer;
    struct buf line = { 0 };
    arena *a = arena_new(ARENA_BYTES);
    const fault *problem = aws_ask(aws, a, &k->q, &answer);
    struct aws_counts counts = aws_counts_of(aws, k->q.service);
    buf_printf(&line, "{\"status\":%d,\"requests\":%llu,\"retries\":%llu,\"throttled\":%llu,\"pieces\":%zu,\"pieceBytes\":%zu,\"clock\":%lld",
               answer.status, (unsigned long long)counts.requests, (unsigned long long)counts.retries,
               (unsigned long long)counts.throttled, k->pieces, k->piece_bytes, (long long)aws_clock_off_ms(aws));
    buf_literal(&line, ",\"refusal\":");
    buf_quoted(&line, answer.refusal.at ? answer.refusal : STR(""));
    buf_literal(&line, ",\"fault\":");
    buf_quoted(&line, problem ? str_of(problem->code) : STR(""));
    buf_literal(&line, ",\"sentence\":");
    buf_quoted(&line, problem ? problem->sentence : STR(""));
    buf_literal(&line, ",\"type\":");
    str type = aws_answer_header(&answer, "content-type");
    buf_quoted(&line, type.at ? type : STR(""));
    buf_literal(&line, ",\"body\":");
    buf_quoted(&line, answer.body.at ? answer.body : STR(""));
    printf("%.*s}\n", STR_ARG(buf_str(&line)));
    buf_free(&line);
    arena_free(a);
}

static void ask(arena *a, str rest, bool once, bool stream, int64_t count)
{
    struct group group = { 0 };
    for (int64_t i = 0; i < count; i++) {
        struct asked *k = NEW(a, struct asked);
        question_read(a, rest, &k->q);
        k->q.once = once;
        k->q.piece = stream ? piece : NULL;
        k->q.piece_arg = k;
        if (!group_start(&group, "ask", run, k))
            abort();
    }
    group_wait(&group);
}

static void presign(arena *a, str rest)
{
    struct aws_question q = { .service = "s3", .method = method_of(word(&rest)) };
    str url = { 0 };
    int64_t valid_s = 1;
    q.bucket = word(&rest);
    q.path = word(&rest);
    if (!str_to_int(rest, &valid_s))
        abort();
    const fault *problem = aws_presign(aws, a, &q, valid_s, &url);
    printf("%.*s\n", STR_ARG(problem ? problem->sentence : url));
}

static void all(void *arg)
{
    arena *a = arg;
    for (char **at = commands; *at; at++) {
        str rest = str_of(*at), verb, times = { 0 };
        int64_t number = 0;
        (void)str_cut(&rest, ' ', &verb);
        str star = verb;
        if (memchr(verb.at, '*', verb.len) && str_cut(&star, '*', &times) && str_to_int(times, &number))
            ask(a, str_after(str_of(*at), times.len + 1), false, false, number);
        else if (str_equal(verb, STR("sleep")) && str_to_int(rest, &number))
            fiber_sleep(number);
        else if (str_equal(verb, STR("presign")))
            presign(a, rest);
        else
            ask(a, rest, str_equal(verb, STR("once")), str_equal(verb, STR("stream")), 1);
        fflush(stdout);
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
    const struct credential_settings where = {
        .key_id = env("AWS_ACCESS_KEY_ID"), .secret = env("AWS_SECRET_ACCESS_KEY"), .token = env("AWS_SESSION_TOKEN"),
        .profile = env("AWS_PROFILE"), .shared_file = env("AWS_SHARED_CREDENTIALS_FILE"), .config_file = env("AWS_CONFIG_FILE"),
        .web_identity_file = env("AWS_WEB_IDENTITY_TOKEN_FILE"), .role_arn = env("AWS_ROLE_ARN"),
        .role_session_name = env("AWS_ROLE_SESSION_NAME"),
        .container_relative_uri = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        .container_full_uri = env("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        .container_token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        .container_token_file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        .metadata_endpoint = env("AWS_EC2_METADATA_SERVICE_ENDPOINT"), .sts_endpoint = env("AWS_ENDPOINT_URL_STS"),
        .metadata_disabled = str_equal(env("AWS_EC2_METADATA_DISABLED"), STR("true")),
    };
    struct aws_settings s = { .region = STR("us-east-1"), .endpoint_s3 = env("AWS_ENDPOINT_URL_S3"),
                              .endpoint_dynamodb = env("AWS_ENDPOINT_URL_DYNAMODB"),
                              .ca_file = env("AWS_CA_BUNDLE"), .retries_max = 2, .retry_delay_ms = 50 };
    commands = argv + 1;
    if (argc > 1 && str_to_int(str_of(argv[1]), &s.retries_max))
        commands++;
    loop_open();
    MUST(aws_open(a, &aws, &s, &where));
    if (!fiber_start("all", all, a))
        return 1;
    loop_run();
    log_flush();
    loop_close();
    arena_free(a);
    return 0;
}
