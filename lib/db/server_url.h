/* server_url.h - the parts that the addresses of servers share: scheme://user:password@host:port/... */
#ifndef TAQUILLA_DB_SERVER_URL_H
#define TAQUILLA_DB_SERVER_URL_H

#include "lib/base/buf.h"
#include "lib/base/fault.h"

struct url_read {
    arena *a;
    const char *setting; /* whose value it is */
    const char *example; /* of a good one */
};

/* INVALID setting_invalid. Never with a piece of the URL: it has the password in it. */
const fault *url_refused(const struct url_read *r, const char *why);
/* Percent-decoded; a % that is followed by no two digits, or stands for NUL, is refused. */
const fault *url_part_decode(const struct url_read *r, str part, const char **out) MUST_CHECK;
/* host, host:port or [::1]:port; without a port *port stays as it is. */
const fault *url_host_read(const struct url_read *r, str text, const char **host, int64_t *port) MUST_CHECK;
/* Takes user:password@ off the front of *rest; no text: there is none. */
str url_account_cut(str *rest);

#endif
