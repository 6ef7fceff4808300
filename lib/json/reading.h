/* reading.h - inside lib/json: what one reading has found wrong so far, and the readers of single
 * values. */
#ifndef TAQUILLA_JSON_READING_H
#define TAQUILLA_JSON_READING_H

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/json/read.h"

/* Where in the body a value stands: seats[2].row_number. Lives on the stack, innermost first. */
struct place {
    const struct place *outer;
    str name; /* no text: a row of the outer list */
    size_t row;
};

struct reading {
    arena *a;
    bool restoring; /* a value of our own: no rules */
    struct fault_field *first, *last;
    size_t blamed;
    const fault *rule; /* what a shape's check said, when no field was bad */
};

/* Notes a bad field; `rest` follows the field's name in the sentence. */
void reading_blame(struct reading *r, const struct place *at, const char *kind, const char *rest,
                   ...) PRINTF_LIKE(4, 5);
/* Blames a value for not being what its field's kind wants. */
void reading_blame_type(struct reading *r, const struct place *at, const struct field *f);
/* All that was found, as one fault; NULL when nothing was. */
const fault *reading_end(struct reading *r) MUST_CHECK;

bool field_is_required(const struct field *f);
/* The null of a nullable field, else nothing: zero, no text, no time, an empty list. */
void field_clear(const struct field *f, void *member);
void field_set_fallback(struct reading *r, const struct field *f, void *member);

/* One value that is there, into a cleared member; what is wrong with it is blamed. */
void value_from_json(struct reading *r, const struct place *at, const struct field *f,
                     json_t *value, void *member);
void value_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     void *member);

bool number_of_text(str text, double *out) MUST_CHECK;          /* in JSON's grammar, finite */
bool int_of_text(str text, int64_t *out) MUST_CHECK;            /* 12, 12.0 */
bool int_of_json(const json_t *value, int64_t *out) MUST_CHECK; /* 12, 12.0, "12" */
struct raw_json raw_from_json(arena *a, json_t *value) MUST_CHECK;

/* Of lists.c; the member is an empty list before. */
void ids_from_json(struct reading *r, const struct place *at, const struct field *f, json_t *array,
                   ids *member);
void ids_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                   ids *member);
void texts_from_json(struct reading *r, const struct place *at, const struct field *f,
                     json_t *array, strs *member);
void texts_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     strs *member);
void texts_from_one(struct reading *r, const struct place *at, const struct field *f, str text,
                    strs *member);

/* The limits of a value that was read; in limits.c. */
void limits_check(struct reading *r, const struct place *at, const struct field *f,
                  const void *member);
/* May a list have so many entries? Asked before they are read. */
bool limits_allow_count(struct reading *r, const struct place *at, const struct field *f,
                        size_t count);

/* Of read.c, for LIST and OBJECT. */
void object_read(struct reading *r, const struct place *at, const struct shape *s, json_t *object,
                 void *out);
void rows_read(struct reading *r, const struct place *at, const struct shape *row, json_t *array,
               list *out);

#endif
