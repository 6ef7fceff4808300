/* service.c - reservations put together: its store, the showings it follows, the provider, its upkeep. */
#include "services/reservations/service.h"

#include <sodium.h>
#include <string.h>

#include "services/reservations/reservations.h"

static const struct field settings_fields[] = {
    FIELD(struct reservations_settings, hold_s, "HOLD_SECONDS", .fallback = "600", .min = 1, .max = 86400,
          .doc = "how long seats are kept for a buyer who pays now"),
    FIELD(struct reservations_settings, unpaid_until, "UNPAID_UNTIL_MINUTES", .fallback = "30",
          .doc = "minutes before the start until which an unpaid reservation stands; off: every one is a hold"),
    FIELD(struct reservations_settings, refund_until_min, "REFUND_UNTIL_MINUTES", .fallback = "60", .max = 100000,
          .doc = "minutes before the start until which a paid ticket can be given back"),
    FIELD(struct reservations_settings, payment_grace_s, "PAYMENT_GRACE_SECONDS", .fallback = "120", .min = 90,
          .max = 3600, .doc = "how long seats are kept for a payment whose provider has not answered"),
    FIELD(struct reservations_settings, payment_timeout_s, "PAYMENT_TIMEOUT_SECONDS", .fallback = "30", .min = 1,
          .max = 60, .doc = "how long the provider's answer is waited for"),
    FIELD(struct reservations_settings, holds_per_user_max, "MAX_HOLDS_PER_USER", .fallback = "10", .min = 1,
          .max = 100000, .doc = "open unpaid reservations of one user"),
    FIELD(struct reservations_settings, ticket_key, "TICKET_KEY", .optional = true, .max = 200, .secret = true,
          .doc = "what tickets are signed with: 64 hex digits (openssl rand -hex 32); NEW,OLD while older tickets are about, NEW,own when "
                 "those were signed without it; the same for all replicas; without it DIR/ticket.key, or on PostgreSQL the store's secret"),
};

/* UNPAID_UNTIL_MINUTES as a number; -1 is off. */
static bool unpaid_minutes(str text, int64_t *minutes)
{
    if (str_equal(text, STR("off"))) {
        *minutes = -1;
        return true;
    }
    return str_to_int(text, minutes) && *minutes >= 0 && *minutes <= 100000;
}

static const fault *settings_check(arena *a, void *read)
{
    const struct reservations_settings *own = read;
    int64_t minutes;
    struct ticket_ring unused;
    if (!unpaid_minutes(own->unpaid_until, &minutes))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "UNPAID_UNTIL_MINUTES must be a number of minutes or off.");
    return own->ticket_key.len > 0 ? ticket_keys_read(a, own->ticket_key, "TICKET_KEY", &unused) : NULL;
}
const struct shape reservations_settings_shape = SHAPE(reservations_settings, settings_fields, .check = settings_check);

_Static_assert(offsetof(struct reservations, desk) == 0, "owner.h finds the desk there");

static void store_moved(void *arg, int64_t position)
{
    feed_moved(&((struct reservations *)arg)->desk.feed, position);
}

static const fault *feed_read(void *arg, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct store *store = arg;
    return store->feed_read(store, a, after, limit, out);
}

static void store_check(struct health_check *check, struct app *app)
{
    struct reservations *svc = app->service;
    arena *a = arena_new(64 * 1024);
    check->away = svc->store->check(svc->store, a) != NULL;
    arena_free(a);
}

/* --- which store --- */

static void url_put(struct buf *url, str part)
{
    for (size_t i = 0; i < part.len; i++)
        buf_printf(url, "%%%02x", (unsigned)(unsigned char)part.at[i]);
}

static void url_begin(struct buf *url, str user, str password)
{
    buf_literal(url, "postgres://");
    url_put(url, user);
    if (password.len > 0)
        buf_char(url, ':');
    url_put(url, password);
    buf_char(url, '@');
}

/* Of the driver's own words after '?' those that say how the line is encrypted; the others are for its pool and its caches. */
static void jdbc_words_put(struct buf *url, str words)
{
    str word;
    bool required = false, mode = false;
    while (str_cut(&words, '&', &word)) {
        required = required || str_equal(word, STR("ssl=true"));
        if (!str_starts(word, STR("sslmode=")) && !str_starts(word, STR("sslrootcert=")))
            continue;
        mode = mode || str_starts(word, STR("sslmode="));
        buf_char(url, memchr(url->at, '?', url->len) ? '&' : '?');
        buf_text(url, word);
    }
    if (required && !mode)
        buf_printf(url, "%csslmode=require", memchr(url->at, '?', url->len) ? '&' : '?');
}

/* The old system's names, as one address; no text when none is set. */
static const fault *url_of_old_names(arena *a, const struct settings *s, str *out)
{
    static const char jdbc[] = "jdbc:postgresql://";
    struct buf url = { .in = a };
    *out = (str){ NULL, 0 };
    str given = s->spring_datasource_url, place = str_after(given, sizeof jdbc - 1), words = { NULL, 0 };
    if (given.len > 0 && !str_starts(given, str_of(jdbc)))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "SPRING_DATASOURCE_URL must begin with jdbc:postgresql://.");
    if (given.len > 0) {
        url_begin(&url, s->db_username.len > 0 ? s->db_username : s->postgres_user,
                  s->db_password.len > 0 ? s->db_password : s->postgres_password);
        words = place;
        (void)str_cut(&words, '?', &place);
        buf_text(&url, place);
        jdbc_words_put(&url, words);
    } else if (s->postgres_host.len > 0) {
        url_begin(&url, s->postgres_user, s->postgres_password);
        buf_printf(&url, "%.*s:%lld/", STR_ARG(s->postgres_host), (long long)s->postgres_port);
        url_put(&url, s->postgres_database);
    } else {
        return NULL;
    }
    *out = buf_str(&url);
    return NULL;
}

static const fault *store_choose(arena *a, const struct settings *s, str *url, const char **directory)
{
    *url = s->reservations_database_url;
    *directory = arena_cstr(a, s->data_dir);
    if (url->len == 0)
        TRY(url_of_old_names(a, s, url));
    if (url->len == 0 || str_starts(*url, STR("postgres://")) || str_starts(*url, STR("postgresql://")))
        return NULL;
    if (!str_starts(*url, STR("sqlite:")))
        return fault_new(a, FAULT_INVALID, "setting_invalid",
                         "RESERVATIONS_DATABASE_URL must begin with sqlite: or postgres://.");
    *directory = arena_cstr(a, str_after(*url, 7));
    *url = (str){ NULL, 0 };
    return NULL;
}

static const fault *store_open(struct app *app, struct reservations *svc)
{
    str url;
    const char *directory;
    TRY(store_choose(app->boot, app->settings, &url, &directory));
    if (url.len > 0)
        return reservations_postgres_open(app->boot, &svc->store, url, store_moved, svc);
    svc->tickets_beside = directory;
    return reservations_sqlite_open(app->boot, &svc->store, directory, store_moved, svc);
}

const fault *reservations_keys_open(struct reservations *svc, arena *a)
{
    return ticket_ring_open(&svc->tickets, a, svc->store, svc->ticket_key, svc->tickets_beside);
}

static const fault *reservations_schema(arena *a, const struct settings *set, struct schema_seen *out)
{
    str url;
    const char *directory;
    TRY(store_choose(a, set, &url, &directory));
    return reservations_look(a, url, directory, out);
}

static const fault *rooms_follow(struct app *app, struct reservations *svc)
{
    struct upstream *rooms;
    TRY(app_open_upstream(app, "rooms", app->settings->rooms_api_url, &rooms));
    if (!rooms)
        return NULL;
    TRY(showings_open(app->boot, &svc->showings, rooms, svc->store, svc->rules.unpaid_until_min));
    app_check_upstream(app, "rooms", rooms, false);
    return NULL;
}

static const fault *reservations_open(struct app *app)
{
    const struct reservations_settings *own = app->own;
    if (sodium_init() < 0)
        return fault_new(app->boot, FAULT_INTERNAL, "crypto_unavailable", "The crypto library does not start.");
    struct reservations *svc = NEW(app->boot, struct reservations);
    app->service = svc;
    svc->provider = provider_simulated();
    svc->payment_timeout_ms = own->payment_timeout_s * 1000;
    svc->rules = (struct selling_rules){ .hold_s = own->hold_s,
                                         .refund_until_min = own->refund_until_min,
                                         .payment_grace_s = own->payment_grace_s,
                                         .holds_per_user_max = own->holds_per_user_max };
    if (!unpaid_minutes(own->unpaid_until, &svc->rules.unpaid_until_min))
        return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "UNPAID_UNTIL_MINUTES is not a number.");
    svc->desk.feed = (struct feed){ .source = "taquilla/reservations", .read = feed_read };
    TRY(store_open(app, svc));
    svc->ticket_key = own->ticket_key;
    TRY(reservations_keys_open(svc, app->boot));
    svc->desk.feed.store = svc->store;
    svc->desk.feed.passed = svc->store->reader_passed;
    svc->desk.archive = svc->store->log_archive;
    svc->desk.log_keep_days = app->settings->log_keep_days;
    svc->desk.exporter = svc->store->exporter;
    svc->desk.parts = reservations_snapshot;
    feed_moved(&svc->desk.feed, svc->store->position(svc->store));
    TRY(relay_open(app->boot, &svc->desk.feed, &svc->desk.relay));
    app->checks[app->check_count++] = (struct health_check){ .name = "store", .run = store_check, .needed = true };
    TRY(rooms_follow(app, svc));
    return upkeep_start(svc, app->boot);
}

static void reservations_drain(struct app *app)
{
    struct reservations *svc = app->service;
    feed_stop(&svc->desk.feed);
    if (svc->showings)
        showings_stop(svc->showings);
}

/* Also after an open that failed half way. */
static void reservations_close(struct app *app)
{
    struct reservations *svc = app->service;
    upkeep_stop(svc);
    if (svc->showings)
        showings_close(svc->showings);
    relay_close(svc->desk.relay);
    if (svc->choosers.plans)
        arena_free(svc->choosers.plans);
    if (svc->store)
        svc->store->close(svc->store);
}

static int64_t reservations_position(void *service)
{
    struct store *store = ((struct reservations *)service)->store;
    return store->position(store);
}

static void reservations_metrics(struct app *app, struct buf *out)
{
    const struct reservations *svc = app->service;
    svc->store->metrics(svc->store, out);
    buf_printf(out, "# TYPE taquilla_feed_readers gauge\ntaquilla_feed_readers %zu\n", svc->desk.feed.readers);
    buf_printf(out,
               "# TYPE taquilla_best_chosen_total counter\ntaquilla_best_chosen_total %llu\n"
               "# TYPE taquilla_best_lost_total counter\ntaquilla_best_lost_total %llu\n",
               (unsigned long long)svc->choosers.chosen, (unsigned long long)svc->choosers.lost);
}

const struct service reservations_service = {
    .name = "reservations",
    .health_name = "reservations-api",
    .title = "Taquilla reservations",
    .about = "Users, seats held and sold, payments. Seats are claimed all or none, each at most once.",
    .port = 3003,
    .routes = reservations_routes,
    .settings = &reservations_settings_shape,
    .settings_size = sizeof(struct reservations_settings),
    .null_members = true,
    .open = reservations_open,
    .close = reservations_close,
    .drain = reservations_drain,
    .position = reservations_position,
    .closed = owner_closed,
    .schema = reservations_schema,
    .metrics = reservations_metrics,
};
