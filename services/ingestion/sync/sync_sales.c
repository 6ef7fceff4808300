/* sync_sales.c - reservations with their seats, payments and showings; and users, whose names their owner is asked for. */
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "services/ingestion/sync/sync_parts.h"

#define NAMES_AT_ONCE 100
#define NAMES_DEADLINE_MS 15000

static void strange(const struct event *e)
{
    log_line("error", "fact_unreadable", "%.*s at position %lld cannot be read: it is not copied", STR_ARG(e->type),
             (long long)e->position);
}

/* --- users --- */

struct names {
    list data; /* of struct item_user */
};
static const struct field names_fields[] = { FIELD(struct names, data, "data", .shape = &item_user_shape) };
static const struct shape names_shape = SHAPE(names, names_fields);

static const fault *names_ask(struct sync_page *p, const struct event *const *told, size_t count, struct names *out)
{
    struct buf target = { .in = p->a };
    buf_literal(&target, "/internal/users?ids=");
    for (size_t i = 0; i < count; i++)
        buf_printf(&target, "%s%.*s", i > 0 ? "," : "", STR_ARG(told[i]->subject));
    struct upstream *u = sync_upstream(p->s, SYNC_OF_RESERVATIONS);
    struct message *answer = NEW(p->a, struct message);
    TRY(upstream_call(u, p->a, &(struct outgoing){ .method = GET, .target = buf_str(&target), .deadline_ms = NAMES_DEADLINE_MS,
                                                   .internal = true }, answer));
    if (answer->status != 200 || json_read_fact(p->a, answer->body, &names_shape, out))
        return fault_new(p->a, FAULT_UNAVAILABLE, "feed_refused", "%s did not say who its users are (%d).", upstream_name(u),
                         answer->status);
    return NULL;
}

/* Whoever is not there any more was erased since: the feed will say so, and nothing of him is copied before. */
static const fault *users_add(struct sync_page *p, const struct event *const *told, size_t count)
{
    struct names known;
    TRY(names_ask(p, told, count, &known));
    for (size_t i = 0; i < count; i++) {
        const struct item_user *found = NULL;
        int64_t id;
        for (size_t k = 0; k < known.data.count && str_to_int(told[i]->subject, &id) && !found; k++)
            if (LIST_AT(&known.data, const struct item_user, k)->id == id)
                found = LIST_AT(&known.data, const struct item_user, k);
        if (found)
            sync_write_add(p, CLOUD_USERS, told[i]->position)->item = item_of_user(p->a, found, told[i]->position);
        else
            sync_tombstone_add(p, CLOUD_USERS, told[i]->subject, told[i]->position);
    }
    return NULL;
}

static const fault *users_fold(struct sync_page *p)
{
    ids users = sync_newest(p, "user.");
    const struct event *some[NAMES_AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < users.count; i++) {
        const struct event *e = LIST_AT(p->events, const struct event, users.at[i]);
        if (str_equal(e->type, STR("user.erased")))
            sync_tombstone_add(p, CLOUD_USERS, e->subject, e->position);
        else
            some[count++] = e;
        if (count < NAMES_AT_ONCE)
            continue;
        TRY(users_add(p, some, count));
        count = 0;
    }
    p->synced[SYNC_USERS] += (int64_t)users.count;
    return count > 0 ? users_add(p, some, count) : NULL;
}

/* --- reservations: the page's facts of each --- */

struct told {
    int64_t id;                  /* of the reservation */
    const struct event *event;
    struct item_payment payment; /* id 0: a fact of the reservation itself */
};

static int by_reservation(const void *left, const void *right)
{
    const struct told *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->event->position > b->event->position) - (a->event->position < b->event->position);
}

static list told_read(struct sync_page *p)
{
    list told = { NEW_ARRAY(p->a, struct told, p->events->count + 1), 0 };
    for (size_t i = 0; i < p->events->count; i++) {
        const struct event *e = LIST_AT(p->events, const struct event, i);
        struct told *t = LIST_AT(&told, struct told, told.count);
        bool of_payment = str_starts(e->type, STR("payment.")), of_sale = str_starts(e->type, STR("reservation."));
        *t = (struct told){ .event = e };
        if (of_payment && !json_read_fact(p->a, e->data, &item_payment_fact_shape, &t->payment))
            t->id = t->payment.reservation_id;
        else if (of_sale && !str_to_int(e->subject, &t->id))
            t->id = 0;
        told.count += t->id > 0;
        if ((of_payment || of_sale) && t->id <= 0)
            strange(e);
    }
    qsort(told.at, told.count, sizeof(struct told), by_reservation);
    return told;
}

struct sale {
    int64_t id, position;
    bool told;                         /* a fact of the reservation is among them */
    struct item_reservation r;
    const struct item_payment *payment; /* the newest that is told of */
};

/* Those that begin at *i are of one reservation, in their order. */
static struct sale sale_of(struct sync_page *p, const list *told, size_t *i)
{
    struct sale made = { .id = LIST_AT(told, const struct told, *i)->id };
    const struct event *fact = NULL;
    for (; *i < told->count && LIST_AT(told, const struct told, *i)->id == made.id; ++*i) {
        const struct told *t = LIST_AT(told, const struct told, *i);
        made.position = t->event->position;
        if (!t->payment.id)
            fact = t->event;
        else if (!made.payment || t->payment.id >= made.payment->id)
            made.payment = &t->payment;
    }
    if (!fact)
        return made;
    made.told = !json_read_fact(p->a, fact->data, &item_reservation_fact_shape, &made.r);
    if (!made.told)
        strange(fact);
    p->synced[SYNC_RESERVATIONS]++;
    p->synced[SYNC_RESERVED_SEATS] += made.told ? (int64_t)made.r.tickets.count : 0;
    return made;
}

/* --- and their items --- */

static struct dynamodb_change change_of(struct sync_page *p, const struct sale *sale, struct attributes_change what, const char *also)
{
    return (struct dynamodb_change){ .table = p->s->set.cloud->tables[CLOUD_RESERVATIONS].name,
                                     .key = item_key(p->a, "reservation_id", 'S', item_id(p->a, sale->id)),
                                     .expression = what.expression, .names = what.names, .values = what.values,
                                     .position = sale->position, .also = also };
}

/* An older payment than the item's is not told with it, but the reservation's own fact is all the same. */
static void sale_add(struct sync_page *p, const struct sale *sale)
{
    if (sale->told && sale->r.deleted_at.ms != TIME_NONE) {
        sync_tombstone_add(p, CLOUD_RESERVATIONS, item_id(p->a, sale->id), sale->position);
        return;
    }
    if (!sale->told && !sale->payment)
        return;
    struct sync_write *w = sync_write_add(p, CLOUD_RESERVATIONS, sale->position);
    if (!sale->told) {
        w->change = change_of(p, sale, item_payment_change(p->a, sale->payment), ITEM_PAYMENT_ALONE);
        return;
    }
    const struct showing_known *known = item_showings_find(&p->s->showings, sale->r.schedule_id);
    const struct item_showing *showing = known ? &known->showing : NULL;
    int64_t as_of = known ? known->position : 0;
    struct dynamodb_change alone = change_of(p, sale, item_reservation_change(p->a, &sale->r, NULL, showing, as_of), NULL);
    w->change = alone;
    if (!sale->payment)
        return;
    w->change = change_of(p, sale, item_reservation_change(p->a, &sale->r, sale->payment, showing, as_of), ITEM_PAYMENT_NEWEST);
    w->otherwise = alone;
}

static bool showings_all_known(const struct sync *s, const list *sales)
{
    for (size_t i = 0; i < sales->count; i++) {
        const struct sale *sale = LIST_AT(sales, const struct sale, i);
        if (sale->told && !item_showings_find(&s->showings, sale->r.schedule_id))
            return false;
    }
    return true;
}

static const fault *sales_fold(struct sync_page *p)
{
    list told = told_read(p), sales = { NEW_ARRAY(p->a, struct sale, told.count + 1), 0 };
    for (size_t i = 0; i < told.count;)
        *LIST_AT(&sales, struct sale, sales.count++) = sale_of(p, &told, &i);
    p->synced[SYNC_PAYMENTS] += (int64_t)sync_newest(p, "payment.").count;
    if (!showings_all_known(p->s, &sales))
        TRY(sync_showings_catch_up(p->s, p->a));
    for (size_t i = 0; i < sales.count; i++)
        sale_add(p, LIST_AT(&sales, const struct sale, i));
    return NULL;
}

const fault *sync_fold_reservations(struct sync_page *p)
{
    if (p->tables & 1u << SYNC_USERS)
        TRY(users_fold(p));
    if (p->tables & (1u << SYNC_RESERVATIONS | 1u << SYNC_RESERVED_SEATS | 1u << SYNC_PAYMENTS))
        return sales_fold(p);
    return NULL;
}
