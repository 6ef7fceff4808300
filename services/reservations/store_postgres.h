/* store_postgres.h - what the parts of the store on PostgreSQL share; nobody else includes it. */
#ifndef TAQUILLA_RESERVATIONS_STORE_POSTGRES_H
#define TAQUILLA_RESERVATIONS_STORE_POSTGRES_H

#include "lib/feed/export_postgres.h"
#include "services/reservations/store.h"

struct postgres_store {
    struct store store; /* first: a struct store * is one of these */
    struct postgres *db;
    struct postgres_exporter exporter;
    unsigned char access_key[32];
    bool access_key_known; /* not before the server was there once */
    struct sole *sole;     /* store_postgres_sole.h */
    void (*moved)(void *arg, int64_t position);
    void *moved_arg;
};
#define POSTGRES_STORE(store_pointer) ((struct postgres_store *)(void *)(store_pointer))
#define KEYS(s) postgres_keys(POSTGRES_STORE(s)->db)
#define LISTS(s) postgres_lists(POSTGRES_STORE(s)->db)

extern const struct migration reservations_postgres_migrations[];

/* Hands an act's command to the writer. What the act refused is a fault; the acts are in schema/postgres, and each says
 * its refusals in codes. */
const fault *act_write(struct store *store, arena *a, const struct pg_command *command, struct pg_answer *out) MUST_CHECK;
/* What the log has of a reservation, as the act's answer; without user and payment. */
const fault *fact_read(struct store *store, arena *a, str fact, struct reservation *out) MUST_CHECK;
/* With its access code, as an answer to its own POST. */
void fact_open(struct store *store, arena *a, struct reservation *made, struct user *buyer);
/* 32 hex digits; of no reservation as long as the key is not known. */
str postgres_access_code(struct store *store, arena *a, int64_t reservation_id);

/* By shape: what every act with an id takes, and what an Idempotency-Key is to an act. */
struct act_by_id {
    int64_t id, refund_until_min;
    str scope, key;
};
extern const struct shape act_by_id_shape;
#define ONCE_SCOPE(once) ((once) ? (once)->scope : (str){ NULL, 0 })
#define ONCE_KEY(once) ((once) ? (once)->key : (str){ NULL, 0 })
#define ONCE_HASH(once) ((once) ? (once)->body_hash : (str){ NULL, 0 })

/* NOT_FOUND user_unknown, also for an erased one. */
const fault *postgres_user(struct store *store, arena *a, int64_t id, struct user *out) MUST_CHECK;
const fault *postgres_user_by_email(struct store *store, arena *a, str email, struct user *out,
                                    bool *found) MUST_CHECK;
/* With seats, newest payment and user. NOT_FOUND reservation_unknown. */
const fault *postgres_reservation(struct store *store, arena *a, int64_t id, struct reservation *out) MUST_CHECK;

/* The functions of each part, for the table in store_postgres.c. */
void postgres_users_fill(struct store *s);
void postgres_import_fill(struct store *s);
void postgres_reads_fill(struct store *s);
void postgres_acts_fill(struct store *s);
void postgres_payments_fill(struct store *s);
void postgres_showings_fill(struct store *s);
void postgres_checkins_fill(struct store *s);
void postgres_snapshot_fill(struct store *s);
void postgres_export_fill(struct postgres_store *s);

#endif
