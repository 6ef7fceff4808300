/* ticket_draw.c - QR codes, and texts broken into lines. */
#include "services/gateway/ticket_draw.h"

#include <qrencode.h>
#include <string.h>

bool qr_make(arena *a, str text, struct qr *out)
{
    QRcode *made = QRcode_encodeString8bit(arena_cstr(a, text), 0, QR_ECLEVEL_M);
    if (!made)
        return false;
    size_t count = (size_t)made->width * (size_t)made->width;
    unsigned char *dark = arena_take(a, count);
    for (size_t i = 0; i < count; i++)
        dark[i] = made->data[i] & 1;
    *out = (struct qr){ made->width, dark };
    QRcode_free(made);
    return true;
}

/* --- lines --- */

/* The longest beginning of the text that fits: to the end of a word if there is one, else cut within it, after one character at least. */
static size_t fitting(str text, double width, text_measure *measure, void *arg)
{
    size_t words = 0, at = 0;
    while (at < text.len) {
        size_t step = str_utf8_step(str_after(text, at));
        size_t next = at + (step ? step : 1);
        if (measure(arg, (str){ text.at, next }) > width && at > 0)
            return words ? words : at;
        at = next;
        if (at < text.len && text.at[at] == ' ')
            words = at;
    }
    return text.len;
}

static str shortened(arena *a, str piece, double width, text_measure *measure, void *arg)
{
    str whole = arena_printf(a, "%.*s…", STR_ARG(piece));
    while (piece.len > 0 && measure(arg, whole) > width) {
        do
            piece.len--;
        while (piece.len > 0 && ((unsigned char)piece.at[piece.len] & 0xc0) == 0x80);
        whole = arena_printf(a, "%.*s…", STR_ARG(piece));
    }
    return whole;
}

size_t text_wrap(arena *a, str text, double width, text_measure *measure, void *arg, str *pieces, size_t most)
{
    size_t count = 0;
    for (str rest = str_trim(text); rest.len > 0 && count < most; count++) {
        size_t len = fitting(rest, width, measure, arg);
        pieces[count] = str_trim((str){ rest.at, len });
        rest = str_trim(str_after(rest, len));
        if (rest.len > 0 && count + 1 == most)
            pieces[count] = shortened(a, pieces[count], width, measure, arg);
    }
    return count;
}
