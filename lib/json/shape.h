/* shape.h - one table says what a struct looks like outside: as a JSON body, a query string, an environment,
 * a database row, and in the API's description.
 *
 * FIELD takes the kind from the member's own C type, so a table cannot disagree with its struct:
 *   int64_t integer · double number · bool · str text · money · instant · wall · day · unsigned a choice (an
 *   index into .choices) · ids numbers · strs texts · list rows of .shape · pointer one .shape or null ·
 *   struct raw_json a JSON text passed through. */
#ifndef TAQUILLA_JSON_SHAPE_H
#define TAQUILLA_JSON_SHAPE_H

#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/base/money.h"

/* JSON that somebody else made, written as it is; at == NULL is null. */
struct raw_json {
    str text;
};

enum field_kind {
    KIND_INTEGER, KIND_NUMBER, KIND_BOOL, KIND_TEXT, KIND_MONEY, KIND_INSTANT, KIND_WALL, KIND_DAY,
    KIND_CHOICE, KIND_IDS, KIND_TEXTS, KIND_LIST, KIND_OBJECT, KIND_RAW,
};

#define KIND_OF(member)                                                                            \
    _Generic((member), int64_t: KIND_INTEGER, double: KIND_NUMBER, bool: KIND_BOOL, str: KIND_TEXT,  \
             money: KIND_MONEY, instant: KIND_INSTANT, wall: KIND_WALL, day: KIND_DAY,               \
             unsigned: KIND_CHOICE, ids: KIND_IDS, strs: KIND_TEXTS, list: KIND_LIST,                \
             struct raw_json: KIND_RAW, default: KIND_OBJECT)

struct shape;

struct field {
    const char *name;   /* in JSON, a query string or the environment */
    const char *column; /* the member's name: rows are read by it */
    size_t offset;
    enum field_kind kind;

    /* Reading. Required unless .optional, .nullable or a .fallback says otherwise. */
    bool optional;
    /* null is taken and written: no text, TIME_NONE, NULL pointer (lists: at), INTEGER_NONE, NaN, negative money, CHOICE_NONE.
     * A null for any other field is as if it were not there; in an edit it sets the fallback. */
    bool nullable;
    const char *fallback; /* the default, written as in a query string; "" is the empty text or list */
    /* INTEGER and CHOICE: the value; NUMBER: the value; MONEY: cents; TEXT: code points (after trimming);
     * IDS, TEXTS, LIST: how many. Below min (0 unless said) or above max (0: none) is refused. */
    int64_t min, max;
    int64_t entry_max;    /* TEXTS: code points of each; 0: any */
    int64_t entry_min;    /* IDS: the least each may be, for the description: the shape's check judges it */
    bool trim;            /* white space at the ends of a text goes */
    bool blank_refused;   /* a text of nothing but white space counts as missing */
    bool (*fits)(str);    /* TEXT: its form, when it is as long as it should be; false is refused: "must be ..." */
    const char *fits_what; /* "an address such as ana@example.com" */
    const char *pattern;   /* the same as a regular expression, for the description */
    bool money_exact;     /* more than two decimals are refused; else rounded half up */
    bool one_or_many;     /* TEXTS: one text stands for a list of it */
    bool epoch_ms;        /* INSTANT: a number of milliseconds is taken too */
    bool read_only;       /* written, never read from a body: an id, createdAt */
    bool whole;           /* RAW: not a member but the object it stands in, as it was read; written where it stands alone */
    bool hidden;          /* read from rows, never written: held_until of a seat */
    const char *const *choices; /* CHOICE: NULL-terminated names; index = value */
    enum time_form form;  /* INSTANT: how it is written */
    const struct shape *shape; /* LIST and OBJECT */
    const char *doc;      /* units, range, rule: for the API description and `taquilla config` */
    bool secret;          /* settings: never printed */
};

struct shape {
    const char *name; /* in the API description */
    size_t size;      /* of the struct */
    const struct field *fields;
    size_t count;     /* at most 64 */
    /* What no single field can state; called after all fields were read well. */
    const fault *(*check)(arena *a, void *body);
    size_t given;  /* offset of a uint64_t member: bit i = field i was in the body; 0: none (so never the first member) */
    bool partial;  /* nothing is required: an edit */
    bool strict;   /* an unknown key is a fault; else it is ignored */
};

#define FIELD(type, member, json_name, ...)                                                        \
    {                                                                                              \
        .name = json_name, .column = #member, .offset = offsetof(type, member),                    \
        .kind = KIND_OF(((type *)0)->member), __VA_ARGS__                                          \
    }
#define SHAPE(type, table, ...)                                                                    \
    {                                                                                              \
        .name = #type, .size = sizeof(struct type), .fields = table, .count = COUNT_OF(table),     \
        __VA_ARGS__                                                                                \
    }

#define INTEGER_NONE INT64_MIN
#define MONEY_NONE ((money){ -1 })
#define CHOICE_NONE UINT32_MAX

/* Was field `name` in the body that was read into `value`? For shapes with .given. */
bool shape_given(const struct shape *s, const void *value, const char *name);
const struct field *shape_field(const struct shape *s, str name); /* NULL when absent */

/* The names of the fields in which two structs of one shape differ. Lists of rows, objects and raw JSON are not compared. */
strs shape_differences(arena *a, const struct shape *s, const void *one, const void *other) MUST_CHECK;

#endif
