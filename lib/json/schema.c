/* schema.c - the field tables as JSON Schema (2020-12) and as OpenAPI parameters: the description
 * cannot lie about the code. */
#include "lib/json/reading.h"
#include "lib/json/write.h"

/* Members of one JSON object, comma by comma. */
struct members {
    struct buf *out;
    bool any;
};

static void key(struct members *m, const char *name)
{
    buf_char(m->out, m->any ? ',' : '{');
    buf_quoted(m->out, str_of(name));
    buf_char(m->out, ':');
    m->any = true;
}

static void key_text(struct members *m, const char *name, const char *value)
{
    key(m, name);
    buf_quoted(m->out, str_of(value));
}

static void key_int(struct members *m, const char *name, int64_t value)
{
    key(m, name);
    buf_int(m->out, value);
}

static void end(struct members *m)
{
    buf_text(m->out, m->any ? STR("}") : STR("{}"));
}

/* "integer", or ["integer","string","null"]: `other` is a second type that is taken too. */
static void put_types(struct members *m, const char *type, const char *other, bool nullable)
{
    bool many = other || nullable;
    key(m, "type");
    if (many)
        buf_char(m->out, '[');
    buf_quoted(m->out, str_of(type));
    if (other) {
        buf_char(m->out, ',');
        buf_quoted(m->out, str_of(other));
    }
    if (nullable)
        buf_literal(m->out, ",\"null\"");
    if (many)
        buf_char(m->out, ']');
}

void json_write_schema_name(struct buf *out, const struct shape *s, bool input)
{
    buf_text(out, str_of(s->name));
    if (input)
        buf_literal(out, "Input");
}

static void put_ref(struct buf *out, const struct shape *s, bool input)
{
    buf_literal(out, "{\"$ref\":\"#/components/schemas/");
    json_write_schema_name(out, s, input);
    buf_literal(out, "\"}");
}

/* --- limits; they are rules of reading, and a floor of 0 that nobody stated is said too, since it
 * is enforced --- */

static void put_number_limits(struct members *m, const struct field *f)
{
    key_int(m, "minimum", f->min);
    if (f->max)
        key_int(m, "maximum", f->max);
}

static void put_money_limits(struct members *m, const struct field *f)
{
    key(m, "minimum");
    json_write_money(m->out, (money){ f->min });
    key(m, "maximum");
    json_write_money(m->out, (money){ f->max ? f->max : MONEY_MAX_CENTS });
}

static void put_count_limits(struct members *m, const struct field *f, const char *min_name,
                             const char *max_name)
{
    if (f->min)
        key_int(m, min_name, f->min);
    if (f->max)
        key_int(m, max_name, f->max);
    else if (f->kind == KIND_LIST)
        key_int(m, max_name, JSON_ROWS_MAX);
}

static void put_choices(struct members *m, const struct field *f, bool input)
{
    key(m, "enum");
    char before = '[';
    for (int64_t i = 0; f->choices[i]; i++) {
        if (input && (i < f->min || (f->max && i > f->max)))
            continue;
        buf_char(m->out, before);
        buf_quoted(m->out, str_of(f->choices[i]));
        before = ',';
    }
    buf_text(m->out, f->nullable ? STR(",null]") : STR("]"));
}

#define PLAIN_TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"
#define WALL_TAKEN "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"

static void put_text_rules(struct members *m, const struct field *f, bool input)
{
    if (f->kind == KIND_TEXT && input) {
        struct field shown = *f;
        if (f->blank_refused && f->min == 0)
            shown.min = 1;
        put_count_limits(m, &shown, "minLength", "maxLength");
        if (f->pattern)
            key_text(m, "pattern", f->pattern);
    } else if (f->kind == KIND_DAY) {
        key_text(m, "format", "date");
    } else if (f->kind == KIND_WALL) {
        key_text(m, "pattern", input ? WALL_TAKEN : PLAIN_TIME);
    } else if (f->kind == KIND_INSTANT) {
        if (!input && f->form == TIME_PLAIN) /* "date-time" would promise a zone */
            key_text(m, "pattern", PLAIN_TIME);
        else
            key_text(m, "format", "date-time");
    }
}

static void put_default(struct members *m, const struct field *f)
{
    if (f->fallback == NULL || f->secret)
        return;
    key(m, "default");
    str text = str_of(f->fallback);
    bool as_it_is = f->kind == KIND_INTEGER || f->kind == KIND_NUMBER || f->kind == KIND_BOOL ||
                    f->kind == KIND_MONEY;
    bool is_list = f->kind == KIND_IDS || f->kind == KIND_TEXTS || f->kind == KIND_LIST;
    if (as_it_is && text.len) {
        buf_text(m->out, text);
        return;
    }
    if (!is_list) {
        json_write_text(m->out, f->kind == KIND_TEXT || text.len ? text : (str){ NULL, 0 });
        return;
    }
    str piece;
    char before = '[';
    while (text.len && str_cut(&text, ',', &piece)) {
        buf_char(m->out, before);
        if (f->kind == KIND_IDS)
            buf_text(m->out, str_trim(piece));
        else
            buf_quoted(m->out, str_trim(piece));
        before = ',';
    }
    buf_text(m->out, before == '[' ? STR("[]") : STR("]"));
}

/* --- one field --- */

static void put_items(struct members *m, const struct field *f, bool input)
{
    key(m, "items");
    if (f->kind == KIND_LIST)
        put_ref(m->out, f->shape, input);
    else if (f->kind == KIND_IDS && input && f->entry_min)
        buf_printf(m->out, "{\"type\":\"integer\",\"minimum\":%lld}", (long long)f->entry_min);
    else if (f->kind == KIND_IDS)
        buf_literal(m->out, "{\"type\":\"integer\"}");
    else if (input && f->entry_max)
        buf_printf(m->out, "{\"type\":\"string\",\"maxLength\":%lld}", (long long)f->entry_max);
    else
        buf_literal(m->out, "{\"type\":\"string\"}");
    if (input)
        put_count_limits(m, f, "minItems", "maxItems");
}

/* A pointer may always be null when it is written. */
static void put_inner(struct members *m, const struct field *f, bool input)
{
    if (input && !f->nullable) {
        key(m, "allOf");
        buf_char(m->out, '[');
        put_ref(m->out, f->shape, input);
        buf_char(m->out, ']');
        return;
    }
    key(m, "anyOf");
    buf_char(m->out, '[');
    put_ref(m->out, f->shape, input);
    buf_literal(m->out, ",{\"type\":\"null\"}]");
}

static void put_number(struct members *m, const struct field *f, bool input)
{
    put_types(m, f->kind == KIND_INTEGER ? "integer" : "number", NULL, f->nullable);
    if (f->kind == KIND_INTEGER)
        key_text(m, "format", "int64");
    if (input && f->kind == KIND_MONEY)
        put_money_limits(m, f);
    else if (input)
        put_number_limits(m, f);
}

static void put_kind(struct members *m, const struct field *f, bool input)
{
    switch (f->kind) {
    case KIND_INTEGER:
    case KIND_NUMBER:
    case KIND_MONEY:
        put_number(m, f, input);
        break;
    case KIND_BOOL:
        put_types(m, "boolean", NULL, f->nullable);
        break;
    case KIND_INSTANT:
    case KIND_TEXT:
    case KIND_WALL:
    case KIND_DAY:
        put_types(m, "string", input && f->epoch_ms ? "integer" : NULL, f->nullable);
        put_text_rules(m, f, input);
        break;
    case KIND_CHOICE:
        put_types(m, "string", NULL, f->nullable);
        put_choices(m, f, input);
        break;
    case KIND_IDS:
    case KIND_TEXTS:
    case KIND_LIST:
        put_types(m, "array", input && f->one_or_many ? "string" : NULL, f->nullable);
        put_items(m, f, input);
        break;
    case KIND_OBJECT:
        put_inner(m, f, input);
        break;
    case KIND_RAW:
        break; /* any JSON */
    }
}

static void put_field(struct buf *out, const struct field *f, bool input, bool with_doc)
{
    struct members m = { .out = out };
    put_kind(&m, f, input);
    if (input)
        put_default(&m, f);
    if (f->read_only && !input) {
        key(&m, "readOnly");
        buf_literal(out, "true");
    }
    if (f->doc && with_doc)
        key_text(&m, "description", f->doc);
    end(&m);
}

/* --- a whole shape --- */

static bool is_shown(const struct field *f, bool input)
{
    return !f->hidden && !(input && f->read_only);
}

/* Every member is always written; a reader is told so of all but the optional ones. */
static bool is_promised(const struct shape *s, const struct field *f, bool input)
{
    return is_shown(f, input) && (input ? !s->partial && field_is_required(f) : !f->optional);
}

static void put_required(struct members *m, const struct shape *s, bool input)
{
    char before = '[';
    for (size_t i = 0; i < s->count; i++) {
        if (!is_promised(s, &s->fields[i], input))
            continue;
        if (before == '[')
            key(m, "required");
        buf_char(m->out, before);
        buf_quoted(m->out, str_of(s->fields[i].name));
        before = ',';
    }
    if (before == ',')
        buf_char(m->out, ']');
}

static void put_properties(struct members *m, const struct shape *s, bool input)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!is_shown(&s->fields[i], input))
            continue;
        key(m, s->fields[i].name);
        put_field(m->out, &s->fields[i], input, true);
    }
}

void json_write_more_properties(struct buf *out, const struct shape *s)
{
    struct members after_others = { .out = out, .any = true };
    put_properties(&after_others, s, false);
}

void json_write_schema(struct buf *out, const struct shape *s, bool input)
{
    struct members m = { .out = out };
    key_text(&m, "type", "object");
    put_required(&m, s, input);
    key(&m, "properties");
    struct members properties = { .out = out };
    put_properties(&properties, s, input);
    end(&properties);
    if (input && s->strict) { /* what is ignored rather than refused */
        key(&m, "patternProperties");
        buf_literal(out, "{\"^\\\\$\":true,\"^_id$\":true");
        for (size_t i = 0; i < s->count; i++)
            if (s->fields[i].read_only && !s->fields[i].hidden)
                buf_printf(out, ",\"^%s$\":true", s->fields[i].name);
        buf_literal(out, "},\"additionalProperties\":false");
    }
    end(&m);
}

void json_write_query_parameters(struct buf *out, const struct shape *s)
{
    bool any = false;
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        if (!is_shown(f, true))
            continue;
        if (any)
            buf_char(out, ',');
        any = true;
        struct members m = { .out = out };
        key_text(&m, "name", f->name);
        key_text(&m, "in", "query");
        key(&m, "required");
        buf_text(out, is_promised(s, f, true) ? STR("true") : STR("false"));
        if (f->doc)
            key_text(&m, "description", f->doc);
        if (f->kind == KIND_IDS || f->kind == KIND_TEXTS) { /* ids=1,2,3 */
            key_text(&m, "style", "form");
            key(&m, "explode");
            buf_literal(out, "false");
        }
        key(&m, "schema");
        put_field(out, f, true, false);
        end(&m);
    }
}
