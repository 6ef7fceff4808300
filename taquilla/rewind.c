/* rewind.c - looks what the lake has after a backup, and adds it where there is something to add. */
#include "taquilla/rewind.h"

#include <string.h>

#include "lib/json/read.h"
#include "taquilla/rewind_stores.h"

#define RESERVATIONS 0 /* of ingestion_owner_names */

/* A user whose erasure came later: his event, as it was told. */
struct erasure {
    int64_t user_id;
    struct event told;
};

struct rewind_run {
    const struct rewind_order *want;
    struct rewind_made *made;
    arena *a;
    size_t owner;
    const struct backup_service *service;
    struct export_log last;      /* of the backup's log; position 0: it is empty */
    bool compared, over;         /* the lake tells it too; an event after the moment has come */
    bool sure;                   /* every lake read tells the backup's last event too */
    bool counts;                 /* of the first reading: nothing is added yet */
    int64_t events[BACKUP_OWNERS];
    struct buf erasures;         /* of struct erasure */
    struct rewind_stores stores;
};

/* --- the backup's own end --- */

static const struct backup_table *log_of(const struct backup_service *s)
{
    for (size_t i = 0; i < s->tables.count; i++)
        if (str_equal(LIST_AT(&s->tables, const struct backup_table, i)->name, STR("log")))
            return LIST_AT(&s->tables, const struct backup_table, i);
    return NULL;
}

static const fault *last_find(struct rewind_run *r)
{
    struct rows_file f = { 0 };
    str line, last = { NULL, 0 };
    r->last = (struct export_log){ 0 };
    if (!log_of(r->service))
        return NULL;
    TRY(ingestion_rows_open(r->a, &f, r->want->from->folder, r->service->name, STR("log")));
    const fault *problem;
    do {
        problem = ingestion_rows_next(r->a, &f, &line);
        if (!problem && line.at && f.row == log_of(r->service)->rows)
            last = arena_copy(r->a, line);
    } while (!problem && line.at);
    ingestion_rows_close(&f);
    TRY(problem);
    return last.at ? json_restore(r->a, last, &export_log_shape, &r->last) : NULL;
}

/* --- what the lake has --- */

static const fault *differs(const struct rewind_run *r, int64_t position)
{
    return fault_new(r->a, FAULT_CONFLICT, "lake_differs",
                     "The lake s3://%.*s/%s/%s tells another event at position %lld than the backup of %s: they are of different "
                     "cinemas, or of different lives of one.", STR_ARG(r->want->cloud->s3.bucket), lake_place(r->a, r->want->cloud->analytics_folder, r->made->life),
                     lake_event_tables[r->owner], (long long)position, ingestion_owner_names[r->owner]);
}

static bool same_event(const struct export_log *kept, const struct event *e)
{
    return kept->position == e->position && kept->time_ms.ms == e->time.ms && str_equal(kept->type, e->type) &&
           str_equal(kept->subject, e->subject) && str_equal(kept->data.text, e->data);
}

static void erasure_note(struct rewind_run *r, const struct event *e)
{
    struct erasure one = { .told = { .type = STR("user.erased"), .subject = arena_copy(r->a, e->subject), .time = e->time,
                                     .data = arena_copy(r->a, e->data) } };
    if (str_to_int(e->subject, &one.user_id))
        buf_put(&r->erasures, &one, sizeof one);
}

/* How many of these belong to the moment: they come first, and one after it ends them, whatever times follow. */
static size_t due(struct rewind_run *r, const list *events)
{
    size_t count = 0;
    while (!r->over && count < events->count) {
        r->over = r->want->at.ms == TIME_NONE || LIST_AT(events, struct event, count)->time.ms > r->want->at.ms;
        count += !r->over;
    }
    return count;
}

static const fault *events_take(void *arg, arena *a, const list *all, bool *enough)
{
    struct rewind_run *r = arg;
    list events = *all;
    if (!r->compared && r->last.position > 0) {
        if (!same_event(&r->last, LIST_AT(&events, struct event, 0)))
            return differs(r, r->last.position);
        events = (list){ (char *)events.at + sizeof(struct event), events.count - 1 };
    }
    r->compared = true;
    size_t count = due(r, &events);
    r->events[r->owner] += (int64_t)count;
    if (!r->counts && count > 0)
        TRY(rewind_stores_take(&r->stores, r->owner, a, &(list){ events.at, count }));
    for (size_t i = count; r->counts && r->owner == RESERVATIONS && i < events.count; i++)
        if (str_equal(LIST_AT(&events, struct event, i)->type, STR("user.erased")))
            erasure_note(r, LIST_AT(&events, struct event, i));
    *enough = r->over && (r->owner != RESERVATIONS || !r->counts);
    return NULL;
}

static const fault *owner_read(struct rewind_run *r, size_t i)
{
    struct lake_taker taker = { events_take, r };
    struct lake_manifest m = { 0 };
    r->owner = i;
    r->service = ingestion_manifest_find(&r->want->from->manifest, ingestion_owner_names[i]);
    r->compared = r->over = false;
    r->events[i] = 0;
    TRY(last_find(r));
    int64_t after = r->last.position > 0 ? r->last.position - 1 : 0;
    TRY(ingestion_lake_read(r->a, r->want->cloud, r->made->life, i, after, &taker, &m));
    r->sure &= r->compared || r->last.position == 0;
    r->made->lake_until[i] = m.version > 0 ? m.written_at : INSTANT_NONE;
    r->made->early |= r->want->at.ms != TIME_NONE && r->last.position > 0 && r->last.time_ms.ms > r->want->at.ms;
    return NULL;
}

/* What would be added; nothing is, yet. Without a moment only erasures are looked for. */
static const fault *lake_look(struct rewind_run *r, str life)
{
    r->made->life = life;
    r->made->early = false;
    r->erasures.len = 0;
    r->counts = r->sure = true;
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (i == RESERVATIONS || r->want->at.ms != TIME_NONE)
            TRY(owner_read(r, i));
        else
            r->made->lake_until[i] = INSTANT_NONE;
    r->counts = false;
    return NULL;
}

static bool is_later(const struct rewind_run *r, str stamp)
{
    char room[BACKUP_NAME_MAX];
    if (stamp.len == 0 || r->want->at.ms == TIME_NONE)
        return false;
    str moment = ingestion_backup_stamp(ingestion_backup_name(room, r->want->at));
    return memcmp(stamp.at, moment.at, stamp.len) > 0;
}

/* Of the lakes that were begun by the moment the newest that tells the backup's last events; else the oldest of them that does not
 * tell others there. */
static const fault *lakes_look(struct rewind_run *r)
{
    strs lives;
    str chosen = { NULL, 0 };
    const fault *problem = NULL;
    TRY(ingestion_lake_lives(r->a, r->want->cloud, &lives));
    for (size_t i = 0; i < lives.count; i++) {
        if (is_later(r, lives.at[i]))
            continue;
        problem = lake_look(r, lives.at[i]);
        if (problem && strcmp(problem->code, "lake_differs") != 0 && strcmp(problem->code, "lake_hole") != 0)
            return problem;
        if (!problem && r->sure)
            return NULL;
        if (!problem)
            chosen = lives.at[i];
    }
    return chosen.at ? lake_look(r, chosen) : problem;
}

/* --- adding --- */

static const fault *erase_later(struct rewind_run *r)
{
    const struct erasure *all = (const struct erasure *)(void *)r->erasures.at;
    const struct backup_service *of = ingestion_manifest_find(&r->want->from->manifest, ingestion_owner_names[RESERVATIONS]);
    int64_t position = of->position + r->events[RESERVATIONS];
    for (size_t i = 0; i < r->erasures.len / sizeof *all; i++) {
        struct event e = all[i].told;
        bool known;
        TRY(rewind_stores_know(&r->stores, r->a, all[i].user_id, &known));
        if (!known)
            continue;
        e.position = ++position;
        TRY(rewind_stores_take(&r->stores, RESERVATIONS, r->a, &(list){ &e, 1 }));
        r->made->erased++;
    }
    return NULL;
}

static const fault *all_add(struct rewind_run *r)
{
    const struct backup_manifest *of = &r->want->from->manifest;
    for (size_t i = BACKUP_OWNERS; i-- > 0;) {
        r->owner = i;
        TRY(rewind_stores_fill(&r->stores, i, r->want->from));
        if (r->events[i] > 0)
            TRY(owner_read(r, i));
        r->made->events[i] = r->events[i];
    }
    TRY(erase_later(r));
    TRY(rewind_stores_showings(&r->stores));
    return rewind_stores_keep(&r->stores, r->want->at.ms != TIME_NONE ? r->want->at : of->made_at, r->want->program,
                              &r->made->backup.folder);
}

const fault *rewind_make(arena *a, const struct rewind_order *want, struct rewind_made *made)
{
    struct rewind_run r = { .want = want, .made = made, .a = a, .erasures = { .in = a } };
    int64_t found = 0;
    *made = (struct rewind_made){ .backup = *want->from };
    TRY(lakes_look(&r));
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        found += r.events[i];
    if (made->early || (found == 0 && r.erasures.len == 0))
        return NULL;
    TRY(rewind_stores_open(a, &r.stores, want->into, want->rooms_settings));
    const fault *problem = all_add(&r);
    rewind_stores_close(&r.stores);
    rewind_clear(a, want->into);
    TRY(problem);
    return ingestion_backup_choose(a, made->backup.folder, &made->backup);
}
