/* ticket_svg.c - the tickets of a reservation as one picture. */
#include "services/gateway/ticket_draw.h"

#include <string.h>

/* In tenths of a millimetre. Browsers have the fonts: how wide a text is can only be guessed, on the wide side. */
#define PAGE_WIDTH 800
#define PAGE_HEIGHT 1400
#define MARGIN 50
#define POINT 3.53
#define LETTER_WIDTH 0.60 /* of its size */
#define QR_SIDE 560
#define PIECES_MAX 3

static double guess(void *arg, str piece)
{
    return *(const double *)arg * LETTER_WIDTH * (double)str_code_points(piece);
}

static double line_draw(struct buf *out, arena *a, const struct ticket_line *line, double y)
{
    str pieces[PIECES_MAX];
    double size = line->size * POINT;
    size_t count = text_wrap(a, line->text, PAGE_WIDTH - 2 * MARGIN, guess, &size, pieces, PIECES_MAX);
    for (size_t i = 0; i < count; i++) {
        y += size * 1.25;
        buf_printf(out, "<text x=\"%d\" y=\"%.1f\" font-size=\"%.1f\" font-weight=\"%s\">", PAGE_WIDTH / 2, y, size,
                   line->strong ? "bold" : "normal");
        buf_markup(out, pieces[i]);
        buf_literal(out, "</text>\n");
    }
    return y;
}

/* Each run of dark modules of a row is one rectangle of the path. */
static void qr_draw(struct buf *out, const struct qr *code, double y)
{
    double module = (double)QR_SIDE / (code->width + 2 * QR_QUIET);
    double x = (double)(PAGE_WIDTH - QR_SIDE) / 2 + QR_QUIET * module;
    buf_printf(out, "<path fill=\"#000\" shape-rendering=\"crispEdges\" transform=\"translate(%.3f %.3f) scale(%.4f)\" d=\"", x,
               y + QR_QUIET * module, module);
    for (int row = 0; row < code->width; row++)
        for (int at = 0, end; at < code->width; at = end) {
            const unsigned char *modules = code->dark + row * code->width;
            for (end = at + 1; end < code->width && modules[end] == modules[at]; end++)
                continue;
            if (modules[at])
                buf_printf(out, "M%d %dh%dv1h-%dz", at, row, end - at, end - at);
        }
    buf_literal(out, "\"/>\n");
}

static const fault *one_draw(struct buf *out, arena *a, const struct printing *p, size_t i)
{
    const struct ticket_told *ticket = LIST_AT(&p->told->tickets, struct ticket_told, i);
    struct ticket_line lines[TICKET_LINES_MAX];
    struct qr code;
    size_t count = ticket_lines(a, p, ticket, lines);
    double y = MARGIN / 2.0;
    if (!qr_make(a, ticket->code, &code))
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "The ticket could not be drawn.", "no QR code for it");
    buf_printf(out, "<g transform=\"translate(0 %zu)\">\n<title>", i * PAGE_HEIGHT);
    buf_markup(out, p->film);
    buf_literal(out, ", ");
    buf_markup(out, ticket_seat(a, p->language, ticket));
    buf_literal(out, "</title>\n");
    for (size_t n = 0; n < TICKET_LINES_ABOVE; n++)
        y = line_draw(out, a, &lines[n], y);
    qr_draw(out, &code, y + MARGIN / 4.0);
    y += MARGIN / 4.0 + QR_SIDE;
    for (size_t n = TICKET_LINES_ABOVE; n < count; n++)
        y = line_draw(out, a, &lines[n], y);
    buf_literal(out, "</g>\n");
    return NULL;
}

const fault *ticket_svg(arena *a, const struct printing *p, str *out)
{
    struct buf made = { .in = a };
    size_t height = p->told->tickets.count * PAGE_HEIGHT;
    buf_printf(&made,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%zumm\" viewBox=\"0 0 %d %zu\" role=\"img\" "
               "font-family=\"DejaVu Sans, Verdana, sans-serif\" text-anchor=\"middle\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
               PAGE_WIDTH / 10, height / 10, PAGE_WIDTH, height);
    for (size_t i = 0; i < p->told->tickets.count; i++)
        TRY(one_draw(&made, a, p, i));
    buf_literal(&made, "</svg>\n");
    *out = buf_str(&made);
    return NULL;
}
