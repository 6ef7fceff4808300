/* cloud.c - sends what a file holds to DynamoDB or S3 as the services do, for script/bench cloud; settings come from the environment.
 *
 *   cloud batch FILE TABLE FIBERS   lines of DynamoDB's JSON, 25 a BatchWriteItem
 *   cloud put FILE TABLE FIBERS     each by a PutItem that is guarded by position 1
 *   cloud upload FILE BUCKET KEY    in parts, as s3.h says
 *
 * Prints the seconds that it took, without its start. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/aws/dynamodb.h"
#include "lib/aws/s3.h"
#include "lib/base/clock.h"
#include "lib/loop/fiber.h"

#define CALL_BYTES_MAX ((size_t)64 * 1024 * 1024)

static struct aws *aws;
static char **words;
static str text;    /* of the file; of what is not yet sent */
static bool failed;

static void well(const fault *problem)
{
    if (!problem)
        return;
    fprintf(stderr, "%s: %.*s\n", problem->code, STR_ARG(problem->sentence));
    failed = true;
}

static str file_map(const char *path)
{
    struct stat seen;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &seen) != 0)
        abort();
    void *at = mmap(NULL, (size_t)seen.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    return at == MAP_FAILED ? (str){ NULL, 0 } : (str){ at, (size_t)seen.st_size };
}

/* --- DynamoDB --- */

static size_t lines_take(str *lines, size_t most)
{
    size_t count = 0;
    while (count < most && text.len > 0 && str_cut(&text, '\n', &lines[count]))
        count++;
    return count;
}

static void batches_send(void *arg)
{
    arena *a = arena_new(CALL_BYTES_MAX);
    str lines[DYNAMODB_BATCH_MAX];
    (void)arg;
    for (size_t count; !failed && (count = lines_take(lines, DYNAMODB_BATCH_MAX)) > 0;) {
        well(dynamodb_batch_put(aws, a, str_of(words[1]), &(strs){ lines, count }));
        arena_reset(a);
    }
    arena_free(a);
}

static void puts_send(void *arg)
{
    arena *a = arena_new(CALL_BYTES_MAX);
    bool taken;
    (void)arg;
    for (str line; !failed && lines_take(&line, 1) > 0;) {
        well(dynamodb_put_newer(aws, a, str_of(words[1]), line, 1, &taken));
        arena_reset(a);
    }
    arena_free(a);
}

static void at_once(void (*send)(void *))
{
    struct group g = { 0 };
    for (int n = atoi(words[2]); n > 0; n--)
        if (!group_start(&g, "a sender", send, NULL))
            abort();
    group_wait(&g);
}

/* --- S3 --- */

static const fault *source_read(void *arg, char *at, size_t room, size_t *got)
{
    (void)arg;
    *got = room < text.len ? room : text.len;
    memcpy(at, text.at, *got);
    text = str_after(text, *got);
    return NULL;
}

static void upload(arena *a)
{
    const struct s3 s = { .aws = aws, .bucket = str_of(words[1]) };
    const struct s3_object o = { .key = str_of(words[2]), .content_type = STR("application/octet-stream") };
    struct s3_sent sent;
    well(s3_upload(&s, a, &o, &(struct s3_source){ source_read, NULL, (int64_t)text.len }, &sent));
}

static void all(void *what)
{
    arena *a = arena_new(CALL_BYTES_MAX);
    int64_t began_us = clock_mono_us();
    if (strcmp(what, "upload") == 0)
        upload(a);
    else
        at_once(strcmp(what, "put") == 0 ? puts_send : batches_send);
    printf("%.6f\n", (double)(clock_mono_us() - began_us) / 1e6);
    aws_close(aws);
    arena_free(a);
    loop_stop();
}

static str env(const char *name)
{
    const char *value = getenv(name);
    return str_of(value ? value : "");
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    arena *a = arena_new(CALL_BYTES_MAX);
    const struct credential_settings where = { .key_id = env("AWS_ACCESS_KEY_ID"), .secret = env("AWS_SECRET_ACCESS_KEY"),
                                               .metadata_disabled = true };
    const struct aws_settings s = { .region = env("AWS_REGION"), .endpoint_s3 = env("AWS_ENDPOINT_URL_S3"),
                                    .endpoint_dynamodb = env("AWS_ENDPOINT_URL_DYNAMODB"), .retries_max = 3, .retry_delay_ms = 50 };
    words = argv + 2;
    text = file_map(argv[2]);
    loop_open();
    MUST(aws_open(a, &aws, &s, &where));
    if (!text.at || !fiber_start("all", all, argv[1]))
        return 1;
    loop_run();
    loop_close();
    arena_free(a);
    return failed;
}
