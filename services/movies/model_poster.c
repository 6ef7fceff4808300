/* model_poster.c - the headers of JPEG, PNG and WebP, read with every length mistrusted. */
#include "services/movies/model_poster.h"

#include <string.h>

#include "lib/base/buf.h"

struct picture {
    const unsigned char *at;
    size_t len;
    uint32_t width, height;
};

static uint32_t big(const unsigned char *at, int bytes)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++)
        n = n << 8 | at[i];
    return n;
}

static uint32_t little(const unsigned char *at, int bytes)
{
    uint32_t n = 0;
    for (int i = bytes; i-- > 0;)
        n = n << 8 | at[i];
    return n;
}

/* --- each returns whether it is whole: its parts end where the bytes do --- */

static bool png_read(struct picture *p)
{
    bool pixels = false;
    if (p->len < 33 || memcmp(p->at + 12, "IHDR", 4) != 0)
        return false;
    p->width = big(p->at + 16, 4);
    p->height = big(p->at + 20, 4);
    for (size_t at = 8; p->len - at >= 12;) {
        uint32_t size = big(p->at + at, 4);
        const unsigned char *kind = p->at + at + 4;
        if (size > p->len - at - 12)
            return false;
        at += 12 + size;
        pixels = pixels || memcmp(kind, "IDAT", 4) == 0;
        if (memcmp(kind, "IEND", 4) == 0)
            return pixels && at == p->len;
    }
    return false;
}

static bool is_frame(unsigned char marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool jpeg_read(struct picture *p)
{
    size_t at = 2;
    while (p->len - at >= 4 && p->at[at] == 0xff) {
        unsigned char marker = p->at[at + 1];
        if (marker == 0xff) { /* filling */
            at++;
            continue;
        }
        uint32_t size = big(p->at + at + 2, 2);
        if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9) || size < 2 || size > p->len - at - 2)
            return false;
        if (is_frame(marker) && size >= 8) {
            p->height = big(p->at + at + 5, 2);
            p->width = big(p->at + at + 7, 2);
        }
        at += 2 + size;
        if (marker == 0xda) /* pixels follow, to the end */
            return p->len - at > 2 && p->at[p->len - 2] == 0xff && p->at[p->len - 1] == 0xd9;
    }
    return false;
}

static bool webp_size_read(struct picture *p)
{
    const unsigned char *kind = p->at + 12, *data = p->at + 20;
    if (memcmp(kind, "VP8X", 4) == 0) {
        p->width = little(data + 4, 3) + 1;
        p->height = little(data + 7, 3) + 1;
        return true;
    }
    if (memcmp(kind, "VP8L", 4) == 0) {
        uint32_t bits = little(data + 1, 4);
        p->width = (bits & 0x3fff) + 1;
        p->height = (bits >> 14 & 0x3fff) + 1;
        return data[0] == 0x2f;
    }
    p->width = little(data + 6, 2) & 0x3fff;
    p->height = little(data + 8, 2) & 0x3fff;
    return memcmp(kind, "VP8 ", 4) == 0 && memcmp(data + 3, "\x9d\x01\x2a", 3) == 0;
}

static bool webp_read(struct picture *p)
{
    size_t at = 12;
    if (p->len < 30 || little(p->at + 4, 4) != p->len - 8 || !webp_size_read(p))
        return false;
    while (p->len - at >= 8) {
        uint32_t size = little(p->at + at + 4, 4);
        if (size > p->len - at - 8)
            return false;
        at += 8 + size;
        if (size % 2 == 1 && at < p->len)
            at++;
    }
    return at == p->len;
}

static const struct kind {
    const char *type, *name;
    bool (*read)(struct picture *);
} kinds[] = {
    { "image/jpeg", "a JPEG", jpeg_read },
    { "image/png", "a PNG", png_read },
    { "image/webp", "a WebP", webp_read },
};

static const struct kind *kind_of(str bytes)
{
    if (str_starts(bytes, STR("\xff\xd8\xff")))
        return &kinds[0];
    if (str_starts(bytes, STR("\x89PNG\r\n\x1a\n")))
        return &kinds[1];
    if (bytes.len >= 12 && memcmp(bytes.at, "RIFF", 4) == 0 && memcmp(bytes.at + 8, "WEBP", 4) == 0)
        return &kinds[2];
    return NULL;
}

const char *poster_type(str bytes)
{
    const struct kind *kind = kind_of(bytes);
    return kind ? kind->type : NULL;
}

/* Who claims to send bytes of any kind, or nothing at all, claims nothing. */
static bool is_claimed(str claimed, const struct kind *kind)
{
    str type;
    if (claimed.len == 0)
        return true;
    (void)str_cut(&claimed, ';', &type);
    type = str_trim(type);
    return type.len == 0 || str_equal_nocase(type, STR("application/octet-stream")) ||
           str_equal_nocase(type, STR("image/*")) || str_equal_nocase(type, str_of(kind->type));
}

const fault *poster_check(arena *a, str bytes, str claimed)
{
    const struct kind *kind = kind_of(bytes);
    struct picture p = { (const unsigned char *)bytes.at, bytes.len, 0, 0 };
    if (!kind)
        return fault_new(a, FAULT_WRONG_TYPE, "poster_type_unsupported", "A poster is a JPEG, a PNG or a WebP; these bytes are none of them.");
    if (!is_claimed(claimed, kind))
        return fault_new(a, FAULT_WRONG_TYPE, "poster_type_unsupported",
                         "The Content-Type says something else, but these bytes are %s (%s).", kind->name, kind->type);
    if (!kind->read(&p))
        return fault_new(a, FAULT_INVALID, "poster_damaged",
                         "The poster begins as %s but is not whole, or something follows its end.", kind->name);
    if (p.width < 1 || p.height < 1 || p.width > POSTER_SIDE_MAX || p.height > POSTER_SIDE_MAX)
        return fault_new(a, FAULT_INVALID, "poster_damaged", "A poster has 1 to %d pixels a side; this one says %u x %u.",
                         POSTER_SIDE_MAX, p.width, p.height);
    return NULL;
}

const fault *poster_unknown(arena *a)
{
    return fault_new(a, FAULT_NOT_FOUND, "poster_unknown", "This movie has no poster of its own.");
}

/* --- its address --- */

#define URL_BEGIN "/api/movies/"
#define URL_MIDDLE "/poster?v="

str poster_url(arena *a, str movie_id, str digest)
{
    return arena_printf(a, URL_BEGIN "%.*s" URL_MIDDLE "%.*s", STR_ARG(movie_id), STR_ARG(digest));
}

str poster_digest(str movie_id, str url)
{
    str none = { NULL, 0 };
    if (!str_starts(url, STR(URL_BEGIN)))
        return none;
    url = str_after(url, strlen(URL_BEGIN));
    if (movie_id.len == 0 || !str_starts(url, movie_id))
        return none;
    url = str_after(url, movie_id.len);
    if (!str_starts(url, STR(URL_MIDDLE)))
        return none;
    url = str_after(url, strlen(URL_MIDDLE));
    for (size_t i = 0; i < url.len; i++)
        if (!((url.at[i] >= '0' && url.at[i] <= '9') || (url.at[i] >= 'a' && url.at[i] <= 'f')))
            return none;
    return url.len == POSTER_DIGEST_LENGTH ? url : none;
}
