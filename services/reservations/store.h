/* store.h - what the reservations service asks of its database.
 *
 * One function per business act; each act is one transaction, all or nothing, and writes its events in that same
 * transaction. Results live in the arena given; on a fault *out is untouched. Time is the store's clock. `once` is the
 * client's Idempotency-Key or NULL. Any act may fail with UNAVAILABLE; nothing has happened then. */
#ifndef TAQUILLA_RESERVATIONS_STORE_H
#define TAQUILLA_RESERVATIONS_STORE_H

#include "lib/base/archive.h"
#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/imported.h"
#include "lib/base/once.h"
#include "lib/base/snapshot.h"
#include "services/reservations/model.h"
#include "services/reservations/model_tickets.h"

struct reservation_filter {
    str status; /* no text: any */
    int64_t user_id, schedule_id; /* 0: any */
    str movie_id;
    int64_t limit, offset;
};

/* How a payment attempt ended, as far as the provider said. */
enum payment_outcome {
    OUTCOME_CHARGED,
    OUTCOME_DECLINED,
    OUTCOME_UNKNOWN, /* no answer: asked again later */
};

struct exporter; /* lib/feed/export.h */

struct store {
    const struct exporter *exporter; /* its tables out as they are at one moment, and back */

    /* --- users --- */

    /* CONFLICT email_taken. */
    const fault *(*user_create)(struct store *, arena *, const struct user_input *, const struct once *,
                                struct user *out) MUST_CHECK;
    /* The user with that e-mail, else a new one. */
    const fault *(*user_find_or_create)(struct store *, arena *, const struct user_input *,
                                        struct user *out) MUST_CHECK;
    /* NOT_FOUND user_unknown; CONFLICT email_taken. */
    const fault *(*user_change)(struct store *, arena *, int64_t id, const struct user_input *,
                                struct user *out) MUST_CHECK;
    /* Releases open holds and empties the person's row. NOT_FOUND user_unknown; CONFLICT user_has_tickets (confirmed, not
     * over yet), payment_in_progress. */
    const fault *(*user_erase)(struct store *, arena *, int64_t id) MUST_CHECK;
    /* Creates each (struct user_import), or changes the name and phone that it gives of the one with its e-mail. Where a store
     * takes them one by one, those before a fault stay. */
    const fault *(*users_import)(struct store *, arena *, const struct import_rows *,
                                 struct imported *) MUST_CHECK;
    /* NOT_FOUND user_unknown, also for an erased one. */
    const fault *(*user_show)(struct store *, arena *, int64_t id, struct user *out) MUST_CHECK;
    const fault *(*user_list)(struct store *, arena *, int64_t limit, int64_t offset,
                              list *out) MUST_CHECK;
    /* Of those ids the ones that exist and are not erased. */
    const fault *(*user_names)(struct store *, arena *, const ids *wanted, list *out) MUST_CHECK;

    /* --- reservations --- */

    /* Was this key's reservation made before? KEY_REUSED idempotency_key_reused. */
    const fault *(*reserve_recall)(struct store *, arena *, const struct once *, struct reservation *out,
                                   bool *seen) MUST_CHECK;
    /* Claim every seat or change nothing. NOT_FOUND user_unknown; CONFLICT seats_taken (naming exactly the lost seats),
     * showing_cancelled, too_many_holds, not_on_sale_yet by the store's clock. */
    const fault *(*reserve)(struct store *, arena *, const struct sale *, const struct once *,
                            struct reservation *out) MUST_CHECK;
    /* Seats of a showing that cannot be booked at this moment, by id: sold, held, or in a payment that is under way. */
    const fault *(*seats_claimed)(struct store *, arena *, int64_t schedule_id, ids *out) MUST_CHECK;
    /* Frees the seats at once; a paid one is refunded. NOT_FOUND reservation_unknown; CONFLICT reservation_cancelled,
     * reservation_expired, tickets_used, payment_in_progress, too_late (less than refund_until_min before the start; negative: no such rule). */
    const fault *(*cancel)(struct store *, arena *, int64_t id, int64_t refund_until_min,
                           struct reservation *out) MUST_CHECK;
    /* Takes back a reservation whose ticket was declined, and the key it was made under: the next try is judged anew. */
    const fault *(*release)(struct store *, arena *, int64_t id, const struct once *) MUST_CHECK;
    /* Cancels and refunds if need be, then hides it for good. NOT_FOUND, CONFLICT as cancel. */
    const fault *(*remove)(struct store *, arena *, int64_t id, int64_t refund_until_min) MUST_CHECK;
    const fault *(*reservation_show)(struct store *, arena *, int64_t id, struct reservation *out) MUST_CHECK;
    const fault *(*reservation_list)(struct store *, arena *, const struct reservation_filter *,
                                     list *out) MUST_CHECK;
    /* 32 hex digits that only the store can tell; the same for ever. */
    str (*access_code)(struct store *, arena *, int64_t reservation_id);

    /* --- payments: begin, the provider's call in no transaction, settle --- */

    /* A PENDING attempt; the seats are kept at least grace_s from now, and the provider is asked after ask_after_s when settle
     * has not come. With `once`, the completed attempt of that key is given back and *begun is false. NOT_FOUND
     * reservation_unknown; CONFLICT payment_exists, reservation_cancelled, reservation_expired, amount_differs; UNAVAILABLE
     * payment_unknown (this key's attempt is not decided yet). */
    const fault *(*payment_begin)(struct store *, arena *, const struct payment_order *, int64_t grace_s,
                                  int64_t ask_after_s, const struct once *, struct payment *out,
                                  bool *begun) MUST_CHECK;
    /* CHARGED: COMPLETED and the reservation CONFIRMED; REFUNDED (refund_due) when its seats are gone. DECLINED: FAILED. UNKNOWN:
     * asked again later; past its grace the attempt is FAILED and the hold takes its course, and it is still asked for a day,
     * so that money which arrives late goes back. Settling a settled payment changes nothing. */
    const fault *(*payment_settle)(struct store *, arena *, int64_t payment_id, enum payment_outcome,
                                   str transaction_id, struct payment *out) MUST_CHECK;
    /* The provider confirmed the refund. */
    const fault *(*refund_done)(struct store *, arena *, int64_t payment_id) MUST_CHECK;
    /* Attempts to ask about, and refunds to send, that are due now. */
    const fault *(*payments_due)(struct store *, arena *, list *out) MUST_CHECK;
    /* The newest of a reservation. NOT_FOUND payment_missing. */
    const fault *(*payment_show)(struct store *, arena *, int64_t reservation_id,
                                 struct payment *out) MUST_CHECK;

    /* --- tickets --- */

    /* Somebody comes in by a ticket. NOT_FOUND ticket_unknown; CONFLICT ticket_cancelled, not_confirmed, already_in, seats_taken (an old
     * system sold the seat twice, and the other sale has it). */
    const fault *(*checkin)(struct store *, arena *, const struct checkin_order *, const struct once *,
                            struct checkin *out) MUST_CHECK;
    /* Those of a reservation (of struct checkin). */
    const fault *(*checkins_of)(struct store *, arena *, int64_t reservation_id, list *out) MUST_CHECK;
    /* Every ticket that a showing's door may be shown (of struct door_seat), at most DOOR_SEATS_MAX. */
    const fault *(*door_seats)(struct store *, arena *, int64_t schedule_id, list *out) MUST_CHECK;
    /* What the store's own ticket key is made of: derived from its secret, as access codes are. False: the secret is not known, a
     * restore has not brought it or the server was never there. */
    bool (*ticket_seed)(struct store *, unsigned char out[32]);

    /* --- showings --- */

    /* Stops the sale of these showings, unless live tickets stand in the way and refund is false. */
    const fault *(*sales_stop)(struct store *, arena *, const struct sales_order *,
                               struct sales_answer *out) MUST_CHECK;
    const fault *(*sales_resume)(struct store *, arena *, const struct sales_order *) MUST_CHECK;
    const fault *(*sales_live)(struct store *, arena *, const struct sales_order *, list *out) MUST_CHECK;
    /* The showing was moved, or is timed at last: unpaid reservations of the old kind follow it. */
    const fault *(*showing_moved)(struct store *, arena *, int64_t schedule_id, instant starts_at,
                                  instant ends_at, int64_t unpaid_until_min) MUST_CHECK;

    /* Of showings with an id above `after` that were ever sold, by id, at most 1000: of struct showing_time. */
    const fault *(*showing_times)(struct store *, arena *, int64_t after, list *out) MUST_CHECK;

    /* --- today's state, as facts: rows for lib/feed/snapshot.h --- */

    const fault *(*users_snapshot)(struct store *, arena *, const struct snapshot_wish *, list *rows) MUST_CHECK;
    /* By showing. live: those that have seats, of showings that ended after yesterday or whose time is not known; not one whose seats
     * an old system had sold before. */
    const fault *(*reservations_snapshot)(struct store *, arena *, const struct snapshot_wish *, list *rows) MUST_CHECK;
    const fault *(*payments_snapshot)(struct store *, arena *, const struct snapshot_wish *, list *rows) MUST_CHECK;
    const fault *(*checkins_snapshot)(struct store *, arena *, const struct snapshot_wish *, list *rows) MUST_CHECK;

    /* --- upkeep --- */

    /* Expires what has run out, at most 500 reservations; *more when there are others. */
    const fault *(*sweep)(struct store *, arena *, bool *more) MUST_CHECK;
    const fault *(*keys_forget_old)(struct store *, arena *) MUST_CHECK; /* Idempotency-Keys past their 24 hours */
    const fault *(*feed_read)(void *store, arena *, int64_t after, int64_t limit,
                              struct event_page *out) MUST_CHECK;
    /* A reader of that name has come so far: what it lacks stays, until it is silent for a day. */
    const fault *(*reader_passed)(void *store, arena *, str reader, int64_t position) MUST_CHECK;
    /* Removes the log's first rows, at most ARCHIVE_ROWS_MAX, that are wished, old enough and passed by every reader. */
    const fault *(*log_archive)(void *store, arena *, const struct archive_wish *, struct archive_made *) MUST_CHECK;
    int64_t (*position)(struct store *);
    const fault *(*check)(struct store *, arena *) MUST_CHECK;
    void (*metrics)(struct store *, struct buf *out);
    void (*close)(struct store *);
};

/* Opens the embedded store in `directory`; moved is called after each commit, on the loop. */
const fault *reservations_sqlite_open(arena *boot, struct store **out, const char *directory,
                                      void (*moved)(void *, int64_t position), void *arg) MUST_CHECK;

/* Of an embedded store that holds nothing: what these events of a log (of any store, in order, from its first on) tell becomes its
 * rows; without events of its own. Then its tables, those named here, are what the log's owner holds. Fibers only. */
const fault *reservations_replay(struct store *fresh, arena *a, const list *events) MUST_CHECK;
extern const char *const reservations_replayed[];

/* The same on PostgreSQL, by postgres://...: several replicas may. An old system's database is adopted. It opens while the server is
 * away, too; moved is also called after commits of other replicas. */
const fault *reservations_postgres_open(arena *boot, struct store **out, str url,
                                        void (*moved)(void *, int64_t position), void *arg) MUST_CHECK;

/* What the store at `url`, or (no text) the embedded one in `directory`, says of its schema; nothing is changed there. */
struct schema_seen; /* lib/db/schema.h */
const fault *reservations_look(arena *a, str url, const char *directory, struct schema_seen *out) MUST_CHECK;

#endif
