/* items_load.c - rows made into items by a thread that may wait for the disk, a batch whenever there is room for one. */
#include "services/ingestion/dynamodb/items_load.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/dynamodb/items_send.h"
#include "services/ingestion/dynamodb/join.h"
#include "services/ingestion/dynamodb/showings.h"

#define ROW_ARENA_BYTES ((size_t)128 * 1024 * 1024)
#define FILES_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define MARK_BYTES_MAX ((size_t)256 * 1024)
#define MARK_EVERY 2000 /* rows, of which each mark waits for the disk; as many are sent again after a crash */

struct load;

/* One of DynamoDB's tables and where its items come from. */
struct load_kind {
    enum cloud_table table;
    const char *owner, *rows;
    struct {
        const char *table, *parent;
    } parts[JOIN_KINDS_MAX];
    size_t part_count;
    const fault *(*make)(struct load *l, const struct joined *of, str *item, bool *gone);
};

struct load {
    const struct items_order *want;
    struct items_made *made;
    arena *a, *files, *some; /* of the caller; of what is open; of the items that are made just now */
    const struct load_kind *kind;
    const struct backup_service *owner;
    int64_t position;
    struct join join;
    struct showings showings;
    struct items_sending sending;
    struct items_batch *batch; /* that is being filled */
    struct items_mark marks[CLOUD_TABLES];
    int64_t seen;              /* live items of the backup's position that DynamoDB showed when all were sent */
    bool over;
    const fault *problem;    /* of the thread; in files */
};

/* --- rows into items --- */

static const fault *unreadable(struct load *l, const char *table, const fault *why)
{
    return fault_new(l->files, FAULT_INVALID, "backup_damaged", "A row of %s in %s cannot be read: %.*s", table, l->want->folder,
                     STR_ARG(why->sentence));
}

static const fault *row_read(struct load *l, const char *table, str line, const struct shape *shape, void *out)
{
    const fault *problem = json_read_fact(l->some, line, shape, out);
    return problem ? unreadable(l, table, problem) : NULL;
}

static str tombstone_of(struct load *l, int64_t id)
{
    const struct dynamodb_key *key = &l->want->cloud->tables[l->kind->table].key;
    return item_tombstone(l->some, key->name, key->type, item_id(l->some, id), l->position, clock_now());
}

static const fault *film_make(struct load *l, const struct joined *of, str *item, bool *gone)
{
    struct item_film film;
    TRY(row_read(l, "movies", of->line, &item_film_shape, &film));
    *gone = false;
    *item = item_of_film(l->some, &film, l->position);
    return NULL;
}

static const fault *room_make(struct load *l, const struct joined *of, str *item, bool *gone)
{
    struct item_room room;
    TRY(row_read(l, "rooms", of->line, &item_room_shape, &room));
    room.seats = (list){ NEW_ARRAY(l->some, struct item_seat, of->counts[0] + 1), of->counts[0] };
    for (size_t i = 0; i < of->counts[0]; i++) {
        str line;
        TRY(join_line(l->files, &l->join, 0, &of->rows[0][i], &line));
        TRY(row_read(l, "seats", line, &item_seat_shape, LIST_AT(&room.seats, struct item_seat, i)));
    }
    *gone = false;
    *item = item_of_room(l->some, &room, l->position);
    return NULL;
}

static const fault *user_make(struct load *l, const struct joined *of, str *item, bool *gone)
{
    struct item_user user;
    TRY(row_read(l, "users", of->line, &item_user_row_shape, &user));
    *gone = user.erased_at.ms != TIME_NONE;
    *item = *gone ? tombstone_of(l, user.id) : item_of_user(l->some, &user, l->position);
    return NULL;
}

static const fault *sale_make(struct load *l, const struct joined *of, str *item, bool *gone)
{
    struct item_reservation r;
    struct item_payment payment;
    str line;
    TRY(row_read(l, "reservations", of->line, &item_reservation_row_shape, &r));
    *gone = r.deleted_at.ms != TIME_NONE;
    if (*gone) {
        *item = tombstone_of(l, r.id);
        return NULL;
    }
    r.tickets = (list){ NEW_ARRAY(l->some, struct item_ticket, of->counts[0] + 1), of->counts[0] };
    for (size_t i = 0; i < of->counts[0]; i++) {
        TRY(join_line(l->files, &l->join, 0, &of->rows[0][i], &line));
        TRY(row_read(l, "reserved_seats", line, &item_ticket_row_shape, LIST_AT(&r.tickets, struct item_ticket, i)));
    }
    if (of->counts[1] > 0) { /* the newest */
        TRY(join_line(l->files, &l->join, 1, &of->rows[1][of->counts[1] - 1], &line));
        TRY(row_read(l, "payments", line, &item_payment_row_shape, &payment));
    }
    const struct showing_known *known = item_showings_find(&l->showings, r.schedule_id);
    *item = item_of_reservation(l->some, &r, of->counts[1] > 0 ? &payment : NULL, known ? &known->showing : NULL,
                                known ? known->position : 0, l->position);
    return NULL;
}

static const struct load_kind kinds[] = {
    { CLOUD_MOVIES, "movies", "movies", { { NULL, NULL } }, 0, film_make },
    { CLOUD_ROOMS, "rooms", "rooms", { { "seats", "room_id" } }, 1, room_make },
    { CLOUD_USERS, "reservations", "users", { { NULL, NULL } }, 0, user_make },
    { CLOUD_RESERVATIONS, "reservations", "reservations",
      { { "reserved_seats", "reservation_id" }, { "payments", "reservation_id" } }, 2, sale_make },
};

/* --- the thread's part --- */

static const fault *batch_make(struct load *l)
{
    struct items_batch *b = l->batch;
    while (!items_batch_is_full(b)) {
        struct joined of;
        bool gone = false;
        TRY(join_next(l->files, &l->join, &of));
        l->over = !of.line.at;
        if (l->over)
            break;
        TRY(l->kind->make(l, &of, &b->at[b->count], &gone));
        b->count++;
        b->live += !gone;
    }
    return NULL;
}

static void batch_run(void *arg)
{
    struct load *l = arg;
    l->problem = batch_make(l);
}

/* A table without rows has no file. */
static bool has_rows(const struct backup_service *owner, const char *table)
{
    for (size_t i = 0; i < owner->tables.count; i++)
        if (str_equal(LIST_AT(&owner->tables, const struct backup_table, i)->name, str_of(table)))
            return LIST_AT(&owner->tables, const struct backup_table, i)->rows > 0;
    return false;
}

static const fault *showings_read(struct load *l)
{
    const struct backup_service *rooms = ingestion_manifest_find(l->want->manifest, "rooms");
    struct rows_file f = { 0 };
    const fault *problem = NULL;
    if (!rooms || !has_rows(rooms, "schedules"))
        return NULL;
    TRY(ingestion_rows_open(l->files, &f, l->want->folder, STR("rooms"), STR("schedules")));
    for (str line = STR(""); !problem && line.at;) {
        struct item_showing showing;
        problem = ingestion_rows_next(l->files, &f, &line);
        if (problem || !line.at)
            break;
        problem = row_read(l, "schedules", line, &item_showing_shape, &showing);
        if (!problem)
            item_showings_take(&l->showings, &showing, rooms->position);
        arena_reset(l->some);
    }
    ingestion_rows_close(&f);
    return problem;
}

static void showings_run(void *arg)
{
    struct load *l = arg;
    l->problem = showings_read(l);
}

/* What the mark says is in DynamoDB is read over. */
static const fault *rows_skip(struct load *l)
{
    struct joined of = { .line = STR("") };
    for (int64_t i = 0; i < l->marks[l->kind->table].rows && of.line.at; i++)
        TRY(join_next(l->files, &l->join, &of));
    return NULL;
}

static const fault *kind_open(struct load *l)
{
    const struct load_kind *k = l->kind;
    l->join = (struct join){ .folder = l->want->folder, .service = k->owner, .table = k->rows, .kind_count = k->part_count };
    for (size_t i = 0; i < k->part_count; i++)
        l->join.kinds[i] = (struct join_kind){ .table = k->parts[i].table, .parent = k->parts[i].parent,
                                               .empty = !has_rows(l->owner, k->parts[i].table) };
    TRY(join_open(l->files, &l->join));
    const fault *problem = rows_skip(l);
    if (problem)
        join_close(&l->join);
    return problem;
}

static void kind_open_run(void *arg)
{
    struct load *l = arg;
    l->problem = kind_open(l);
}

static void marks_read_run(void *arg)
{
    struct load *l = arg;
    items_marks_read(l->files, l->want->folder, l->marks);
    l->problem = NULL;
}

static void marks_write_run(void *arg)
{
    struct load *l = arg;
    arena *a = arena_new(MARK_BYTES_MAX);
    const fault *problem = items_marks_write(a, l->want->folder, l->marks);
    l->problem = problem ? fault_copy(l->files, problem) : NULL;
    arena_free(a);
}

static const fault *on_disk(struct load *l, void (*run)(void *))
{
    if (!offload("the rows of a backup", run, l))
        return fault_new(l->a, FAULT_UNAVAILABLE, "overloaded", "Too much waits for the disk.");
    return l->problem ? fault_copy(l->a, l->problem) : NULL;
}

/* --- what DynamoDB has and the backup has not --- */

/* A text in an item is escaped, so these bytes can only be its own attribute. The value's digits or letters; no text: it has none. */
static str value_of(str item, const char *name, const char *type)
{
    char want[64];
    int length = snprintf(want, sizeof want, "\"%s\":{\"%s\":", name, type);
    const char *found = memmem(item.at, item.len, want, (size_t)length);
    if (!found)
        return (str){ NULL, 0 };
    str rest = str_after(item, (size_t)(found - item.at) + (size_t)length), value = rest;
    if (rest.len > 0 && rest.at[0] == '"') {
        rest = str_after(rest, 1);
        (void)str_cut(&rest, '"', &value);
    }
    return value;
}

static const fault *left_take(void *arg, str item)
{
    struct load *l = arg;
    const struct dynamodb_key *key = &l->want->cloud->tables[l->kind->table].key;
    const char type[2] = { key->type, 0 };
    int64_t position;
    str id = value_of(item, key->name, type);
    bool of_backup = str_to_int(value_of(item, "position", "N"), &position) && position == l->position;
    bool deleted = value_of(item, "deleted", "BOOL").at != NULL;
    l->seen += of_backup && !deleted;
    if (of_backup || deleted || !id.at)
        return NULL;
    if (!l->batch)
        TRY(items_batch_begin(&l->sending, &l->batch));
    struct items_batch *b = l->batch;
    b->at[b->count++] = item_tombstone(b->a, key->name, key->type, id, l->position, clock_now());
    if (!items_batch_is_full(b))
        return NULL;
    l->batch = NULL;
    return items_batch_send(&l->sending, b);
}

/* All that was just written says the backup's position, and nothing else writes meanwhile. */
static const fault *left_bury(struct load *l)
{
    const struct dynamodb_wish all = { .table = l->sending.table, .consistent = true };
    l->batch = NULL;
    l->seen = 0;
    TRY(dynamodb_read(l->want->cloud->aws, l->a, &all, left_take, l));
    if (l->batch)
        TRY(items_batch_send(&l->sending, l->batch));
    return items_sent_await(&l->sending);
}

/* --- all of it --- */

static const fault *mark_set(struct load *l, struct items_mark to)
{
    l->marks[l->kind->table] = to;
    return on_disk(l, marks_write_run);
}

static const fault *batches_send(struct load *l)
{
    for (l->over = false; !l->over;) {
        TRY(items_batch_begin(&l->sending, &l->batch));
        l->some = l->batch->a;
        TRY(on_disk(l, batch_run));
        TRY(items_batch_send(&l->sending, l->batch));
        struct items_mark arrived = items_arrived(&l->sending);
        if (!l->sending.problem && arrived.rows >= l->marks[l->kind->table].rows + MARK_EVERY)
            TRY(mark_set(l, arrived));
    }
    TRY(items_sent_await(&l->sending));
    return mark_set(l, l->sending.sent);
}

/* From the mark on. */
static const fault *rows_send(struct load *l)
{
    struct items_mark mark = l->marks[l->kind->table];
    if (mark.rows > 0)
        log_line("info", "items_go_on", "%.*s: behind row %lld", STR_ARG(l->sending.table), (long long)mark.rows);
    l->sending.sent = mark;
    TRY(on_disk(l, kind_open_run));
    const fault *problem = batches_send(l);
    join_close(&l->join);
    arena_reset(l->files);
    return problem;
}

/* A mark is believed only where DynamoDB shows as many items of the backup as were sent: the table may be another one by now, or
 * somebody has written to it in between. Then all of them are sent again. */
static const fault *kind_send(struct load *l)
{
    bool gone_on = l->marks[l->kind->table].rows > 0;
    TRY(rows_send(l));
    int64_t live = l->sending.sent.live;
    TRY(left_bury(l));
    if (gone_on && l->seen != live) {
        log_line("warn", "items_begin_anew", "%.*s: it shows %lld items of the backup, and %lld were sent",
                 STR_ARG(l->sending.table), (long long)l->seen, (long long)live);
        TRY(mark_set(l, (struct items_mark){ 0, 0 }));
        TRY(rows_send(l));
        live = l->sending.sent.live;
        TRY(left_bury(l));
    }
    l->made->items[l->kind->table] = live;
    return NULL;
}

static const fault *kind_load(struct load *l, const struct load_kind *kind)
{
    const struct backup_service *owner = ingestion_manifest_find(l->want->manifest, kind->owner);
    if (!owner)
        return NULL;
    l->kind = kind;
    l->owner = owner;
    l->position = owner->position;
    l->sending.table = l->want->cloud->tables[kind->table].name;
    return has_rows(owner, kind->rows) ? kind_send(l) : left_bury(l);
}

static const fault *all_load(struct load *l)
{
    arena *row = arena_new(ROW_ARENA_BYTES);
    l->some = row;
    const fault *problem = on_disk(l, showings_run);
    arena_free(row);
    if (!problem)
        problem = on_disk(l, marks_read_run);
    arena_reset(l->files);
    for (size_t i = 0; i < COUNT_OF(kinds) && !problem; i++)
        problem = kind_load(l, &kinds[i]);
    return problem;
}

const fault *cloud_items_load(arena *a, const struct items_order *want, struct items_made *made)
{
    struct load *l = NEW(a, struct load);
    *made = (struct items_made){ { 0 }, 0 };
    *l = (struct load){ .want = want, .made = made, .a = a, .files = arena_new(FILES_BYTES_MAX) };
    items_sending_open(&l->sending, a, want);
    const fault *problem = all_load(l);
    items_sending_close(&l->sending);
    made->tombstones = l->sending.tombstones;
    item_showings_forget(&l->showings);
    arena_free(l->files);
    return problem;
}
