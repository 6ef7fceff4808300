/* fuzz_response.c - any bytes as the answers of another service: the same answers however they are
 * cut or handed on, bounded, and no body where there is none. The first byte says whether HEAD was asked. */
#include <assert.h>

#include "lib/http/fuzz/feeding.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static void response_check(const struct fed *m, bool to_head)
{
    const struct message *got = &m->message;
    assert(got->status >= 100 && got->status <= 599 && got->status != 101);
    if (to_head || got->status < 200 || got->status == 204 || got->status == 304)
        assert(got->body.len == 0);
    assert(!m->parser.until_close || !got->keep_alive);
    fed_check(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static arena *a;
    static struct feeding whole, cut, pieces;
    if (!a)
        a = arena_new(ARENA_BYTES);
    if (size < 1 || size > 128 * 1024)
        return 0;
    arena_reset(a);
    str input = { (const char *)data + 1, size - 1 };
    whole.responses = cut.responses = true;
    whole.to_head = cut.to_head = data[0] == 'H';
    feed(&whole, a, input);
    for (size_t i = 0; i < whole.count; i++)
        if (whole.fed[i].parser.stage == PARSE_DONE)
            response_check(&whole.fed[i], whole.to_head);
    cut.step = size < 4096 ? 1 : 997;
    feed(&cut, a, input);
    feeding_compare(&whole, &cut);
    cut.step = 2 + size % 61 + size / 64;
    feed(&cut, a, input);
    feeding_compare(&whole, &cut);
    pieces = (struct feeding){ .responses = true, .in_pieces = true, .to_head = whole.to_head, .step = cut.step };
    feed(&pieces, a, input);
    pieces_compare(&whole, &pieces);
    return 0;
}
