/* fuzz_aws.c - any bytes as what AWS answers, as its files, as a container's address and as a path to sign: nothing breaks, a refusal's
 * code is a word, and an address that is trusted is for libcurl the same host. */
#include <assert.h>
#include <string.h>

#include <curl/curl.h>

#include "lib/aws/keyring.h"
#include "lib/aws/refusal.h"
#include "lib/aws/sign.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(arena *a, str text)
{
    struct refusal r = { 0 };
    if (!refusal_read_xml(a, text, &r) && !refusal_read_json(a, text, &r))
        return;
    assert(r.code.len <= REFUSAL_CODE_BYTES_MAX);
    for (size_t i = 0; i < r.code.len; i++)
        assert(r.code.at[i] > ' ' && r.code.at[i] < 127 && !strchr("<>\"'&%", r.code.at[i]));
    struct verdict v = refusal_judge(&(struct refused){ .status = 400, .said = r });
    assert(v.next != NEXT_WELL && v.code);
}

static void check_head(arena *a, str text)
{
    struct wire_answer answer = { .head = { .in = a } };
    buf_text(&answer.head, text);
    str rest = buf_str(&answer.head);
    struct header next;
    while (wire_next_header(&rest, &next))
        assert(!memchr(next.name.at, ':', next.name.len) && (next.value.len == 0 || !memchr(next.value.at, '\n', next.value.len)));
    instant at;
    (void)!http_date_read(text, &at);
    struct credentials found;
    if (credentials_read(a, text, &found))
        assert(found.key_id.len > 0 && found.secret.len > 0);
}

static void check_files(str text)
{
    static const char *const names[] = { "aws_access_key_id", "role_arn" };
    bool known;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (int config = 0; config < 2; config++) {
            str value = profile_value(text, config, STR("default"), names[i], &known);
            assert(!value.at || (known && value.at >= text.at && value.at + value.len <= text.at + text.len));
        }
}

static void check_address(arena *a, str text)
{
    static const char *const trusted[] = { "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", "localhost" };
    char *host = NULL;
    if (!container_uri_allowed(text) || str_starts(text, STR("https://")))
        return;
    CURLU *url = curl_url();
    bool known = curl_url_set(url, CURLUPART_URL, arena_cstr(a, text), 0) != CURLUE_OK || /* it asks nobody */
                 curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK || strncmp(host, "127.", 4) == 0;
    for (size_t i = 0; i < COUNT_OF(trusted) && !known; i++)
        known = strcmp(host, trusted[i]) == 0;
    assert(known);
    curl_free(host);
    curl_url_cleanup(url);
}

static void check_path(arena *a, str text)
{
    const struct sign_request r = { .method = "GET", .path = arena_printf(a, "/%.*s", STR_ARG(sign_path(a, text))), .payload = STR("-") };
    str plain, rest = sign_canonical(a, &(struct sign_place){ STR("us-east-1"), "dynamodb", { 0 } }, &r);
    assert(str_cut(&rest, '\n', &plain) && str_cut(&rest, '\n', &plain));
    assert(plain.len > 0 && plain.at[0] == '/');
    assert(plain.len < 2 || !memmem(plain.at, plain.len, "//", 2));
    assert(!memmem(plain.at, plain.len, "/../", 4) && !memmem(plain.at, plain.len, "/./", 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    str text = { size ? (const char *)data : "", size };
    if (a == NULL)
        a = arena_new(ARENA_BYTES);
    arena_reset(a);
    check_refusal(a, text);
    check_head(a, text);
    check_files(text);
    check_address(a, text);
    check_path(a, text);
    arena_reset(a);
    return 0;
}
