/* refusal_read.c - refusals taken from AWS's XML and JSON. Nothing outside of the document is fetched: no entity, no DTD. */
#include "lib/aws/refusal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <expat.h>

#include "lib/base/buf.h"
#include "lib/json/read.h"

/* Codes go into sentences and logs: letters, digits and what joins them. */
static str code_of(arena *a, str text)
{
    text = str_trim(text);
    if (text.len == 0 || text.len > REFUSAL_CODE_BYTES_MAX)
        return (str){ 0 };
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return (str){ 0 };
    }
    return arena_copy(a, text);
}

/* --- XML --- */

#define XML_DEPTH_MAX 32
#define XML_TEXT_BYTES_MAX ((size_t)64 * 1024)

struct looking {
    XML_Parser parser;
    const char *wanted[2];
    struct buf texts[2];
    bool found[2], taken[2];
    int inside; /* -1: neither */
    unsigned depth;
    char root[32];
};

/* Names come with their namespace when they have one: "http://...|Code". */
static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');
    return bar ? bar + 1 : name;
}

static void began(void *arg, const char *name, const char **attributes)
{
    (void)attributes;
    struct looking *l = arg;
    if (++l->depth > XML_DEPTH_MAX)
        XML_StopParser(l->parser, XML_FALSE);
    if (l->depth == 1)
        snprintf(l->root, sizeof l->root, "%s", local(name));
    l->inside = -1;
    for (int i = 0; i < 2; i++)
        if (l->wanted[i] && !l->taken[i] && strcmp(local(name), l->wanted[i]) == 0) {
            l->inside = i;
            l->taken[i] = true;
        }
}

static void text_came(void *arg, const char *at, int len)
{
    struct looking *l = arg;
    if (l->inside < 0)
        return;
    if (l->texts[l->inside].len + (size_t)len > XML_TEXT_BYTES_MAX)
        XML_StopParser(l->parser, XML_FALSE);
    else
        buf_put(&l->texts[l->inside], at, (size_t)len);
}

static void over(void *arg, const char *name)
{
    (void)name;
    struct looking *l = arg;
    if (l->inside >= 0)
        l->found[l->inside] = true;
    l->inside = -1;
    l->depth--;
}

/* AWS's documents have no DTD: one that has is none of AWS's. */
static void dtd_began(void *arg, const char *name, const char *system, const char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    struct looking *l = arg;
    XML_StopParser(l->parser, XML_FALSE);
}

static bool look(arena *a, str body, struct looking *l)
{
    l->inside = -1;
    l->texts[0].in = l->texts[1].in = a;
    l->parser = XML_ParserCreateNS(NULL, '|');
    if (!l->parser)
        return false;
    XML_SetUserData(l->parser, l);
    XML_SetElementHandler(l->parser, began, over);
    XML_SetCharacterDataHandler(l->parser, text_came);
    XML_SetStartDoctypeDeclHandler(l->parser, dtd_began);
    bool well = XML_Parse(l->parser, body.len ? body.at : "", (int)body.len, 1) == XML_STATUS_OK;
    XML_ParserFree(l->parser);
    return well;
}

bool refusal_read_xml(arena *a, str body, struct refusal *out)
{
    struct looking l = { .wanted = { "Code", "Message" } };
    if (!look(a, body, &l) || (strcmp(l.root, "Error") != 0 && strcmp(l.root, "ErrorResponse") != 0))
        return false;
    out->code = code_of(a, buf_str(&l.texts[0]));
    out->message = buf_str(&l.texts[1]);
    return true;
}

bool xml_text(arena *a, str body, const char *element, str *out)
{
    struct looking l = { .wanted = { element, NULL } };
    if (!look(a, body, &l) || !l.found[0])
        return false;
    *out = str_trim(buf_str(&l.texts[0]));
    return true;
}

/* --- JSON --- */

struct said {
    str type, message;
};
static const struct field said_fields[] = {
    FIELD(struct said, type, "__type", .optional = true, .nullable = true),
    FIELD(struct said, message, "message", .optional = true, .nullable = true),
};
static const struct shape said_shape = SHAPE(said, said_fields);

bool refusal_read_json(arena *a, str body, struct refusal *out)
{
    struct said said = { 0 };
    if (json_restore(a, body, &said_shape, &said) || !said.type.at)
        return false;
    str rest = said.type, piece, code = said.type;
    while (str_cut(&rest, '#', &piece))
        code = piece;
    *out = (struct refusal){ code_of(a, code), said.message };
    return true;
}

/* --- dates --- */

bool http_date_read(str text, instant *out)
{
    char room[40];
    struct tm t = { 0 };
    if (text.len == 0 || text.len >= sizeof room)
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = '\0';
    const char *end = strptime(room, "%a, %d %b %Y %H:%M:%S GMT", &t);
    if (!end || *end != '\0')
        return false;
    *out = (instant){ (int64_t)timegm(&t) * 1000 };
    return true;
}
