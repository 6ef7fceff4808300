/* feeding.h - for the fuzz targets: messages out of bytes that arrive whole or in pieces. */
#ifndef TAQUILLA_HTTP_FUZZ_FEEDING_H
#define TAQUILLA_HTTP_FUZZ_FEEDING_H

#include "lib/http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data,
                           size_t size); /* libFuzzer's, or the replay's, to call */

#define FED_MAX 16

struct fed {
    struct parser parser;
    struct message message;
    size_t begin, end; /* of its bytes in the input, empty lines before it included */
    struct buf pieces; /* of a body that was handed on */
};

struct feeding {
    bool responses;
    bool to_head; /* the responses answer HEAD */
    bool in_pieces; /* the bodies of the responses are handed on as they come */
    size_t step;  /* bytes that arrive at once; 0: all */
    struct fed fed[FED_MAX];
    size_t count; /* begun messages; the last may not be whole */
};

/* Reads messages until one is refused, bytes end, or FED_MAX are there. */
void feed(struct feeding *f, arena *a, str input);
/* The same messages, up to what was begun when the bytes ended? Aborts when not. */
void feeding_compare(const struct feeding *a, const struct feeding *b);
/* The same messages, although the second's bodies came in pieces? Those are taken at any length. */
void pieces_compare(const struct feeding *whole, const struct feeding *pieces);
/* What must hold for every head that was taken. Aborts when it does not. */
void fed_check(const struct fed *m);

#endif
