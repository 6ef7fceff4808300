/* test_poster.c - what may be a poster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/movies/model_poster.h"

#define BYTES(text) ((str){ text, sizeof(text) - 1 })
#define PNG_OF(width, height)                                                                      \
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR" width height "\x08\x02\0\0\0crc1"                              \
    "\0\0\0\x02" "IDATxxcrc2" "\0\0\0\0IENDcrc3"
#define JPEG_OF(height, width)                                                                     \
    "\xff\xd8\xff\xe0\0\x04zz" "\xff\xc0\0\x0b\x08" height width "\x01\x01\x11\0" "\xff\xda\0\x08\x01\x01\0\0\x3f\0" "pixels\xff\xd9"
#define WEBP_OF(kind, data) "RIFF\x16\0\0\0WEBP" kind "\x0a\0\0\0" data

static const char png[] = PNG_OF("\0\0\x02\0", "\0\0\x03\0");
static const char jpeg[] = JPEG_OF("\x03\0", "\x02\0");
static const char webp[] = WEBP_OF("VP8 ", "fra\x9d\x01\x2a\0\x02\0\x03");

static arena *a;

static void assert_code(str bytes, const char *claimed, const char *code)
{
    const fault *problem = poster_check(a, bytes, str_of(claimed));
    if (!code)
        assert_null(problem);
    else
        assert_string_equal(problem ? problem->code : "nothing", code);
}

static void good_ones(void **state)
{
    (void)state;
    assert_code(BYTES(png), "image/png", NULL);
    assert_code(BYTES(jpeg), "IMAGE/JPEG; q=1", NULL);
    assert_code(BYTES(webp), "", NULL);
    assert_code(BYTES(WEBP_OF("VP8L", "\x2f\xff\xc0\x3f\0zzzzz")), "application/octet-stream", NULL);
    assert_code(BYTES(WEBP_OF("VP8X", "\0\0\0\0\xff\x0f\0\xff\x0f\0")), "image/webp", NULL);
    assert_string_equal(poster_type(BYTES(webp)), "image/webp");
}

static void other_types(void **state)
{
    (void)state;
    assert_code(BYTES(""), "image/png", "poster_type_unsupported");
    assert_code(BYTES("GIF89a......"), "image/gif", "poster_type_unsupported");
    assert_code(BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/png", "poster_type_unsupported");
    assert_code(BYTES("RIFF\x04\0\0\0WAVE"), "", "poster_type_unsupported");
    assert_code(BYTES(png), "image/jpeg", "poster_type_unsupported");
    assert_code(BYTES(jpeg), "application/json", "poster_type_unsupported");
}

/* Every beginning of each is refused, and never read beyond its end: the copy ends where it does. */
static void truncated(void **state)
{
    (void)state;
    const str whole[] = { BYTES(png), BYTES(jpeg), BYTES(webp) };
    for (size_t i = 0; i < 3; i++)
        for (size_t len = 0; len < whole[i].len; len++) {
            char *copy = test_malloc(len + 1);
            memcpy(copy, whole[i].at, len);
            assert_non_null(poster_check(a, (str){ copy, len }, STR("")));
            test_free(copy);
        }
}

static void something_behind(void **state)
{
    (void)state;
    assert_code(BYTES(PNG_OF("\0\0\x02\0", "\0\0\x03\0") "<script>"), "", "poster_damaged");
    assert_code(BYTES(JPEG_OF("\x03\0", "\x02\0") "PK\x03\x04"), "", "poster_damaged");
    assert_code(BYTES(WEBP_OF("VP8 ", "fra\x9d\x01\x2a\0\x02\0\x03") "%PDF"), "", "poster_damaged");
}

static void sides(void **state)
{
    (void)state;
    assert_code(BYTES(PNG_OF("\0\0\0\0", "\0\0\x03\0")), "", "poster_damaged");
    assert_code(BYTES(PNG_OF("\0\0\x10\0", "\0\0\x10\0")), "", NULL);
    assert_code(BYTES(PNG_OF("\0\0\x10\x01", "\0\0\x03\0")), "", "poster_damaged");
    assert_code(BYTES(PNG_OF("\xff\xff\xff\xff", "\0\0\x03\0")), "", "poster_damaged");
    assert_code(BYTES(JPEG_OF("\0\0", "\x02\0")), "", "poster_damaged");
    assert_code(BYTES(JPEG_OF("\x10\x01", "\x02\0")), "", "poster_damaged");
    assert_code(BYTES(WEBP_OF("VP8 ", "fra\x9d\x01\x2a\0\0\0\x03")), "", "poster_damaged");
    assert_code(BYTES(WEBP_OF("VP8X", "\0\0\0\0\0\x10\0\0\0\0")), "", "poster_damaged");
}

static void addresses(void **state)
{
    (void)state;
    str id = STR("507f1f77bcf86cd799439011");
    str digest = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    str url = poster_url(a, id, digest);
    assert_true(str_equal(poster_digest(id, url), digest));
    assert_int_equal(poster_digest(STR("607f1f77bcf86cd799439011"), url).len, 0);
    assert_int_equal(poster_digest(id, (str){ url.at, url.len - 1 }).len, 0);
    assert_int_equal(poster_digest(id, STR("")).len, 0);
    assert_int_equal(poster_digest(id, STR("https://example.com/poster.jpg")).len, 0);
    assert_int_equal(poster_digest(id, arena_printf(a, "%.*sf", STR_ARG(url))).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones), cmocka_unit_test(other_types), cmocka_unit_test(truncated),
        cmocka_unit_test(something_behind), cmocka_unit_test(sides), cmocka_unit_test(addresses),
    };
    a = arena_new((size_t)1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(a);
    return failed;
}
