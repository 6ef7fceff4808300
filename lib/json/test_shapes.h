/* test_shapes.h - one struct with every kind of member, for the tests and the fuzzers of lib/json.
 */
#ifndef TAQUILLA_JSON_TEST_SHAPES_H
#define TAQUILLA_JSON_TEST_SHAPES_H

#include "lib/json/shape.h"

struct sample_seat {
    int64_t id;
    str row_number;
    unsigned type;
};

struct sample {
    int64_t id;
    uint64_t given;
    int64_t minutes;
    double rating;
    bool active;
    str title, note;
    money price, deposit;
    instant made, plain, local;
    wall show_time;
    day premiere;
    unsigned screen;
    ids seat_ids;
    strs genre;
    list seats;
    struct sample_seat *best;
    struct raw_json extra;
    int64_t held_until_ms;
};

/* The same members with all the rules, and with every one nullable and none required. */
extern const struct shape sample_seat_shape, sample_shape, sample_nullable_shape;
/* As an edit; strict about keys. */
extern const struct shape sample_edit_shape;
/* What a query string can say. */
extern const struct shape sample_query_shape;

#endif
