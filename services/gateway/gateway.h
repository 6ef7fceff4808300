/* gateway.h - the gateway's own struct and its handlers. */
#ifndef TAQUILLA_GATEWAY_GATEWAY_H
#define TAQUILLA_GATEWAY_GATEWAY_H

#include "lib/http/route.h"
#include "services/gateway/kept.h"
#include "services/gateway/queue.h"
#include "services/gateway/quotas.h"

struct gateway {
    struct owners owners;
    struct upstream *analytics, *ingestion; /* NULL: this cinema does without */
    struct upstream *analytics_flows;       /* analytics too, for what streams */
    struct kept kept;
    struct quotas quotas;
    struct queue queue;
    struct house house;
    str version;            /* of the program */
    int64_t tax; /* that is in prices, in hundredths of a percent; 0: tickets say nothing of it */
    struct watched *watched; /* a hash table: showings whose seats somebody watches */
    size_t watcher_count;
    str key_prefix;     /* of the Idempotency-Keys that it makes: 128 random bits of this process */
    uint64_t keys_made; /* one key follows another, so that owners keep them in order: a random one costs them a page each */
};

extern const struct route gateway_routes[];

/* handlers.c */
#define KEEP_LISTS_MS 1000 /* "not yet over" moves with the clock */
bool gateway_kept(struct call *c); /* answers from memory what it was asked just now: see kept.h */
handler gateway_showtimes, gateway_showtime, gateway_details, gateway_seats, gateway_availability, gateway_dashboard,
    gateway_house;
/* [showing,...] with film and room. */
void showtimes_write(struct gateway *gw, struct buf *out, const struct showtime_query *want);
/* With film and room. NOT_FOUND showing_unknown; UNAVAILABLE upstream_away. */
const fault *showing_find(struct gateway *gw, struct call *c, int64_t id, struct showing *out) MUST_CHECK;
/* watching.c */
handler gateway_seats_stream;
void gateway_seats_moved(void *gateway, int64_t schedule_id); /* 0: any showing's */
/* health.c */
handler gateway_services;
/* proxy.c */
handler gateway_to_movies, gateway_to_rooms, gateway_to_reservations, gateway_book, gateway_best, gateway_to_analytics,
    gateway_to_ingestion, gateway_figures_stream, gateway_sales_csv;
/* The request as it came, to another address there. answer: of whatever status. */
const fault *reservations_ask(struct call *c, str target, bool internal, struct message *answer) MUST_CHECK;
/* Its status, relevant headers and body are this answer. */
const fault *answer_up(struct call *c, const struct message *answer) MUST_CHECK;
/* handlers_tickets.c */
handler gateway_ticket_pdf, gateway_ticket_svg, gateway_ticket_ics, gateway_checkin, gateway_door;
/* pages.c */
handler gateway_page, gateway_owner_page, gateway_door_page, gateway_door_worker, gateway_file;

struct gateway_settings {
    str analytics_api_url, ingestion_api_url;
    int64_t address_a_minute, user_a_minute;
    int64_t admissions_a_minute, admission_s, admission_gateways, address_places_a_minute;
    strs trusted_proxies;
    str tax_percent;
};

struct details_query {
    bool past;
};
struct ticket_query {
    str code, lang;
};
struct dashboard_query {
    int64_t limit;
};

#endif
