/* refusal_read.c - refusals taken from AWS's XML and JSON, and the time from its answers. */
#include "lib/aws/refusal.h"

#include <string.h>
#include <time.h>

#include "lib/aws/xml.h"
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

bool refusal_read_xml(arena *a, str body, struct refusal *out)
{
    struct xml *root;
    if (!xml_read(a, body, &root))
        return false;
    const struct xml *said = str_equal(root->name, STR("ErrorResponse")) ? xml_child(root, "Error") : root;
    if (!said || !str_equal(said->name, STR("Error")))
        return false;
    *out = (struct refusal){ code_of(a, xml_child_text(said, "Code")), xml_child_text(said, "Message") };
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
