/* model_tickets.h - a reservation's tickets as they are printed: which words stand on them, in which order. Pure: no I/O. */
#ifndef TAQUILLA_GATEWAY_MODEL_TICKETS_H
#define TAQUILLA_GATEWAY_MODEL_TICKETS_H

#include "services/gateway/model.h"

/* --- as reservations tells them --- */

struct ticket_told {
    str number, row_number;
    int64_t seat_number; /* INTEGER_NONE with a row of no text: the sale knew no seats by name */
    str ticket_type;
    money price;
    str code;
};
struct tickets_told {
    str number;
    int64_t schedule_id;
    instant confirmed_at;
    list tickets; /* of struct ticket_told */
};
struct tickets_answer {
    struct tickets_told *data;
};
extern const struct shape tickets_answer_shape;

/* --- in which language --- */

enum ticket_language { TICKET_ES, TICKET_EN };
/* asked: ?lang, no text when not said; accepted: Accept-Language, of whose languages the one with the highest weight that we have;
 * house: LANGUAGE. */
enum ticket_language ticket_language(str asked, str accepted, str house);

/* --- the words --- */

/* TAX_PERCENT as hundredths of a percent: "18", "10.5", "0" to "100", at most two decimals. */
bool tax_read(str text, int64_t *hundredths) MUST_CHECK;
/* The tax that is in a price: price * p / (100 + p), to the cent, half a cent up. */
money tax_within(money price, int64_t hundredths);

struct printing {
    const struct tickets_told *told;
    str house, film, room, currency;
    instant starts_at, ends_at;
    int64_t tax; /* hundredths of a percent; 0: no line of it */
    enum ticket_language language;
};
/* A line of a ticket, from the top: those before the QR code, then those below it. */
struct ticket_line {
    str text;
    int size; /* points */
    bool strong;
};
#define TICKET_LINES_ABOVE 6
#define TICKET_LINES_MAX 8
size_t ticket_lines(arena *a, const struct printing *p, const struct ticket_told *ticket, struct ticket_line out[TICKET_LINES_MAX]);
/* "row A seat 5"; no text when the sale knew none. */
str ticket_seat(arena *a, enum ticket_language language, const struct ticket_told *ticket);

/* --- the calendar entry (RFC 5545) --- */

/* A text as a value: backslash, semicolon, comma and line ends escaped, other control characters left out. */
str ics_text(arena *a, str text);
/* One content line with its CRLF, folded so that none has more than 75 bytes; no character is cut. */
void ics_line(struct buf *out, str line);
str ticket_ics(arena *a, const struct printing *p, instant now);

/* --- of which showing, for the door --- */

struct door_showing {
    int64_t id;
    str movie_id, film, room;
    instant starts_at, ends_at;
};
extern const struct shape door_showing_shape;

#endif
