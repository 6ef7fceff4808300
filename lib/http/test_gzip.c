/* test_gzip.c - who takes a packed body, and that it is the same body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "lib/http/gzip.h"

static const struct {
    const char *accepted;
    bool packed;
} wishes[] = {
    { "gzip", true },
    { "GZip", true },
    { "x-gzip", true },
    { "gzip, deflate, br, zstd", true },
    { "br;q=1.0, gzip;q=0.8, *;q=0.1", true },
    { "gzip;q=0.001", true },
    { "gzip ; q=1", true },
    { "*", true },
    { "identity, *;q=0.5", true },
    { NULL, false },
    { "", false },
    { "identity", false },
    { "br", false },
    { "gzip;q=0", false },
    { "gzip; q=0.000", false },
    { "*, gzip;q=0", false },
    { "gzip;q=0, *", false },
    { "*;q=0", false },
    { "gzipped", false },
};

static void test_who_takes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct message request = { .header_count = wishes[i].accepted ? 1 : 0 };
        if (wishes[i].accepted)
            request.headers[0] = (struct header){ STR("Accept-Encoding"), str_of(wishes[i].accepted) };
        if (gzip_accepted(&request) != wishes[i].packed)
            fail_msg("Accept-Encoding: %s", wishes[i].accepted);
    }
}

static void test_it_is_the_same_body(void **state)
{
    (void)state;
    static char text[100000], back[sizeof text];
    uint32_t dice = 7;
    for (size_t i = 0; i < sizeof text; i++) { /* half of it packs well, the other half not at all */
        dice = dice * 1664525u + 1013904223u;
        text[i] = i < sizeof text / 2 ? "seat"[i % 4] : (char)(dice >> 24);
    }
    for (size_t len = 0; len <= sizeof text; len += 33333) {
        struct buf packed = { 0 };
        buf_literal(&packed, "before");
        gzip_put(&packed, (str){ text, len });
        z_stream z = { .next_in = (Bytef *)packed.at + 6, .avail_in = (uInt)packed.len - 6, .next_out = (Bytef *)back,
                       .avail_out = sizeof back };
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        assert_int_equal(z.total_out, len);
        assert_int_equal(z.avail_in, 0);
        assert_memory_equal(back, text, len);
        inflateEnd(&z);
        buf_free(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_who_takes_it), cmocka_unit_test(test_it_is_the_same_body) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
