/* wire.c - libcurl's transfers on the loop: its descriptors are watched, its clock is a timer, and who asked sleeps meanwhile. */
#include "lib/aws/wire.h"

#include <assert.h>
#include <string.h>
#include <sys/epoll.h>

#include <curl/curl.h>

#include "lib/loop/fiber.h"

#define CONNECT_MS 5000
#define SLOW_BYTES_A_SECOND 1024
#define RECEIVE_BYTES (64L * 1024)
#define WATCHES_MAX (4 * WIRE_CALLS_MAX) /* of a call at most: both kinds of address, and the look-up's end */

/* A call, on the stack of the fiber that asks. */
struct exchange {
    struct wire *wire;
    const struct wire_request *request;
    struct wire_answer *answer;
    fiber *who;
    struct exchange *next; /* in the queue */
    CURL *easy;
    int64_t heard_ms; /* something came */
    bool turn, over;
    CURLcode how;
};

struct wire {
    CURLM *multi;
    const char *ca_file; /* NULL: the machine's */
    struct timer timer;
    struct watch watches[WATCHES_MAX];
    bool watched[WATCHES_MAX];
    arena *scratch; /* of faults that nobody reads */
    size_t under_way, waiting;
    struct exchange *first, *last;
};

/* --- libcurl's descriptors and its clock --- */

static void collect(struct wire *w)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(w->multi, &left)) != NULL) {
        struct exchange *x = NULL;
        if (message->msg != CURLMSG_DONE || curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x) != CURLE_OK || !x)
            continue;
        x->how = message->data.result;
        x->over = true;
        fiber_wake(x->who);
    }
}

static void watch_ready(struct watch *watch, uint32_t events)
{
    struct wire *w = watch->owner;
    int running, what = 0;
    if (events & EPOLLIN)
        what |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        what |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        what |= CURL_CSELECT_ERR;
    (void)curl_multi_socket_action(w->multi, watch->fd, what, &running);
    collect(w);
}

static void timer_ring(struct timer *t)
{
    struct wire *w = t->owner;
    int running;
    (void)curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(w);
}

static int timer_wanted(CURLM *multi, long after_ms, void *arg)
{
    (void)multi;
    struct wire *w = arg;
    if (after_ms < 0)
        timer_clear(&w->timer);
    else
        timer_set(&w->timer, after_ms);
    return 0;
}

static struct watch *watch_new(struct wire *w, int fd, uint32_t events)
{
    size_t i = 0;
    while (i < WATCHES_MAX && w->watched[i])
        i++;
    if (i == WATCHES_MAX)
        return NULL;
    w->watches[i] = (struct watch){ .fd = fd, .ready = watch_ready, .owner = w };
    if (watch_start(w->scratch, &w->watches[i], events)) {
        arena_reset(w->scratch);
        return NULL;
    }
    w->watched[i] = true;
    return &w->watches[i];
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct wire *w = arg;
    struct watch *watch = known;
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            watch_stop(watch);
            w->watched[watch - w->watches] = false;
            (void)curl_multi_assign(w->multi, fd, NULL);
        }
        return 0;
    }
    if (watch) {
        watch_change(watch, events);
        return 0;
    }
    watch = watch_new(w, fd, events);
    return watch && curl_multi_assign(w->multi, fd, watch) == CURLM_OK ? 0 : -1;
}

const fault *wire_open(arena *a, struct wire **out, str ca_file)
{
    struct wire *w = NEW(a, struct wire);
    w->timer = (struct timer){ .ring = timer_ring, .owner = w };
    w->ca_file = ca_file.len ? arena_cstr(a, ca_file) : NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(w->multi = curl_multi_init()))
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong here.", "libcurl does not start");
    w->scratch = arena_new((size_t)64 * 1024);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)WIRE_CALLS_MAX);
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    *out = w;
    return NULL;
}

void wire_close(struct wire *w)
{
    assert(w->under_way == 0 && w->waiting == 0);
    curl_multi_cleanup(w->multi);
    timer_clear(&w->timer);
    arena_free(w->scratch);
    curl_global_cleanup();
}

/* --- what comes --- */

static size_t head_came(char *at, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    str line = { at, size * count };
    struct buf *head = &x->answer->head;
    x->heard_ms = loop_now_ms();
    if (str_starts(line, STR("HTTP/")))
        head->len = 0; /* what came before was a proxy's, or 100 Continue */
    if (head->len + line.len > WIRE_HEAD_BYTES_MAX) {
        x->answer->end = WIRE_TOO_BIG;
        return 0;
    }
    buf_text(head, line);
    return line.len;
}

static bool body_take(struct exchange *x, str bytes)
{
    const struct wire_request *r = x->request;
    struct wire_answer *answer = x->answer;
    long status = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    x->heard_ms = loop_now_ms();
    if (r->piece && (status == 200 || status == 206)) {
        answer->pieces = true;
        answer->problem = r->piece(r->piece_arg, bytes);
        answer->end = answer->problem ? WIRE_REFUSED : WIRE_WHOLE;
        return !answer->problem;
    }
    if (answer->body.len + bytes.len > r->body_bytes_max) {
        answer->end = WIRE_TOO_BIG;
        return false;
    }
    buf_text(&answer->body, bytes);
    return true;
}

static size_t body_came(char *at, size_t size, size_t count, void *arg)
{
    return body_take(arg, (str){ at, size * count }) ? size * count : CURL_WRITEFUNC_ERROR;
}

str wire_answer_header(const struct wire_answer *answer, str name)
{
    str rest = buf_str(&answer->head);
    struct header next;
    while (wire_next_header(&rest, &next))
        if (str_equal_nocase(next.name, name))
            return next.value;
    return (str){ 0 };
}

bool wire_next_header(str *rest, struct header *out)
{
    str line;
    while (str_cut(rest, '\n', &line)) {
        str name;
        if (!memchr(line.at, ':', line.len) || str_starts(line, STR("HTTP/")) || !str_cut(&line, ':', &name))
            continue;
        *out = (struct header){ name, str_trim(line) };
        return true;
    }
    return false;
}

void wire_answer_free(struct wire_answer *answer)
{
    buf_free(&answer->head);
    buf_free(&answer->body);
}

/* --- what goes --- */

/* A line's end in a value would begin another header. */
static bool headers_fit(const struct wire_request *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        for (size_t at = 0; at < r->headers[i].value.len; at++) {
            unsigned char c = (unsigned char)r->headers[i].value.at[at];
            if ((c < ' ' && c != '\t') || c == 127)
                return false;
        }
    return true;
}

static struct curl_slist *header_lines(arena *a, const struct wire_request *r)
{
    struct curl_slist *lines = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    for (size_t i = 0; i < r->header_count && lines; i++) {
        const struct header *h = &r->headers[i];
        str line = h->value.len ? arena_printf(a, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value))
                                : arena_printf(a, "%.*s;", STR_ARG(h->name));
        typed = typed || str_equal_nocase(h->name, STR("Content-Type"));
        struct curl_slist *longer = curl_slist_append(lines, line.at);
        if (!longer)
            curl_slist_free_all(lines);
        lines = longer;
    }
    return typed || !lines ? lines : curl_slist_append(lines, "Content-Type:"); /* else libcurl says that it is a form */
}

static void method_set(CURL *easy, const struct wire_request *r)
{
    bool with_body = r->method == POST || r->method == PUT || r->body.len > 0;
    if (with_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body.len ? r->body.at : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    }
    if (r->method == HEAD)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (r->method != GET && r->method != POST)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_name(r->method));
}

static void easy_set(struct exchange *x, arena *a, struct curl_slist *lines)
{
    const struct wire_request *r = x->request;
    CURL *easy = x->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_URL, arena_cstr(a, r->url));
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)r->fresh);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "taquilla");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that is still looked up is not waited for */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(r->connect_ms ? r->connect_ms : CONNECT_MS));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_came);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    if (x->wire->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, x->wire->ca_file);
    if (r->direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (r->piece) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_A_SECOND);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((r->deadline_ms + 999) / 1000));
    }
    method_set(easy, r);
}

/* --- one exchange --- */

/* Why it ended, in libcurl's general words: they name nothing of the request. */
static void ended(struct exchange *x)
{
    struct wire_answer *answer = x->answer;
    long status = 0;
    curl_off_t sent = 0, received = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    (void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    answer->status = (int)status;
    answer->bytes_sent = (uint64_t)sent;
    answer->bytes_received = (uint64_t)received;
    if (answer->end == WIRE_TOO_BIG)
        answer->why = "its answer is too long";
    if (answer->end != WIRE_WHOLE || (x->over && x->how == CURLE_OK))
        return;
    answer->end = WIRE_AWAY;
    answer->why = x->over ? curl_easy_strerror(x->how) : "it did not answer in time";
}

/* Until it is over, or late. */
static void end_await(struct exchange *x, int64_t deadline_ms)
{
    const struct wire_request *r = x->request;
    while (!x->over) {
        int64_t until_ms = r->piece ? x->heard_ms + r->deadline_ms : deadline_ms;
        if (until_ms <= loop_now_ms())
            return;
        (void)fiber_park("the world outside", until_ms);
    }
}

static void exchange_run(struct exchange *x, int64_t deadline_ms)
{
    struct wire *w = x->wire;
    arena *a = arena_new((size_t)256 * 1024);
    struct curl_slist *lines = header_lines(a, x->request);
    x->easy = curl_easy_init();
    x->heard_ms = loop_now_ms();
    if (x->easy && lines)
        easy_set(x, a, lines);
    if (x->easy && lines && curl_multi_add_handle(w->multi, x->easy) == CURLM_OK) {
        end_await(x, deadline_ms);
        ended(x);
        (void)curl_multi_remove_handle(w->multi, x->easy);
    } else {
        x->answer->end = WIRE_BUSY;
        x->answer->why = "there is no memory left";
    }
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(lines);
    arena_free(a);
}

/* Behind those who came before, until the deadline. */
static bool turn_await(struct exchange *x, int64_t deadline_ms)
{
    struct wire *w = x->wire;
    if (w->under_way < WIRE_CALLS_MAX) {
        w->under_way++;
        return true;
    }
    if (w->waiting >= WIRE_WAITING_MAX)
        return false;
    w->waiting++;
    *(w->last ? &w->last->next : &w->first) = x;
    w->last = x;
    while (!x->turn && fiber_park("its turn for the world outside", deadline_ms))
        continue;
    w->waiting--;
    if (x->turn)
        return true;
    struct exchange **at = &w->first, *before = NULL;
    while (*at != x) {
        before = *at;
        at = &(*at)->next;
    }
    *at = x->next;
    if (w->last == x)
        w->last = before;
    return false;
}

/* The one who goes gives its place to the next, so that nobody overtakes. */
static void turn_pass(struct wire *w)
{
    struct exchange *next = w->first;
    if (!next) {
        w->under_way--;
        return;
    }
    w->first = next->next;
    if (!w->first)
        w->last = NULL;
    next->turn = true;
    fiber_wake(next->who);
}

void wire_ask(struct wire *w, const struct wire_request *r, struct wire_answer *answer)
{
    struct exchange x = { .wire = w, .request = r, .answer = answer, .who = fiber_self() };
    int64_t deadline_ms = loop_now_ms() + r->deadline_ms;
    *answer = (struct wire_answer){ .end = WIRE_WHOLE, .why = "" };
    if (!headers_fit(r)) {
        answer->end = WIRE_UNFIT;
        answer->why = "a header has a character that none may have";
        return;
    }
    if (!turn_await(&x, deadline_ms)) {
        answer->end = WIRE_BUSY;
        answer->why = "too many questions are under way";
        return;
    }
    exchange_run(&x, deadline_ms);
    turn_pass(w);
}
