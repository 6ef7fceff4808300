/* service.c - the gateway put together: its owners, what it keeps of them, the house it speaks for. */
#include "services/gateway/service.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "services/gateway/gateway.h"
#include "services/gateway/model_tickets.h"

/* The machine's own zone, when the settings name none: browsers want its name. */
static str machine_zone(arena *a)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/etc/localtime", path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    static const char folder[] = "/zoneinfo/";
    const char *at = strstr(path, folder);
    return at ? arena_copy(a, str_of(at + sizeof folder - 1)) : STR("UTC");
}

static struct house house_of(struct app *app)
{
    const struct settings *set = app->settings;
    return (struct house){ .cinema_name = set->cinema_name,
                           .currency = set->currency,
                           .language = set->language,
                           .time_zone = set->time_zone.len > 0 ? set->time_zone : machine_zone(app->boot),
                           .day_starts = set->day_starts };
}

static const fault *owner_open(struct app *app, struct gateway *gw, enum owner_name which, const char *name, str url)
{
    TRY(app_open_upstream(app, name, url, &gw->owners.of[which].upstream));
    if (!gw->owners.of[which].upstream)
        return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "The gateway cannot do without %s.", name);
    app_check_upstream(app, name, gw->owners.of[which].upstream, false);
    return NULL;
}

static const struct field settings_fields[] = {
    FIELD(struct gateway_settings, analytics_api_url, "ANALYTICS_API_URL", .fallback = "",
          .doc = "where analytics is, as http://127.0.0.1:3005; none: nowhere"),
    FIELD(struct gateway_settings, ingestion_api_url, "INGESTION_API_URL", .fallback = "",
          .doc = "where ingestion is, as http://127.0.0.1:3006; none: nowhere"),
    FIELD(struct gateway_settings, address_a_minute, "ADDRESS_REQUESTS_PER_MINUTE", .fallback = "0", .max = 1000000,
          .doc = "requests of one address, all at once or evenly; 0: any number. Who holds ADMIN_TOKEN is not counted"),
    FIELD(struct gateway_settings, user_a_minute, "USER_BOOKINGS_PER_MINUTE", .fallback = "0", .max = 1000000,
          .doc = "bookings that are asked for one user; 0: any number"),
    FIELD(struct gateway_settings, admissions_a_minute, "ADMISSIONS_PER_MINUTE", .fallback = "600", .min = 1, .max = 1000000,
          .doc = "buyers who leave the waiting room of a showing in a minute, one after another"),
    FIELD(struct gateway_settings, admission_s, "ADMISSION_SECONDS", .fallback = "600", .min = 1, .max = 86400,
          .doc = "how long a buyer may book once his turn has come"),
    FIELD(struct gateway_settings, admission_gateways, "ADMISSION_GATEWAYS", .fallback = "1", .min = 1, .max = 1000,
          .doc = "gateways that share ADMISSIONS_PER_MINUTE evenly: how many of them run"),
    FIELD(struct gateway_settings, address_places_a_minute, "ADDRESS_PLACES_PER_MINUTE", .fallback = "0", .max = 1000000,
          .doc = "new places in waiting rooms for one address; 0: any number. Behind a proxy it needs TRUSTED_PROXIES"),
    FIELD(struct gateway_settings, trusted_proxies, "TRUSTED_PROXIES", .fallback = "",
          .doc = "networks whose X-Forwarded-For is believed, separated by commas, as 10.0.0.0/8"),
    FIELD(struct gateway_settings, tax_percent, "TAX_PERCENT", .fallback = "0",
          .doc = "the tax that is in every price, as 18 or 10.5: a line of the ticket says how much it is; 0: no such line"),
};

static const fault *settings_check(arena *a, void *read)
{
    int64_t unused;
    if (tax_read(((const struct gateway_settings *)read)->tax_percent, &unused))
        return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid", "TAX_PERCENT must be a number from 0 to 100 with at most two decimals.");
}
static const struct shape settings_own_shape = SHAPE(gateway_settings, settings_fields, .check = settings_check);

/* Services that answer beside the owners: when they are away, the sale goes on. */
static const fault *helpers_open(struct app *app, struct gateway *gw)
{
    const struct gateway_settings *own = app->own;
    TRY(app_open_upstream(app, "analytics", own->analytics_api_url, &gw->analytics));
    TRY(app_open_upstream(app, "analytics-flows", own->analytics_api_url, &gw->analytics_flows));
    TRY(app_open_upstream(app, "ingestion", own->ingestion_api_url, &gw->ingestion));
    if (gw->analytics)
        app_check_upstream(app, "analytics", gw->analytics, false);
    if (gw->ingestion)
        app_check_upstream(app, "ingestion", gw->ingestion, false);
    return NULL;
}

static const fault *gateway_admit(struct call *c)
{
    return quotas_admit(&((struct gateway *)c->service)->quotas, c);
}

static const fault *quotas_open(struct app *app, struct gateway *gw)
{
    const struct gateway_settings *own = app->own;
    rate_open(&gw->quotas.addresses, app->boot, own->address_a_minute);
    rate_open(&gw->quotas.users, app->boot, own->user_a_minute);
    rate_open(&gw->quotas.places, app->boot, own->address_places_a_minute);
    app->site.admit = gateway_admit;
    return networks_read(app->boot, &own->trusted_proxies, "TRUSTED_PROXIES", &gw->quotas.trusted);
}

static void waiting_open(struct app *app, struct gateway *gw)
{
    const struct gateway_settings *own = app->own;
    gw->queue = (struct queue){ .pace = { own->admissions_a_minute, own->admission_gateways }, .good_ms = own->admission_s * 1000 };
    queue_open(&gw->queue, app->settings->service_token);
}

static const fault *gateway_open(struct app *app)
{
    struct gateway *gw = NEW(app->boot, struct gateway);
    app->service = gw;
    gw->house = house_of(app);
    if (!tax_read(((const struct gateway_settings *)app->own)->tax_percent, &gw->tax))
        return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "TAX_PERCENT is not a number.");
    gw->key_prefix = random_hex(app->boot, 16);
    TRY(quotas_open(app, gw));
    waiting_open(app, gw);
    TRY(owner_open(app, gw, MOVIES, "movies", app->settings->movies_api_url));
    TRY(owner_open(app, gw, ROOMS, "rooms", app->settings->rooms_api_url));
    TRY(owner_open(app, gw, RESERVATIONS, "reservations", app->settings->reservations_api_url));
    TRY(helpers_open(app, gw));
    gw->owners.seats_moved = gateway_seats_moved;
    gw->owners.arg = gw;
    owners_follow(&gw->owners);
    return NULL;
}

static void gateway_drain(struct app *app)
{
    struct gateway *gw = app->service;
    owners_stop(&gw->owners);
    if (gw->analytics_flows)
        upstream_close(gw->analytics_flows);
}

/* Also after an open that failed half way. */
static void gateway_close(struct app *app)
{
    struct gateway *gw = app->service;
    owners_free(&gw->owners);
    kept_free(&gw->kept);
    queue_free(&gw->queue);
    for (size_t i = 0; i < OWNER_COUNT; i++)
        if (gw->owners.of[i].upstream)
            upstream_close(gw->owners.of[i].upstream);
    if (gw->analytics)
        upstream_close(gw->analytics);
    if (gw->analytics_flows)
        upstream_close(gw->analytics_flows);
    if (gw->ingestion)
        upstream_close(gw->ingestion);
}

static void gateway_metrics(struct app *app, struct buf *out)
{
    const struct gateway *gw = app->service;
    buf_printf(out,
               "# TYPE taquilla_kept_hits_total counter\ntaquilla_kept_hits_total %llu\n"
               "# TYPE taquilla_kept_misses_total counter\ntaquilla_kept_misses_total %llu\n"
               "# TYPE taquilla_showings gauge\ntaquilla_showings %zu\n"
               "# TYPE taquilla_seat_watchers gauge\ntaquilla_seat_watchers %zu\n",
               (unsigned long long)gw->kept.hits, (unsigned long long)gw->kept.misses,
               programme_showing_count(&gw->owners.programme), gw->watcher_count);
    queue_metrics(&gw->queue, out);
}

const struct service gateway_service = {
    .name = "gateway",
    .health_name = "gateway-api",
    .title = "Taquilla gateway",
    .about = "One address for pages, apps and tills: showings with film and room, seat maps, tickets.",
    .port = 3004,
    .routes = gateway_routes,
    .settings = &settings_own_shape,
    .settings_size = sizeof(struct gateway_settings),
    .open = gateway_open,
    .close = gateway_close,
    .drain = gateway_drain,
    .metrics = gateway_metrics,
};
