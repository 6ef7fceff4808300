/* model_tickets.c - what stands on a ticket, in the language of who holds it. */
#include "services/gateway/model_tickets.h"

#include <string.h>

static const struct field ticket_fields[] = {
    FIELD(struct ticket_told, number, "number"),
    FIELD(struct ticket_told, row_number, "rowNumber", .nullable = true),
    FIELD(struct ticket_told, seat_number, "seatNumber", .nullable = true),
    FIELD(struct ticket_told, ticket_type, "ticketType"),
    FIELD(struct ticket_told, price, "price"),
    FIELD(struct ticket_told, code, "ticketCode"),
};
static const struct shape ticket_shape = SHAPE(ticket_told, ticket_fields);
static const struct field tickets_fields[] = {
    FIELD(struct tickets_told, number, "number"),
    FIELD(struct tickets_told, schedule_id, "scheduleId"),
    FIELD(struct tickets_told, confirmed_at, "confirmedAt", .nullable = true),
    FIELD(struct tickets_told, tickets, "tickets", .shape = &ticket_shape),
};
static const struct shape tickets_shape = SHAPE(tickets_told, tickets_fields);
static const struct field answer_fields[] = { FIELD(struct tickets_answer, data, "data", .shape = &tickets_shape) };
const struct shape tickets_answer_shape = SHAPE(tickets_answer, answer_fields);

static const struct field showing_fields[] = {
    FIELD(struct door_showing, id, "id"),
    FIELD(struct door_showing, movie_id, "movieId"),
    FIELD(struct door_showing, film, "film", .nullable = true),
    FIELD(struct door_showing, room, "room", .nullable = true),
    FIELD(struct door_showing, starts_at, "startsAt", .form = TIME_OFFSET, .nullable = true),
    FIELD(struct door_showing, ends_at, "endsAt", .form = TIME_OFFSET, .nullable = true),
};
const struct shape door_showing_shape = SHAPE(door_showing, showing_fields);

/* --- in which language --- */

static bool language_read(str tag, enum ticket_language *out)
{
    str rest = tag, main_part = { NULL, 0 };
    if (!str_cut(&rest, '-', &main_part))
        return false;
    bool en = str_equal_nocase(main_part, STR("en")), es = str_equal_nocase(main_part, STR("es"));
    if (en || es)
        *out = en ? TICKET_EN : TICKET_ES;
    return en || es;
}

/* The weight of "es;q=0.8" in thousandths; what cannot be read has none. */
static int64_t weight_read(str parameters)
{
    str one, digits;
    int64_t whole, part = 0;
    while (str_cut(&parameters, ';', &one)) {
        one = str_trim(one);
        if (!str_starts(one, STR("q=")) && !str_starts(one, STR("Q=")))
            continue;
        str number = str_after(one, 2);
        bool fine = str_cut(&number, '.', &digits) && str_to_int(digits, &whole) && number.len <= 3;
        if (fine && number.len > 0)
            fine = str_to_int(number, &part);
        for (size_t i = number.len; i < 3; i++)
            part *= 10;
        return fine && whole >= 0 && whole <= 1 && part >= 0 ? whole * 1000 + part : 0;
    }
    return 1000;
}

enum ticket_language ticket_language(str asked, str accepted, str house)
{
    enum ticket_language best = TICKET_ES, one;
    int64_t most = 0;
    str entry, tag;
    if (language_read(str_trim(asked), &one))
        return one;
    if (language_read(str_trim(house), &one))
        best = one;
    while (str_cut(&accepted, ',', &entry)) {
        str rest = entry;
        if (!str_cut(&rest, ';', &tag) || !language_read(str_trim(tag), &one))
            continue;
        int64_t weight = rest.at ? weight_read(rest) : 1000;
        if (weight > most) {
            most = weight;
            best = one;
        }
    }
    return best;
}

/* --- tax and money --- */

bool tax_read(str text, int64_t *hundredths)
{
    str rest = text, whole = { NULL, 0 };
    int64_t units = 0, cents = 0;
    if (!str_cut(&rest, '.', &whole) || !str_to_int(whole, &units) || whole.at[0] == '-')
        return false;
    if (rest.at && (rest.len == 0 || rest.len > 2 || !str_to_int(rest, &cents) || cents < 0))
        return false;
    *hundredths = units * 100 + (rest.len == 1 ? cents * 10 : cents);
    return units <= 100 && *hundredths <= 10000;
}

money tax_within(money price, int64_t hundredths)
{
    int64_t whole = 10000 + hundredths;
    return (money){ (2 * price.cents * hundredths + whole) / (2 * whole) };
}

static str money_words(arena *a, money sum, str currency)
{
    return arena_printf(a, "%lld.%02lld %.*s", (long long)(sum.cents / 100), (long long)(sum.cents % 100), STR_ARG(currency));
}

/* "18", "10.5" */
static str percent_words(arena *a, int64_t hundredths)
{
    int64_t rest = hundredths % 100;
    if (rest == 0)
        return arena_printf(a, "%lld %%", (long long)(hundredths / 100));
    if (rest % 10 == 0)
        return arena_printf(a, "%lld.%lld %%", (long long)(hundredths / 100), (long long)(rest / 10));
    return arena_printf(a, "%lld.%02lld %%", (long long)(hundredths / 100), (long long)rest);
}

/* --- the lines --- */

/* 1970-01-01 was a Thursday. */
static const char *const days[2][7] = { { "jueves", "viernes", "sábado", "domingo", "lunes", "martes", "miércoles" },
                                        { "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday" } };

static str when_words(arena *a, enum ticket_language language, instant moment)
{
    char room[TIME_TEXT_MAX];
    if (moment.ms == TIME_NONE)
        return STR("");
    wall local = wall_of(moment);
    int64_t number = day_of(local).days;
    const char *name = days[language][((number % 7) + 7) % 7];
    str text = wall_text(room, local); /* 2026-11-25T10:00:00 */
    if (language == TICKET_EN)
        return arena_printf(a, "%s %.*s, %.5s", name, 10, text.at, text.at + 11);
    return arena_printf(a, "%s %.2s/%.2s/%.4s, %.5s", name, text.at + 8, text.at + 5, text.at, text.at + 11);
}

str ticket_seat(arena *a, enum ticket_language language, const struct ticket_told *ticket)
{
    if (ticket->row_number.len == 0)
        return STR("");
    return arena_printf(a, language == TICKET_ES ? "Fila %.*s · Asiento %lld" : "Row %.*s · Seat %lld", STR_ARG(ticket->row_number),
                        (long long)ticket->seat_number);
}

size_t ticket_lines(arena *a, const struct printing *p, const struct ticket_told *ticket, struct ticket_line out[TICKET_LINES_MAX])
{
    bool es = p->language == TICKET_ES;
    str price = money_words(a, ticket->price, p->currency), tax = STR("");
    if (p->tax > 0) {
        str percent = percent_words(a, p->tax), sum = money_words(a, tax_within(ticket->price, p->tax), p->currency);
        tax = arena_printf(a, es ? "Impuesto incluido (%.*s): %.*s" : "Tax included (%.*s): %.*s", STR_ARG(percent), STR_ARG(sum));
    }
    const struct ticket_line lines[TICKET_LINES_MAX] = {
        { p->house, 11, true },
        { p->film, 15, true },
        { when_words(a, p->language, p->starts_at), 11, true },
        { p->room, 11, false },
        { ticket_seat(a, p->language, ticket), 15, true },
        { arena_printf(a, "%.*s · %.*s", STR_ARG(ticket->ticket_type), STR_ARG(price)), 10, false },
        { tax, 8, false },
        { arena_printf(a, es ? "N.º %.*s" : "No. %.*s", STR_ARG(ticket->number)), 10, false },
    };
    memcpy(out, lines, sizeof lines);
    return TICKET_LINES_MAX;
}

/* --- the calendar entry --- */

str ics_text(arena *a, str text)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\\' || c == ';' || c == ',')
            buf_char(&out, '\\');
        if (c == '\n')
            buf_literal(&out, "\\n");
        else if ((unsigned char)c >= ' ' && c != 0x7f)
            buf_char(&out, c);
    }
    return out.at ? buf_str(&out) : STR("");
}

#define ICS_LINE_BYTES 75

void ics_line(struct buf *out, str line)
{
    size_t room = ICS_LINE_BYTES;
    while (line.len > room) {
        size_t take = room;
        while (take > 1 && ((unsigned char)line.at[take] & 0xc0) == 0x80)
            take--;
        buf_put(out, line.at, take);
        buf_literal(out, "\r\n ");
        line = str_after(line, take);
        room = ICS_LINE_BYTES - 1; /* the blank counts */
    }
    buf_text(out, line);
    buf_literal(out, "\r\n");
}

static void ics_moment(struct buf *out, arena *a, const char *name, instant moment)
{
    char room[TIME_TEXT_MAX];
    if (moment.ms == TIME_NONE)
        return;
    const char *t = instant_text(room, moment, TIME_Z).at; /* 2026-08-23T03:55:00Z */
    ics_line(out, arena_printf(a, "%s:%.4s%.2s%.2sT%.2s%.2s%.2sZ", name, t, t + 5, t + 8, t + 11, t + 14, t + 17));
}

static void ics_value(struct buf *out, arena *a, const char *name, str text)
{
    str value = ics_text(a, text);
    ics_line(out, arena_printf(a, "%s:%.*s", name, STR_ARG(value)));
}

str ticket_ics(arena *a, const struct printing *p, instant now)
{
    struct buf out = { .in = a }, about = { .in = a };
    for (size_t i = 0; i < p->told->tickets.count; i++) {
        str seat = ticket_seat(a, p->language, LIST_AT(&p->told->tickets, struct ticket_told, i));
        buf_text(&about, seat);
        if (seat.len > 0)
            buf_char(&about, '\n');
    }
    buf_printf(&about, p->language == TICKET_ES ? "Reserva %.*s" : "Reservation %.*s", STR_ARG(p->told->number));
    str place = p->room.len > 0 ? arena_printf(a, "%.*s, %.*s", STR_ARG(p->house), STR_ARG(p->room)) : p->house;
    int64_t confirmed = p->told->confirmed_at.ms == TIME_NONE ? 0 : p->told->confirmed_at.ms;
    buf_literal(&out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Taquilla//Tickets//EN\r\nBEGIN:VEVENT\r\n");
    ics_line(&out, arena_printf(a, "UID:%.*s-%lld@taquilla", STR_ARG(p->told->number), (long long)confirmed));
    ics_moment(&out, a, "DTSTAMP", now);
    ics_moment(&out, a, "DTSTART", p->starts_at);
    ics_moment(&out, a, "DTEND", p->ends_at);
    ics_value(&out, a, "SUMMARY", p->film);
    ics_value(&out, a, "LOCATION", place);
    ics_value(&out, a, "DESCRIPTION", buf_str(&about));
    buf_literal(&out, "STATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    return buf_str(&out);
}
