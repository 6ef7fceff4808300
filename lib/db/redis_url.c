/* redis_url.c - reads redis://user:password@host:port/database. */
#include "lib/db/redis.h"

#define PORT_USUAL 6379
#define DATABASES_MAX 65535

struct url_read {
    arena *a;
    const char *setting;
};

static const fault *url_refused(const struct url_read *r, const char *why)
{
    return fault_new(r->a, FAULT_INVALID, "setting_invalid", "%s must be like redis://user:password@host:6379/0: %s.",
                     r->setting, why);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const fault *part_decode(const struct url_read *r, str part, const char **out)
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

/* host, host:port or [::1]:port */
static const fault *host_read(const struct url_read *r, str text, struct redis_address *to)
{
    str host = text, port = text;
    if (str_starts(text, STR("["))) {
        port = str_after(text, 1);
        str_cut(&port, ']', &host);
        if (port.len > 0 && port.at[0] != ':')
            return url_refused(r, "the port follows the host after a colon");
        port = str_after(port, 1);
    } else {
        str_cut(&port, ':', &host);
    }
    if (host.len == 0)
        return url_refused(r, "the host is missing");
    if (port.len > 0 && (!str_to_int(port, &to->port) || to->port < 1 || to->port > 65535))
        return url_refused(r, "a port is a number from 1 to 65535");
    return part_decode(r, host, &to->host);
}

/* The last @ ends the account: a password may have one. */
static str account_cut(str *rest)
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

const fault *redis_address_read(arena *a, const char *setting, str url, struct redis_address *out)
{
    struct url_read r = { a, setting };
    struct redis_address made = { .port = PORT_USUAL, .user = "", .password = "" };
    str rest = str_after(url, 8), place, user;
    if (str_starts(url, STR("rediss://")))
        return url_refused(&r, "rediss:// is not spoken, the line to Redis is not encrypted");
    if (!str_starts(url, STR("redis://")))
        return url_refused(&r, "it does not begin with redis://");
    str password = account_cut(&rest);
    bool account = password.at != NULL;
    str_cut(&rest, '/', &place);
    TRY(host_read(&r, place, &made));
    if (rest.len > 0 && (!str_to_int(rest, &made.database) || made.database < 0 || made.database > DATABASES_MAX))
        return url_refused(&r, "after the / stands the number of a database");
    if (account) {
        str_cut(&password, ':', &user);
        if (password.len == 0)
            return url_refused(&r, "an account is user:password or :password");
        TRY(part_decode(&r, user, &made.user));
        TRY(part_decode(&r, password, &made.password));
    }
    *out = made;
    return NULL;
}
