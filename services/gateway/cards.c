/* cards.c - one object out of several owners' facts. */
#include "services/gateway/cards.h"

#include "lib/json/write.h"

/* As rooms itself writes it, with its room. */
static const struct field showing_fields[] = {
    SHOWING_IDS,
    FIELD(struct showing, show_time, "showtime"),
    SHOWING_TIME,
    FIELD(struct showing, room_name, "room_name"),
    SHOWING_SALES,
    FIELD(struct showing, room, "room"),
};
static const struct shape showing_shape = {
    .name = "showing_card", .size = sizeof(struct showing), .fields = showing_fields, .count = COUNT_OF(showing_fields)
};

/* An object's text without its closing brace, so that members can be added. */
static void object_open(struct buf *out, str whole)
{
    buf_put(out, whole.at, whole.len - 1);
}

void showing_write(struct buf *out, const struct showing *s, bool with_film)
{
    json_write(out, &showing_shape, s);
    if (!with_film)
        return;
    out->len--; /* its closing brace */
    buf_literal(out, ",\"movie\":");
    buf_text(out, s->film ? s->film->whole.text : STR("null"));
    buf_char(out, '}');
}

void booked_write(struct buf *out, const struct booked *b, const struct film *film, const struct showing *showing)
{
    object_open(out, b->whole.text);
    buf_literal(out, ",\"movie\":");
    buf_text(out, film ? film->whole.text : STR("null"));
    buf_literal(out, ",\"schedule\":");
    if (showing)
        showing_write(out, showing, false);
    else
        buf_literal(out, "null");
    buf_char(out, '}');
}
