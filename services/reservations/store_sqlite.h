/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it. */
#ifndef TAQUILLA_RESERVATIONS_STORE_SQLITE_H
#define TAQUILLA_RESERVATIONS_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "lib/feed/export_sqlite.h"
#include "services/reservations/store.h"

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    struct sqlite_exporter exporter;
    unsigned char access_key[32];
    bool access_key_known; /* not while a restore runs */
    bool claims_unsafe; /* test twins only: look first, insert plainly */
};

/* What every act gets: its store, and the moment at which the batch began. */
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))

extern const struct migration reservations_migrations[];

/* The key of the access codes, made when there is none: from now on this process uses it. arg: struct sqlite_store. */
const fault *access_key_use(struct sql *db, arena *a, void *arg) MUST_CHECK;

/* --- users: store_sqlite_users.c --- */

/* NOT_FOUND user_unknown, also for an erased one. */
const fault *user_row(struct sql *db, arena *a, int64_t id, struct user *out) MUST_CHECK;

/* By what e-mails are compared by. */
const fault *user_by_email(struct sql *db, arena *a, str email, struct user *out, bool *found) MUST_CHECK;
/* A new one, and one as it now is; each with its event. */
const fault *user_insert(struct sql *db, arena *a, const struct user_input *want, struct user *made) MUST_CHECK;
const fault *user_save(struct sql *db, arena *a, struct user *made) MUST_CHECK;

/* --- reservations: store_sqlite_reads.c --- */

#define RESERVATION_COLUMNS                                                                        \
    "r.id, r.user_id, r.schedule_id, r.movie_id, r.total_amount, r.status, r.hold, "               \
    "r.reservation_date, r.expires_at, r.confirmed_at, r.cancelled_at, r.deleted_at"

/* With seats, payment and user; deleted ones are not found. NOT_FOUND reservation_unknown. */
const fault *reservation_row(struct sql *db, arena *a, int64_t id, struct reservation *out) MUST_CHECK;
/* The same, deleted or not: money may still arrive for one. */
const fault *reservation_row_any(struct sql *db, arena *a, int64_t id, struct reservation *out) MUST_CHECK;
/* Gives each row of `reservations` its seats, payment and user: three queries however many rows. */
const fault *reservations_fill(struct sql *db, arena *a, list *reservations) MUST_CHECK;
const fault *reservations_seats_fill(struct sql *db, arena *a, list *reservations) MUST_CHECK; /* the seats alone */
const fault *reservation_log(struct sql *db, arena *a, const char *type,
                             const struct reservation *about) MUST_CHECK;
str access_code_of(const struct sqlite_store *s, arena *a, int64_t reservation_id);

/* A reservation without an end still needs an end of its hold: null would mean sold. */
#define HELD_FOR_EVER_MS INT64_C(253402300799000) /* 9999-12-31T23:59:59Z */

/* --- endings: store_sqlite_ending.c --- */

/* Sets the status, frees the seats, writes the event; *about is brought up to date. */
const fault *reservation_end(struct sql *db, arena *a, struct reservation *about,
                             enum reservation_status status) MUST_CHECK;
/* Expires those of `due` that are PENDING, run out, and have no payment under way. */
const fault *reservations_expire(struct sql *db, arena *a, const ids *due) MUST_CHECK;
/* Cancels one that is live: refunds a paid one. CONFLICT payment_in_progress. */
const fault *reservation_cancel(struct sql *db, arena *a, struct reservation *about) MUST_CHECK;

/* --- payments: store_sqlite_payments.c --- */

#define PAYMENT_COLUMNS                                                                            \
    "id, reservation_id, amount, payment_method AS method, payment_status AS status, "             \
    "transaction_id, payment_date AS paid_at, ask_at, asked_until, grace_until, refund_due, refunded_at"

/* The newest of a reservation. */
const fault *payment_newest(struct sql *db, arena *a, int64_t reservation_id, struct payment *out,
                            bool *found) MUST_CHECK;
/* At opening: whoever waited for a provider's answer is gone with his process, so each open attempt is asked about now. */
const fault *payments_orphaned(struct sql *db, arena *a, void *arg) MUST_CHECK;
/* A COMPLETED one becomes REFUNDED, its refund due at the provider. */
const fault *payment_refund(struct sql *db, arena *a, int64_t payment_id) MUST_CHECK;

/* --- check-ins: store_sqlite_checkins.c --- */

/* Did somebody come in by a ticket of this reservation? */
const fault *checkins_there(struct sql *db, arena *a, int64_t reservation_id, bool *any) MUST_CHECK;

/* --- made anew from the log: store_sqlite_replay.c --- */

/* What an event of a reservation, a payment or a check-in tells, into the tables; of any other, nothing. */
const fault *sale_replay(struct sql *db, arena *a, const struct event *e) MUST_CHECK;

/* The functions of each part, for the table in store_sqlite.c. */
void store_users_fill(struct store *s);
void store_user_import_fill(struct store *s);
void store_reads_fill(struct store *s);
void store_selling_fill(struct store *s);
void store_ending_fill(struct store *s);
void store_payments_fill(struct store *s);
void store_showings_fill(struct store *s);
void store_checkins_fill(struct store *s);
void store_snapshot_fill(struct store *s);
void store_export_fill(struct sqlite_store *s);

#endif
