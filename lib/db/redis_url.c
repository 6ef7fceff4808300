/* redis_url.c - reads redis://user:password@host:port/database. */
#include "lib/db/redis.h"

#include "lib/db/server_url.h"

#define PORT_USUAL 6379
#define DATABASES_MAX 65535

const fault *redis_address_read(arena *a, const char *setting, str url, struct redis_address *out)
{
    struct url_read r = { a, setting, "redis://user:password@host:6379/0" };
    struct redis_address made = { .port = PORT_USUAL, .user = "", .password = "" };
    str rest = str_after(url, 8), place, user;
    if (str_starts(url, STR("rediss://")))
        return url_refused(&r, "rediss:// is not spoken, the line to Redis is not encrypted");
    if (!str_starts(url, STR("redis://")))
        return url_refused(&r, "it does not begin with redis://");
    str password = url_account_cut(&rest);
    bool account = password.at != NULL;
    str_cut(&rest, '/', &place);
    TRY(url_host_read(&r, place, &made.host, &made.port));
    if (rest.len > 0 && (!str_to_int(rest, &made.database) || made.database < 0 || made.database > DATABASES_MAX))
        return url_refused(&r, "after the / stands the number of a database");
    if (account) {
        str_cut(&password, ':', &user);
        if (password.len == 0)
            return url_refused(&r, "an account is user:password or :password");
        TRY(url_part_decode(&r, user, &made.user));
        TRY(url_part_decode(&r, password, &made.password));
    }
    *out = made;
    return NULL;
}
