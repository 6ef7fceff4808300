/* test_xml.c - XML of S3: read into a tree within its bounds, written so that it reads back. */
#include "lib/aws/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/aws/s3_internal.h"

static int arena_open(void **state)
{
    *state = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_text(str is, const char *wanted)
{
    assert_non_null(is.at);
    assert_int_equal(is.len, strlen(wanted));
    assert_memory_equal(is.at, wanted, is.len);
}

static void a_list_is_read(void **state)
{
    struct xml *root;
    assert_true(xml_read(*state,
                         STR("  \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a:List xmlns:a=\"http://x/\"><Name>b</Name> <Empty/>"
                             "<Contents><Key>one &amp; t&#119;o &lt;3</Key><Size> 12 </Size></Contents>\n"
                             "<Contents><Key><![CDATA[<ni\xC3\xB1o>]]></Key><Size>x</Size></Contents><IsTruncated>true</IsTruncated></a:List>\n "),
                         &root));
    assert_text(root->name, "List");
    assert_int_equal(root->text.len, 0);
    assert_text(xml_child_text(root, "Name"), "b");
    assert_text(xml_child_text(root, "Empty"), "");
    assert_null(xml_child_text(root, "Key").at);
    assert_true(xml_is(root, "IsTruncated", "true"));
    assert_false(xml_is(root, "IsTruncated", "false"));
    assert_false(xml_is(root, "Nothing", ""));
    const struct xml *one = xml_child(root, "Contents");
    assert_text(xml_child_text(one, "Key"), "one & two <3");
    assert_int_equal(xml_int(one, "Size"), 12);
    one = xml_next(one);
    assert_text(xml_child_text(one, "Key"), "<ni\xC3\xB1o>");
    assert_int_equal(xml_int(one, "Size"), 0);
    assert_null(xml_next(one));
    assert_null(xml_child(NULL, "Contents"));
    assert_null(xml_child_text(NULL, "Contents").at);
}

static void what_is_no_xml_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "  ", "no", "<a>", "<a><b></a>", "</a>", "<a/><b/>", "<a>&nbsp;</a>", "{\"a\":1}", "<a>\xff</a>", "<a>&#0;</a>",
        "<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
    };
    struct xml *root;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(xml_read(*state, str_of(bad[i]), &root));
    assert_false(xml_read(*state, (str){ NULL, 0 }, &root));
}

static str nested(arena *a, size_t depth)
{
    struct buf b = { .in = a };
    for (size_t i = 0; i < depth; i++)
        buf_literal(&b, "<a>");
    for (size_t i = 0; i < depth; i++)
        buf_literal(&b, "</a>");
    return buf_str(&b);
}

static str wide(arena *a, size_t nodes)
{
    struct buf b = { .in = a };
    buf_literal(&b, "<r>");
    for (size_t i = 1; i < nodes; i++)
        buf_literal(&b, "<a/>");
    buf_literal(&b, "</r>");
    return buf_str(&b);
}

static void there_are_bounds(void **state)
{
    struct xml *root;
    assert_true(xml_read(*state, nested(*state, XML_DEPTH_MAX), &root));
    assert_false(xml_read(*state, nested(*state, XML_DEPTH_MAX + 1), &root));
    assert_true(xml_read(*state, wide(*state, XML_NODES_MAX), &root));
    assert_false(xml_read(*state, wide(*state, XML_NODES_MAX + 1), &root));
}

static void what_is_written_reads_back(void **state)
{
    str odd = STR("a<b>&amp;\"'c\td\re\nf \xC3\xA9 ]]> +%20//");
    struct buf b = { .in = *state };
    struct xml *root;
    xml_open(&b, "Delete");
    xml_put(&b, "Key", odd);
    xml_put_int(&b, "Days", -30);
    xml_close(&b, "Delete");
    assert_true(xml_read(*state, buf_str(&b), &root));
    assert_true(str_equal(xml_child_text(root, "Key"), odd));
    assert_int_equal(xml_int(root, "Days"), -30);
    assert_null(memchr(b.at, '\r', b.len)); /* a reader would make a line's end of it */
}

static void keys_are_decoded_when_the_answer_says_so(void **state)
{
    static const struct {
        const char *sent, *is;
    } keys[] = {
        { "a%20b+c%2Bd", "a b c+d" }, { "ni%C3%B1o", "ni\xC3\xB1o" }, { "%", "%" }, { "%2", "%2" }, { "%zz%2f", "%zz/" }, { "", "" },
    };
    struct xml *plain, *encoded;
    assert_true(xml_read(*state, STR("<L><Key>a+b%20</Key></L>"), &plain));
    assert_true(xml_read(*state, STR("<L><EncodingType>url</EncodingType></L>"), &encoded));
    assert_text(s3_key_read(*state, plain, STR("a+b%20")), "a+b%20");
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        assert_text(s3_key_read(*state, encoded, str_of(keys[i].sent)), keys[i].is);
}

static void digests_are_those_of_the_books(void **state)
{
    unsigned char sha[SHA256_BYTES], md5[MD5_BYTES], piece[SHA256_BYTES], whole[SHA256_BYTES];
    sha256_of(STR("abc"), sha);
    assert_text(hex_of(*state, sha, sizeof sha), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_text(base64_of(*state, sha, sizeof sha), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    md5_of(STR(""), md5);
    assert_text(base64_of(*state, md5, sizeof md5), "1B2M2Y8AsgTpgAmY7PhCfg==");
    struct sums *all = sums_begin();
    sums_add(all, STR("ab"), piece);
    sums_add(all, STR(""), piece);
    sums_add(all, STR("c"), piece);
    sums_end(all, whole);
    assert_memory_equal(whole, sha, sizeof sha);
    assert_text(hex_of(*state, piece, 4), "2e7d2c03");
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(a_list_is_read),
        IN_ARENA(what_is_no_xml_is_refused),
        IN_ARENA(there_are_bounds),
        IN_ARENA(what_is_written_reads_back),
        IN_ARENA(keys_are_decoded_when_the_answer_says_so),
        IN_ARENA(digests_are_those_of_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
