/* mysql_url.c - reads mysql://user:password@host:port/database?ssl=... */
#include "lib/db/mysql.h"

#define PORT_USUAL 3306

struct url_read {
    arena *a;
    const char *setting;
};

/* Never with a piece of the URL: it has the password in it. */
static const fault *url_refused(const struct url_read *r, const char *why)
{
    return fault_new(r->a, FAULT_INVALID, "setting_invalid",
                     "%s must be like mysql://user:password@host:3306/database: %s.", r->setting, why);
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

static const fault *tls_read(const struct url_read *r, str value, unsigned *out)
{
    static const char *const names[] = { "disable", "require", "verify" };
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (str_equal(value, str_of(names[i]))) {
            *out = i;
            return NULL;
        }
    return url_refused(r, "ssl is disable, require or verify");
}

static const fault *options_read(const struct url_read *r, str options, struct my_address *to)
{
    struct {
        str name;
        const char **file;
    } files[] = { { STR("ssl_ca"), &to->ca }, { STR("ssl_cert"), &to->cert }, { STR("ssl_key"), &to->key } };
    str option, name;
    while (options.len > 0 && str_cut(&options, '&', &option)) {
        bool known = false;
        str_cut(&option, '=', &name);
        if (str_equal(name, STR("ssl"))) {
            TRY(tls_read(r, option, &to->tls));
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(files); i++)
            if (str_equal(name, files[i].name)) {
                TRY(part_decode(r, option, files[i].file));
                known = true;
            }
        if (!known)
            return url_refused(r, "after ? there may be ssl, ssl_ca, ssl_cert and ssl_key");
    }
    if (to->tls == MY_TLS_DISABLE && (to->ca || to->cert || to->key))
        return url_refused(r, "ssl_ca, ssl_cert and ssl_key need ssl=require or ssl=verify");
    return NULL;
}

/* host, host:port or [::1]:port */
static const fault *host_read(const struct url_read *r, str text, struct my_address *to)
{
    str host = text, port = { NULL, 0 };
    to->port = PORT_USUAL;
    if (str_starts(text, STR("["))) {
        port = str_after(text, 1);
        str_cut(&port, ']', &host);
        if (port.len > 0 && port.at[0] != ':')
            return url_refused(r, "the port follows the host after a colon");
        port = str_after(port, 1);
    } else {
        port = text;
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

const fault *my_address_read(arena *a, const char *setting, str url, struct my_address *out)
{
    struct url_read r = { a, setting };
    struct my_address made = { .user = "", .password = "" };
    str rest = url, place, user, options;
    if (!str_starts(url, STR("mysql://")))
        return url_refused(&r, "it does not begin with mysql://");
    rest = str_after(rest, 8);
    options = rest;
    str_cut(&options, '?', &rest);
    str account = account_cut(&rest);
    str password = account;
    str_cut(&rest, '/', &place);
    TRY(host_read(&r, place, &made));
    if (rest.len == 0)
        return url_refused(&r, "the database is missing");
    TRY(part_decode(&r, rest, &made.database));
    if (account.len > 0 && str_cut(&password, ':', &user)) {
        TRY(part_decode(&r, user, &made.user));
        TRY(part_decode(&r, password, &made.password));
    }
    TRY(options_read(&r, options, &made));
    *out = made;
    return NULL;
}
