/* openapi_common.c - the parts that every service's description shares: errors, paging, headers, tokens. */
#include <stdio.h>

#include "lib/frame/frame.h"
#include "lib/http/codes.h"
#include "lib/json/write.h"

/* A body of one of these types, which is no JSON. */
void openapi_write_content(struct buf *out, const char *const *types)
{
    buf_literal(out, ",\"content\":");
    for (const char *const *type = types; *type; type++)
        buf_printf(out, "%s\"%s\":{\"schema\":{\"type\":\"string\"}}", type > types ? "," : "{", *type);
    buf_char(out, '}');
}

/* {"description":"Conflict ... more may follow, and then the end. */
void openapi_write_error_begin(struct buf *out, int status)
{
    buf_printf(out, "{\"description\":\"%s", status_title(status));
}

void openapi_write_error_end(struct buf *out)
{
    buf_literal(out, "\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}");
}

/* One of each status that some operation answers without a code of its own. */
static void error_answers(struct buf *out)
{
    static const int statuses[] = { 400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 431, 500, 503 };
    buf_literal(out, ",\"responses\":{");
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        buf_printf(out, "%s\"E%d\":", i > 0 ? "," : "", statuses[i]);
        openapi_write_error_begin(out, statuses[i]);
        openapi_write_error_end(out);
    }
    buf_char(out, '}');
}

void openapi_write_common(struct buf *out)
{
    buf_literal(out,
        "\"securitySchemes\":{"
        "\"admin\":{\"type\":\"http\",\"scheme\":\"bearer\","
        "\"description\":\"ADMIN_TOKEN. Needed once the house has set one.\"},"
        "\"service\":{\"type\":\"http\",\"scheme\":\"bearer\","
        "\"description\":\"SERVICE_TOKEN. For the services of the house alone.\"},"
        "\"code\":{\"type\":\"apiKey\",\"in\":\"query\",\"name\":\"code\","
        "\"description\":\"A reservation's accessCode, given in the answer to its own POST.\"}},"
        "\"parameters\":{"
        "\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
        "\"description\":\"The same key and body get the same answer for 24 hours.\","
        "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255,\"pattern\":\"^[!-~]+$\"}},"
        "\"IfNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,"
        "\"description\":\"ETags the client has; 304 when one still holds.\","
        "\"schema\":{\"type\":\"string\"}}}");
    error_answers(out);
}

static void details_write(struct buf *out, enum error_style style)
{
    if (style == ERRORS_MOVIES)
        buf_literal(out,
            "{\"type\":\"object\",\"required\":[\"message\",\"path\",\"kind\"],\"properties\":{"
            "\"message\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"},"
            "\"kind\":{\"enum\":[\"required\",\"min\",\"max\",\"type\"]}}}");
    else
        buf_literal(out, "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
}

void openapi_write_error_schema(struct buf *out, enum error_style style)
{
    buf_literal(out,
        "\"Error\":{\"type\":\"object\",\"description\":\"RFC 9457 members beside those of the old system.\","
        "\"required\":[\"success\",\"data\",\"error\",\"message\",\"code\",\"status\",\"title\",\"detail\"],"
        "\"properties\":{\"success\":{\"const\":false},\"data\":{\"type\":\"null\"},"
        "\"error\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
        "\"code\":{\"type\":\"string\",\"description\":\"Stable; docs/errors.md lists them.\"},"
        "\"status\":{\"type\":\"integer\"},\"title\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},"
        "\"details\":{\"type\":\"object\",\"description\":\"Every bad field.\",\"additionalProperties\":");
    details_write(out, style);
    buf_literal(out,
        "},"
        "\"seatIds\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"description\":\"Seats in the way.\"},"
        "\"scheduleIds\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"description\":\"Showings in the way.\"},"
        "\"requestId\":{\"type\":\"string\"}}},"
        "\"pagination\":{\"type\":\"object\",\"required\":[\"page\",\"limit\",\"total\",\"pages\"],\"properties\":{"
        "\"page\":{\"type\":\"integer\"},\"limit\":{\"type\":\"integer\"},\"total\":{\"type\":\"integer\"},"
        "\"pages\":{\"type\":\"integer\"}}}");
}

#define HEALTH_POSITIONS                                                                           \
    ",\"position\":{\"type\":\"integer\",\"description\":\"Last event of its own log; none without a log.\"}," \
    "\"feeds\":{\"type\":\"array\",\"description\":\"The logs that it follows.\",\"items\":{\"type\":\"object\"," \
    "\"required\":[\"owner\",\"position\",\"in_touch\",\"age_s\"],\"properties\":{\"owner\":{\"type\":\"string\"}," \
    "\"position\":{\"type\":\"integer\",\"description\":\"how far it has come\"},\"in_touch\":{\"type\":\"boolean\"}," \
    "\"age_s\":{\"type\":\"integer\",\"description\":\"since the owner was last heard\"}}}}"

static void health_schema(struct buf *out, const char *name, const char *positions, const struct shape *more)
{
    buf_printf(out,
               ",\"%s\":{\"type\":\"object\",\"required\":[\"status\",\"service\",\"timestamp\",\"version\",\"checks\"],"
               "\"properties\":{\"status\":{\"enum\":[\"healthy\",\"unhealthy\",\"ready\",\"unready\"]},"
               "\"service\":{\"type\":\"string\"},\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},"
               "\"version\":{\"type\":\"string\"},\"checks\":{\"type\":\"object\",\"additionalProperties\":"
               "{\"type\":\"object\",\"required\":[\"status\",\"age_s\"],\"properties\":{"
               "\"status\":{\"enum\":[\"ok\",\"away\"]},\"age_s\":{\"type\":\"integer\"},"
               "\"breaker\":{\"enum\":[\"closed\",\"open\",\"half-open\"],\"description\":"
               "\"Of another service that is asked: open, it is left in peace after failures.\"}}}}%s", name, positions);
    if (more)
        json_write_more_properties(out, more);
    buf_literal(out, "}}");
}

void openapi_write_health_schemas(struct buf *out, const struct shape *more)
{
    health_schema(out, "Health", HEALTH_POSITIONS, more);
    health_schema(out, "Readiness", "", NULL);
}

int codes_print(void)
{
    struct buf out = { 0 };
    codes_write(&out);
    fwrite(out.at, 1, out.len, stdout);
    buf_free(&out);
    return 0;
}
