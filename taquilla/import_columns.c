/* import_columns.c - compares the names of columns by their letters and digits. */
#include "taquilla/import_columns.h"

#include <string.h>

#include "lib/base/buf.h"

#define PLAIN_BYTES_MAX 64
#define UNKNOWN_SHOWN 20
#define NAME_BYTES_MAX 200 /* of one that is remembered */

/* "Running Time (min)" is runningtimemin; letters beyond ASCII stay as they are. */
static str plain_of(char room[PLAIN_BYTES_MAX], str name)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < PLAIN_BYTES_MAX; i++) {
        char c = name.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            room[len++] = c;
    }
    return (str){ room, len };
}

static bool plain_equal(str one, str other)
{
    char room[PLAIN_BYTES_MAX], other_room[PLAIN_BYTES_MAX];
    return str_equal(plain_of(room, one), plain_of(other_room, other));
}

/* --- what a name means --- */

static int field_named(const struct columns *c, str name)
{
    for (size_t i = 0; i < c->field_count; i++)
        if (plain_equal(str_of(c->fields[i].name), name))
            return (int)i;
    return -1;
}

static void known_find(const struct columns *c, str name, struct column *out)
{
    char room[PLAIN_BYTES_MAX];
    str plain = plain_of(room, name), known;
    for (size_t i = 0; i < c->field_count; i++) {
        unsigned rank = 1;
        for (str rest = str_of(c->fields[i].known); str_cut(&rest, ' ', &known); rank++)
            if (str_equal(known, plain)) {
                out->field = (int)i;
                out->rank = rank;
                return;
            }
    }
}

/* The same name counts before one that only sounds the same. */
static bool map_find(struct columns *c, str name, struct column *out)
{
    size_t found = c->map_count;
    for (size_t i = 0; i < c->map_count; i++)
        if (str_equal(c->maps[i].column, name) || (found == c->map_count && plain_equal(c->maps[i].column, name)))
            found = i;
    if (found == c->map_count)
        return false;
    c->maps[found].met = true;
    out->field = c->maps[found].field;
    out->ignored = out->field < 0;
    return true;
}

const struct column *columns_find(struct columns *c, arena *boot, str name)
{
    static const struct column unknown = { .field = -1 };
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(c->at[i].name, name))
            return &c->at[i];
    if (c->count == IMPORT_COLUMNS_MAX || name.len > NAME_BYTES_MAX) {
        c->more = true;
        return &unknown;
    }
    struct column *made = &c->at[c->count++];
    *made = (struct column){ .name = arena_copy(boot, name), .field = -1 };
    if (!map_find(c, name, made))
        known_find(c, name, made);
    return made;
}

/* --- what the operator says --- */

static const fault *field_unknown(const struct columns *c, arena *a, str name)
{
    struct buf names = { .in = a };
    for (size_t i = 0; i < c->field_count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", c->fields[i].name);
    return fault_new(a, FAULT_INVALID, "import_map", "--map: there is no field \"%.*s\"; there are %.*s.", STR_ARG(name),
                     STR_ARG(buf_str(&names)));
}

const fault *columns_map(struct columns *c, arena *a, const char *map)
{
    str text = str_of(map);
    const char *apart = memrchr(text.at, '=', text.len);
    if (!apart || apart == text.at)
        return fault_new(a, FAULT_INVALID, "import_map", "--map: \"%s\" is not COLUMN=FIELD.", map);
    if (c->map_count == IMPORT_MAPS_MAX)
        return fault_new(a, FAULT_INVALID, "import_map", "--map: more than %d columns.", IMPORT_MAPS_MAX);
    str column = str_trim((str){ text.at, (size_t)(apart - text.at) });
    str field = str_trim((str){ apart + 1, text.len - (size_t)(apart - text.at) - 1 });
    int found = field.len ? field_named(c, field) : -1;
    if (field.len && found < 0)
        return field_unknown(c, a, field);
    c->maps[c->map_count].column = column;
    c->maps[c->map_count++].field = found;
    return NULL;
}

/* --- what was met --- */

static str names_of(const struct columns *c, arena *a, bool unknown_alone)
{
    struct buf names = { .in = a };
    size_t shown = 0, all = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct column *one = &c->at[i];
        if (unknown_alone && (one->field >= 0 || one->ignored))
            continue;
        if (all++ < UNKNOWN_SHOWN)
            buf_printf(&names, "%s%.*s", shown++ ? ", " : "", STR_ARG(one->name));
    }
    if (all > shown || c->more)
        buf_printf(&names, "%sand others", shown ? ", " : "");
    return names.len ? buf_str(&names) : (str){ NULL, 0 };
}

str columns_unknown(const struct columns *c, arena *a)
{
    return names_of(c, a, true);
}

const fault *columns_check(const struct columns *c, arena *a)
{
    bool any = false;
    str all = names_of(c, a, false);
    for (size_t i = 0; i < c->count; i++)
        any |= c->at[i].field >= 0;
    for (size_t i = 0; i < c->map_count; i++)
        if (!c->maps[i].met)
            return fault_new(a, FAULT_INVALID, "import_map", "--map: the file has no column \"%.*s\"; it has %.*s.",
                             STR_ARG(c->maps[i].column), STR_ARG(all.at ? all : STR("none")));
    if (any)
        return NULL;
    struct buf names = { .in = a };
    for (size_t i = 0; i < c->field_count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", c->fields[i].name);
    return fault_new(a, FAULT_INVALID, "import_unreadable",
                     "None of its columns is known (%.*s). Wanted are %.*s; --map COLUMN=FIELD says which is which.",
                     STR_ARG(all.at ? all : STR("it has none")), STR_ARG(buf_str(&names)));
}
