/* server_url.c - account, host and port of an address, and what is said of a bad one. */
#include "lib/db/server_url.h"

const fault *url_refused(const struct url_read *r, const char *why)
{
    return fault_new(r->a, FAULT_INVALID, "setting_invalid", "%s must be like %s: %s.", r->setting, r->example, why);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const fault *url_part_decode(const struct url_read *r, str part, const char **out)
{
    struct buf text = { .in = r->a };
    for (size_t i = 0; i < part.len; i++) {
        if (part.at[i] != '%') {
            buf_char(&text, part.at[i]);
            continue;
        }
        int high = i + 2 < part.len ? hex_digit(part.at[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(part.at[i + 2]);
        if (low < 0 || high * 16 + low == 0)
            return url_refused(r, "a % must be followed by two hexadecimal digits");
        buf_char(&text, (char)(high * 16 + low));
        i += 2;
    }
    *out = arena_cstr(r->a, buf_str(&text));
    return NULL;
}

const fault *url_host_read(const struct url_read *r, str text, const char **host, int64_t *port)
{
    str name = text, number = text;
    if (str_starts(text, STR("["))) {
        number = str_after(text, 1);
        str_cut(&number, ']', &name);
        if (number.len > 0 && number.at[0] != ':')
            return url_refused(r, "the port follows the host after a colon");
        number = str_after(number, 1);
    } else {
        str_cut(&number, ':', &name);
    }
    if (name.len == 0)
        return url_refused(r, "the host is missing");
    if (number.len > 0 && (!str_to_int(number, port) || *port < 1 || *port > 65535))
        return url_refused(r, "a port is a number from 1 to 65535");
    return url_part_decode(r, name, host);
}

/* The last @ ends the account: a password may have one. */
str url_account_cut(str *rest)
{
    str account = { NULL, 0 };
    for (size_t i = rest->len; i > 0; i--)
        if (rest->at[i - 1] == '@') {
            account = (str){ rest->at, i - 1 };
            *rest = str_after(*rest, i);
            break;
        }
    return account;
}
