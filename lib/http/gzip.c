/* gzip.c - Accept-Encoding read, and zlib. */
#include "lib/http/gzip.h"

#include <assert.h>
#include <stdlib.h>

#define ZLIB_CONST /* it only reads what it packs */
#include <zlib.h>

#define LEVEL 3         /* a seat map of 23 KB: 75 us and 7 % of its size; 6 takes 190 us for half a percent less */
#define WINDOW (15 + 16) /* the largest, and a gzip head instead of zlib's */
#define MEMORY 8        /* zlib's own default */

static bool is_refused(str parameters)
{
    str one;
    while (str_cut(&parameters, ';', &one)) {
        str rest = str_trim(one), name;
        (void)str_cut(&rest, '=', &name);
        if (!str_equal_nocase(str_trim(name), STR("q")))
            continue;
        rest = str_trim(rest);
        for (size_t i = 0; i < rest.len; i++)
            if (rest.at[i] != '0' && rest.at[i] != '.')
                return false;
        return rest.len > 0;
    }
    return false;
}

bool gzip_accepted(const struct message *request)
{
    str accepted = message_header(request, "Accept-Encoding"), one;
    bool all = false;
    while (str_cut(&accepted, ',', &one)) {
        str name;
        (void)str_cut(&one, ';', &name);
        name = str_trim(name);
        if (str_equal_nocase(name, STR("gzip")) || str_equal_nocase(name, STR("x-gzip")))
            return !is_refused(one); /* said of gzip itself: it goes before what is said of all */
        if (str_equal(name, STR("*")))
            all = !is_refused(one);
    }
    return all;
}

void gzip_put(struct buf *out, str body)
{
    z_stream z = { .next_in = (const Bytef *)body.at, .avail_in = (uInt)body.len };
    int problem = deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW, MEMORY, Z_DEFAULT_STRATEGY);
    if (problem != Z_OK)
        abort(); /* no memory */
    buf_reserve(out, deflateBound(&z, body.len));
    z.next_out = (Bytef *)out->at + out->len;
    z.avail_out = (uInt)(out->cap - out->len);
    problem = deflate(&z, Z_FINISH);
    assert(problem == Z_STREAM_END); /* there was room for all of it */
    out->len += z.total_out;
    deflateEnd(&z);
}
