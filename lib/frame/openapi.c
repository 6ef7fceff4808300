/* openapi.c - the API's description (OpenAPI 3.1) from the very tables that serve it. */
#include <string.h>

#include "lib/frame/frame.h"
#include "lib/http/codes.h"
#include "lib/json/write.h"

#define SHAPES_MAX 256
#define STATUS_LIST_MAX 32

/* --- which shapes the description needs --- */

struct named_shape {
    const struct shape *shape;
    bool input;
};

struct gathered {
    struct named_shape at[SHAPES_MAX];
    size_t count;
};

/* A shape and all that is inside it, each once in each role. */
static void gather(struct gathered *g, const struct shape *s, bool input)
{
    if (!s || g->count == SHAPES_MAX)
        return;
    for (size_t i = 0; i < g->count; i++)
        if (g->at[i].input == input && strcmp(g->at[i].shape->name, s->name) == 0)
            return;
    g->at[g->count++] = (struct named_shape){ s, input };
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        if (!f->hidden && !(input && f->read_only))
            gather(g, f->shape, input);
    }
}

static bool shown(const struct route *r)
{
    return r->summary != NULL;
}

static void gather_table(struct gathered *g, const struct route *r)
{
    for (; r->path; r++) {
        if (!shown(r))
            continue;
        gather(g, r->takes, true);
        gather(g, r->gives, false);
    }
}

static void ref_write(struct buf *out, const struct shape *s, bool input)
{
    buf_literal(out, "{\"$ref\":\"#/components/schemas/");
    json_write_schema_name(out, s, input);
    buf_literal(out, "\"}");
}

/* --- parameters --- */

static void path_parameter(struct buf *out, str part)
{
    bool text = str_starts(part, STR("*"));
    while (str_starts(part, STR("*")))
        part = str_after(part, 1);
    buf_literal(out, "{\"name\":");
    json_write_text(out, part);
    buf_literal(out, ",\"in\":\"path\",\"required\":true,\"schema\":");
    if (text)
        buf_literal(out, "{\"type\":\"string\",\"minLength\":1}}");
    else
        buf_literal(out, "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1}}");
}

/* The texts between braces of a path, one a call. */
static bool path_part(str *rest, str *part)
{
    str skipped;
    return str_cut(rest, '{', &skipped) && str_cut(rest, '}', part);
}

static bool has_path_parts(const struct route *r)
{
    return strchr(r->path, '{') != NULL;
}

static bool has_query_fields(const struct route *r)
{
    if (!r->query)
        return false;
    for (size_t i = 0; i < r->query->count; i++)
        if (!r->query->fields[i].hidden && !r->query->fields[i].read_only)
            return true;
    return false;
}

static void parameters_write(struct buf *out, const struct route *r, enum method m)
{
    str rest = str_of(r->path), part;
    bool any = false;
    buf_literal(out, ",\"parameters\":[");
    while (path_part(&rest, &part)) {
        if (any)
            buf_char(out, ',');
        path_parameter(out, part);
        any = true;
    }
    if (has_query_fields(r)) {
        if (any)
            buf_char(out, ',');
        json_write_query_parameters(out, r->query);
        any = true;
    }
    if (r->header) {
        buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"header\",\"required\":false,\"schema\":{\"type\":\"string\"}}", any ? "," : "", r->header);
        any = true;
    }
    if (m == POST)
        buf_printf(out, "%s{\"$ref\":\"#/components/parameters/IdempotencyKey\"}", any ? "," : "");
    else if (m == GET && r->access != ACCESS_INTERNAL && !r->redirects)
        buf_printf(out, "%s{\"$ref\":\"#/components/parameters/IfNoneMatch\"}", any ? "," : "");
    buf_char(out, ']');
}

/* --- bodies --- */

static void request_body_write(struct buf *out, const struct route *r)
{
    if (r->takes_content) {
        buf_literal(out, ",\"requestBody\":{\"required\":true");
        openapi_write_content(out, r->takes_content);
        buf_char(out, '}');
    }
    if (!r->takes)
        return;
    buf_printf(out, ",\"requestBody\":{\"required\":%s,\"content\":{\"application/json\":{\"schema\":",
               r->body_optional ? "false" : "true");
    ref_write(out, r->takes, true);
    buf_literal(out, "}}}");
}

static void data_schema(struct buf *out, const struct route *r)
{
    if (r->gives_sentence) {
        buf_literal(out, "{\"type\":\"string\"}");
        return;
    }
    if (!r->gives) {
        buf_literal(out, "{}");
        return;
    }
    if (r->gives_list || r->gives_page)
        buf_literal(out, "{\"type\":\"array\",\"items\":");
    ref_write(out, r->gives, false);
    if (r->gives_list || r->gives_page)
        buf_char(out, '}');
}

static bool tells_health(const struct route *r)
{
    return r->run == health_show || r->run == health_ready;
}

static const char *health_schema_of(const struct route *r)
{
    return r->run == health_show ? "Health" : "Readiness";
}

static void success_schema(struct buf *out, const struct service *s, const struct route *r)
{
    if (tells_health(r))
        buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}", health_schema_of(r));
    else if (r->run == health_live)
        buf_literal(out, "{\"type\":\"object\",\"required\":[\"status\"],\"properties\":{\"status\":{\"const\":\"alive\"}}}");
    else if (r->run == openapi_show)
        buf_literal(out, "{\"type\":\"object\",\"description\":\"OpenAPI 3.1\"}");
    else if (r->streams)
        buf_literal(out, "{\"type\":\"string\"}");
    else if (r->plain)
        data_schema(out, r);
    if (r->plain || r->streams)
        return;
    buf_literal(out, "{\"type\":\"object\",\"required\":[\"success\",\"data\"");
    buf_text(out, r->gives_page ? STR(",\"pagination\"") : STR(""));
    buf_literal(out, "],\"properties\":{\"success\":{\"const\":true},\"data\":");
    data_schema(out, r);
    if (r->gives_page)
        buf_literal(out, ",\"pagination\":{\"$ref\":\"#/components/schemas/pagination\"}");
    buf_literal(out, ",\"message\":{\"type\":[\"string\",\"null\"]}");
    if (s->null_members || r->body_passed) /* whom the gateway passes a body to is reservations */
        buf_literal(out, ",\"error\":{\"type\":\"null\"}");
    buf_literal(out, "}}");
}

/* --- answers --- */

struct statuses {
    int at[STATUS_LIST_MAX];
    size_t count;
};

static void status_add(struct statuses *list_of, int status)
{
    for (size_t i = 0; i < list_of->count; i++)
        if (list_of->at[i] == status)
            return;
    if (list_of->count < STATUS_LIST_MAX)
        list_of->at[list_of->count++] = status;
}

static bool method_writes(enum method m)
{
    return m != GET && m != HEAD && m != OPTIONS;
}

/* What the floor itself may answer, whatever the handler does. */
static void statuses_of_floor(struct statuses *out, const struct route *r, enum method m)
{
    bool guarded = r->access == ACCESS_ADMIN || r->access == ACCESS_CODE || r->access == ACCESS_OPERATOR ||
                   r->access == ACCESS_INTERNAL ||
                   (r->access == ACCESS_BY_METHOD && method_writes(m));
    status_add(out, 400);
    if (guarded)
        status_add(out, 401);
    if (r->access == ACCESS_INTERNAL || r->access == ACCESS_OPERATOR || method_writes(m))
        status_add(out, 403);
    status_add(out, 408);
    if (m == POST)
        status_add(out, 409);
    status_add(out, 413);
    if (r->takes || r->takes_content)
        status_add(out, 415);
    status_add(out, 421);
    if (m == POST)
        status_add(out, 422);
    status_add(out, 431);
    status_add(out, 500);
    status_add(out, 503);
}

static void statuses_of_handler(struct statuses *out, const struct route *r)
{
    if (has_path_parts(r))
        status_add(out, 404);
    for (const char *const *code = r->faults; code && *code; code++) {
        const struct code *known = code_find(*code);
        if (known && known->status)
            status_add(out, known->status);
    }
}

static void sort_statuses(struct statuses *all)
{
    for (size_t i = 1; i < all->count; i++)
        for (size_t k = i; k > 0 && all->at[k] < all->at[k - 1]; k--) {
            int lower = all->at[k];
            all->at[k] = all->at[k - 1];
            all->at[k - 1] = lower;
        }
}

/* The codes a handler gives with that status, as the answer's description; false when there are none. */
static bool error_codes(struct buf *out, const struct route *r, int status)
{
    bool any = false;
    for (const char *const *code = r->faults; code && *code; code++) {
        const struct code *known = code_find(*code);
        if (!known || known->status != status)
            continue;
        if (!any)
            openapi_write_error_begin(out, status);
        buf_printf(out, "%s%s", any ? ", " : ": ", *code);
        any = true;
    }
    return any;
}

static void errors_write(struct buf *out, const struct route *r, enum method m)
{
    struct statuses all = { .count = 0 };
    statuses_of_floor(&all, r, m);
    statuses_of_handler(&all, r);
    sort_statuses(&all);
    for (size_t i = 0; i < all.count; i++) {
        buf_printf(out, ",\"%d\":", all.at[i]);
        if (all.at[i] == 503 && tells_health(r))
            buf_printf(out, "{\"description\":\"Something it needs is away\",\"content\":{\"application/json\":"
                            "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}}}", health_schema_of(r));
        else if (error_codes(out, r, all.at[i]))
            openapi_write_error_end(out);
        else
            buf_printf(out, "{\"$ref\":\"#/components/responses/E%d\"}", all.at[i]);
    }
}

static void success_headers(struct buf *out, const struct service *s, const struct route *r, enum method m)
{
    buf_literal(out, ",\"headers\":{\"X-Request-Id\":{\"schema\":{\"type\":\"string\"}}");
    if (m == GET && r->access != ACCESS_INTERNAL && !r->streams)
        buf_literal(out, ",\"ETag\":{\"schema\":{\"type\":\"string\"}}");
    if (method_writes(m) && s->position)
        buf_literal(out, ",\"Taquilla-Position\":{\"schema\":{\"type\":\"string\"}}");
    buf_char(out, '}');
}

static const char *content_of(const struct route *r)
{
    if (r->streams)
        return r->streams;
    return r->run == metrics_show ? "text/plain" : "application/json";
}

static void success_write(struct buf *out, const struct service *s, const struct route *r, enum method m,
                          int status)
{
    buf_printf(out, "\"%d\":{\"description\":\"%s\"", status, status_title(status));
    success_headers(out, s, r, m);
    if (r->gives_content) {
        openapi_write_content(out, r->gives_content);
    } else if (!r->redirects) {
        buf_printf(out, ",\"content\":{\"%s\":{\"schema\":", content_of(r));
        if (r->run == metrics_show)
            buf_literal(out, "{\"type\":\"string\"}");
        else
            success_schema(out, s, r);
        buf_literal(out, "}}");
    }
    buf_char(out, '}');
}

static void answers_write(struct buf *out, const struct service *s, const struct route *r, enum method m)
{
    int status = r->status ? r->status : r->redirects ? 308 : 200;
    buf_literal(out, ",\"responses\":{");
    success_write(out, s, r, m, status);
    if (r->also_status) {
        buf_char(out, ',');
        success_write(out, s, r, m, r->also_status);
    }
    if (m == GET && status == 200 && r->access != ACCESS_INTERNAL && !r->streams)
        buf_literal(out, ",\"304\":{\"description\":\"Not Modified\"}");
    errors_write(out, r, m);
    buf_char(out, '}');
}

/* --- operations --- */

static void security_write(struct buf *out, const struct route *r, enum method m)
{
    if (r->access == ACCESS_INTERNAL)
        buf_literal(out, ",\"security\":[{\"service\":[]}]");
    else if (r->access == ACCESS_CODE)
        buf_literal(out, ",\"security\":[{},{\"admin\":[]},{\"code\":[]}]");
    else if (r->access == ACCESS_ADMIN || r->access == ACCESS_OPERATOR || (r->access == ACCESS_BY_METHOD && method_writes(m)))
        buf_literal(out, ",\"security\":[{},{\"admin\":[]}]");
}

/* get_api_rooms_id_seats: stable while the path is. */
static void operation_id(struct buf *out, const struct route *r, enum method m)
{
    for (const char *at = method_name(m); *at; at++)
        buf_char(out, (char)(*at + ('a' - 'A')));
    bool gap = true;
    for (const char *at = r->path; *at; at++) {
        bool word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (word && gap)
            buf_char(out, '_');
        if (word)
            buf_char(out, *at);
        gap = !word;
    }
}

/* What the docs page groups by: the first part of the path behind /api. */
static str tag_of(const struct route *r, bool common)
{
    if (common)
        return STR("service");
    if (r->access == ACCESS_INTERNAL)
        return STR("internal");
    str rest = str_after(str_of(r->path), 1), part;
    (void)str_cut(&rest, '/', &part);
    if (str_equal(part, STR("api")) && rest.len > 0)
        (void)str_cut(&rest, '/', &part);
    return part.len > 0 ? part : STR("pages");
}

static void operation_write(struct buf *out, const struct service *s, const struct route *r, enum method m,
                            bool common)
{
    buf_char(out, '"');
    for (const char *at = method_name(m); *at; at++)
        buf_char(out, (char)(*at + ('a' - 'A')));
    buf_literal(out, "\":{\"operationId\":\"");
    operation_id(out, r, m);
    buf_literal(out, "\",\"summary\":");
    json_write_text(out, str_of(r->summary));
    buf_literal(out, ",\"tags\":[");
    json_write_text(out, tag_of(r, common));
    buf_char(out, ']');
    security_write(out, r, m);
    parameters_write(out, r, m);
    request_body_write(out, r);
    answers_write(out, s, r, m);
    buf_char(out, '}');
}

/* /x/{*key} and /x/{**rest} are {key} and {rest} to the description. */
static void path_write(struct buf *out, const char *path)
{
    buf_char(out, '"');
    for (; *path; path++)
        if (*path != '*')
            buf_char(out, *path);
    buf_literal(out, "\":{");
}

static bool same_path_before(const struct route *table, const struct route *r)
{
    for (; table != r; table++)
        if (shown(table) && strcmp(table->path, r->path) == 0)
            return true;
    return false;
}

static void path_item_write(struct buf *out, const struct service *s, const struct route *first, bool common)
{
    bool any = false;
    path_write(out, first->path);
    for (const struct route *r = first; r->path; r++) {
        if (!shown(r) || strcmp(r->path, first->path) != 0)
            continue;
        for (enum method m = GET; m < OPTIONS; m++) {
            if (!(r->any_method ? m != HEAD : m == r->method))
                continue;
            if (any)
                buf_char(out, ',');
            operation_write(out, s, r, m, common);
            any = true;
        }
    }
    buf_char(out, '}');
}

static void paths_write(struct buf *out, const struct service *s, const struct route *table, bool common,
                        bool *any)
{
    for (const struct route *r = table; r->path; r++) {
        if (!shown(r) || same_path_before(table, r))
            continue;
        if (*any)
            buf_char(out, ',');
        path_item_write(out, s, r, common);
        *any = true;
    }
}

/* --- the document --- */

static void schemas_write(struct buf *out, const struct service *s)
{
    struct gathered all = { .count = 0 };
    gather_table(&all, s->routes);
    gather_table(&all, frame_routes);
    for (size_t i = 0; s->health_gives && i < s->health_gives->count; i++)
        gather(&all, s->health_gives->fields[i].shape, false);
    for (size_t i = 0; i < all.count; i++) {
        buf_literal(out, ",\"");
        json_write_schema_name(out, all.at[i].shape, all.at[i].input);
        buf_literal(out, "\":");
        json_write_schema(out, all.at[i].shape, all.at[i].input);
    }
}

static void info_write(struct buf *out, const struct service *s)
{
    buf_literal(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    json_write_text(out, str_of(s->title));
    buf_printf(out, ",\"version\":\"%s\",\"description\":", taquilla_version);
    json_write_text(out, s->about ? str_of(s->about) : STR(""));
    buf_literal(out, ",\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},\"servers\":[{\"url\":\"/\"}]");
}

void openapi_write(const struct service *s, struct buf *out)
{
    bool any = false;
    info_write(out, s);
    buf_literal(out, ",\"paths\":{");
    paths_write(out, s, s->routes, false, &any);
    paths_write(out, s, frame_routes, true, &any);
    buf_literal(out, "},\"components\":{");
    openapi_write_common(out);
    buf_literal(out, ",\"schemas\":{");
    openapi_write_error_schema(out, s->errors);
    openapi_write_health_schemas(out, s->health_gives);
    schemas_write(out, s);
    buf_literal(out, "}}}");
}
