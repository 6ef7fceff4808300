/* import_users.c - rows as the people who buy. */
#include "taquilla/import_kinds.h"

#define PHONE_MAX 20
#define TEXT_BYTES_MAX 1100 /* 255 characters, and a little */

enum { EMAIL, NAME, FIRST, LAST, PHONE };

static const struct import_field fields[] = {
    [EMAIL] = { "email", "email emailaddress mail correo correoelectronico correoelectr\xc3\xb3nico" },
    [NAME] = { "name", "name fullname customername displayname nombrecompleto nombre" },
    [FIRST] = { "first_name", "firstname givenname forename nombres" },
    [LAST] = { "last_name", "lastname surname familyname apellido apellidos" },
    [PHONE] = { "phone", "phone phonenumber telephone tel mobile mobilephone cell celular telefono tel\xc3\xa9" "fono movil m\xc3\xb3vil" },
};

enum { MENDED_PHONE };

/* The whole name, or its two parts. */
static str name_of(arena *a, const struct row *row)
{
    str name = value_text(&row->of[NAME]), first = value_text(&row->of[FIRST]), last = value_text(&row->of[LAST]);
    if (!last.at)
        return name.at ? name : first;
    if (first.at)
        name = first;
    return name.at ? arena_printf(a, "%.*s %.*s", STR_ARG(name), STR_ARG(last)) : last;
}

/* What is too long loses its spaces and signs; a number has no leading zero that could be lost here. */
static str phone_of(arena *a, const struct row *row, unsigned *mended)
{
    bool was_number;
    str phone = value_text_or_number(a, &row->of[PHONE], &was_number);
    struct buf plain = { .in = a };
    if (was_number)
        *mended |= 1U << MENDED_PHONE;
    if (str_code_points(phone) <= PHONE_MAX)
        return phone;
    for (size_t i = 0; i < phone.len; i++)
        if (!(phone.at[i] == ' ' || phone.at[i] == '-' || phone.at[i] == '(' || phone.at[i] == ')' || phone.at[i] == '.'))
            buf_char(&plain, phone.at[i]);
    if (plain.len < phone.len)
        *mended |= 1U << MENDED_PHONE;
    return buf_str(&plain);
}

static void user_read(arena *a, const struct lore *lore, const struct row *row, struct import_row *out)
{
    (void)lore;
    struct buf order = { .in = a };
    str email = value_text(&row->of[EMAIL]), name = name_of(a, row);
    out->refused = !email.at ? "no e-mail" : email.len > TEXT_BYTES_MAX || name.len > TEXT_BYTES_MAX ? "a text that is too long" : NULL;
    if (email.at)
        out->name = email;
    if (out->refused)
        return;
    buf_char(&order, '{');
    member_text(&order, "email", email);
    member_text(&order, "name", name);
    member_text(&order, "phone", phone_of(a, row, &out->repaired));
    buf_char(&order, '}');
    out->order = buf_str(&order);
    out->key = email;
}

const struct import_kind import_users = {
    .name = "users",
    .one = "e-mail",
    .owner = OWNER_RESERVATIONS,
    .target = "/internal/users/import",
    .fields = fields,
    .field_count = COUNT_OF(fields),
    .repairs = { [MENDED_PHONE] = { "phone", "a number, written as text; too long, without spaces and signs" } },
    .read = user_read,
};
