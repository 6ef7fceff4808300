/* read.h - bodies, query strings and settings into structs, by shape. Every bad field is collected, not the first.
 *
 * Limits: nesting 32, refused by counting over the bytes before jansson sees them (it would use up a fiber's stack).
 * Faults: MALFORMED json_malformed, json_too_deep, utf8_invalid, query_malformed; INVALID validation_failed with `fields`. */
#ifndef TAQUILLA_JSON_READ_H
#define TAQUILLA_JSON_READ_H

#include "lib/json/shape.h"

#define JSON_DEPTH_MAX 32
#define JSON_ROWS_MAX 10000 /* of a LIST field without .max: what a body makes us allocate stays bounded */
#define FAULT_FIELDS_MAX 50 /* more bad fields than this are not listed */

/* A JSON object. Numbers and booleans sent as text are taken where a number or boolean is wanted. Keys that begin with '$',
 * and _id, are ignored. *out is first filled with the fallbacks. */
const fault *json_read(arena *a, str body, const struct shape *s, void *out) MUST_CHECK;

/* A JSON array of such objects. */
const fault *json_read_list(arena *a, str body, const struct shape *row, list *out) MUST_CHECK;

/* What json_store or json_write wrote: every field is read, read_only and hidden too; what is absent or null is its fallback or
 * nothing; no limit and no check is applied. For JSON of our own: events, idempotency answers, answers of our services. */
const fault *json_restore(arena *a, str text, const struct shape *s, void *out) MUST_CHECK;
/* The same, but what is required must be there and a shape's check is asked: facts and pages that another service of ours tells. */
const fault *json_read_fact(arena *a, str text, const struct shape *s, void *out) MUST_CHECK;
const fault *json_restore_list(arena *a, str text, const struct shape *row, list *out) MUST_CHECK;

/* "page=2&limit=10", percent-decoded, '+' is a space. An empty value is the default; unknown names are ignored; the
 * first of a repeated name counts. */
const fault *query_read(arena *a, str query, const struct shape *s, void *out) MUST_CHECK;

/* One value from text, by one field's rules: settings, path parameters, CSV cells. *out is the member itself. IDS and TEXTS are
 * separated by commas; an empty text is an empty list, and null for a nullable field that is not a TEXT. */
const fault *text_read(arena *a, str text, const struct field *f, void *out) MUST_CHECK;

/* Deeper than JSON_DEPTH_MAX? Counts brackets outside of strings. */
bool json_too_deep(str body);

/* Cents of a JSON number; *exact is false when it had more than two decimals (then rounded half up). False when the
 * amount is not finite or beyond MONEY_MAX_CENTS either way. The one place where money meets a double. */
bool money_of_number(double number, money *out, bool *exact) MUST_CHECK;

#endif
