/* model_services.c - the health of a service, read and told. */
#include "services/gateway/model_services.h"

static const struct field check_fields[] = {
    FIELD(struct check_told, status, "status"),
    FIELD(struct check_told, age_s, "age_s"),
    FIELD(struct check_told, breaker, "breaker", .nullable = true),
};
static const struct shape check_shape = SHAPE(check_told, check_fields);

static const struct field checks_fields[] = {
    FIELD(struct checks_told, store, "store", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, redis, "redis", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, movies, "movies", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, rooms, "rooms", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, reservations, "reservations", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, analytics, "analytics", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, ingestion, "ingestion", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, s3, "s3", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, dynamodb, "dynamodb", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, rds, "rds", .nullable = true, .shape = &check_shape),
    FIELD(struct checks_told, backup, "backup", .nullable = true, .shape = &check_shape),
};
static const struct shape checks_shape = SHAPE(checks_told, checks_fields);

static const struct field feed_fields[] = {
    FIELD(struct feed_told, owner, "owner"),
    FIELD(struct feed_told, position, "position"),
    FIELD(struct feed_told, in_touch, "in_touch"),
    FIELD(struct feed_told, age_s, "age_s"),
};
static const struct shape feed_shape = SHAPE(feed_told, feed_fields);

static const struct field health_fields[] = {
    FIELD(struct health_told, status, "status"),
    FIELD(struct health_told, version, "version"),
    FIELD(struct health_told, checks, "checks", .nullable = true, .shape = &checks_shape),
    FIELD(struct health_told, position, "position", .nullable = true),
    FIELD(struct health_told, feeds, "feeds", .optional = true, .shape = &feed_shape),
};
const struct shape health_told_shape = SHAPE(health_told, health_fields);

static const struct field seen_check_fields[] = {
    FIELD(struct service_check, name, "name", .doc = "its store, another service, a part of the cloud"),
    FIELD(struct service_check, status, "status", .doc = "ok or away"),
    FIELD(struct service_check, age_s, "ageSeconds", .doc = "since it was last seen well"),
    FIELD(struct service_check, breaker, "breaker", .nullable = true,
          .doc = "of another service: closed, half-open, or open while it is left in peace after failures"),
};
static const struct shape seen_check_shape = SHAPE(service_check, seen_check_fields);

static const struct field seen_feed_fields[] = {
    FIELD(struct service_feed, owner, "owner", .doc = "whose log it follows"),
    FIELD(struct service_feed, position, "position", .doc = "how far it has come"),
    FIELD(struct service_feed, lag, "lag", .nullable = true, .doc = "events of that log it has not taken yet; null when its owner is away"),
    FIELD(struct service_feed, age_s, "ageSeconds", .doc = "since the owner was last heard"),
    FIELD(struct service_feed, in_touch, "inTouch"),
};
static const struct shape seen_feed_shape = SHAPE(service_feed, seen_feed_fields);

static const struct field seen_fields[] = {
    FIELD(struct service_seen, name, "service"),
    FIELD(struct service_seen, status, "status", .doc = "healthy, unhealthy, or away: it gave no answer; none: this cinema does without it"),
    FIELD(struct service_seen, version, "version", .nullable = true),
    FIELD(struct service_seen, took_ms, "tookMs", .doc = "until it had answered"),
    FIELD(struct service_seen, position, "position", .nullable = true, .doc = "last event of its own log; null without a log"),
    FIELD(struct service_seen, checks, "checks", .shape = &seen_check_shape),
    FIELD(struct service_seen, feeds, "feeds", .shape = &seen_feed_shape),
};
const struct shape service_seen_shape = SHAPE(service_seen, seen_fields);

/* Each check is a pointer of the struct, in the order of its table. */
static void checks_take(arena *a, const struct checks_told *told, list *out)
{
    *out = (list){ NEW_ARRAY(a, struct service_check, checks_shape.count), 0 };
    for (size_t i = 0; told && i < checks_shape.count; i++) {
        const struct check_told *one = *(struct check_told *const *)(const void *)((const char *)told + checks_fields[i].offset);
        if (one)
            *LIST_AT(out, struct service_check, out->count++) =
                (struct service_check){ str_of(checks_fields[i].name), one->status, one->breaker, one->age_s };
    }
}

void service_take(arena *a, const struct health_told *told, struct service_seen *out)
{
    out->status = told->status;
    out->version = told->version;
    out->position = told->position;
    checks_take(a, told->checks, &out->checks);
    out->feeds = (list){ NEW_ARRAY(a, struct service_feed, told->feeds.count + 1), told->feeds.count };
    for (size_t i = 0; i < told->feeds.count; i++) {
        const struct feed_told *one = LIST_AT(&told->feeds, struct feed_told, i);
        *LIST_AT(&out->feeds, struct service_feed, i) =
            (struct service_feed){ one->owner, one->position, INTEGER_NONE, one->age_s, one->in_touch };
    }
}

/* One was asked a moment before the other: a follower may know more than its owner told. */
static int64_t lag_of(const struct service_seen *all, const struct service_feed *feed)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (str_equal(all[i].name, feed->owner) && all[i].position != INTEGER_NONE)
            return all[i].position > feed->position ? all[i].position - feed->position : 0;
    return INTEGER_NONE;
}

void services_compare(struct service_seen *all)
{
    for (size_t i = 0; i < SERVICES; i++)
        for (size_t k = 0; k < all[i].feeds.count; k++) {
            struct service_feed *feed = LIST_AT(&all[i].feeds, struct service_feed, k);
            feed->lag = lag_of(all, feed);
        }
}
