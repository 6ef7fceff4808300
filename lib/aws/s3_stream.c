/* s3_stream.c - an object in pieces: what breaks off goes on where it was, and only if it is still the same object. */
#include "lib/aws/s3_internal.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/loop/fiber.h"

#define PAUSE_MS 400

struct stream {
    struct s3_taker *taker;
    int64_t at, size;
    const fault *own; /* of the taker: ends it */
    bool too_much;
    fault stop;
};

static const fault *piece_take(void *arg, str bytes)
{
    struct stream *t = arg;
    if ((int64_t)bytes.len > t->size - t->at) {
        t->too_much = true; /* a server that knows no Range begins at the front again */
        return &t->stop;
    }
    t->at += (int64_t)bytes.len;
    t->own = t->taker->piece(t->taker->arg, bytes);
    return t->own;
}

/* One question for what is left. */
static const fault *rest_ask(const struct s3 *s, arena *a, const struct s3_seen *seen, struct stream *t)
{
    struct aws_question q = s3_question(s, a, GET, seen->key);
    struct aws_answer answer;
    bool ranged = t->at > 0;
    s3_header(&q, "if-match", seen->etag);
    if (ranged)
        s3_header(&q, "range", arena_printf(a, "bytes=%" PRId64 "-", t->at));
    q.piece = piece_take;
    q.piece_arg = t;
    const fault *problem = aws_ask(s->aws, a, &q, &answer);
    if (t->too_much)
        return s3_strange(a, s, "more came than was asked for");
    if (problem)
        return problem;
    if (ranged && answer.status != 206)
        return s3_strange(a, s, "not the part that was asked for");
    return t->at == t->size ? NULL : s3_strange(a, s, "less came than was asked for");
}

static bool goes_on(const struct stream *t, const fault *problem, int64_t before)
{
    return !t->own && !t->too_much && t->at > before && strcmp(problem->code, "aws_away") == 0;
}

const fault *s3_get_stream(const struct s3 *s, arena *a, str key, struct s3_taker *taker, struct s3_seen *seen)
{
    TRY(s3_head(s, a, key, seen));
    struct stream t = { .taker = taker, .at = taker->from, .size = seen->size };
    while (t.at < t.size) {
        int64_t before = t.at;
        arena *own = arena_new(S3_PAGE_ARENA_BYTES); /* a long object on a bad line takes many */
        const fault *problem = rest_ask(s, own, seen, &t);
        bool on = problem && goes_on(&t, problem, before);
        if (problem && !on)
            problem = problem == t.own ? problem : fault_copy(a, problem);
        arena_free(own);
        if (!problem)
            break;
        if (!on)
            return problem;
        fiber_sleep((int64_t)random_below(PAUSE_MS));
    }
    return NULL;
}
