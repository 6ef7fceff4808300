/* mysql_url.c - reads mysql://user:password@host:port/database?ssl=... */
#include "lib/db/mysql.h"

#include "lib/db/server_url.h"

#define PORT_USUAL 3306

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
                TRY(url_part_decode(r, option, files[i].file));
                known = true;
            }
        if (!known)
            return url_refused(r, "after ? there may be ssl, ssl_ca, ssl_cert and ssl_key");
    }
    if (to->tls == MY_TLS_DISABLE && (to->ca || to->cert || to->key))
        return url_refused(r, "ssl_ca, ssl_cert and ssl_key need ssl=require or ssl=verify");
    return NULL;
}

const fault *my_address_read(arena *a, const char *setting, str url, struct my_address *out)
{
    struct url_read r = { a, setting, "mysql://user:password@host:3306/database" };
    struct my_address made = { .port = PORT_USUAL, .user = "", .password = "" };
    str rest = url, place, user, options;
    if (!str_starts(url, STR("mysql://")))
        return url_refused(&r, "it does not begin with mysql://");
    rest = str_after(rest, 8);
    options = rest;
    str_cut(&options, '?', &rest);
    str account = url_account_cut(&rest);
    str password = account;
    str_cut(&rest, '/', &place);
    TRY(url_host_read(&r, place, &made.host, &made.port));
    if (rest.len == 0)
        return url_refused(&r, "the database is missing");
    TRY(url_part_decode(&r, rest, &made.database));
    if (account.len > 0 && str_cut(&password, ':', &user)) {
        TRY(url_part_decode(&r, user, &made.user));
        TRY(url_part_decode(&r, password, &made.password));
    }
    TRY(options_read(&r, options, &made));
    *out = made;
    return NULL;
}
