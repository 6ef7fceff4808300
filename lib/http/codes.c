/* codes.c - the table of codes: one line each, sorted, so that a person can look up what a program reports. */
#include "lib/http/codes.h"

#include <string.h>

#include "lib/http/route.h"

const struct code codes[] = {
    { "body_missing", 400, "The request needs a JSON body and has none." },
    { "body_too_large", 413, "The body is over 1 MiB." },
    { "expectation_failed", 417, "The only expectation understood is \"Expect: 100-continue\"." },
    { "head_too_large", 431,
      "The head of the request is over 16 KiB or has more than 100 headers." },
    { "host_not_ours", 421, "The Host header names somebody else. List your public names in PUBLIC_HOSTS." },
    { "host_wrong", 400, "The request must have one well-formed Host header." },
    { "idempotency_in_progress", 409,
      "A request with the same Idempotency-Key is still running. Ask again after Retry-After." },
    { "idempotency_key_invalid", 400, "An Idempotency-Key has 1 to 255 visible ASCII characters." },
    { "idempotency_key_reused", 422,
      "This Idempotency-Key was used with another body. Take a new key for a new request." },
    { "internal_error", 500, "A fault of ours. The log has the details under the answer's requestId." },
    { "json_malformed", 400, "The body is not JSON." },
    { "json_too_deep", 400, "The body is nested deeper than 32." },
    { "listen_failed", 0, "The address or port cannot be listened on: taken, or not of this machine." },
    { "method_not_allowed", 405, "The address exists and does not take this method; Allow lists those it takes." },
    { "method_not_implemented", 501, "The method is not one of HTTP's that are known here." },
    { "origin_refused", 403,
      "A web page of another origin asked. Origins on localhost may, others when CORS_ORIGINS lists them." },
    { "overloaded", 503, "Too many requests are under way. Ask again after Retry-After." },
    { "path_id_invalid", 400, "A number in the path is not a whole number from 1 on." },
    { "request_late", 408, "The request took longer than 10 seconds to arrive." },
    { "request_malformed", 400,
      "The bytes are not well-formed HTTP, or could be read in two ways." },
    { "route_unknown", 404, "There is nothing at this address. GET /openapi.json lists what there is." },
    { "service_token_unset", 403, "This address is for services alone, and no SERVICE_TOKEN is set." },
    { "setting_invalid", 0, "A setting has a value it cannot have; the message names it." },
    { "target_wrong", 400,
      "The address in the request line cannot be read: a bad escape, a NUL, not UTF-8, another host." },
    { "too_many_connections", 503, "Too many connections are open. Ask again after Retry-After." },
    { "transfer_encoding_wrong", 400,
      "The only Transfer-Encoding understood is \"chunked\", on HTTP/1.1." },
    { "type_unsupported", 415, "The body must be JSON (Content-Type: application/json, or none)." },
    { "unauthenticated", 401, "A token is needed: Authorization: Bearer TOKEN." },
    { "upstream_away", 503, "The service that owns this did not answer. Ask again after Retry-After." },
    { "upstream_open", 503,
      "The service that owns this failed several times just now and is left in peace for a moment." },
    { "utf8_invalid", 400, "The body is not UTF-8." },
    { "validation_failed", 400, "One or more fields break a rule; details names every one." },
    { "version_not_supported", 505,
      "HTTP/1.1 and HTTP/1.0 are understood; HTTP/2 ends at the edge." },
    { NULL, 0, NULL },
};

const struct code *code_find(const char *code)
{
    size_t low = 0, high = COUNT_OF(codes) - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(code, codes[middle].code);
        if (order == 0)
            return &codes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void codes_write(struct buf *out)
{
    buf_literal(out, "# Error codes\n\n"
                     "Every error answer has the same body, whatever the service:\n\n"
                     "```json\n"
                     "{\"success\":false,\"data\":null,\"error\":\"Seat A1 is taken.\",\"message\":\"Seat A1 is taken.\",\n"
                     " \"code\":\"seats_taken\",\"status\":409,\"title\":\"Conflict\",\"detail\":\"Seat A1 is taken.\",\n"
                     " \"requestId\":\"5d0c7a91-42\"}\n"
                     "```\n\n"
                     "`code` is stable: programs compare it. The sentences are for people and may change. "
                     "`details` names every bad\nfield of a `validation_failed`. This page is printed by "
                     "`taquilla errors`; a test fails when the two differ.\n\n"
                     "| code | status | what it means |\n| --- | --- | --- |\n");
    for (const struct code *c = codes; c->code; c++) {
        if (c->status)
            buf_printf(out, "| `%s` | %d %s | %s |\n", c->code, c->status, status_title(c->status),
                       c->meaning);
        else
            buf_printf(out, "| `%s` | at start or in the log | %s |\n", c->code, c->meaning);
    }
}
