/* store_sqlite_reads.c - reservations put together from their rows: seats, newest payment, user. */
#include "services/reservations/store_sqlite.h"

/* --- filling: rows of reservations and of their parts are both walked in id order --- */

static int64_t reservation_id_at(const list *rows, size_t i)
{
    return LIST_AT(rows, struct reservation, i)->id;
}

static ids ids_of(arena *a, const list *rows)
{
    ids wanted = { NEW_ARRAY(a, int64_t, rows->count + 1), rows->count };
    for (size_t i = 0; i < rows->count; i++)
        wanted.at[i] = reservation_id_at(rows, i);
    return wanted;
}

/* Lists are ordered by id, up or down; the parts are sorted upwards. */
static struct reservation *reservation_find(list *rows, int64_t id)
{
    size_t low = 0, high = rows->count;
    bool descending = rows->count > 1 && reservation_id_at(rows, 0) > reservation_id_at(rows, 1);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct reservation *row = LIST_AT(rows, struct reservation, middle);
        if (row->id == id)
            return row;
        if ((row->id < id) != descending)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const fault *seats_fill(struct sql *db, arena *a, list *rows, struct bind wanted)
{
    list seats;
    TRY(sql_list(db, a, &reserved_seat_row_shape, &seats,
                 "SELECT id, reservation_id, seat_id, row_number, seat_number, ticket_type, price FROM reserved_seats "
                 "WHERE reservation_id IN (SELECT value FROM json_each(?1)) ORDER BY reservation_id, id",
                 BIND(wanted)));
    int64_t *seat_ids = NEW_ARRAY(a, int64_t, seats.count + 1);
    for (size_t i = 0; i < seats.count;) {
        struct reserved_seat *first = LIST_AT(&seats, struct reserved_seat, i);
        size_t n = 0;
        while (i + n < seats.count &&
               LIST_AT(&seats, struct reserved_seat, i + n)->reservation_id == first->reservation_id) {
            seat_ids[i + n] = LIST_AT(&seats, struct reserved_seat, i + n)->seat_id;
            n++;
        }
        struct reservation *owner = reservation_find(rows, first->reservation_id);
        owner->reserved_seats = (list){ first, n };
        owner->seat_ids = (ids){ seat_ids + i, n };
        i += n;
    }
    return NULL;
}

static const fault *payments_fill(struct sql *db, arena *a, list *rows, struct bind wanted)
{
    list payments;
    TRY(sql_list(db, a, &payment_fact_shape, &payments,
                 "SELECT " PAYMENT_COLUMNS " FROM payments WHERE reservation_id IN (SELECT value FROM json_each(?1)) "
                 "ORDER BY id",
                 BIND(wanted)));
    for (size_t i = 0; i < payments.count; i++) {
        struct payment *newer = LIST_AT(&payments, struct payment, i);
        reservation_find(rows, newer->reservation_id)->payment = newer;
    }
    return NULL;
}

static const fault *users_fill(struct sql *db, arena *a, list *rows, struct bind wanted)
{
    list users;
    TRY(sql_list(db, a, &user_shape, &users,
                 "SELECT id, email, name, phone, created_at, updated_at FROM users WHERE id IN "
                 "(SELECT user_id FROM reservations WHERE id IN (SELECT value FROM json_each(?1))) ORDER BY id",
                 BIND(wanted)));
    for (size_t i = 0; i < rows->count; i++) {
        struct reservation *row = LIST_AT(rows, struct reservation, i);
        size_t low = 0, high = users.count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (LIST_AT(&users, struct user, middle)->id < row->user_id)
                low = middle + 1;
            else
                high = middle;
        }
        row->user = LIST_AT(&users, struct user, low);
    }
    return NULL;
}

const fault *reservations_seats_fill(struct sql *db, arena *a, list *reservations)
{
    ids all = ids_of(a, reservations);
    return reservations->count > 0 ? seats_fill(db, a, reservations, sql_ids(a, &all)) : NULL;
}

const fault *reservations_fill(struct sql *db, arena *a, list *reservations)
{
    if (reservations->count == 0)
        return NULL;
    ids all = ids_of(a, reservations);
    struct bind wanted = sql_ids(a, &all);
    for (size_t i = 0; i < reservations->count; i++) {
        struct reservation *row = LIST_AT(reservations, struct reservation, i);
        row->created_at = row->reservation_date;
    }
    TRY(seats_fill(db, a, reservations, wanted));
    TRY(payments_fill(db, a, reservations, wanted));
    return users_fill(db, a, reservations, wanted);
}

const fault *reservation_row_any(struct sql *db, arena *a, int64_t id, struct reservation *out)
{
    struct reservation row = { .id = 0 };
    bool found;
    TRY(sql_one(db, a, &reservation_row_shape, &row, &found,
                "SELECT " RESERVATION_COLUMNS " FROM reservations r WHERE r.id = ?1", BIND(sql_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "reservation_unknown", "Reservation not found with id: %lld",
                         (long long)id);
    list one = { &row, 1 };
    TRY(reservations_fill(db, a, &one));
    *out = row;
    return NULL;
}

const fault *reservation_row(struct sql *db, arena *a, int64_t id, struct reservation *out)
{
    struct reservation row;
    TRY(reservation_row_any(db, a, id, &row));
    if (row.deleted_at.ms != TIME_NONE)
        return fault_new(a, FAULT_NOT_FOUND, "reservation_unknown", "Reservation not found with id: %lld",
                         (long long)id);
    *out = row;
    return NULL;
}

const fault *reservation_log(struct sql *db, arena *a, const char *type, const struct reservation *about)
{
    return sqlite_log(db, a, type, arena_printf(a, "%lld", (long long)about->id), &reservation_fact_shape,
                      about, NULL);
}

/* --- reads for clients --- */

static const fault *reservation_show(struct store *store, arena *a, int64_t id, struct reservation *out)
{
    return reservation_row(sqlite_reader(STORE_OF(store)->db), a, id, out);
}

/* One statement for each column that a list is asked by, so that each has its index. */
static const char *list_statement(const struct reservation_filter *filter)
{
#define LIST_BY(condition)                                                                         \
    "SELECT " RESERVATION_COLUMNS " FROM reservations r WHERE " condition                          \
    " AND r.deleted_at IS NULL AND (?1 IS NULL OR r.status = ?1) AND (?2 = 0 OR r.user_id = ?2) "  \
    "AND (?3 = 0 OR r.schedule_id = ?3) AND (?4 IS NULL OR r.movie_id = ?4) "                      \
    "ORDER BY r.id DESC LIMIT ?5 OFFSET ?6"
    if (filter->user_id)
        return LIST_BY("r.user_id = ?2");
    if (filter->schedule_id)
        return LIST_BY("r.schedule_id = ?3");
    if (filter->movie_id.at)
        return LIST_BY("r.movie_id = ?4");
    return LIST_BY("1");
#undef LIST_BY
}

static const fault *reservation_list(struct store *store, arena *a, const struct reservation_filter *filter,
                                     list *out)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    list rows;
    TRY(sql_list(db, a, &reservation_row_shape, &rows, list_statement(filter),
                 BIND(sql_text(filter->status), sql_int(filter->user_id), sql_int(filter->schedule_id),
                      sql_text(filter->movie_id), sql_int(filter->limit), sql_int(filter->offset))));
    TRY(reservations_fill(db, a, &rows));
    *out = rows;
    return NULL;
}

void store_reads_fill(struct store *s)
{
    s->reservation_show = reservation_show;
    s->reservation_list = reservation_list;
}
