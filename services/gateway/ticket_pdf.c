/* ticket_pdf.c - the tickets of a reservation for a printer of 80 mm: a page each, as long as it needs. */
#include <hpdf.h>
#include <string.h>

#include "services/gateway/ticket_draw.h"

/* In points. */
#define MM 2.83465f
#define PAGE_WIDTH (80 * MM)
#define MARGIN (4 * MM)
#define QR_SIDE (56 * MM)
#define LEADING 1.25f
#define PIECES_MAX 3

/* Debian's fonts-dejavu-core: Latin, Greek, Cyrillic and more. */
#define FONTS "/usr/share/fonts/truetype/dejavu/"

struct sheet {
    HPDF_Doc pdf;
    HPDF_Font plain, strong;
    bool latin; /* the fonts are not there: those that every reader of PDF has know Latin letters alone */
    arena *a;
    const struct printing *p;
    str made;
    bool failed;
};

/* --- fonts --- */

/* The error stays with the document, which is asked for it in the end. */
static void error_note(HPDF_STATUS error, HPDF_STATUS detail, void *arg)
{
    (void)error, (void)detail;
    ((struct sheet *)arg)->failed = true;
}

static HPDF_Font font_load(struct sheet *s, const char *file)
{
    const char *name = HPDF_LoadTTFontFromFile(s->pdf, file, HPDF_TRUE);
    return name ? HPDF_GetFont(s->pdf, name, "UTF-8") : NULL;
}

static void fonts_open(struct sheet *s)
{
    HPDF_UseUTFEncodings(s->pdf);
    s->plain = font_load(s, FONTS "DejaVuSans.ttf");
    s->strong = s->plain ? font_load(s, FONTS "DejaVuSans-Bold.ttf") : NULL;
    if (s->strong)
        return;
    HPDF_ResetError(s->pdf);
    s->failed = false;
    s->latin = true;
    s->plain = HPDF_GetFont(s->pdf, "Helvetica", "WinAnsiEncoding");
    s->strong = HPDF_GetFont(s->pdf, "Helvetica-Bold", "WinAnsiEncoding");
}

static unsigned char latin_of(str letter)
{
    unsigned char first = (unsigned char)letter.at[0];
    if (str_equal(letter, STR("…")))
        return 0x85;
    if (letter.len == 1 || letter.len > 2 || first > 0xc3)
        return letter.len == 1 ? first : '?';
    return (unsigned char)((first & 3) * 64 + (letter.at[1] & 0x3f));
}

/* As the fonts take it: letters beyond the first plane of Unicode, and what is no letter, are question marks. */
static const char *as_font(struct sheet *s, str text)
{
    struct buf out = { .in = s->a };
    for (size_t at = 0; at < text.len;) {
        size_t step = str_utf8_step(str_after(text, at));
        str letter = { text.at + at, step ? step : 1 };
        at += letter.len;
        if (step == 0 || step > 3 || (unsigned char)letter.at[0] < ' ')
            buf_char(&out, '?');
        else if (s->latin)
            buf_char(&out, (char)latin_of(letter));
        else
            buf_text(&out, letter);
    }
    buf_char(&out, '\0');
    return out.at;
}

/* --- a page --- */

struct measuring {
    struct sheet *s;
    HPDF_Page page;
};

static double measured(void *arg, str piece)
{
    const struct measuring *m = arg;
    return (double)HPDF_Page_TextWidth(m->page, as_font(m->s, piece));
}

/* A line's pieces, and where the next begins; without `draw` only the latter. y falls, as PDF counts. */
static float line_put(struct sheet *s, HPDF_Page page, const struct ticket_line *line, float y, bool draw)
{
    str pieces[PIECES_MAX];
    struct measuring m = { s, page };
    HPDF_Page_SetFontAndSize(page, line->strong ? s->strong : s->plain, (float)line->size);
    size_t count = text_wrap(s->a, line->text, (double)(PAGE_WIDTH - 2 * MARGIN), measured, &m, pieces, PIECES_MAX);
    for (size_t i = 0; i < count; i++) {
        y -= (float)line->size * LEADING;
        if (!draw)
            continue;
        const char *text = as_font(s, pieces[i]);
        HPDF_Page_BeginText(page);
        HPDF_Page_TextOut(page, (PAGE_WIDTH - HPDF_Page_TextWidth(page, text)) / 2, y, text);
        HPDF_Page_EndText(page);
    }
    return y;
}

static void qr_put(HPDF_Page page, const struct qr *code, float top)
{
    float module = QR_SIDE / (float)(code->width + 2 * QR_QUIET), left = (PAGE_WIDTH - QR_SIDE) / 2 + QR_QUIET * module;
    top -= QR_QUIET * module;
    for (int row = 0; row < code->width; row++)
        for (int at = 0, end; at < code->width; at = end) {
            const unsigned char *modules = code->dark + row * code->width;
            for (end = at + 1; end < code->width && modules[end] == modules[at]; end++)
                continue;
            if (modules[at])
                HPDF_Page_Rectangle(page, left + (float)at * module, top - (float)(row + 1) * module, (float)(end - at) * module, module);
        }
    HPDF_Page_Fill(page);
}

/* From y = 0 down, or (draw) from the page's top. */
static float ticket_put(struct sheet *s, HPDF_Page page, const struct ticket_line *lines, const struct qr *code, float y, bool draw)
{
    y -= MARGIN / 2;
    for (size_t i = 0; i < TICKET_LINES_ABOVE; i++)
        y = line_put(s, page, &lines[i], y, draw);
    if (draw)
        qr_put(page, code, y - MARGIN / 2);
    y -= MARGIN / 2 + QR_SIDE;
    for (size_t i = TICKET_LINES_ABOVE; i < TICKET_LINES_MAX; i++)
        y = line_put(s, page, &lines[i], y, draw);
    return y - MARGIN;
}

static void page_make(struct sheet *s, const struct ticket_told *ticket)
{
    struct ticket_line lines[TICKET_LINES_MAX];
    struct qr code;
    (void)ticket_lines(s->a, s->p, ticket, lines);
    HPDF_Page page = HPDF_AddPage(s->pdf);
    if (!page || !qr_make(s->a, ticket->code, &code)) {
        s->failed = true;
        return;
    }
    HPDF_Page_SetWidth(page, PAGE_WIDTH);
    float height = -ticket_put(s, page, lines, &code, 0, false);
    HPDF_Page_SetHeight(page, height);
    (void)ticket_put(s, page, lines, &code, height, true);
}

/* --- the document --- */

static void document_take(struct sheet *s)
{
    if (HPDF_SaveToStream(s->pdf) != HPDF_OK)
        return;
    HPDF_UINT32 size = HPDF_GetStreamSize(s->pdf);
    char *bytes = arena_take_raw(s->a, size + 1);
    HPDF_ResetStream(s->pdf);
    if (HPDF_ReadFromStream(s->pdf, (HPDF_BYTE *)bytes, &size) == HPDF_OK || size > 0)
        s->made = (str){ bytes, size };
}

const fault *ticket_pdf(arena *a, const struct printing *p, str *out)
{
    struct sheet s = { .a = a, .p = p };
    s.pdf = HPDF_New(error_note, &s);
    if (!s.pdf)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "The ticket could not be drawn.", "no memory for a PDF");
    HPDF_SetCompressionMode(s.pdf, HPDF_COMP_ALL);
    fonts_open(&s);
    HPDF_SetInfoAttr(s.pdf, HPDF_INFO_CREATOR, "Taquilla");
    for (size_t i = 0; i < p->told->tickets.count && !s.failed; i++)
        page_make(&s, LIST_AT(&p->told->tickets, struct ticket_told, i));
    if (!s.failed)
        document_take(&s);
    unsigned long error = HPDF_GetError(s.pdf);
    HPDF_Free(s.pdf);
    if (s.failed || s.made.len == 0)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "The ticket could not be drawn.", "libharu: %lx", error);
    *out = s.made;
    return NULL;
}
