/* peer.c - addresses read and compared. */
#include "lib/http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static struct peer peer_of_v4(const void *four)
{
    struct peer made;
    memcpy(made.at, mapped, sizeof mapped);
    memcpy(made.at + sizeof mapped, four, 4);
    return made;
}

static bool peer_is_v4(const struct peer *p)
{
    return memcmp(p->at, mapped, sizeof mapped) == 0;
}

struct peer peer_of_socket(const struct sockaddr_storage *from)
{
    struct peer made = { { 0 } };
    if (from->ss_family == AF_INET)
        return peer_of_v4(&((const struct sockaddr_in *)from)->sin_addr);
    if (from->ss_family == AF_INET6)
        memcpy(made.at, &((const struct sockaddr_in6 *)from)->sin6_addr, sizeof made.at);
    return made;
}

bool peer_is_loopback(const struct peer *p)
{
    static const struct peer one = { { [15] = 1 } };
    return peer_is_v4(p) ? p->at[12] == 127 : memcmp(p->at, one.at, sizeof one.at) == 0;
}

static bool address_read(str text, struct peer *out)
{
    char room[INET6_ADDRSTRLEN];
    struct in_addr four;
    if (text.len == 0 || text.len >= sizeof room)
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = '\0';
    if (inet_pton(AF_INET, room, &four) == 1) {
        *out = peer_of_v4(&four);
        return true;
    }
    return inet_pton(AF_INET6, room, out->at) == 1;
}

bool peer_read(str text, struct peer *out)
{
    str before;
    if (address_read(text, out))
        return true;
    if (str_starts(text, STR("["))) {
        str rest = str_after(text, 1);
        return str_cut(&rest, ']', &before) && rest.at && address_read(before, out);
    }
    return str_cut(&text, ':', &before) && address_read(before, out);
}

/* --- networks --- */

static bool network_read(str text, struct network *out)
{
    str address, rest = text;
    int64_t bits = 128;
    if (!str_cut(&rest, '/', &address) || !address_read(address, &out->from))
        return false;
    bool narrowed = rest.at != NULL;
    int64_t most = peer_is_v4(&out->from) ? 32 : 128;
    if (narrowed && (!str_to_int(rest, &bits) || bits < 0 || bits > most))
        return false;
    out->bits = (int)(narrowed ? 128 - most + bits : 128);
    return true;
}

const fault *networks_read(arena *a, const strs *texts, const char *setting, struct networks *out)
{
    *out = (struct networks){ NEW_ARRAY(a, struct network, texts->count + 1), 0 };
    for (size_t i = 0; i < texts->count; i++)
        if (!network_read(str_trim(texts->at[i]), &out->at[out->count++]))
            return fault_new(a, FAULT_INVALID, "setting_invalid", "%s: \"%.*s\" is no network such as 10.0.0.0/8.", setting,
                             STR_ARG(texts->at[i]));
    return NULL;
}

static bool network_has(const struct network *n, const struct peer *p)
{
    int whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->from.at, p->at, (size_t)whole) != 0)
        return false;
    return rest == 0 || (n->from.at[whole] ^ p->at[whole]) >> (8 - rest) == 0;
}

bool networks_have(const struct networks *n, const struct peer *p)
{
    for (size_t i = 0; i < n->count; i++)
        if (network_has(&n->at[i], p))
            return true;
    return false;
}

/* --- behind proxies --- */

/* The last entry of a list; what is before it stays. */
static str last_entry(str *entries)
{
    size_t at = entries->len;
    while (at > 0 && entries->at[at - 1] != ',')
        at--;
    str entry = str_trim(str_after(*entries, at));
    entries->len = at > 0 ? at - 1 : 0;
    return entry;
}

struct peer peer_behind(const struct message *request, const struct peer *connected, const struct networks *trusted)
{
    struct peer who = *connected, said;
    for (size_t i = request->header_count; i-- > 0 && networks_have(trusted, &who);) {
        if (!str_equal_nocase(request->headers[i].name, STR("X-Forwarded-For")))
            continue;
        str entries = request->headers[i].value;
        while (entries.len > 0 && networks_have(trusted, &who)) {
            if (!peer_read(last_entry(&entries), &said))
                return who;
            who = said;
        }
    }
    return who;
}
