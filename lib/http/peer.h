/* peer.h - the address of who asks, also behind proxies that are trusted to say it. */
#ifndef TAQUILLA_HTTP_PEER_H
#define TAQUILLA_HTTP_PEER_H

#include "lib/base/fault.h"
#include "lib/http/message.h"

struct sockaddr_storage;

/* IPv6, or IPv4 as ::ffff:1.2.3.4; all zero: unknown. */
struct peer {
    uint8_t at[16];
};

struct network {
    struct peer from;
    int bits; /* of the 128 that must agree */
};
struct networks {
    struct network *at;
    size_t count;
};

struct peer peer_of_socket(const struct sockaddr_storage *from);
bool peer_is_loopback(const struct peer *p);
bool peer_read(str text, struct peer *out); /* "1.2.3.4", "2001:db8::1", "[2001:db8::1]:80", "1.2.3.4:80" */

/* "10.0.0.0/8", "::1": a list of them. INVALID setting_invalid, naming the setting. */
const fault *networks_read(arena *a, const strs *texts, const char *setting, struct networks *out) MUST_CHECK;
bool networks_have(const struct networks *n, const struct peer *p);

/* Who asked: X-Forwarded-For is read from its end, as long as he who wrote the entry is trusted. What cannot be read ends it. */
struct peer peer_behind(const struct message *request, const struct peer *connected, const struct networks *trusted);

#endif
