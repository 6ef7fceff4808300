/* ticket_draw.h - tickets as pictures: a PDF with a page of 80 mm for each, an SVG with all of them below each other. */
#ifndef TAQUILLA_GATEWAY_TICKET_DRAW_H
#define TAQUILLA_GATEWAY_TICKET_DRAW_H

#include "lib/base/fault.h"
#include "services/gateway/model_tickets.h"

/* Modules of a QR code, row by row; it needs QR_QUIET light ones around it. */
#define QR_QUIET 4
struct qr {
    int width;
    const unsigned char *dark; /* width * width, each 0 or 1 */
};
/* False: the text is longer than any code of ours. */
bool qr_make(arena *a, str text, struct qr *out) MUST_CHECK;

/* INTERNAL internal_error. The first works for some milliseconds: fibers have it done by offload. */
const fault *ticket_pdf(arena *a, const struct printing *p, str *out) MUST_CHECK;
const fault *ticket_svg(arena *a, const struct printing *p, str *out) MUST_CHECK;

/* What both need: a text in pieces that are no wider than `width` by the caller's own measure, at most `most`; the last ends in an
 * ellipsis when there was more. */
typedef double text_measure(void *arg, str piece);
size_t text_wrap(arena *a, str text, double width, text_measure *measure, void *arg, str *pieces, size_t most);

#endif
