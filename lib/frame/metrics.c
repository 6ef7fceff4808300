/* metrics.c - /metrics in Prometheus' text format: figures of the house, read when asked. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/feed/bus.h"
#include "lib/frame/frame.h"
#include "lib/loop/fiber.h"
#include "lib/loop/offload.h"

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    family(out, name, type, help);
    buf_printf(out, "%s %.17g\n", name, value);
}

static void route_labels(struct buf *out, const struct route *r)
{
    buf_printf(out, "method=\"%s\",route=\"%s\"", r->any_method ? "ANY" : method_name(r->method), r->path);
}

static void requests_write(struct buf *out, const struct site *site)
{
    family(out, "taquilla_requests_total", "counter", "Answers by route and class of status.");
    for (size_t i = 0; i < site_route_count(site); i++) {
        const struct route_stats *s = &site->stats[i];
        for (size_t class = 1; class < COUNT_OF(s->by_class); class++) {
            if (s->by_class[class] == 0)
                continue;
            buf_literal(out, "taquilla_requests_total{");
            route_labels(out, s->route);
            buf_printf(out, ",class=\"%zuxx\"} %llu\n", class, (unsigned long long)s->by_class[class]);
        }
    }
    family(out, "taquilla_answers_total", "counter",
           "Answers by class of status, those that reached no route included.");
    for (size_t class = 1; class < COUNT_OF(site->requests_by_class); class++)
        buf_printf(out, "taquilla_answers_total{class=\"%zuxx\"} %llu\n", class,
                   (unsigned long long)site->requests_by_class[class]);
}

static void latency_of_route(struct buf *out, const struct route_stats *s)
{
    static const char *const le[] = { "0.0001", "0.0003", "0.001", "0.003", "0.01",
                                      "0.03",   "0.1",    "0.3",   "1",     "+Inf" };
    uint64_t below = 0;
    for (size_t i = 0; i < COUNT_OF(le); i++) {
        below += s->us_buckets[i];
        buf_literal(out, "taquilla_request_seconds_bucket{");
        route_labels(out, s->route);
        buf_printf(out, ",le=\"%s\"} %llu\n", le[i], (unsigned long long)below);
    }
    buf_literal(out, "taquilla_request_seconds_sum{");
    route_labels(out, s->route);
    buf_printf(out, "} %.6f\n", (double)s->us_total / 1e6);
    buf_literal(out, "taquilla_request_seconds_count{");
    route_labels(out, s->route);
    buf_printf(out, "} %llu\n", (unsigned long long)s->count);
}

static void latency_write(struct buf *out, const struct site *site)
{
    family(out, "taquilla_request_seconds", "histogram", "From the whole request to the whole answer.");
    for (size_t i = 0; i < site_route_count(site); i++)
        if (site->stats[i].count > 0)
            latency_of_route(out, &site->stats[i]);
}

static void upstreams_write(struct buf *out, const struct app *app)
{
    if (app->upstream_count == 0)
        return;
    family(out, "taquilla_breaker_state", "gauge", "1 for the state a circuit breaker is in.");
    for (size_t i = 0; i < app->upstream_count; i++)
        for (enum breaker_state s = BREAKER_CLOSED; s <= BREAKER_HALF_OPEN; s++)
            buf_printf(out, "taquilla_breaker_state{upstream=\"%s\",state=\"%s\"} %d\n",
                       upstream_name(app->upstreams[i]), breaker_state_name(s),
                       upstream_breaker(app->upstreams[i])->state == s);
    family(out, "taquilla_upstream_calls", "gauge", "Calls to another service under way.");
    for (size_t i = 0; i < app->upstream_count; i++)
        buf_printf(out, "taquilla_upstream_calls{upstream=\"%s\"} %d\n", upstream_name(app->upstreams[i]),
                   upstream_calls(app->upstreams[i]));
    family(out, "taquilla_breaker_opened_total", "counter", "How often a circuit breaker opened.");
    for (size_t i = 0; i < app->upstream_count; i++)
        buf_printf(out, "taquilla_breaker_opened_total{upstream=\"%s\"} %llu\n",
                   upstream_name(app->upstreams[i]),
                   (unsigned long long)upstream_breaker(app->upstreams[i])->opened_total);
}

static void stack_of_label(const char *label, size_t bytes_max, void *arg)
{
    buf_printf(arg, "taquilla_stack_bytes_max{route=\"%s\"} %zu\n", label, bytes_max);
}

static void stacks_write(struct buf *out, const struct app *app)
{
    if (!app->settings->measure_stacks)
        return;
    one(out, "taquilla_stack_bytes", "gauge", "Usable size of a fiber's stack.", (double)fiber_stack_bytes());
    family(out, "taquilla_stack_bytes_max", "gauge", "Deepest stack by route.");
    fiber_each_stack(stack_of_label, out);
}

static double resident_bytes(void)
{
    long pages_all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &pages_all, &pages) != 2)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static void load_write(struct buf *out, const struct load *load)
{
    one(out, "taquilla_late_seconds", "gauge", "How long a request that is there waits for its turn.", (double)loop_late_ms() / 1e3);
    one(out, "taquilla_shed_level", "gauge", "Classes of requests that are refused as too much is asked; 0: none.",
        (double)load->level / LOAD_CLASS);
    family(out, "taquilla_shed_total", "counter", "Requests refused as too much was asked, by worth.");
    for (enum worth w = WORTH_LOOKS; w < WORTH_ALWAYS; w++)
        buf_printf(out, "taquilla_shed_total{worth=\"%s\"} %llu\n", worth_name(w), (unsigned long long)load->refused[w]);
}

static void process_write(struct buf *out, const struct app *app)
{
    const struct site *site = &app->site;
    family(out, "taquilla_info", "gauge", "The program's version.");
    buf_printf(out, "taquilla_info{service=\"%s\",version=\"%s\"} 1\n", app->of->name, taquilla_version);
    one(out, "process_start_time_seconds", "gauge", "Start, since 1970.", (double)app->started.ms / 1e3);
    one(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.", cpu_seconds());
    one(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    one(out, "taquilla_connections", "gauge", "Open connections.", (double)site->connections_open);
    one(out, "taquilla_connections_total", "counter", "Connections taken.", (double)site->connections_total);
    one(out, "taquilla_requests_in_flight", "gauge", "Requests being answered.",
        (double)site->requests_in_flight);
    load_write(out, &site->load);
    one(out, "taquilla_fibers", "gauge", "Fibers that run or wait.", (double)fiber_count());
    one(out, "taquilla_offload_queued", "gauge", "Work that waits for a thread.", (double)offload_queued());
    one(out, "taquilla_log_dropped_lines_total", "counter", "Log lines that found no room.",
        (double)log_dropped_lines());
    if (app->of->position)
        one(out, "taquilla_log_position", "gauge", "Last event of the log.",
            (double)app->of->position(app->service));
}

const fault *metrics_show(struct call *c)
{
    struct app *app = app_of(c);
    c->status = 200;
    c->content_type = "text/plain; version=0.0.4; charset=utf-8";
    process_write(&c->out, app);
    requests_write(&c->out, &app->site);
    latency_write(&c->out, &app->site);
    upstreams_write(&c->out, app);
    bus_metrics(&c->out);
    stacks_write(&c->out, app);
    if (app->of->metrics)
        app->of->metrics(app, &c->out);
    return NULL;
}
